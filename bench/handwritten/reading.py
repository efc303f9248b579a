"""The page and the small queries, in the shape of ours."""

from base64 import urlsafe_b64encode
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import asyncpg
import orjson
from starlette.requests import Request
from starlette.responses import Response

from bench.handwritten import transactions
from bench.handwritten.transactions import row

_SIZE = 50
_TENANT = "select id, name from tenants where id = $1 and deleted_at is null"
_COUNTED = """
select id, name, (
  select count(*) from members m where m.tenant_id = t.id and m.status <> 'REMOVED'
)
from tenants t where id = $1 and deleted_at is null
"""
_MEMBERS = """
select m.id, m.status, coalesce(u.full_name, m.full_name), coalesce(u.email, m.email), m.role,
  u.id, u.full_name, m.created_at
from members m left join users u on u.id = m.user_id and m.joined_at is not null
where m.tenant_id = $1 and m.status <> 'REMOVED'
order by m.created_at, m.id limit 51
"""
_RIGHTS = """
select x.member_id, x."right", a.id, a.name
from app_access x join apps a on a.id = x.app_id
where x.tenant_id = $1 and x.member_id = any ($2) order by x.app_id
"""


class Answer(Response):
    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


async def me(request: Request) -> Response:
    async with transactions.reading(request) as (_, caller):
        return Answer({"user": {"id": caller.id}})


async def small(request: Request) -> Response:
    tenant_id = request.path_params["id"]
    async with transactions.reading(request) as (connection, caller):
        caller.require(tenant_id, "tenant:view")
        tenant = await row(connection, _TENANT, tenant_id)
    return Answer({"id": tenant[0], "name": tenant[1]})


async def page(request: Request) -> Response:
    tenant_id = request.path_params["id"]
    async with transactions.reading(request) as (connection, caller):
        caller.require(tenant_id, "members:view")
        tenant = await row(connection, _COUNTED, tenant_id)
        found = await connection.fetch(_MEMBERS, tenant_id)
        members = found[:_SIZE]
        rights = await connection.fetch(_RIGHTS, tenant_id, [member[0] for member in members])
    connected = _connection(tenant_id, members, rights, more=len(found) > _SIZE)
    connected["totalCount"] = tenant[2]
    return Answer({"id": tenant[0], "name": tenant[1], "members": connected})


def _connection(
    tenant_id: str,
    members: Sequence[asyncpg.Record],
    rights: Sequence[asyncpg.Record],
    *,
    more: bool,
) -> dict[str, Any]:
    held = defaultdict(list)
    for member_id, right, app_id, name in rights:
        held[member_id].append({"node": {"right": right, "app": {"id": app_id, "name": name}}})
    name = f"members:CREATED_AT:{tenant_id}"
    edges = [
        {
            "cursor": _cursor(name, created_at, identity),
            "node": {
                "id": identity,
                "status": status,
                "fullName": full_name,
                "email": email,
                "role": {"code": role},
                "user": {"id": user_id, "fullName": user_name} if user_id else None,
                "appAccess": {"edges": held[identity]},
            },
        }
        for identity, status, full_name, email, role, user_id, user_name, created_at in members
    ]
    return {
        "pageInfo": {
            "hasNextPage": more,
            "endCursor": edges[-1]["cursor"] if edges else None,
            "hasPreviousPage": False,
            "startCursor": edges[0]["cursor"] if edges else None,
        },
        "edges": edges,
    }


def _cursor(name: str, value: object, identity: str) -> str:
    return urlsafe_b64encode(orjson.dumps([name, value, identity])).decode().rstrip("=")
