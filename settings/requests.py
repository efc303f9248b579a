"""Requests: how large they may be, how slowly they may come, and how long an answer may take."""

from datetime import timedelta

from pydantic import BaseModel, Field

from settings.durations import Duration


class Requests(BaseModel):
    """What nobody needs who uses the API as its pages do; the defaults leave room above that."""

    request_timeout: Duration = Field(
        timedelta(seconds=10),
        description="How long a query or mutation may take. Then it ends with `TIMEOUT`, and what "
        "it was about to change is undone. Subscriptions last as long as they like.",
    )
    request_patience: Duration = Field(
        timedelta(seconds=10),
        description="How long the head of a request may take to arrive, and its body: that has a "
        "second more for each 16 KiB that have come. Whoever is slower is cut off.",
    )
    request_bytes: int = Field(
        1024 * 1024, ge=1024, description="Bytes of a request's body at `/graphql`."
    )
    accelerations: bool = Field(
        default=True,
        description="Whether documents that were sent before are kept as they were read, with "
        "functions made of them; to compare. See [bench](../bench/README.md).",
    )
    request_variables: int = Field(100, ge=1, description="Variables of one request.")
    request_values: int = Field(
        200_000,
        ge=100,
        description="Values in the JSON of one request, those inside lists and objects included.",
    )
    request_depth: int = Field(
        32, ge=8, le=500, description="How deeply the JSON of a request may be nested."
    )
