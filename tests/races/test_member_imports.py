"""Imports while others work on them, or on the same people."""

import asyncio
import contextvars
from collections import Counter
from datetime import timedelta

import pytest

from models import (
    ImportRowState,
    Invitation,
    Member,
    MemberImport,
    MemberImportRow,
    MemberStatus,
    OutboxEntry,
    Tenant,
    database,
)
from resolvers import import_steps
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import importing, steps
from tests.resolvers.importing import csv

ROUNDS, WORKERS, LEASE = 5, 4, timedelta(seconds=16)
ANN = "ann@example.com"


async def rows_of(tenant: Tenant) -> tuple[int, int, int]:
    """Pending members, invitations and mails."""
    pending = Member.filter(tenant_id=tenant.id, status=MemberStatus.PENDING)
    return (
        len(await steps.stored(pending)),
        len(await steps.stored(Invitation.filter(tenant_id=tenant.id))),
        len(await steps.stored(OutboxEntry.filter(tenant_id=tenant.id))),
    )


async def applying(by: Person, tenant: Tenant, *emails: str) -> str:
    file = csv(*[f"{email},MANAGER" for email in emails])
    plan = await importing.planned(by, tenant, file)
    await importing.apply(by, plan)
    return plan


async def test_workers_take_the_steps_of_an_import_one_after_the_other(
    owner: Person, project: Tenant
) -> None:
    """Issue 7.3: each row by one of them, and no step in vain.

    The line that holds it is `leased_until <= $3` in `resolvers.import_steps._CLAIM`; without it
    a worker takes what another one is at, whose step is lost.
    """
    plan = await applying(owner, project, *[f"p{n}@example.com" for n in range(100)])
    taken = await asyncio.gather(*[_work() for _ in range(WORKERS)])
    assert sum(taken) == 4
    assert (await importing.look(owner, plan))["invitedCount"] == 100
    assert await rows_of(project) == (100, 100, 100)


async def _work() -> int:
    """As workers do it: what another one has in hand is asked for again a little later."""
    done = 0
    while await steps.stored(MemberImport.filter(state="APPLYING")):
        if await import_steps.apply_next():
            done += 1
        else:
            await asyncio.sleep(0.01)
    return done


async def test_a_worker_that_was_overtaken_writes_nothing(owner: Person, project: Tenant) -> None:
    """CASES 118: its lease has lapsed, another one has invited her, and she was revoked since.

    The line that holds it is `lease = $2` in `resolvers.import_steps._HOLD`.
    """
    plan = await applying(owner, project, ANN)

    async def overtake() -> None:
        await MemberImport.filter(id=plan).update(lease="lse_of_another")
        await MemberImportRow.filter(member_import_id=plan).update(state=ImportRowState.INVITED)

    async def step() -> dict[str, bool]:
        return {"did": await import_steps.apply_next()}

    assert await steps.meanwhile(project, step(), overtake) == {"did": True}
    assert await rows_of(project) == (0, 0, 0)
    [kept] = await steps.stored(MemberImport.filter(id=plan))
    assert kept.lease == "lse_of_another"


async def test_what_a_killed_worker_had_in_hand_is_done_once_by_another(
    owner: Person, project: Tenant, clock: Clock
) -> None:
    """Issue 7.3: it dies where members are written and their rows are not; a step is whole or not
    at all, and is taken up when the lease has lapsed.

    The line that holds it is `_settle`, which stands in the transaction of
    `resolvers.import_steps._invite_together`.
    """
    plan = await applying(owner, project, *[f"p{n}@example.com" for n in range(60)])
    assert await import_steps.apply_next()
    before = await rows_of(project)
    await _die_at_the_rows()
    assert await rows_of(project) == before
    assert not await import_steps.apply_next()
    clock.move(LEASE)
    await importing.work()
    shown = await importing.look(owner, plan)
    assert (shown["state"], shown["invitedCount"]) == ("APPLIED", 60)
    assert await rows_of(project) == (60, 60, 60)


async def _die_at_the_rows() -> None:
    """A worker is cancelled while it waits for rows of an import that somebody holds."""
    context = contextvars.copy_context()
    async with database.transaction(database.SYSTEM):
        await database.rows("select from member_import_rows for update")
        dying = asyncio.create_task(import_steps.apply_next(), context=context)
        while not await database.rows("select from pg_locks where not granted"):  # noqa: ASYNC110 no event
            await asyncio.sleep(0.01)
        dying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dying


async def test_inviting_and_importing_somebody_at_once_makes_one_pending_member(
    world: World,
) -> None:
    """PRODUCT 4, CASES 69: whoever comes second is told so.

    The line that holds it is `select_for_update` in `resolvers.locks.tenant`; without it the
    partial unique index still holds, and the loser hears INTERNAL.
    """
    person = await world.person()
    for _ in range(ROUNDS):
        tenant = await world.tenant()
        await world.join(tenant, "OWNER", person)
        plan = await applying(person, tenant, ANN)
        answer, _ = await asyncio.gather(
            person.do("inviteMember", steps.invitation(tenant, ANN, "MANAGER")),
            import_steps.apply_next(),
        )
        by_import = await importing.reasons(person, plan) == [[]]
        assert by_import is (answer["__typename"] == "AlreadyMember")
        if not by_import:
            assert await importing.reasons(person, plan) == [["ALREADY_MEMBER"]]
        assert await rows_of(tenant) == (1, 1, 1)


async def test_two_imports_of_the_same_people_at_once_invite_each_once(
    world: World, owner: Person, project: Tenant
) -> None:
    """The line that holds it is `select_for_update` in `resolvers.locks.tenant`."""
    people = [f"p{n}@example.com" for n in range(20)]
    plans = [await applying(owner, project, *named) for named in (people, people[::-1])]
    while await steps.stored(MemberImport.filter(state="APPLYING")):
        await asyncio.gather(*[import_steps.apply_next() for _ in range(WORKERS)])
    said = [one for plan in plans for one in await importing.reasons(owner, plan)]
    assert Counter(map(tuple, said)) == {(): 20, ("ALREADY_MEMBER",): 20}
    assert await rows_of(project) == (20, 20, 20)


async def test_a_right_that_is_lost_while_a_step_waits_is_lost_for_the_step(
    owner: Person, manager: Person, project: Tenant
) -> None:
    """Issue 7.3, CASES 57 and 63.

    The line that holds it is `checks.require` in `resolvers.import_steps._invite_together`.
    """
    plan = await applying(manager, project, ANN)

    async def lose() -> None:
        await Member.filter(id=manager.member_id).update(denials=["members:invite"])

    async def step() -> dict[str, bool]:
        return {"did": await import_steps.apply_next()}

    assert await steps.meanwhile(project, step(), lose) == {"did": True}
    assert await importing.reasons(owner, plan) == [["PERMISSION_DENIED"]]
    assert await rows_of(project) == (0, 0, 0)


async def test_applying_at_once_is_applying_once(world: World) -> None:
    """Issue 7.3: in the name of one of the two.

    The line that holds it is `select_for_update` in `resolvers.locks.tenant`.
    """
    ann, ben = await world.person(), await world.person()
    for count in range(1, ROUNDS + 1):
        tenant = await world.tenant()
        for person in (ann, ben):
            await world.join(tenant, "OWNER", person)
        plan = await importing.planned(ann, tenant, csv(f"{ANN},MANAGER"))
        answers = await asyncio.gather(*[importing.apply(who, plan) for who in (ann, ben) * 3])
        assert {answer["memberImport"]["id"] for answer in answers} == {plan}
        assert len(await steps.audit("member_import.apply")) == count
        await importing.work()
        assert await rows_of(tenant) == (1, 1, 1)
