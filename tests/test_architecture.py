"""What no tool holds: see `[tool.importlinter]` for the directions of imports, `tests/models` for
the policies of the database.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tortoise import Tortoise
from tortoise.fields import OnDelete
from tortoise.models import Model

from models import Tenant, database, ids
from models.embedded import SERVING_ROLE
from models.migrating import pending
from settings import Settings
from tests import authenticator, keys, visits
from tests.clients import Person
from tests.factories import World
from tests.provider import Provider
from tests.resolvers import app_steps, importing, tariff_steps, tenant_steps, webhook_steps

Configure = Callable[..., Settings]

ROOT = Path(__file__).parents[1]
FOLDERS = ("auth", "locales", "mail", "models", "permissions", "resolvers", "schema", "server")
WRITTEN_BY_TOOLS = ROOT / "models" / "migrations"
LONGEST_MODULE, LONGEST_FUNCTION = 300, 30

KEYS = {
    "tenants": "ten",
    "users": "usr",
    "members": "mem",
    "invitations": "inv",
    "sessions": "ses",
    "outbox_entries": "msg",
    "audit_events": "evt",
    "apps": "app",
    "app_access": "acc",
    "tenant_blocks": "blk",
    "account_links": "lnk",
    "phone_codes": "pho",
    "identities": "idn",
    "provider_visits": "vis",
    "recovery_codes": "rec",
    "app_roles": "aro",
    "app_role_assignments": "aas",
    "app_sessions": "aps",
    "signing_keys": "sig",
    "servicings": "srv",
    "tenant_invitations": "tin",
    "tariffs": "trf",
    "tariff_apps": "tap",
    "subscriptions": "sub",
    "app_actions": "act",
    "api_keys": "key",
    "member_imports": "imp",
    "member_import_rows": "imr",
    "webhook_endpoints": "whe",
    "webhook_deliveries": "whd",
}
# The key is a digest, the account it belongs to, or what it counts.
KEYLESS = {
    *("rate_limits", "documents", "idempotency_keys"),
    *("second_factors", "avatars", "operator_reports", "member_counts"),
}

# What the .sql files of the migrations make beside the models, and why.
INDEXES = {
    "members_one_pending_per_address": "ADR 0007: UNIQUE (tenant_id, email_key) where PENDING",
    "members_one_live_per_user": "ADR 0007: UNIQUE (tenant_id, user_id) where not REMOVED",
    "users_one_per_verified_email": "UNIQUE (email_key) where verified",
    "members_by_address": "the offers made to one address, and its places that have ended",
    "members_unstamped": "ADR 0027: what a transaction has yet to number, at its commit",
    "outbox_entries_due": "the worker's next mail, over all tenants",
    "outbox_entries_given_up": "what was given up of late, over all tenants: a figure for alarms",
    "tenant_blocks_one_per_user": "UNIQUE (tenant_id, user_id) where kept by account",
    "tenant_blocks_one_per_address": "UNIQUE (tenant_id, email_key) where kept by address",
    "servicings_one_organization": "ADR 0020: UNIQUE (tenant_id) where it has not ended",
    "tenant_blocks_by_address": "what one address blocks, over all tenants",
    "member_imports_waiting": "the worker's next import, over all tenants",
    "member_imports_planned": "what was never applied, and is forgotten",
    "member_imports_applied": "what was applied long ago, and is forgotten",
    "webhook_endpoints_resting": "where nothing is sent now: asked for each call that leaves",
    "webhook_deliveries_undelivered": "what one endpoint has not taken, beside all that it has",
    "users_who_want_news": "the readers of news",
    "tenants_servicing_others": "the organizations that reports are written to",
}
CHECKS = {
    "members_joined_have_user",
    "members_status",
    "members_owner_holds_all",
    "members_granted_or_denied",
    "invitations_state",
    "outbox_entries_state",
    "outbox_entries_channel",
    "tenants_servicing",
    "subscriptions_period",
    "api_keys_permissions",
    "member_imports_state",
    "member_import_rows_state",
    "webhook_endpoints_disabled",
    "webhook_deliveries_state",
    "account_links_purpose",
    "phone_codes_purpose",
    "tenant_blocks_of_somebody",
}


def modules() -> list[Path]:
    ours = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]
    return [*leaves(), *ours]


def leaves() -> list[Path]:
    """What everybody may import."""
    return [ROOT / "errors.py", *sorted((ROOT / "settings").glob("*.py"))]


def name(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


def tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text())


def functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(module)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def imported(module: Path) -> Iterator[str]:
    """The top-level names that a module imports."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module).partition(".")[0]


@pytest.mark.parametrize("leaf", leaves(), ids=name)
def test_everybody_may_import_what_imports_none_of_ours(leaf: Path) -> None:
    """DESIGN 2: settings may be split, and know each other."""
    ours = {*FOLDERS, "errors"} | ({"settings"} if leaf.parent == ROOT else set())
    assert set(imported(leaf)) & ours == set()


def test_only_the_settings_read_the_environment() -> None:
    """DESIGN 3; ruff's TID251 says so earlier, and can be waived in a line."""
    assert {name(module) for module in modules() if names_environment(module)} == {
        "models/embedded.py"  # the wheel reads XDG_RUNTIME_DIR when it is imported
    }
    reading = {name(m) for m in modules() if "pydantic_settings" in imported(m)}
    assert reading == {f"settings/{each}.py" for each in ("__init__", "guard", "limits", "pages")}


def names_environment(module: Path) -> bool:
    """`os.environ`, or one of its kind imported by name."""
    nodes = list(ast.walk(tree(module)))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    aliases = {node.name for node in nodes if isinstance(node, ast.alias)}
    return bool((attributes | aliases) & {"environ", "environb", "getenv", "getenvb"})


def test_a_module_can_be_read_in_one_sitting() -> None:
    """DESIGN 3: over it, split by noun."""
    sizes = {name(module): len(module.read_text().splitlines()) for module in written_by_hand()}
    assert {module: size for module, size in sizes.items() if size > LONGEST_MODULE} == {}


def written_by_hand() -> list[Path]:
    return [module for module in modules() if not module.is_relative_to(WRITTEN_BY_TOOLS)]


def test_a_function_fits_on_a_screen() -> None:
    """DESIGN 3: thirty lines at most, without its signature and docstring."""
    long = {
        f"{name(module)}:{function.name}": length(function)
        for module in written_by_hand()
        for function in functions(module)
        if length(function) > LONGEST_FUNCTION
    }
    assert long == {}


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_every_module_says_what_it_stands_for() -> None:
    """DESIGN 3; an empty `__init__.py` stands for nothing."""
    silent = [name(module) for module in modules() if module.read_text() and not documented(module)]
    assert silent == []


def documented(module: Path) -> bool:
    return ast.get_docstring(tree(module)) is not None


async def rows(sql: str) -> list[dict[str, object]]:
    async with database.transaction(database.SYSTEM, read_only=True):
        return await database.rows(sql)


@pytest.mark.usefixtures("database")
async def test_the_serving_role_owns_nothing_and_bypasses_nothing() -> None:
    """DESIGN 1.3, CASES 108: nor is it a member of a role that does."""
    [role] = await rows(
        f"select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"  # noqa: S608
        f" from pg_roles where rolname = '{SERVING_ROLE}' and rolname = current_user"
    )
    assert set(role.values()) == {False}
    for catalog, owner in (
        ("pg_class", "relowner"),
        ("pg_proc", "proowner"),
        ("pg_namespace", "nspowner"),
        ("pg_database", "datdba"),
    ):
        owned = await rows(f"select 1 from {catalog} where pg_has_role({owner}, 'member')")  # noqa: S608
        assert owned == [], catalog


async def test_a_key_says_which_table_it_belongs_to(
    world: World, owner: Person, project: Tenant, provider: Provider, configure: Configure
) -> None:
    """ADR 0006."""
    configure(identity_providers=[provider.settings()])
    invitation = {"tenantId": project.id, "invitee": {"email": "ann@example.com"}, "role": "OWNER"}
    await owner.do("inviteMember", invitation)
    reference = {"token": await world.link_token("ann@example.com")}
    await world.anonymous.do("declineInvitation", {"invitation": reference, "blockTenant": True})
    await importing.planned(owner, project, importing.csv("ben@example.com,MANAGER"))
    app = await app_steps.create(owner, project)
    await app_steps.set_roles(owner, owner.member_id, app, await app_steps.define(owner, app))
    await owner.do("launchApp", {"appId": app})
    await app_steps.set_control(owner, app)
    await app_steps.ask(owner, app)
    await visits.link(owner)
    await owner.do("startProviderLink", {"provider": "acme"})
    await authenticator.switch_on(owner)
    await owner.do("updateProfile", {"phone": "+77051250043"})
    await owner.do("requestPhoneCode")
    await owner.do("requestPasswordReset", {"login": owner.login})
    await tenant_steps.found(world, await tenant_steps.organization(world, tenant_steps.INVITES))
    await tariff_steps.make(world)
    await tariff_steps.subscribe(await world.staff(), project)
    await keys.make(world, owner, project, "members:view")
    await webhook_steps.test(owner, await webhook_steps.made(owner, project))
    tables = {model._meta.db_table for model in models()} - KEYLESS  # noqa: SLF001
    found = {table: await rows(f"select id from {table}") for table in tables}  # noqa: S608
    assert {
        table: {ids.prefix(str(row["id"])) for row in keys} for table, keys in found.items()
    } == {table: {prefix} for table, prefix in KEYS.items()}


@pytest.mark.usefixtures("database")
async def test_the_migrations_make_every_table_and_no_other() -> None:
    """ADR 0001; `tests/models/test_tables.py` compares their columns."""
    assert await pending() == []
    found = await rows("select tablename from pg_tables where schemaname = 'public'")
    tables = {model._meta.db_table for model in models()}  # noqa: SLF001
    assert {row["tablename"] for row in found} == {*tables, "tortoise_migrations"}


@pytest.mark.usefixtures("database")
async def test_beside_those_of_the_models_only_named_indexes_exist() -> None:
    """ADR 0007 and TRAPS 2: what Tortoise cannot say stands in .sql files."""
    found = await rows(
        "select indexrelid::regclass::text as name, indrelid::regclass::text as of, array("
        "  select attname from unnest(indkey) with ordinality k(n, place)"
        "  join pg_attribute on attrelid = indrelid and attnum = n order by place) as columns,"
        " indpred is not null as partial"
        " from pg_index join pg_class on oid = indrelid"
        " where relnamespace = 'public'::regnamespace and relname <> 'tortoise_migrations'"
    )
    full = {(str(r["of"]), *r["columns"]) for r in found if not r["partial"]}  # type: ignore[misc]
    assert full == {index for model in models() for index in indexes(model)}
    assert {r["name"] for r in found if r["partial"]} == set(INDEXES)


def indexes(model: type[Model]) -> Iterator[tuple[str, ...]]:
    meta = model._meta  # noqa: SLF001
    for name_, field in meta.fields_map.items():
        if field.unique and name_ in meta.fields_db_projection:
            yield meta.db_table, meta.fields_db_projection[name_]
    for columns in (*meta.unique_together, *meta.indexes):
        yield meta.db_table, *map(str, columns)  # type: ignore[arg-type]


@pytest.mark.usefixtures("database")
async def test_rows_refer_to_each_other_as_the_models_say() -> None:
    """ADR 0001: foreign keys, what happens when their row goes, and the checks by name."""
    found = await rows(
        "select contype::text as kind, conname as name, conrelid::regclass::text as of,"
        " confdeltype::text as deleting, (select attname from pg_attribute"
        "  where attrelid = conrelid and attnum = conkey[1]) as column"
        " from pg_constraint where connamespace = 'public'::regnamespace"
    )
    keys = {(r["of"], r["column"], r["deleting"]) for r in found if r["kind"] == "f"}
    assert keys == {key for model in models() for key in foreign_keys(model)}
    assert {r["name"] for r in found if r["kind"] == "c"} == CHECKS


def foreign_keys(model: type[Model]) -> Iterator[tuple[str, str, str]]:
    meta, letters = model._meta, {OnDelete.RESTRICT: "r", OnDelete.CASCADE: "c"}  # noqa: SLF001
    for field in (*meta.fk_fields, *meta.o2o_fields):
        key = meta.fields_map[field]
        yield meta.db_table, str(key.source_field), letters[key.on_delete]  # type: ignore[attr-defined]


def models() -> list[type[Model]]:
    return list(Tortoise.apps["models"].values())
