"""People, tenants and places, written straight into the database so that a test can begin."""

import itertools
from datetime import timedelta
from typing import Any

from argon2 import PasswordHasher
from starlette.applications import Starlette

import settings
from auth import tokens, viewer
from auth.viewer import Viewer
from mail import delivery, mailbox
from mail.mailbox import Mail
from mail.transport import MailboxTransport, mailbox_folder
from models import (
    Catalog,
    Channel,
    Member,
    MemberStatus,
    ProviderRole,
    Servicing,
    Session,
    Tenant,
    User,
    clock,
    database,
    ids,
)
from permissions.catalog import OWNER
from resolvers import identifiers, servicings
from server import app
from tests.clients import Client, Person

PASSWORD = "a password of a test"
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


class World:
    """One server and whoever the test needs in it."""

    def __init__(self) -> None:
        self.app: Starlette = app.build(settings.load())
        self.numbers = itertools.count(1)

    @property
    def anonymous(self) -> Client:
        return Client(self.app)

    def client(self, token: str | None = None, address: str = "127.0.0.1") -> Client:
        return Client(self.app, token, address)

    async def person(
        self, login: str | None = None, *, verified: bool = True, **values: Any
    ) -> Person:
        """An account with a session; e-mail `<login>@example.com`, password `PASSWORD`."""
        login, now = login or f"person{next(self.numbers)}", clock.now()
        email = values.pop("email", f"{login}@example.com")
        full_name = values.pop("full_name", login.capitalize())
        async with database.transaction(database.SYSTEM):
            user = await User.create(
                id=ids.new("usr"),
                login=login,
                email=email,
                email_key=identifiers.fold(email) if email else None,
                email_verified_at=now if verified and email else None,
                full_name=full_name,
                name_key=identifiers.fold(full_name),
                password_hash=_HASH,
                created_at=now,
                updated_at=now,
                **values,
            )
        token = await self.session(user.id)
        return Person(user.id, login, email, user.full_name, self.client(token), token)

    async def staff(self, role: ProviderRole = ProviderRole.SUPPORT) -> Person:
        return await self.person(provider_role=role)

    async def session(self, user_id: str) -> str:
        token, now = tokens.new(tokens.SESSION), clock.now()
        async with database.transaction(database.SYSTEM):
            await Session.create(
                id=ids.new("ses"),
                user_id=user_id,
                token_digest=tokens.digest(token),
                created_at=now,
                last_used_at=now,
            )
        return str(token)

    async def tenant(
        self, catalog: Catalog = Catalog.PROJECT, name: str = "Acme", **values: Any
    ) -> Tenant:
        """A tenant of a week ago with nobody in it."""
        made = clock.now() - timedelta(days=7)
        async with database.transaction(database.SYSTEM):
            return await Tenant.create(
                id=ids.new("ten"),
                name=name,
                name_key=identifiers.fold(name),
                catalog=catalog,
                locale=values.pop("locale", "EN"),
                created_at=made,
                updated_at=made,
                **values,
            )

    async def join(
        self,
        tenant: Tenant,
        role: str = OWNER,
        person: Person | None = None,
        *,
        status: MemberStatus = MemberStatus.JOINED,
        **values: Any,
    ) -> Person:
        """`person`, or somebody new, has that role in the tenant."""
        person, now = person or await self.person(), clock.now()
        async with database.transaction(database.SYSTEM):
            member = await Member.create(
                id=ids.new("mem"),
                tenant_id=tenant.id,
                user_id=person.id,
                status=status,
                role=role,
                name_key=identifiers.fold(person.full_name),
                login_key=person.login,
                email_key=identifiers.fold(person.email) if person.email else None,
                created_at=now,
                joined_at=now,
                **values,
            )
        person.member_id = member.id
        return person

    async def serve(self, tenant: Tenant, *, by: Tenant) -> Servicing:
        """The organization `by` serves the tenant from now on."""
        async with database.transaction(database.SYSTEM):
            return await servicings.start(tenant.id, by.id)

    async def viewer(self, person: Person) -> Viewer:
        """The person as use cases see him."""
        async with database.transaction(database.NOBODY, read_only=True):
            return await viewer.identify(CLIENT, person.token)

    async def mails(self) -> list[Mail]:
        """Every mail and SMS sent by now, newest first; what is due is sent before."""
        folder = mailbox_folder(settings.load())
        for channel in Channel:
            while await delivery.deliver_due(MailboxTransport(folder, channel)):
                pass
        return mailbox.newest(folder)

    async def link_token(self, email: str) -> str:
        """The token of the newest invitation link mailed to that address."""
        mail = next(mail for mail in await self.mails() if mail.to == email and mail.links)
        return mail.links[0].partition("#")[2]


CLIENT = viewer.Client(address="127.0.0.1", request_id="test")
