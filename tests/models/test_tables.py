from collections.abc import Iterator

import pytest
from tortoise import Tortoise
from tortoise.indexes import Index
from tortoise.models import Model

from models import database

pytestmark = pytest.mark.usefixtures("world")

OVER_ALL_TENANTS = {
    ("members", "email_key"),  # the offers made to one address
    ("app_access", "app_id"),  # ADR 0050: the rights that go before their app
    ("app_actions", "app_id"),  # ADR 0050: what goes with its app
    ("app_actions", "requested_at"),  # the oldest, which are forgotten
    ("app_roles", "app_id"),  # ADR 0050: the roles that go with their app
    ("app_role_assignments", "app_role_id"),  # ADR 0050: what goes with its role
    ("app_sessions", "launched_at"),  # the oldest, which are forgotten
    ("webhook_deliveries", "endpoint_id"),  # ADR 0050: what goes with its endpoint
    ("webhook_endpoints", "rests_until"),  # those that nothing is sent to now
    ("member_imports", "created_at"),  # the oldest that were never applied
    ("member_imports", "finished_at"),  # the oldest that were
    ("members", "user_id"),  # the places of one person
    ("outbox_entries", "channel"),  # the worker's next mail or SMS
    ("outbox_entries", "user_id"),  # what is written to one account
    ("outbox_entries", "link_id"),  # what carries one link
    ("outbox_entries", "code_id"),  # what carries one code
    ("outbox_entries", "tenant_invitation_id"),  # what carries one invitation of a tenant
    ("outbox_entries", "app_action_id"),  # what asks an app for one action
    ("outbox_entries", "webhook_delivery_id"),  # what tells of one event
    ("api_keys", "member_id"),  # the keys that one member made
    ("api_keys", "former_digest"),  # a secret, until its rotation is over
    ("member_imports", "leased_until"),  # the worker's next import
    ("member_import_rows", "member_import_id"),  # the rows that go with their import
    ("webhook_deliveries", "created_at"),  # the oldest, which are forgotten
    ("servicings", "organization_id"),  # the tenants of one servicing organization
    ("subscriptions", "ends_at"),  # the subscriptions that end next
    ("tenant_invitations", "organization_id"),  # what one servicing organization has invited
    ("tenant_blocks", "email_key"),  # the tenants blocked by one address
    ("tenant_blocks", "user_id"),  # the tenants blocked by one person
}


def models() -> list[type[Model]]:
    return list(Tortoise.apps["models"].values())


async def rows(sql: str) -> list[dict[str, object]]:
    async with database.transaction(database.SYSTEM, read_only=True):
        return await database.rows(sql)


async def columns_of_indexes() -> dict[str, list[list[str]]]:
    """By table, the columns of each of its indexes in their order."""
    found = await rows(
        "select indrelid::regclass::text as of, array("
        "  select attname from unnest(indkey) with ordinality k(n, place)"
        "  join pg_attribute on attrelid = indrelid and attnum = n order by place) as columns"
        " from pg_index where indrelid::regclass::text not like 'pg_%'"
    )
    return {str(row["of"]): [r["columns"] for r in found if r["of"] == row["of"]] for row in found}  # type: ignore[misc]


async def test_the_columns_are_those_of_the_models() -> None:
    """DESIGN 3: the database is built by the migrations alone, and nothing is missing in them."""
    found = await rows(
        "select table_name, column_name, is_nullable = 'YES' as optional,"
        " character_maximum_length as length from information_schema.columns"
        " where table_schema = 'public' and table_name <> 'tortoise_migrations'"
    )
    assert {(r["table_name"], r["column_name"], r["optional"], r["length"]) for r in found} == {
        column for model in models() for column in columns(model)
    }


def columns(model: type[Model]) -> Iterator[tuple[str, str, bool, int | None]]:
    meta = model._meta  # noqa: SLF001
    for name, column in meta.fields_db_projection.items():
        field = meta.fields_map[name]
        yield meta.db_table, column, field.null, getattr(field, "max_length", None)


async def test_the_indexes_of_the_models_are_there() -> None:
    """TRAPS 2 and 3."""
    found = await columns_of_indexes()
    for model in models():
        meta = model._meta  # noqa: SLF001
        for wanted in (*meta.indexes, *meta.unique_together):
            assert not isinstance(wanted, Index)
            assert list(wanted) in found[meta.db_table], (meta.db_table, wanted)


async def test_the_indexes_of_a_tenants_rows_begin_with_the_tenant() -> None:
    """DESIGN 1.7; primary keys and digests of secrets excepted."""
    found = await rows(
        "select indrelid::regclass::text as of, attname as first from pg_index"
        " join pg_attribute on attrelid = indrelid and attnum = indkey[0]"
        " where indrelid in (select attrelid from pg_attribute where attname = 'tenant_id')"
        " and not indisprimary and attname not in ('tenant_id', 'token_digest')"
    )
    assert {(row["of"], row["first"]) for row in found} == OVER_ALL_TENANTS
