"""What a portal does to keep a copy of a tenant's members, by either reading."""

from dataclasses import dataclass, field
from typing import Any

from models import Tenant
from tests.clients import Client, Person

SHOWN = """id status fullName email phone role { code } permissions maxSessions updatedAt
  invitation { id state expiresAt } appAccess { edges { node { app { id } right roles { code } } } }
"""
CHANGES = f"""
query($t: ID!, $first: Int, $after: String) {{
  memberChanges(tenantId: $t, first: $first, after: $after) {{
    edges {{ cursor node {{ memberId removed member {{ {SHOWN} }} }} }}
    pageInfo {{ hasNextPage endCursor hasPreviousPage }} }} }}
"""
SINCE = f"""
query($t: ID!, $first: Int, $after: String, $since: DateTime) {{
  members(tenantId: $t, first: $first, after: $after, updatedSince: $since) {{
    totalCount edges {{ node {{ {SHOWN} }} }} pageInfo {{ hasNextPage endCursor }} }} }}
"""
WHOLE = f"""
query($t: ID!, $after: String) {{ members(tenantId: $t, first: 100, after: $after) {{
  edges {{ node {{ {SHOWN} }} }} pageInfo {{ hasNextPage endCursor }} }} }}
"""


@dataclass
class Copy:
    """Of a tenant's members by id, with the cursor it is as new as."""

    reader: Client | Person
    tenant: Tenant
    size: int = 100
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    cursor: str | None = None

    async def follow(self) -> list[str]:
        """Read on to the end; who has changed, in order, as often as he was read."""
        read, more = [], True
        while more:
            asked = {"t": self.tenant.id, "first": self.size, "after": self.cursor}
            found = (await self.reader.ask(CHANGES, **asked))["memberChanges"]
            read += [self._take(edge["node"]) for edge in found["edges"]]
            more = found["pageInfo"]["hasNextPage"]
            self.cursor = found["pageInfo"]["endCursor"]
        return read

    def _take(self, change: dict[str, Any]) -> str:
        member_id: str = change["memberId"]
        if change["removed"]:
            self.members.pop(member_id, None)
        else:
            self.members[member_id] = change["member"]
        return member_id


async def since(
    reader: Client | Person, tenant: Tenant, moment: str | None, size: int = 100
) -> list[dict[str, Any]]:
    """All pages of who was changed at that moment or later."""
    read: list[dict[str, Any]] = []
    after, more = None, True
    while more:
        asked = {"t": tenant.id, "first": size, "after": after, "since": moment}
        found = (await reader.ask(SINCE, **asked))["members"]
        read += [edge["node"] for edge in found["edges"]]
        after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
    return read


async def whole(reader: Client | Person, tenant: Tenant) -> dict[str, dict[str, Any]]:
    """The tenant's list as it is now, by id."""
    read: dict[str, dict[str, Any]] = {}
    after, more = None, True
    while more:
        found = (await reader.ask(WHOLE, t=tenant.id, after=after))["members"]
        read |= {edge["node"]["id"]: edge["node"] for edge in found["edges"]}
        after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
    return read
