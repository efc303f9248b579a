"""Queries whose answer may be a little old: who may be answered by a replica, and how he is told.

`Tenantry-Stale-Ok: true` asks for it, and the answer's `Tenantry-Read-From` says what became of it
(ADR 0035). Only what is about a tenant may be old. What somebody reads of himself he has often just
changed, links are good or dead at once, and staff see by other rules.
"""

from graphql import FieldNode
from starlette.requests import HTTPConnection
from starlette.responses import Response

ASKED, TOLD = "tenantry-stale-ok", "tenantry-read-from"
MAY_BE_OLD = frozenset(
    {
        *("__typename", "tenant", "tenants", "members", "memberChanges", "apps", "node"),
        *("roleMatrix", "subscriptions", "tariffs"),
    }
)
"""Root fields of `Query`."""


class Staleness:
    """Of one request that bears old answers."""

    def __init__(self, response: Response) -> None:
        self._response = response

    def say(self, source: str) -> None:
        self._response.headers[TOLD] = source


def asked(request: HTTPConnection, response: Response) -> Staleness | None:
    """None where it was not asked for."""
    if request.headers.get(ASKED, "").strip().lower() != "true":
        return None
    return Staleness(response)


def may_be_old(fields: list[FieldNode]) -> bool:
    """Whether all these root fields of a query may."""
    return MAY_BE_OLD.issuperset(field.name.value for field in fields)
