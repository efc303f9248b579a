"""Who is acted for while he is not there: viewers of those in whose name a worker goes on.

They are looked up by ids, with the rights they have at that moment; no session stands behind them.
"""

from types import MappingProxyType

from auth.viewer import Account, Client, Key, Membership, Viewer
from models import ApiKey, Member, MemberStatus, User, clock, database


async def of(client: Client, tenant_id: str, *, user_id: str, key_id: str | None) -> Viewer | None:
    """The person as a member of that tenant, or the API key; None where he has no place there (any
    more), and where the key does not work.
    """
    async with database.transaction(database.SYSTEM, read_only=True):
        key = await _working(key_id) if key_id else None
        place = Member.filter(
            tenant_id=tenant_id,
            user_id=user_id,
            status=MemberStatus.JOINED,
            tenant__deleted_at=None,
        )
        member = await place.select_related("tenant", "user").first()
    if member is None or (key_id and (key is None or key.member_id != member.id)):
        return None
    places = MappingProxyType({tenant_id: _place(member, key)})
    user = member.user
    assert user is not None  # noqa: S101 who has joined has an account
    if key is None:
        return Viewer(client, _account(user), places=places)
    return Viewer(client, key=_key(key, user), places=places)


async def _working(key_id: str) -> ApiKey | None:
    return await ApiKey.get_or_none(id=key_id, revoked_at=None, expires_at__gt=clock.now())


def _place(member: Member, key: ApiKey | None) -> Membership:
    return Membership(
        tenant_id=member.tenant_id,
        member_id=member.id,
        catalog=member.tenant.catalog,
        role=member.role,
        status=member.status,
        grants=tuple(member.grants),
        denials=tuple(member.denials),
        servicing=None if member.tenant.servicing is None else tuple(member.tenant.servicing),
        ceiling=frozenset(key.permissions) if key else None,
    )


def _account(user: User) -> Account:
    return Account(
        id=user.id,
        login=user.login,
        email=user.email,
        email_verified=user.email_verified_at is not None,
        full_name=user.full_name,
        phone=user.phone,
        phone_confirmed=user.phone_confirmed_at is not None,
        locale=user.locale,
        rows_per_page=user.rows_per_page,
        wants_news=user.wants_news,
        wants_sms=user.wants_sms,
        provider_role=user.provider_role,
    )


def _key(key: ApiKey, maker: User) -> Key:
    return Key(
        id=key.id,
        name=key.name,
        tenant_id=key.tenant_id,
        operations=None if key.operations is None else tuple(key.operations),
        works_until=key.expires_at,
        maker_id=maker.id,
        maker_name=maker.full_name,
    )
