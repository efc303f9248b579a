"""Running it: figures, traces, how many requests at once, and how a process takes its leave."""

import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, SecretStr

_LISTENER = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^\[\]:\s]+)):([0-9]{1,5})", re.ASCII)
_LARGEST_PORT = 65535


def _listener(value: str) -> str:
    found = _LISTENER.fullmatch(value)
    if not found or not 0 < int(found[3]) <= _LARGEST_PORT:
        raise ValueError("must be host:port, e.g. 127.0.0.1:9100 or [::1]:9100")
    return value


def _collector(value: SecretStr) -> SecretStr:
    """The words never quote it: it may hold a password."""
    try:
        parts = urlsplit(value.get_secret_value())
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be https://host/path")
    return value


class Operations(BaseModel):
    """Each process has its own."""

    metrics_address: Annotated[str, AfterValidator(_listener)] | None = Field(
        None,
        description="Where Prometheus finds `/metrics`, as `host:port`; nobody else should reach "
        "it. Unset: nowhere. Each process of a machine needs a port of its own.",
    )
    traces_url: Annotated[SecretStr, AfterValidator(_collector)] | None = Field(
        None,
        description="Where traces are sent, by OTLP over HTTP: "
        "`http://collector:4318/v1/traces`. Unset: there are none.",
    )
    traces_ratio: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Which part of the requests is traced, where a request does not say itself.",
    )
    requests_at_once: int = Field(
        1000,
        ge=1,
        description="Requests at once in one process; more are answered with 503. Health and "
        "subscriptions do not count.",
    )
    stop_delay: Annotated[timedelta, Field(ge=timedelta(), le=timedelta(seconds=30))] | None = (
        Field(
            None,
            description="How long a process that was told to stop goes on serving while `/readyz` "
            "refuses. Unset: 3 seconds in production, none in development.",
        )
    )

    @property
    def metrics_listener(self) -> tuple[str, int] | None:
        """Host and port."""
        found = _LISTENER.fullmatch(self.metrics_address or "")
        return (found[1] or found[2], int(found[3])) if found else None
