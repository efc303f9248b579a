"""How the ORM is told of its databases, by their addresses."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

ALIAS, REPLICA = "default", "replica"


def config(engine: str, connections: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Tortoise's configuration: our tables on the first connection; asyncpg's arguments of each."""
    return {
        "connections": {
            alias: {"engine": engine, "credentials": dict(credentials)}
            for alias, credentials in connections.items()
        },
        "apps": {
            "models": {
                "models": ["models"],
                "default_connection": ALIAS,
                "migrations": "models.migrations",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


def parse(url: str) -> dict[str, Any]:
    """asyncpg's arguments for `postgresql://user:password@host:port/database?host=&sslmode=`."""
    parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
    return {
        "host": query.get("host", [parts.hostname])[0],
        "port": parts.port or 5432,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or "") or None,
        "database": unquote(parts.path.lstrip("/")),
        "ssl": query.get("sslmode", ["prefer" if parts.hostname else "disable"])[0],
    }
