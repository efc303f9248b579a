"""Subscriptions: how many at once, and how long a client that does not read is borne with."""

from datetime import timedelta

from pydantic import BaseModel, Field

from settings.durations import Duration


class Live(BaseModel):
    """Each process counts its own."""

    live_connections: int = Field(
        500, ge=1, description="Sockets and event streams at once, in one process."
    )
    live_streams_per_connection: int = Field(
        20, ge=1, description="Subscriptions at once on one socket."
    )
    live_streams_per_person: int = Field(
        100, ge=1, description="Subscriptions of one person at once, in one process."
    )
    live_patience: Duration = Field(
        timedelta(seconds=10),
        description="How long a subscriber may not read before his stream ends; a connection that "
        "takes nothing for twice that is cut.",
    )
