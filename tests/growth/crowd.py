"""Many rows in every table that grows: in one tenant, and over as many others.

Each is a copy of one row that the product could have written, but for what has to differ.
"""

from dataclasses import dataclass

import asyncpg

from tests.models.places import COLUMNS, Place

WITHIN, AMONG, SERVED, PLACES, PENDING = 4_000, 12_000, 2_000, 1_000, 400
MOST = 3_000
"""What a statement may read of a table: less than what a large tenant has there in all."""
FEW = {
    "tariffs": "what the provider sells",
    "tariff_apps": "as tariffs",
    "documents": "what operations of clients are registered",
    "signing_keys": "one a month, and forgotten once it signs nothing any more",
    "tortoise_migrations": "one for each migration",
}
"""Tables that stay small, and why: reading the whole of them is no matter."""

_ONE_EACH = {
    "tenants": "these are they",
    "servicings": "a tenant is served by one organization",
    "operator_reports": "an organization has one",
    "api_keys": "a tenant has few",
    "webhook_endpoints": "as keys",
    "subscriptions": "as keys",
    "idempotency_keys": "they are of no tenant",
}
"""Tables that grow with the number of tenants, not within one."""

_MOMENT = "now() - interval '12 hours' + n * interval '1 second'"
_DIFFERS = {
    "id": "left(r.id, 4) || {number}",
    **{f"{name}_id": f"'{prefix}_' || {{number}}" for name, prefix in (
        ("user", "usr"), ("inviter", "usr"), ("actor", "usr"), ("member", "mem"),
        ("app_role", "aro"), ("invitation", "inv"),
    )},
    "login": "'user' || {start} + n",
    "login_key": "'user' || {start} + n",
    "email": "'user' || {start} + n || '@example.com'",
    "email_key": "'user' || {start} + n || '@example.com'",
    "full_name": "'Person ' || {start} + n",
    "name_key": "'person ' || {start} + n",
    "token_digest": "{number}",
    "digest": "{number}",
    "subject": "{number}",
    "number": "10 + n",
    "revision": "n",
    "created_at": _MOMENT,
    "launched_at": _MOMENT,
    "updated_at": _MOMENT,
    "begins_at": "now() - interval '1 year' + n * interval '1 minute'",
    "ends_at": "now() + interval '1 year' + n * interval '1 minute'",
    "due_at": "now() + n * interval '1 minute'",
}  # fmt: skip
_WITHIN = {
    "tenant_id": "'{place.tenant}'",
    "organization_id": "'{place.organization}'",
    "app_id": "'{place.app}'",
    "endpoint_id": "'{place.endpoint}'",
    "member_import_id": "'{place.member_import}'",
}
_AMONG = {
    "tenant_id": "'ten_' || {number}",
    "organization_id": "'ten_' || {number}",
    "app_id": "'app_' || {number}",
    "endpoint_id": "'whe_' || {number}",
    "member_import_id": "'imp_' || {number}",
}
_ITS_OWN = {
    "members": {"role": "'ACCOUNTANT'"},
    "tenant_blocks": {"user_id": "null"},
    "tenant_invitations": {"inviter_id": "'{place.inviter}'"},
    "webhook_deliveries": {"state": "'DELIVERED'"},
    "app_sessions": {"redeemed_at": "now()", "last_seen_at": "now()"},
    "app_roles": {"app_id": "'app_' || {number}"},
    "servicings": {
        "organization_id": f"case when n <= {SERVED} then '{{place.organization}}'"
        " else 'ten_' || {number} end"
    },
}
_OTHERS, _PENDING, _MORE = 1_000_000, 2_000_000, 3_000_000
_COUNT = """
delete from member_counts;
insert into member_counts (id, tenant_id, status, role, number)
select concat_ws(' ', tenant_id, status, role), tenant_id, status, role, count(*)
from members group by tenant_id, status, role
"""
_COLUMNS_OF = """
select attname from pg_attribute
where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum
"""


@dataclass(frozen=True)
class Grown:
    """Where rows come to be many: ids. The organization serves thousands of tenants, `inviter` has
    invited more for it, and `somebody` has a place in a thousand.
    """

    tenant: str
    organization: str
    inviter: str
    app: str
    endpoint: str
    member_import: str
    somebody: str


async def grow(connection: asyncpg.Connection, template: Place, place: Grown) -> None:
    """As a superuser, past triggers and policies; `template` has a row in every table."""
    async with connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        await connection.execute("create table crowded ()")  # no later test has this database
        for table in COLUMNS.keys() - FEW.keys() - {"member_counts"}:
            which = f"{COLUMNS[table]} = '{template.key(table)}'"
            if table == "members":
                which += " and status = 'JOINED'"
            own = _ITS_OWN.get(table, {})
            await _copy(connection, table, which, _DIFFERS | _AMONG | own, _OTHERS, place, AMONG)
            if table not in _ONE_EACH:
                await _copy(connection, table, which, _DIFFERS | _WITHIN | own, 0, place)
        await _invite(connection, template, place)
        await _join(connection, template, place)
        await _plan(connection, template, place)
        await connection.execute(_COUNT)
        await connection.execute("delete from signing_keys where public = '{}'")  # signs nothing
    await connection.execute("vacuum analyze")


async def _invite(connection: asyncpg.Connection, template: Place, place: Grown) -> None:
    """Some of the large tenant's people are pending; the others were once."""
    its = f"tenant_id = '{template.tenant.id}'"
    where, which = _DIFFERS | _WITHIN, f"{its} and status = 'PENDING'"
    nobody = where | {"user_id": "null"}
    await connection.execute("update invitations set state = 'ACCEPTED' where id like 'inv_0000%'")
    await _copy(connection, "members", which, nobody, _PENDING, place, PENDING)
    await _copy(connection, "invitations", its, where, _PENDING, place, PENDING)


async def _plan(connection: asyncpg.Connection, template: Place, place: Grown) -> None:
    """Each of the large tenant's imports has a row."""
    where = _DIFFERS | _WITHIN | {"member_import_id": "'imp_' || lpad(n::text, 26, '0')"}
    its = f"tenant_id = '{template.tenant.id}'"
    await _copy(connection, "member_import_rows", its, where, _MORE, place)


async def _join(connection: asyncpg.Connection, template: Place, place: Grown) -> None:
    where = _DIFFERS | _AMONG | {"user_id": f"'{place.somebody}'"}
    its = f"tenant_id = '{template.tenant.id}' and status = 'JOINED'"
    where["id"] = f"'mem_' || lpad(({_MORE} + n)::text, 26, '0')"
    await _copy(connection, "members", its, where, _OTHERS, place, PLACES)


async def _copy(
    connection: asyncpg.Connection,
    table: str,
    which: str,
    differs: dict[str, str],
    start: int,
    place: Grown,
    many: int = WITHIN,
) -> None:
    columns = [record["attname"] for record in await connection.fetch(_COLUMNS_OF, table)]
    number = f"lpad(({start} + n)::text, 26, '0')"
    given = {"number": number, "start": start, "place": place}
    chosen = ", ".join(differs.get(name, f'r."{name}"').format(**given) for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    await connection.execute(
        f"insert into {table} ({names}) select {chosen}"  # noqa: S608 our own names
        f" from (select * from {table} where {which} limit 1) r, generate_series(1, {many}) n"
    )
