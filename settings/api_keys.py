"""API keys: how long they work."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field

Lifetime = Annotated[timedelta, Field(gt=timedelta(), le=timedelta(days=36_500))]


class ApiKeys(BaseModel):
    """What is changed here holds for keys made from then on."""

    api_key_lifetime: Lifetime = Field(
        timedelta(days=365), description="How long an API key works where nothing else is said."
    )
    api_key_longest_lifetime: Lifetime = Field(
        timedelta(days=1096), description="The furthest ahead that an API key's end may be."
    )
