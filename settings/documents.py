"""Which documents are run: any, or those that the operator has registered."""

from enum import StrEnum

from pydantic import BaseModel, Field


class Accepted(StrEnum):
    """`REGISTERED` also lets through who may explore the API, and the server's own pages."""

    ANY = "any"
    REGISTERED = "registered"


class Documents(BaseModel):
    """Allow-listing; see ADR 0032."""

    documents: Accepted = Field(
        Accepted.ANY,
        description="`any`, or `registered`: only documents named by `documentId`, which "
        "`python -m server documents add` has registered; who may explore the API sends any. "
        "See [Persisted documents](portals.md#persisted-documents).",
    )
