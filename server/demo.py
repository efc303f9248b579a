"""Demo data, made by the use cases: a tenant of each catalogue with people in every status, and a
servicing organization with a tenant it serves.

`docs/demo.md` and `docs/servicing.md` walk through it.
"""

import settings
from auth import tokens
from auth import viewer as viewers
from auth.viewer import Viewer
from locales import Locale
from models import (
    AppRight,
    Catalog,
    Invitation,
    InvitationState,
    ProviderRole,
    User,
    database,
)
from resolvers import (
    acceptances,
    accounts,
    app_access,
    app_roles,
    apps,
    invitations,
    invitees,
    managed,
    members,
    newcomers,
    references,
    rows,
    servicing_organizations,
    sessions,
    subscribing,
    tariffs,
    tenant_acceptances,
    tenant_invitations,
    tenants,
)
from resolvers.accounts import Registration

PASSWORD = "correct horse battery"  # noqa: S105 printed for whoever tries the demo
PEOPLE = (
    Registration("Ann Archer", "ann", PASSWORD, locale=Locale.EN),
    Registration("Тимур Сейтқали", "timur", PASSWORD, locale=Locale.RU),
    Registration("Айгерім Нұрланқызы", "aigerim", PASSWORD, locale=Locale.KK),
    Registration("Clara Counts", "clara", PASSWORD),
    Registration("Rob Rover", "rob", PASSWORD),
)
SHOWN = PEOPLE[:2]
SUPPORT = Registration("Sam Support", "sam", PASSWORD, locale=Locale.EN)
PROVIDER = Registration("Pia Provider", "pia", PASSWORD, locale=Locale.EN)
SERVING = (
    Registration("Nina Serves", "nina", PASSWORD, locale=Locale.EN),
    Registration("Oscar Operates", "oscar", PASSWORD, locale=Locale.EN),
    Registration("Lena Shops", "lena", PASSWORD, locale=Locale.EN),
)
STARTER = (
    tariffs.Included("books", "Books", "https://books.example.com"),
    tariffs.Included("tills", "Tills", "https://tills.example.com"),
)
PENDING = "new.colleague@example.com"
BY_HAND = Registration("Ольга Склад", "olga", "handed over on paper")


async def load(operator: Viewer) -> str:
    """What to tell whoever started the demo; data is made only where there are no people yet."""
    async with database.transaction(database.SYSTEM, read_only=True):
        empty = not await User.exists()
    if empty:
        await Demo(operator).fill()
    return await _instructions()


class Demo:
    """The people of the demo, each signed in once."""

    def __init__(self, operator: Viewer) -> None:
        self.operator = operator
        self.tokens: dict[str, str] = {}

    async def fill(self) -> None:
        for person in (*PEOPLE, *SERVING):
            await accounts.create(self.operator, person, email=f"{person.login}@example.com")
        for person, role in ((SUPPORT, ProviderRole.SUPPORT), (PROVIDER, ProviderRole.ADMIN)):
            await accounts.create(
                self.operator, person, email=f"{person.login}@example.com", provider_role=role
            )
        await self._project()
        await self._subscriber()
        await self._account()
        await self._servicing()

    async def _project(self) -> None:
        ann = await self._viewer("ann")
        tenant = await tenants.create(ann, name="Aurora Studio", catalog=Catalog.PROJECT)
        await self._join("ann", tenant, "timur", "MANAGER")
        clara = await self._join("ann", tenant, "clara", "ACCOUNTANT")
        rob = await self._join("timur", tenant, "rob", "ADMINISTRATOR")
        ann = await self._viewer("ann")
        await members.set_enabled(ann, clara, enabled=False)
        await members.remove(ann, rob)
        await self._invite(ann, tenant, invitees.Invitee(email=PENDING), "ACCOUNTANT")

    async def _subscriber(self) -> None:
        ann = await self._viewer("ann")
        tenant = await tenants.create(
            ann, name="Ромашка", catalog=Catalog.SUBSCRIBER, locale=Locale.RU
        )
        aigerim = await self._join("ann", tenant, "aigerim", "ADMINISTRATOR")
        ann = await self._viewer("ann")
        books = await apps.create(
            ann, tenant.id, name="Бухгалтерия", url="https://books.example.com"
        )
        store = await apps.create(ann, tenant.id, name="Склад", url="https://store.example.com")
        clerk = await app_roles.create(ann, store.id, code="clerk", name="Кладовщик")
        await app_roles.create(ann, store.id, code="auditor", name="Ревизор")
        in_books = app_access.Given(books.id, AppRight.LAUNCH_AND_ADMINISTER)
        in_store = app_access.Given(store.id, AppRight.LAUNCH, roles=[clerk.id])
        await app_access.change(ann, aigerim, give_rights=[in_books, in_store])
        place = newcomers.Terms(apps=[in_store], max_sessions=1)
        await managed.add(await self._viewer("aigerim"), tenant.id, BY_HAND, place)
        await self._invite(ann, tenant, invitees.Invitee(login="rob"), "USER")

    async def _account(self) -> None:
        timur = await self._viewer("timur")
        tenant = await tenants.create(timur, name="Тимур и команда", catalog=Catalog.ACCOUNT)
        await self._join("timur", tenant, "clara", "USER")

    async def _servicing(self) -> None:
        pia, nina = await self._viewer("pia"), await self._viewer("nina")
        organization = await tenants.create(nina, name="Forge", catalog=Catalog.SUBSCRIBER)
        await servicing_organizations.declare(
            pia,
            organization.id,
            is_servicing=True,
            can_invite_tenants=True,
            can_subscribe_tenants=True,
        )
        await self._join("nina", organization, "oscar", "OPERATOR")
        shop = await self._serve(organization, "Corner Shop", owner="lena")
        names = tariffs.Names("Starter", "Начальный", "Бастапқы")
        await tariffs.create(pia, code="starter", names=names, months=1, apps=STARTER)
        await subscribing.subscribe(await self._viewer("oscar"), shop.id, tariff_code="starter")

    async def _serve(self, organization: rows.Tenant, name: str, *, owner: str) -> rows.Tenant:
        """Invited by the operator and accepted by its owner."""
        wanted = tenant_invitations.Wanted(name, f"{owner}@example.com")
        invited, _ = await tenant_invitations.invite(
            await self._viewer("oscar"), organization.id, wanted
        )
        token = tokens.of_tenant_invitation(invited.id, 1)
        return (await tenant_acceptances.accept(await self._viewer(owner), token)).tenant

    async def _join(self, inviter: str, tenant: rows.Tenant, login: str, role: str) -> str:
        """Invited and accepted; the member's id."""
        invitee = invitees.Invitee(email=f"{login}@example.com")
        await self._invite(await self._viewer(inviter), tenant, invitee, role)
        async with database.transaction(database.SYSTEM, read_only=True):
            invitation = await Invitation.filter(tenant_id=tenant.id).order_by("-id").first()
        reference = references.Reference(invitation_id=invitation.id if invitation else None)
        accepted = await acceptances.accept(await self._viewer(login), reference)
        return accepted.member_id

    async def _invite(
        self, inviter: Viewer, tenant: rows.Tenant, invitee: invitees.Invitee, role: str
    ) -> None:
        await invitations.invite(inviter, tenant.id, invitee, newcomers.Terms(role))

    async def _viewer(self, login: str) -> Viewer:
        """Looked up anew, since his places change."""
        if login not in self.tokens:
            opened = await sessions.sign_in(self.operator, login=login, password=PASSWORD)
            self.tokens[login] = opened.token
        async with database.transaction(database.NOBODY, read_only=True):
            return await viewers.identify(self.operator.client, self.tokens[login])


async def _instructions() -> str:
    async with database.transaction(database.SYSTEM, read_only=True):
        invitation = await Invitation.filter(
            state=InvitationState.PENDING, member__email=PENDING
        ).first()
        people = await User.filter(login__in=[person.login for person in SHOWN]).count()
    if not people:
        return "The database has people of its own; no demo data was loaded."
    lines = [f"Sign in as     {person.login} / {PASSWORD}" for person in SHOWN]
    return "\n".join([*lines, _link(invitation)])


def _link(invitation: Invitation | None) -> str:
    if invitation is None:
        return "The demo's invitation has been answered; invite somebody to see another one."
    token = tokens.recall_invitation(invitation.id, invitation.generation, invitation.token_digest)
    return f"Invitation     {settings.load().invitation_page}#{token}"
