"""Lengths of time, as settings take them."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

Duration = Annotated[timedelta, Field(gt=timedelta())]
