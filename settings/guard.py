"""How much one document may ask for, by who sends it (ADR 0038)."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import NoDecode

Most = Annotated[int, Field(ge=1)]


class QueryLimits(BaseModel):
    """Of a document as it is written, up to `variables`; of what it does, from `fields` on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    characters: Most = 8_192
    lines: Most = 500
    tokens: Most = 450
    operations: Most = 10
    fragments: Most = 15
    fragment_depth: Most = 6
    variables: Most = 30
    directives: Most = 20
    selections: Most = 120
    repeats: Most = 40
    aliases: Most = 30
    fields: Most = 300
    depth: Most = 15
    root_fields: Most = 15
    mutations: Most = 5
    items: Most = 2_000
    cost: Most = 2_000
    credentials: ClassVar[int] = 1  # each takes a password hash


class AnonymousLimits(QueryLimits):
    """Of who presents no credential."""

    root_fields: Most = 5
    mutations: Most = 2
    cost: Most = 100


class ApiKeyLimits(QueryLimits):
    """Of API keys, which pay for what they ask: `limit_api_key` bounds the rest."""

    mutations: Most = 20
    cost: Most = 10_000


def _named(value: object) -> object:
    """`depth=10 cost=50` as a dictionary."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.replace(",", " ").split()]
    return {name: number for name, _, number in pairs}


class Guard(BaseModel):
    """What is not named in a setting stays as it is by default; see docs/operations.md."""

    query_limits_anonymous: Annotated[AnonymousLimits, NoDecode, BeforeValidator(_named)] = Field(
        AnonymousLimits(),
        description="Limits of documents that come without a credential, as in `depth=10 "
        "cost=50`; see [Limits of documents](#limits-of-documents).",
    )
    query_limits_person: Annotated[QueryLimits, NoDecode, BeforeValidator(_named)] = Field(
        QueryLimits(), description="The same with a session; in development without one as well."
    )
    query_limits_api_key: Annotated[ApiKeyLimits, NoDecode, BeforeValidator(_named)] = Field(
        ApiKeyLimits(), description="The same with an API key."
    )
