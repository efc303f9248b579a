"""PostgreSQL: where it is, and how long it is waited for."""

from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr

from settings.durations import Duration


class Databases(BaseModel):
    """One primary, perhaps behind a pooler, and perhaps a replica of it."""

    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL 15 or later, as a role that owns nothing and cannot bypass "
        "policies. Unset: an embedded PostgreSQL in the data directory.",
    )
    migration_database_url: SecretStr | None = Field(
        None,
        description="The same database as the role that owns the tables, around a pooler; "
        "`migrate` needs it.",
    )
    listening_database_url: SecretStr | None = Field(
        None,
        description="The same database for the one connection that listens, around a pooler in "
        "transaction mode. Unset: `TENANTRY_DATABASE_URL`.",
    )
    replica_database_url: SecretStr | None = Field(
        None,
        description="A streaming replica of it, for the same role, which answers queries that say "
        "they may be a little old. See [Several machines](#several-machines).",
    )
    replica_max_lag: Duration = Field(
        timedelta(seconds=5),
        description="How far the replica may be behind; the primary answers beyond it.",
    )
    database_pooled: bool = Field(
        default=False,
        description="Whether these two addresses lead to a pooler in transaction mode.",
    )
    database_pool_size: int = Field(
        10, ge=1, description="Connections of one process, to each of the two."
    )
    database_acquire_timeout: Duration = Field(
        timedelta(seconds=2), description="How long a request waits for a free connection."
    )
    database_statement_timeout: Duration = Field(
        timedelta(seconds=10), description="How long one statement may run."
    )
    database_idle_timeout: Duration = Field(
        timedelta(seconds=30), description="How long a transaction may do nothing."
    )

    @property
    def database_problems(self) -> dict[str, bool]:
        """What does not go together, and whether that is so here."""
        primary, replica = self.database_url, self.replica_database_url
        return {
            "TENANTRY_LISTENING_DATABASE_URL: must lead around the pooler": (
                self.database_pooled and self.listening_database_url is None
            ),
            "TENANTRY_REPLICA_DATABASE_URL: must name the role of TENANTRY_DATABASE_URL": (
                replica is not None and (primary is None or _role(replica) != _role(primary))
            ),
        }


def _role(url: SecretStr) -> str | None:
    """Which policies bind on the replica as they do on the primary."""
    return urlsplit(url.get_secret_value()).username
