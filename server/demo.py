"""Demo data: people and tenants to try the API with, made by the use cases themselves."""

import settings
from auth import tokens, viewer
from auth.viewer import Viewer
from models import Catalog, Invitation, InvitationState, User, database
from resolvers import (
    acceptances,
    accounts,
    invitations,
    invitees,
    references,
    sessions,
    tenants,
)
from resolvers.accounts import Registration
from schema.enums import Locale

PASSWORD = "correct horse battery"  # noqa: S105 printed for whoever tries the demo
OWNER = Registration("Ann Archer", "ann", PASSWORD)
MANAGER = Registration("Тимур Сейтқали", "timur", PASSWORD, locale=Locale.RU)
PENDING = "new.colleague@example.com"


async def load(operator: Viewer) -> str:
    """What to tell whoever started the demo; data is made only where there are no people yet."""
    async with database.transaction(database.SYSTEM, read_only=True):
        empty = not await User.exists()
    if empty:
        await _fill(operator)
    return await _instructions()


async def _fill(operator: Viewer) -> None:
    for person in (OWNER, MANAGER):
        await accounts.create(operator, person, email=f"{person.login}@example.com")
    owner = await _signed_in(operator, OWNER)
    project = await tenants.create(owner, name="Aurora Studio", catalog=Catalog.PROJECT)
    await tenants.create(owner, name="Ромашка", catalog=Catalog.SUBSCRIBER, locale=Locale.RU)
    owner = await _signed_in(operator, OWNER)
    await _invite(owner, project.id, f"{MANAGER.login}@example.com", "MANAGER")
    manager = await _signed_in(operator, MANAGER)
    async with database.transaction(database.SYSTEM, read_only=True):
        invitation = await Invitation.first()
    assert invitation is not None  # noqa: S101 made four lines above
    await acceptances.accept(manager, references.Reference(invitation_id=invitation.id))
    await _invite(owner, project.id, PENDING, "ACCOUNTANT")


async def _invite(inviter: Viewer, tenant_id: str, email: str, role: str) -> None:
    await invitations.invite(
        inviter, tenant_id, invitees.Invitee(email=email), invitations.Terms(role)
    )


async def _signed_in(operator: Viewer, person: Registration) -> Viewer:
    opened = await sessions.sign_in(operator, login=person.login, password=PASSWORD)
    async with database.transaction(database.NOBODY, read_only=True):
        return await viewer.identify(operator.client, opened.token)


async def _instructions() -> str:
    async with database.transaction(database.SYSTEM, read_only=True):
        invitation = await Invitation.filter(
            state=InvitationState.PENDING, member__email=PENDING
        ).first()
        people = await User.filter(login__in=[OWNER.login, MANAGER.login]).count()
    if not people:
        return "The database has people of its own; no demo data was loaded."
    lines = [f"Sign in as     {p.login} / {PASSWORD}" for p in (OWNER, MANAGER)]
    return "\n".join([*lines, _link(invitation)])


def _link(invitation: Invitation | None) -> str:
    if invitation is None:
        return "The demo's invitation has been answered; invite somebody to see another one."
    token = tokens.recall(invitation.id, invitation.generation, invitation.token_digest)
    return f"Invitation     {settings.load().invitation_page}#{token}"
