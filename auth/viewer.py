"""Who is asking: looked up at every request, so a right that was lost is lost at the next one."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import orjson

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
        return database.Scope.viewer(self.user_id, (*self.joined, *earlier, *tenant_ids))

    def after(self, earlier: "Viewer") -> "Viewer":
        """This viewer, reading what `earlier` has just changed."""
        return dataclasses.replace(self, before=earlier)


async def identify(client: Client, token: str | None) -> Viewer:
    """The viewer behind a session token or an API key; anonymous where it is missing, unknown, too
    old or has ended.

    Runs in the caller's transaction and sets the viewer's scope for the rest of it.
    """
    if token and token.startswith(tokens.KEY):
        return await _open_key(client, token)
    if not token or not token.startswith(tokens.SESSION):
        return Viewer(client)
    found = await database.rows(
        "select * from open_session($1, $2, $3)",
        tokens.digest(token),
        clock.now(),
        settings.load().session_lifetime,
    )
    return _viewer(client, found[0]) if found else Viewer(client)


async def _open_key(client: Client, token: str) -> Viewer:
    found = await database.rows("select * from open_key($1, $2)", tokens.digest(token), clock.now())
    if not found:
        return Viewer(client)
    row = found[0]
    operations, limits = row["operations"], frozenset(row["permissions"])
    key = Key(
        id=row["key_id"],
        name=row["name"],
        tenant_id=row["tenant_id"],
        operations=None if operations is None else tuple(operations),
        works_until=row["works_until"],
        maker_id=row["user_id"],
        maker_name=row["full_name"],
    )
    place = _membership({**row, "status": MemberStatus.JOINED}, ceiling=limits)
    return Viewer(
        client,
        key=key,
        last_used_at=row["last_used_at"],
        places=MappingProxyType({place.tenant_id: place}),
    )


def _viewer(client: Client, row: dict[str, object]) -> Viewer:
    places = [_membership(place) for place in orjson.loads(str(row["memberships"]))]
    names = [f.name for f in dataclasses.fields(Account) if f.name != "id"]
    return Viewer(
        client,
        Account(id=str(row["user_id"]), **{name: row[name] for name in names}),  # type: ignore[arg-type]
        session_id=str(row["session_id"]),
        last_used_at=row["last_used_at"],  # type: ignore[arg-type]
        places=MappingProxyType({place.tenant_id: place for place in places}),
    )


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
