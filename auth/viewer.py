"""Who is asking: looked up at every request, so a right that was lost is lost at the next one."""

import dataclasses
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import settings
from auth import tokens
from locales import Locale
from models import ApiKey, Catalog, MemberStatus, Session, clock, database

_TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from. `address` is the network address that limits count by.

    `locale` is the language it asks for, where that is one of ours; `chosen_locale` the one that
    its person has just chosen, over that of his account; `device` what it calls itself.
    """

    address: str
    request_id: str
    locale: Locale | None = None
    chosen_locale: Locale | None = None
    device: str | None = None

    @property
    def language(self) -> Locale:
        """Of what is said to it, where no account says otherwise."""
        return self.chosen_locale or self.locale or Locale.EN


@dataclass(frozen=True, slots=True)
class Membership:
    """A place in a tenant that has not ended: `JOINED` or `DISABLED`.

    `grants` and `denials` are single permissions on top of the role; `servicing` is there in a
    servicing organization, with what the provider switched on. `ceiling` is what an API key may do
    at most, whatever its maker may; None where no key acts.
    """

    tenant_id: str
    member_id: str
    catalog: Catalog
    role: str
    status: MemberStatus
    grants: Sequence[str] = ()
    denials: Sequence[str] = ()
    servicing: Sequence[str] | None = None
    ceiling: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What a request needs to know of the signed-in person."""

    id: str
    login: str
    email: str | None
    email_verified: bool
    full_name: str
    phone: str | None
    phone_confirmed: bool
    locale: str | None
    rows_per_page: int | None
    wants_news: bool
    wants_sms: bool
    provider_role: str | None


@dataclass(frozen=True, slots=True)
class Key:
    """An API key at work: it does in its tenant what its maker may and it holds, in his stead.

    `operations` are the registered documents it is limited to; None: all. `works_until` is the end
    of the secret that was shown: the key's own, or that of the time after a rotation.
    """

    id: str
    name: str
    tenant_id: str
    operations: tuple[str, ...] | None
    works_until: datetime
    maker_id: str
    maker_name: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever asks; `account` is None for anonymous callers and API keys. Made anew for every
    request.

    `before` is the same person as he was before the change whose payload is read. `as_staff`: he
    acts for the provider now, not by a place of his own.
    """

    client: Client
    account: Account | None = None
    key: Key | None = None
    session_id: str | None = None
    last_used_at: datetime | None = None
    places: Mapping[str, Membership] = field(default_factory=lambda: MappingProxyType({}))
    before: "Viewer | None" = None
    as_staff: bool = False

    @property
    def user_id(self) -> str | None:
        return self.account.id if self.account else None

    @property
    def acting_id(self) -> str | None:
        """The person who answers for what is done: the viewer, or the maker of the key."""
        return self.key.maker_id if self.key else self.user_id

    @property
    def actor_id(self) -> str | None:
        """Who the audit says has done it: a person's id or a key's."""
        return self.key.id if self.key else self.user_id

    @property
    def is_staff(self) -> bool:
        """Of who runs the service: `SUPPORT` or `ADMIN`."""
        return self.account is not None and self.account.provider_role is not None

    def place(self, tenant_id: str) -> Membership | None:
        """The viewer's place there, where he has joined and is not disabled."""
        membership = self.places.get(tenant_id)
        if membership is None or membership.status is not MemberStatus.JOINED:
            return None
        return membership

    @property
    def joined(self) -> tuple[str, ...]:
        """The tenants he may act in."""
        return tuple(filter(self.place, self.places))

    @property
    def member_ids(self) -> list[str]:
        """His own places in those; a key has none."""
        if self.key is not None:
            return []
        return [self.places[tenant_id].member_id for tenant_id in self.joined]

    @property
    def scope(self) -> database.Scope:
        """The rows he may touch: of the tenants he has joined, and his own."""
        return self.scope_with()

    def scope_with(self, *tenant_ids: str) -> database.Scope:
        """His scope and these tenants: one he makes, or leaves though disabled there."""
        earlier = self.before.joined if self.before else ()
        tenants = dict.fromkeys((*self.joined, *earlier, *tenant_ids))
        return database.Scope.viewer(self.user_id, tuple(tenants))

    def after(self, earlier: "Viewer") -> "Viewer":
        """This viewer, reading what `earlier` has just changed."""
        return dataclasses.replace(self, before=earlier)


@asynccontextmanager
async def reading(client: Client, token: str | None) -> AsyncIterator[Viewer]:
    """A read-only transaction in the scope of the viewer behind a session token or an API key, who
    is looked up as it begins; anonymous where it is missing, unknown, too old or has ended.
    """
    call = _call(token)
    async with database.transaction(database.NOBODY, read_only=True, call=call) as found:
        yield behind(client, found)


async def look_up(client: Client, token: str | None) -> Viewer:
    """As `reading`, where nothing else is read."""
    call = _call(token)
    return behind(client, await database.look_up(call) if call else None)


async def identify(client: Client, token: str | None) -> Viewer:
    """As `reading`, in the caller's transaction, the rest of which has the viewer's scope."""
    call = _call(token)
    return behind(client, await database.called(call) if call else None)


def _call(token: str | None) -> str | None:
    """What looks up whose it is, and sets his scope."""
    if not token or not token.startswith((tokens.KEY, tokens.SESSION)):
        return None
    digest, now = tokens.digest(token), clock.now().isoformat()
    if token.startswith(tokens.KEY):
        return f"open_key('{digest}', '{now}')"
    lifetime = settings.load().session_lifetime.total_seconds()
    return f"open_session('{digest}', '{now}', '{lifetime} seconds')"


def behind(client: Client, found: dict[str, Any] | None) -> Viewer:
    """Who asks, of what `open_session` or `open_key` says."""
    if found is None:
        return Viewer(client)
    return _key(client, found) if "key_id" in found else _person(client, found)


def _key(client: Client, row: dict[str, Any]) -> Viewer:
    operations, limits = row["operations"], frozenset(row["permissions"])
    key = Key(
        id=row["key_id"],
        name=row["name"],
        tenant_id=row["tenant_id"],
        operations=None if operations is None else tuple(operations),
        works_until=datetime.fromisoformat(row["works_until"]),
        maker_id=row["user_id"],
        maker_name=row["full_name"],
    )
    place = _membership({**row, "status": MemberStatus.JOINED}, ceiling=limits)
    return Viewer(
        client,
        key=key,
        last_used_at=_moment(row["last_used_at"]),
        places=MappingProxyType({place.tenant_id: place}),
    )


def _person(client: Client, row: dict[str, Any]) -> Viewer:
    places = map(_membership, row["memberships"])
    return Viewer(
        client,
        Account(row["user_id"], *_of_account(row)),
        session_id=row["session_id"],
        last_used_at=_moment(row["last_used_at"]),
        places=MappingProxyType({place.tenant_id: place for place in places}),
    )


_of_account = itemgetter(*[each.name for each in dataclasses.fields(Account) if each.name != "id"])


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)


def _membership(place: dict[str, Any], *, ceiling: frozenset[str] | None = None) -> Membership:
    return Membership(
        tenant_id=place["tenant_id"],
        member_id=place["member_id"],
        catalog=Catalog(place["catalog"]),
        role=place["role"],
        status=MemberStatus(place["status"]),
        grants=tuple(place["grants"]),
        denials=tuple(place["denials"]),
        servicing=None if place["servicing"] is None else tuple(place["servicing"]),
        ceiling=ceiling,
    )


async def touch(viewer: Viewer) -> None:
    """Remember that session or key was used; at most once a minute, after the answer has gone."""
    now = clock.now()
    if viewer.acting_id is None:
        return
    if viewer.last_used_at is not None and now - viewer.last_used_at < _TOUCH_EVERY:
        return
    async with database.transaction(viewer.scope):
        if viewer.key is not None:
            await ApiKey.filter(id=viewer.key.id).update(last_used_at=now)
        else:
            await Session.filter(id=viewer.session_id).update(last_used_at=now)
