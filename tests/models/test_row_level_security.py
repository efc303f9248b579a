"""What each scope finds and writes, with no condition of ours (ADR 0002)."""

from contextlib import suppress

import pytest
from tortoise.exceptions import OperationalError

from auth import viewer
from models import MemberStatus, Servicing, clock, database
from models.database import NOBODY, SYSTEM, Scope
from tests.factories import CLIENT, World
from tests.isolation import fences
from tests.models.places import (
    COLUMNS,
    OPEN_TABLES,
    PUBLIC_TABLES,
    TENANT_TABLES,
    UNFENCED,
    Place,
    serve,
    settle,
)


@pytest.fixture
async def ours(world: World) -> Place:
    return await settle(world)


@pytest.fixture
async def foreign(world: World) -> Place:
    return await settle(world)


async def seen(table: str, scope: Scope) -> set[str]:
    """Whose rows that scope finds, with no condition of ours."""
    async with database.transaction(scope, read_only=True):
        found = await database.rows(f"select {COLUMNS[table]} as key from {table}")  # noqa: S608
    return {row["key"] for row in found}


async def seen_everywhere(scope: Scope) -> dict[str, set[str]]:
    return {table: await seen(table, scope) for table in COLUMNS}


async def run(scope: Scope, sql: str, *arguments: object) -> int:
    """How many rows the statement touched."""
    async with database.transaction(scope):
        return len(await database.rows(sql, *arguments))


async def refusal(scope: Scope, sql: str, *arguments: object) -> str:
    with pytest.raises(OperationalError) as refused:
        await run(scope, sql, *arguments)
    return str(refused.value)


async def test_a_viewer_finds_the_rows_of_his_tenants_and_his_own(
    ours: Place, foreign: Place
) -> None:
    """DESIGN 1.3; ADR 0002."""
    for place in (ours, foreign):
        own = {t: {place.key(t)} if t in OPEN_TABLES else set() for t in COLUMNS}
        assert await seen_everywhere(place.scope) == own


async def test_the_system_finds_all_rows(ours: Place, foreign: Place) -> None:
    """DESIGN 1.3."""
    everything = {table: {ours.key(table), foreign.key(table)} for table in COLUMNS}
    assert await seen_everywhere(SYSTEM) == everything


@pytest.mark.usefixtures("ours")
async def test_nobody_finds_nothing() -> None:
    """CASES 109."""
    assert await seen_everywhere(NOBODY) == {table: set() for table in COLUMNS}


async def test_a_staff_session_reads_people_and_where_they_belong_and_no_more(
    world: World, ours: Place, foreign: Place
) -> None:
    """PRODUCT 2, rule 6."""
    staff, tenants = await world.staff(), {ours.tenant.id, foreign.tenant.id}
    people = {ours.owner.id, foreign.owner.id, staff.id}
    opened = {"users": people, "members": tenants, "tenants": tenants, "subscriptions": tenants}
    opened["avatars"] = people - {staff.id}
    async with database.transaction(NOBODY, read_only=True):
        await viewer.identify(CLIENT, staff.token)
        for table, column in COLUMNS.items():
            found = await database.rows(f"select {column} as key from {table}")  # noqa: S608
            own = {staff.id} if table == "sessions" else set()
            assert {row["key"] for row in found} == opened.get(table, own), table


@pytest.mark.parametrize("table", ["users", "members", "tenants"])
async def test_a_staff_session_writes_nothing_it_only_reads(
    world: World, ours: Place, table: str
) -> None:
    """PRODUCT 2, rule 6: what staff change, they change through use cases of theirs."""
    staff, touched = await world.staff(), []
    with suppress(OperationalError):  # refused; where no row is found at all, it is not
        async with database.transaction(NOBODY):
            await viewer.identify(CLIENT, staff.token)
            touched = await database.rows(f"update {table} set id = id returning 1")  # noqa: S608
    assert touched == []
    assert await seen(table, ours.scope) == {ours.key(table)}


async def test_an_organization_reads_names_and_subscriptions_of_whom_it_serves_and_no_more(
    ours: Place, foreign: Place
) -> None:
    """PRODUCT 6.4, ADR 0020."""
    async with database.transaction(SYSTEM):
        await Servicing.filter(tenant_id=foreign.tenant.id).delete()
        await serve(foreign.tenant, by=ours.tenant)
    both, ours_alone = {ours.tenant.id, foreign.tenant.id}, {ours.tenant.id}
    read = {"tenants", "subscriptions", "servicings"}
    assert {table: await seen(table, ours.scope) for table in TENANT_TABLES} == {
        table: both if table in read else ours_alone for table in TENANT_TABLES
    }
    for table in read:
        touched = f"update {table} set id = id where {TENANT_TABLES[table]} = $1 returning 1"  # noqa: S608
        assert await run(ours.scope, touched, foreign.tenant.id) == 0
    async with database.transaction(SYSTEM):
        await Servicing.filter(tenant_id=foreign.tenant.id).update(ended_at=clock.now())
    assert await seen("tenants", ours.scope) == ours_alone
    assert await seen("subscriptions", ours.scope) == ours_alone


async def test_who_is_served_is_told_by_whom_and_reads_nothing_of_it(
    ours: Place, foreign: Place
) -> None:
    """ADR 0020: through a door, for tenants of one's own."""
    async with database.transaction(SYSTEM):
        await Servicing.filter(tenant_id=foreign.tenant.id).delete()
        await serve(foreign.tenant, by=ours.tenant)
    own, asked = {foreign.tenant.id}, [ours.tenant.id, foreign.tenant.id]
    assert {table: await seen(table, foreign.scope) for table in TENANT_TABLES} == dict.fromkeys(
        TENANT_TABLES, own
    )
    async with database.transaction(foreign.scope, read_only=True):
        [found] = await database.rows("select * from servers_of($1)", asked)
    assert (found["tenant_id"], found["organization_id"]) == (foreign.tenant.id, ours.tenant.id)


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("table", sorted(PUBLIC_TABLES))
async def test_what_the_provider_offers_is_read_by_everybody_and_written_by_the_system(
    table: str,
) -> None:
    """ADR 0022."""
    async with database.transaction(NOBODY, read_only=True):
        assert await database.rows(f"select id from {table}")  # noqa: S608
    assert await run(NOBODY, f"delete from {table} returning 1") == 0  # noqa: S608


@pytest.mark.parametrize("table", ["servicings", "subscriptions"])
async def test_who_is_served_does_not_write_by_whom_nor_what_for(ours: Place, table: str) -> None:
    """ADR 0020 and 0022: rows of his own tenant, which others made."""
    for sql in (f"delete from {table} returning 1", f"update {table} set id = id returning 1"):  # noqa: S608
        assert await run(ours.scope, sql) == 0


async def test_a_person_finds_his_places_wherever_they_are(ours: Place, foreign: Place) -> None:
    """DESIGN 1.3: policies also admit rows with the viewer's own user id."""
    assert await seen("members", ours.alone) == {ours.tenant.id}
    assert await seen("tenants", ours.alone) == {ours.tenant.id}
    assert foreign.tenant.id not in await seen("members", ours.alone)


async def test_a_disabled_person_finds_the_name_of_his_tenant_and_nothing_in_it(
    world: World, ours: Place
) -> None:
    """PRODUCT 4."""
    disabled = await world.join(ours.tenant, "MANAGER", status=MemberStatus.DISABLED)
    scope = Scope.viewer(disabled.id, ())
    assert await seen("tenants", scope) == {ours.tenant.id}
    assert await seen("invitations", scope) == set()
    assert await seen("users", scope) == {disabled.id}


async def test_a_removed_person_does_not_find_his_tenant(world: World, ours: Place) -> None:
    """PRODUCT 4."""
    removed = await world.join(ours.tenant, "MANAGER", status=MemberStatus.REMOVED)
    assert await seen("tenants", Scope.viewer(removed.id, ())) == set()


async def test_a_colleague_is_found_and_his_sessions_are_not(world: World, ours: Place) -> None:
    colleague = await world.join(ours.tenant, "MANAGER")
    assert await seen("users", ours.scope) == {ours.owner.id, colleague.id}
    assert await seen("sessions", ours.scope) == {ours.owner.id}


async def test_a_row_of_a_foreign_tenant_cannot_be_written(ours: Place, foreign: Place) -> None:
    """CASES 109: as a copy of a row that is there, under another id."""
    for table, column in TENANT_TABLES.items():
        copy = (
            f"insert into {table} select (jsonb_populate_record(null::{table}, to_jsonb(t)"  # noqa: S608
            f" || jsonb_build_object('id', 'copy', '{column}', $1::text))).*"
            f" from {table} t limit 1 returning 1"
        )
        assert "row-level security" in await refusal(ours.scope, copy, foreign.tenant.id)


async def test_rows_of_a_foreign_tenant_are_neither_changed_nor_deleted(
    ours: Place, foreign: Place
) -> None:
    """CASES 109."""
    for table in TENANT_TABLES.keys() - {"audit_events"}:
        where = f"where {TENANT_TABLES[table]} = $1 returning 1"
        change = f"update {table} set id = id {where}"  # noqa: S608
        assert await run(ours.scope, change, foreign.tenant.id) == 0
        assert await run(ours.scope, f"delete from {table} {where}", foreign.tenant.id) == 0  # noqa: S608


async def test_a_row_cannot_be_moved_to_a_foreign_tenant(ours: Place, foreign: Place) -> None:
    """CASES 109."""
    others = {"tenants", "audit_events", "servicings", "subscriptions"}  # refused altogether
    for table in TENANT_TABLES.keys() - others:
        column = TENANT_TABLES[table]
        move = f"update {table} set {column} = $1 where {column} = $2 returning 1"  # noqa: S608
        moved = await refusal(ours.scope, move, foreign.tenant.id, ours.tenant.id)
        assert "row-level security" in moved, table


async def test_nobody_writes_himself_into_a_tenant(world: World, ours: Place) -> None:
    """His own user id lets him find a row, not write one."""
    disabled = await world.join(ours.tenant, "MANAGER", status=MemberStatus.DISABLED)
    enable = "update members set status = 'JOINED' where user_id = $1 returning 1"
    refused = await refusal(Scope.viewer(disabled.id, ()), enable, disabled.id)
    assert "row-level security" in refused


async def test_a_colleagues_account_is_found_and_not_changed(world: World, ours: Place) -> None:
    """What a forgotten condition would do."""
    await world.join(ours.tenant, "MANAGER")
    refused = await refusal(ours.scope, "update users set full_name = 'Everybody'")
    assert "row-level security" in refused


@pytest.mark.usefixtures("ours")
async def test_nobody_changes_the_audit() -> None:
    """CASES 143: the serving role adds rows and changes none, in whatever scope."""
    for change in ("update audit_events set action = 'x'", "delete from audit_events"):
        assert "permission denied" in await refusal(SYSTEM, change)


@pytest.mark.usefixtures("world")
async def test_the_serving_role_changes_rows_and_nothing_else() -> None:
    """DESIGN 1.3: it owns nothing."""
    for statement in (
        "create table mine (id text)",
        "truncate members",
        "drop table members",
        "alter table members disable row level security",
        "drop policy scope on members",
        "insert into tortoise_migrations (app, name, applied_at) values ('x', 'x', now())",
        "set role tenantry_owner",
    ):
        answer = await refusal(SYSTEM, statement)
        assert "permission denied" in answer or "must be owner" in answer


FENCED = """
select relname as name, relrowsecurity and relforcerowsecurity and (
  select 'ALL' = any (array_agg(cmd)) and bool_and(permissive = 'PERMISSIVE')
  from pg_policies where tablename = relname
) as fenced
from pg_class where relkind in ('r', 'p', 'v', 'm', 'f') and relnamespace = 'public'::regnamespace
"""
PRIVILEGES = """
select t.tablename as name, array_agg(p order by p) as held
from pg_tables t, unnest(array[
  'DELETE', 'INSERT', 'REFERENCES', 'SELECT', 'TRIGGER', 'TRUNCATE', 'UPDATE'
]) p
where t.schemaname = 'public' and has_table_privilege(t.tablename::regclass, p) group by t.tablename
"""


async def fenced() -> dict[str, bool]:
    """Of each table and view: whether policies bind all that is done to it, by whomever."""
    async with database.transaction(SYSTEM):
        return {row["name"]: bool(row["fenced"]) for row in await database.rows(FENCED)}


@pytest.mark.usefixtures("world")
async def test_every_table_is_fenced_also_against_its_owner() -> None:
    """CASES 108: a new table has a policy, or a reason to have none in `places`."""
    expected = dict.fromkeys([*COLUMNS, *PUBLIC_TABLES], True) | dict.fromkeys(UNFENCED, False)
    assert await fenced() == expected


@pytest.mark.usefixtures("world")
async def test_a_new_table_without_a_policy_for_writing_as_well_is_noticed() -> None:
    """CASES 108: that the test above can fail."""
    async with fences.superuser() as connection:
        await connection.execute(
            "create table bare (); create table readable (); create view v as select"
        )
        await connection.execute("alter table readable enable row level security")
        await connection.execute("alter table readable force row level security")
        await connection.execute("create policy scope on readable for select using (true)")
    found = await fenced()
    assert [found[name] for name in ("bare", "readable", "v")] == [False] * 3


@pytest.mark.usefixtures("world")
async def test_the_serving_role_may_do_to_each_table_what_it_needs() -> None:
    """CASES 143 and DESIGN 1.3: to the audit it adds, of the migrations it reads."""
    async with database.transaction(SYSTEM):
        held = {row["name"]: row["held"] for row in await database.rows(PRIVILEGES)}
    rows = ["DELETE", "INSERT", "SELECT", "UPDATE"]
    expected = dict.fromkeys([*COLUMNS, *PUBLIC_TABLES, *UNFENCED], rows)
    expected |= {"audit_events": ["INSERT", "SELECT"], "tortoise_migrations": ["SELECT"]}
    assert held == expected


@pytest.mark.usefixtures("world")
async def test_every_door_through_the_fence_is_known_by_name() -> None:
    """ADR 0002: a new door is a change to that list and to this one."""
    async with database.transaction(SYSTEM):
        doors = await database.rows(
            "select proname as name, proconfig as config from pg_proc"
            " where prosecdef and pronamespace = 'public'::regnamespace"
        )
    assert {door["name"] for door in doors} == {
        "open_session",
        "offers",
        "tenant_offer",
        "account_link",
        "blocks_of",
        "is_blocked",
        "actors_of",
        "avatars_of_staff",
        "servers_of",
        "language_of",
        "open_key",
        "stamp_members",
        "touch_members",
        "touch_members_of_users",
        "touch_members_of_tenants",
    }
    assert all("search_path=public, pg_temp" in door["config"] for door in doors)


async def test_a_door_leaves_the_scope_as_it_was(ours: Place, foreign: Place) -> None:
    """ADR 0002: they widen it for their own duration."""
    async with database.transaction(ours.scope):
        await database.rows("select * from offers(null, $1, now())", foreign.owner.id)
        found = await database.rows("select tenant_id from members")
    assert {row["tenant_id"] for row in found} == {ours.tenant.id}


@pytest.mark.usefixtures("foreign")
async def test_a_session_opens_its_holders_scope_and_no_wider_one(ours: Place) -> None:
    """DESIGN 1.4."""
    async with database.transaction(NOBODY, read_only=True):
        await viewer.identify(CLIENT, ours.owner.token)
        found = await database.rows("select tenant_id from members")
    assert {row["tenant_id"] for row in found} == {ours.tenant.id}
