"""Whether a router stands in front."""

from pydantic import BaseModel, Field


class Federation(BaseModel):
    """Of supergraphs, see [the page on them](federation.md)."""

    federation: bool = Field(
        default=False, description="Serve the schema as a subgraph of Apollo Federation 2."
    )
