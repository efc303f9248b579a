"""Tariffs: what the provider offers to subscribe to (PRODUCT 6.3).

What one includes and its period stay as they were made, since customers have subscribed to that;
who offers something else makes another tariff (ADR 0022).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import orjson

import errors
from auth.viewer import Viewer
from locales import Locale
from models import Tariff as TariffRow
from models import TariffApp, clock, database, ids
from permissions import checks
from resolvers import audit, identifiers, pages

_MOST_MONTHS, _MOST_APPS = 120, 50
_SELECT = """
select f.id as order_key, f.id, f.code, f.names, f.months, f.is_offered, (
  select json_agg(json_build_object('code', i.code, 'name', i.name) order by i.code)
  from tariff_apps i where i.tariff_id = f.id
) as apps from tariffs f
"""


@dataclass(frozen=True, slots=True)
class Names:
    """What a tariff is called, in each language."""

    en: str
    ru: str
    kk: str

    def of(self, locale: Locale) -> str:
        return str(getattr(self, locale.lower()))


@dataclass(frozen=True, slots=True)
class Included:
    """An app that comes with a tariff; `url` is where it is opened."""

    code: str
    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Tariff:
    """`months` is its period."""

    id: str
    code: str
    names: Names
    months: int
    is_offered: bool
    apps: tuple[Included, ...]


async def create(
    viewer: Viewer, *, code: str, names: Names, months: int, apps: Sequence[Included]
) -> Tariff:
    """The provider offers the tariff.

    Raises:
        errors.Unauthenticated
        errors.PermissionDenied: he is no `ADMIN` of the provider's.
        errors.InvalidInput: also for a code that another tariff has.
    """
    staff = checks.require_admin(viewer)
    faults = identifiers.Faults()
    code = faults.check(("code",), identifiers.code, code)
    names = _check_names(names, faults)
    within = partial(identifiers.within, most=_MOST_MONTHS)
    months = faults.check(("months",), within, months)
    included = _check_apps(apps, faults)
    faults.settle()
    try:
        async with database.transaction(database.SYSTEM):
            row = await _write(code, names, months, included)
            await _record(staff, row, "create", {"code": (None, code)})
    except database.IntegrityError:
        raise errors.InvalidInput.at("code", code="TAKEN") from None
    return _shown(row, included)


def _check_names(names: Names, faults: identifiers.Faults) -> Names:
    checked = {
        field: faults.check(("names", field), identifiers.name, value)
        for field, value in asdict(names).items()
    }
    return Names(**checked)


def _check_apps(apps: Sequence[Included], faults: identifiers.Faults) -> list[Included]:
    apps = faults.check(("apps",), _number, apps) or ()
    checked = [_check_app(app, ("apps", str(index)), faults) for index, app in enumerate(apps)]
    codes: list[str | None] = [app.code for app in checked]
    for index, code in enumerate(codes):
        if code is not None and code in codes[:index]:
            faults.add(("apps", str(index), "code"), "TWICE")
    return checked


def _number(apps: Sequence[Included]) -> Sequence[Included]:
    if not apps:
        raise identifiers.Fault("REQUIRED")
    if len(apps) > _MOST_APPS:
        raise identifiers.Fault("TOO_MANY_APPS", _MOST_APPS)
    return apps


def _check_app(app: Included, path: tuple[str, ...], faults: identifiers.Faults) -> Included:
    return Included(
        faults.check((*path, "code"), identifiers.code, app.code),
        faults.check((*path, "name"), identifiers.name, app.name),
        faults.check((*path, "url"), identifiers.optional(identifiers.web_address), app.url),
    )


async def _write(code: str, names: Names, months: int, apps: Sequence[Included]) -> TariffRow:
    now = clock.now()
    row = await TariffRow.create(
        id=ids.new("trf"),
        code=code,
        names=_stored(names),
        months=months,
        created_at=now,
        updated_at=now,
    )
    for app in apps:
        await TariffApp.create(
            id=ids.new("tap"), tariff_id=row.id, code=app.code, name=app.name, url=app.url
        )
    return row


def _stored(names: Names) -> dict[str, str]:
    return {field.upper(): name for field, name in asdict(names).items()}


async def update(
    viewer: Viewer,
    tariff_id: str,
    *,
    names: Names | None = None,
    is_offered: bool | None = None,
) -> Tariff:
    """The tariff has those names, and can be subscribed to or not; what is left out stays.

    Who is subscribed to a tariff that is withdrawn keeps it, and it can be renewed.

    Raises:
        errors.Unauthenticated
        errors.PermissionDenied: he is no `ADMIN` of the provider's.
        errors.NotFound, errors.InvalidInput
    """
    staff = checks.require_admin(viewer)
    faults = identifiers.Faults()
    names = None if names is None else _check_names(names, faults)
    faults.settle()
    async with database.transaction(database.SYSTEM):
        row = await TariffRow.filter(id=tariff_id).select_for_update(no_key=True).first()
        if row is None:
            raise errors.NotFound
        changes = _edit(row, names, is_offered)
        if changes:
            row.updated_at = clock.now()
            await row.save()
            await _record(staff, row, "update", changes)
        return (await many([tariff_id]))[tariff_id]


def _edit(row: TariffRow, names: Names | None, is_offered: bool | None) -> audit.Changes:  # noqa: FBT001 a value, not a switch
    changes: dict[str, tuple[str, str] | tuple[()]] = {}
    if names is not None and _stored(names) != row.names:
        row.names = _stored(names)
        changes["names"] = ()
    if is_offered is not None and is_offered is not row.is_offered:
        changes["is_offered"] = (str(row.is_offered).lower(), str(is_offered).lower())
        row.is_offered = is_offered
    return changes


async def _record(staff: Viewer, row: TariffRow, verb: str, changes: audit.Changes) -> None:
    await audit.record(staff, f"tariff.{verb}", subject_id=row.id, changes=changes)


async def page(viewer: Viewer, window: pages.Window) -> pages.Page[Tariff]:
    """The tariffs that are offered, oldest first; staff see those withdrawn too.

    Raises:
        errors.InvalidInput: of the window.
    """
    return await pages.read(
        f"{_SELECT} where (f.is_offered or $1)",
        [viewer.is_staff],
        order=pages.Order("tariffs", "f.id", "f.id"),
        window=window,
        make=_of_record,
    )


async def get(viewer: Viewer, tariff_id: str) -> Tariff:
    """Raises:
    errors.NotFound: absent, or withdrawn and the viewer is no staff.
    """
    found = (await many([tariff_id])).get(tariff_id)
    if found is None or not (found.is_offered or viewer.is_staff):
        raise errors.NotFound
    return found


async def many(tariff_ids: Sequence[str]) -> dict[str, Tariff]:
    """By id, for who has been shown a subscription to them."""
    found = await database.rows(f"{_SELECT} where f.id = any($1)", list(tariff_ids))
    return {record["id"]: _of_record(record) for record in found}


def _of_record(record: Mapping[str, Any]) -> Tariff:
    return Tariff(
        record["id"],
        record["code"],
        _names(orjson.loads(record["names"])),
        record["months"],
        record["is_offered"],
        tuple(Included(**app) for app in orjson.loads(record["apps"])),
    )


def _shown(row: TariffRow, apps: Sequence[Included]) -> Tariff:
    by_code = sorted(apps, key=lambda app: app.code)
    return Tariff(row.id, row.code, _names(row.names), row.months, row.is_offered, tuple(by_code))


def _names(stored: dict[str, Any]) -> Names:
    return Names(**{language.lower(): name for language, name in stored.items()})
