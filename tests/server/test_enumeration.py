"""Who has an account, and which link lives: neither the answer nor its time tells (CASES 83 to 85).

Each question is asked in all of its cases by turns, so that whatever slows the machine down slows
all of them. `scripts/soak` holds the medians to five milliseconds.
"""

import re
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from auth import passwords
from mail import delivery, transport
from models import Tenant, User, database
from resolvers import accounts
from resolvers.accounts import Registration
from server.cli import OPERATOR
from settings import Settings
from tests.clients import Client, Person
from tests.factories import World
from tests.figures import Measured
from tests.resolvers import steps

PASSWORD = "a loaf of rye bread"
TELLING = 0.005  # seconds between two medians
_OWN = re.compile(r'"\d{4}-\d\d-\d\dT[^"]*"|\b(mem|inv|lnk|usr)_\w+|\b[a-z]+\d{3}@')


@dataclass
class Question:
    """A mutation or query of which only `variables` differ; `cases` gives them for each round.

    `same_work`: as many statements and password hashes, whichever the case.
    """

    document: str
    cases: dict[str, Callable[[int], dict[str, Any]]]
    client: Client
    same_work: bool = True


Asking = Callable[[World, Tenant, Person, int], Awaitable[Question]]


@pytest.fixture(autouse=True)
def unlimited(configure: Callable[..., Settings]) -> None:
    rates = [name for name in Settings.model_fields if name.startswith("limit_")]
    configure(registration=True, **dict.fromkeys(rates, "1000000/minute"))


async def account(login: str, **values: Any) -> str:
    """A person whose password is hashed as strongly as anybody's."""
    new = Registration(login.capitalize(), login, PASSWORD)
    user_id = await accounts.create(OPERATOR, new, email=f"{login}@example.com")
    async with database.transaction(database.SYSTEM):
        await User.filter(id=user_id).update(**values)
    return user_id


async def everybody(world: World) -> None:
    """Of each kind of account one."""
    await account("known")
    await account("shy", email_verified_at=None)
    await account("none", password_hash=None)
    ended = world.client(await world.session(await account("gone")))
    answer = await ended.do("deleteMyAccount", {"password": PASSWORD})
    assert answer["__typename"] == "DeleteMyAccountPayload"


def document(mutation: str, input_type: str, select: str) -> str:
    return (
        f"mutation($input: {input_type}!) {{ it: {mutation}(input: $input) {{ __typename"
        f" ... on Error {{ code message }} {select} }} }}"
    )


def inputs(**values: Any) -> Callable[[int], dict[str, Any]]:
    return given(input=values)


def given(**variables: Any) -> Callable[[int], dict[str, Any]]:
    """The same in every round."""
    return lambda _: variables


async def signing_in_by_login(world: World, *_: Any) -> Question:
    await everybody(world)
    names = ["known", "shy", "none", "gone", "nobody"]
    cases = {name: inputs(login=name, password="wrong") for name in names}
    return Question(document("signIn", "SignInInput", ""), cases, world.anonymous)


async def signing_in_by_address(world: World, *_: Any) -> Question:
    await everybody(world)
    names = [f"{name}@example.com" for name in ("known", "shy", "none", "gone", "nobody")]
    cases = {name: inputs(login=name, password="wrong") for name in names}
    return Question(document("signIn", "SignInInput", ""), cases, world.anonymous)


async def asking_for_a_new_password_by_login(world: World, *_: Any) -> Question:
    await everybody(world)
    cases = {name: inputs(login=name) for name in ("known", "shy", "none", "gone", "nobody")}
    select = "... on RequestPasswordResetPayload { expiresAt }"
    text = document("requestPasswordReset", "RequestPasswordResetInput", select)
    return Question(text, cases, world.anonymous)


async def asking_for_a_new_password_by_address(world: World, *_: Any) -> Question:
    asked = await asking_for_a_new_password_by_login(world)
    asked.cases = {n: inputs(login=f"{n}@example.com") for n in asked.cases}
    return asked


async def registering(world: World, *_: Any) -> Question:
    await everybody(world)
    cases = {
        name: inputs(email=f"{name}@example.com", tenantName="Lotus")
        for name in ("known", "nobody")
    }
    text = document(
        "registerTenant", "RegisterTenantInput", "... on RegisterTenantPayload { expiresAt }"
    )
    return Question(text, cases, world.anonymous)


async def changing_the_address(world: World, *_: Any) -> Question:
    await everybody(world)
    his = world.client(await world.session(await account("asks", email_is_registered=False)))
    cases = {
        name: inputs(email=f"{name}@example.com", password=PASSWORD)
        for name in ("known", "shy", "nobody")
    }
    text = document("changeEmail", "ChangeEmailInput", "... on ChangeEmailPayload { expiresAt }")
    return Question(text, cases, his)


async def inviting(world: World, project: Tenant, owner: Person, rounds: int) -> Question:
    """CASES 84: somebody new in every round, since the second time he is a member."""
    for number in range(rounds):
        await world.person(f"known{number:03}")

    def of(name: str) -> Callable[[int], dict[str, Any]]:
        return lambda n: {"input": steps.invitation(project, f"{name}{n:03}@example.com")}

    select = """... on InviteMemberPayload { emailQueued member { id fullName email login phone
      status user { id } invitation { id state delivery sentAt } } }"""
    text = document("inviteMember", "InviteMemberInput", select)
    return Question(text, {"known": of("known"), "other": of("other")}, owner.client)


async def naming_a_login(world: World, project: Tenant, owner: Person, _: int) -> Question:
    """PRODUCT 3.3: an account that another tenant manages is nobody to this one."""
    other = await world.tenant()
    await world.person("managed", email=None, manager_id=other.id)
    cases = {
        name: inputs(tenantId=project.id, invitee={"login": name}, role="ACCOUNTANT")
        for name in ("managed", "nobody")
    }
    return Question(document("inviteMember", "InviteMemberInput", ""), cases, owner.client)


async def dead_links(world: World, project: Tenant, owner: Person) -> dict[str, str]:
    """A token of each kind that opens nothing."""
    tokens = {"unknown": "tnt_inv_" + "x" * 43, "session": owner.token}
    await steps.invite(owner, project, "used@example.com")
    tokens["used"] = await world.link_token("used@example.com")
    newcomer = steps.NEWCOMER | {"login": "used"}
    accepted = await steps.accept(world.anonymous, token=tokens["used"], registration=newcomer)
    assert accepted["__typename"] == "AcceptInvitationPayload"
    revoked = await steps.invite(owner, project, "revoked@example.com")
    tokens["revoked"] = await world.link_token("revoked@example.com")
    await owner.do("revokeInvitation", {"invitationId": revoked.invitation_id})
    resent = await steps.invite(owner, project, "resent@example.com")
    tokens["superseded"] = await world.link_token("resent@example.com")
    await owner.do("resendInvitation", {"invitationId": resent.invitation_id})
    late = await steps.invite(owner, project, "late@example.com")
    tokens["expired"] = await world.link_token("late@example.com")
    async with database.transaction(database.SYSTEM):
        await database.rows(
            "update invitations set expires_at = created_at where id = $1", late.invitation_id
        )
    await account("known")
    await world.anonymous.do("requestPasswordReset", {"login": "known"})
    tokens["reset"] = await world.link_token("known@example.com")
    return tokens


async def looking_at_invitations(world: World, project: Tenant, owner: Person, _: int) -> Question:
    tokens = await dead_links(world, project, owner)
    cases = {name: given(token=token) for name, token in tokens.items()}
    return Question(steps.PREVIEW, cases, world.anonymous, same_work=False)


async def accepting_invitations(world: World, project: Tenant, owner: Person, _: int) -> Question:
    tokens = await dead_links(world, project, owner)
    newcomer = steps.NEWCOMER | {"login": "somebody"}
    cases = {
        name: inputs(invitation={"token": token}, registration=newcomer, transport="BEARER")
        for name, token in tokens.items()
    }
    text = document("acceptInvitation", "AcceptInvitationInput", "")
    return Question(text, cases, world.anonymous, same_work=False)


async def setting_a_password(world: World, project: Tenant, owner: Person, _: int) -> Question:
    tokens = await dead_links(world, project, owner)
    first = tokens.pop("reset")
    await world.anonymous.do("resetPassword", {"token": first, "newPassword": "told on the phone"})
    await world.anonymous.do("requestPasswordReset", {"login": "known"})
    superseded = await world.link_token("known@example.com")
    await world.anonymous.do("requestPasswordReset", {"login": "known"})
    tokens = {"unknown": "tnt_pwd_" + "x" * 43, "used": first, "superseded": superseded} | {
        "invitation": tokens["used"],
        "session": owner.token,
    }
    cases = {
        name: inputs(token=token, newPassword="another long one") for name, token in tokens.items()
    }
    return Question(document("resetPassword", "ResetPasswordInput", ""), cases, world.anonymous)


QUESTIONS: list[Asking] = [
    signing_in_by_login,
    signing_in_by_address,
    asking_for_a_new_password_by_login,
    asking_for_a_new_password_by_address,
    registering,
    changing_the_address,
    inviting,
    naming_a_login,
    looking_at_invitations,
    accepting_invitations,
    setting_a_password,
]


def plain(answer: httpx2.Response) -> tuple[int, dict[str, str], str]:
    """The answer without what is its own: ids, moments, the address that was asked about."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, headers, _OWN.sub("*", answer.text)


@pytest.mark.parametrize("asking", QUESTIONS, ids=lambda asking: asking.__name__)
async def test_every_case_of_a_question_gets_one_answer_by_the_same_work(
    world: World,
    project: Tenant,
    owner: Person,
    statements: list[str],
    monkeypatch: pytest.MonkeyPatch,
    asking: Asking,
) -> None:
    """CASES 83, 84, 85: status, headers and body byte by byte; statements and hashes counted."""
    question = await asking(world, project, owner, 2)
    hashed: list[str] = []
    verify = passwords._verify  # noqa: SLF001 what hashes, counted

    def counted(stored: str, password: str) -> bool:
        hashed.append(stored)
        return verify(stored, password)

    monkeypatch.setattr(passwords, "_verify", counted)
    answers, work = {}, {}
    for number in range(2):
        for name, variables in question.cases.items():
            statements.clear()
            hashed.clear()
            answer = await question.client.post(question.document, **variables(number))
            answers[name, number] = plain(answer)
            work[name, number] = len(statements), len(hashed), sum("argon2id" in h for h in hashed)
    [(status, _, body)] = {repr(each): each for each in answers.values()}.values()
    assert (status, "errors" in body) == (200, False), body
    assert not question.same_work or len(set(work.values())) == 1, work


async def test_a_mail_server_that_is_away_changes_no_answer(
    world: World, configure: Callable[..., Settings]
) -> None:
    """CASES 85: neither while the mail waits nor after it could not be sent."""
    await account("known")
    away = configure(smtp_url="smtp://127.0.0.1:1")
    text = document(
        "requestPasswordReset",
        "RequestPasswordResetInput",
        "... on RequestPasswordResetPayload { expiresAt }",
    )
    answers = []
    for attempt in range(4):
        name = ("known", "nobody")[attempt % 2]
        answers.append(plain(await world.anonymous.post(text, input={"login": name})))
        with suppress(transport.Unavailable):
            await delivery.deliver_due(transport.choose(away))
    assert len({repr(answer) for answer in answers}) == 1
    assert "RequestPasswordResetPayload" in answers[0][2]


@pytest.mark.soak
@pytest.mark.parametrize("rounds", [300])
@pytest.mark.parametrize("asking", QUESTIONS, ids=lambda asking: asking.__name__)
async def test_no_case_of_a_question_takes_longer_than_another(
    world: World, project: Tenant, owner: Person, measured: Measured, asking: Asking, rounds: int
) -> None:
    """CASES 83, 84, 85: medians within five milliseconds."""
    question = await asking(world, project, owner, rounds)
    taken: dict[str, list[float]] = {name: [] for name in question.cases}
    names = list(taken)
    for number in range(rounds):
        for name in (*names[number % len(names) :], *names[: number % len(names)]):
            variables = question.cases[name](number)
            begun = time.perf_counter()
            await question.client.post(question.document, **variables)
            taken[name].append(time.perf_counter() - begun)
    medians = [statistics.median(times) for times in taken.values()]
    apart = max(medians) - min(medians)
    title = asking.__name__.replace("_", " ")
    measured(
        f"furthest medians of {len(names)} cases apart, {title}, {rounds} rounds",
        f"{apart * 1000:.2f} ms",
    )
    assert apart < TELLING, dict(zip(names, medians, strict=True))
