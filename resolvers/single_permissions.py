"""Single permissions: switched on or off for one member, on top of his role (PRODUCT 2, rule 3; B).

Whoever switches one holds it himself, in both directions: so nobody lifts a denial of his own.
They stay when the role changes, or a denial could be shaken off by a detour; only an owner has
none (ADR 0015).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import errors
from auth.viewer import Viewer
from models import Member, MemberStatus, database
from permissions import checks, roles
from permissions.catalog import OWNER, Permission, Source
from resolvers import audit, directory, identifiers, locks, rows

Switches = Mapping[Permission, bool]


async def switch(
    viewer: Viewer, member_id: str, *, on: Sequence[str] = (), off: Sequence[str] = ()
) -> rows.Member:
    """The member holds what is in `on` and nothing of what is in `off`, whatever his role says.

    Raises:
        errors.Unauthenticated, errors.NotFound
        errors.PermissionDenied: also for what the viewer does not hold himself.
        errors.InvalidInput: he is an owner or has not accepted; a permission cannot be switched
            for him, or is named twice.
    """
    checks.require_caller(viewer)
    async with database.transaction(viewer.scope):
        actor, member = await locks.member(viewer, member_id)
        checks.require(actor, Permission.MEMBERS_GRANT)
        checks.require_reach(actor, member.role)
        _require_may_have_any(member)
        switches = _read(roles.role(actor.catalog, member.role).switchable, on, off)
        for permission in switches:
            checks.require(actor, permission)
        await _apply(viewer, actor, member, switches)
        return await directory.changed(viewer, member_id)


def _require_may_have_any(member: Member) -> None:
    """Raises:
    errors.InvalidInput: he has not accepted, or is an owner.
    """
    if member.status is MemberStatus.PENDING:
        raise errors.InvalidInput.at("memberId", code="NOT_JOINED")
    if member.role == OWNER:
        raise errors.InvalidInput.at("memberId", code="OWNER_HOLDS_ALL")


def _read(switchable: Collection[str], on: Sequence[str], off: Sequence[str]) -> Switches:
    """Raises:
    errors.InvalidInput: with every fault of both lists.
    """
    faults, switches = identifiers.Faults(), dict[Permission, bool]()
    for path, code, wanted in _named(on, off):
        if code not in switchable:
            faults.add(path, "UNKNOWN_PERMISSION")
        elif code in switches:
            faults.add(path, "SWITCHED_TWICE")
        else:
            switches[Permission(code)] = wanted
    faults.settle()
    return switches


def _named(on: Sequence[str], off: Sequence[str]) -> Iterator[tuple[tuple[str, str], str, bool]]:
    """Each permission with its place in the input, and whether he is to hold it."""
    for name, codes in (("on", on), ("off", off)):
        for index, code in enumerate(codes):
            yield (name, str(index)), code, name == "on"


async def _apply(viewer: Viewer, actor: locks.Actor, member: Member, switches: Switches) -> None:
    before = checks.Standing(
        actor.catalog, member.role, member.grants, member.denials, actor.servicing
    )
    after = _after(before, switches)
    sources = {p: (checks.source(before, p), checks.source(after, p)) for p in switches}
    changes = {str(p): (old, new) for p, (old, new) in sources.items() if old is not new}
    if not changes:
        return
    await audit.record(
        viewer,
        "member.set_permissions",
        subject_id=member.id,
        tenant_id=member.tenant_id,
        changes=changes,
    )
    member.grants, member.denials = list(after.grants), list(after.denials)
    await member.save(update_fields=["grants", "denials"])


def _after(before: checks.Standing, switches: Switches) -> checks.Standing:
    own = roles.role(before.catalog, before.role).permissions
    on = {permission for permission, wanted in switches.items() if wanted}
    off = switches.keys() - on
    return replace(
        before,
        grants=sorted({*before.grants, *on.difference(own)} - off),
        denials=sorted({*before.denials, *off.intersection(own)} - on),
    )


def shed(member: Member) -> audit.Changes:
    """He becomes an owner and has none any more; the caller saves him and records the changes."""
    gone = {Source.GRANT: member.grants, Source.DENIAL: member.denials}
    member.grants, member.denials = [], []
    return {code: (source, Source.ROLE) for source, codes in gone.items() for code in codes}
