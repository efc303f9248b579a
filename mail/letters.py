"""What a due entry says at the moment it leaves, if it still stands.

An invitation's text is chosen here and not by `resolvers.invitations`: whether the address is
registered is looked up when nobody waits for an answer any more, so that inviting takes the same
time for both. The same holds for links of an account. Tokens and codes are computed here, and
stand in no row.
"""

from dataclasses import dataclass, field

import settings
from auth import tokens
from locales import Locale
from models import (
    AccountLink,
    Channel,
    InvitationState,
    LinkPurpose,
    Member,
    MemberStatus,
    OutboxEntry,
    PhoneCode,
    TenantInvitation,
    User,
    clock,
    database,
)

LINK_PREFIXES = {
    LinkPurpose.EMAIL: tokens.NEW_EMAIL,
    LinkPurpose.PASSWORD: tokens.NEW_PASSWORD,
    LinkPurpose.REGISTRATION: tokens.REGISTRATION,
}
_FOR_ROLES = {
    "operator_report": "OPERATOR",
    "subscription_ended": "OWNER",
    "subscription_ends": "OWNER",
    "webhook_disabled": "OWNER",
}
"""What only they may read who hold that role in the tenant."""

# The invitee's account: named by the inviter, or found by the verified address.
_INVITATION = """
select i.generation, i.token_digest, u.locale, u.id is not null as is_registered,
  t.deleted_at is null and i.state = 'PENDING' and i.generation = $2 and i.expires_at > $3 as stands
from invitations i
  join members m on m.id = i.member_id
  join tenants t on t.id = i.tenant_id
  left join users r on m.user_id is null
    and r.email_key = m.email_key and r.email_verified_at is not null
  left join users u on u.id = case when m.user_id is null then r.id else m.user_id end
where i.id = $1
"""


class SecretForgotten(Exception):
    """None of the server's secrets makes the link whose digest is stored."""


@dataclass(frozen=True, slots=True)
class Letter:
    """`template` as in `templates/`; `code`, `page` and its `token`, or `unsubscribe` go with it.

    `unsubscribe` is the address that ends such mails, at a POST and for whoever holds it.
    """

    template: str
    locale: Locale
    code: tokens.Token | None = None
    page: str | None = None
    token: tokens.Token | None = None
    unsubscribe: str | None = field(default=None, repr=False)

    def headers(self) -> dict[str, str]:
        """For mail programs: a button of their own (RFC 2369, RFC 8058)."""
        if self.unsubscribe is None:
            return {}
        return {
            "List-Unsubscribe": f"<{self.unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

    def secrets(self) -> dict[str, str]:
        """The facts that stand in no row: `code`, `link` or `unsubscribe`.

        Raises:
            SecretForgotten
        """
        if self.page is not None and self.token is None:
            raise SecretForgotten
        found = {
            "code": self.code,
            "link": self.page and f"{self.page}#{self.token}",
            "unsubscribe": self.unsubscribe,
        }
        return {name: str(value) for name, value in found.items() if value is not None}


async def of(entry: OutboxEntry) -> Letter | None:
    """The letter of an entry; None where what it tells of does not stand any more.

    Runs in a transaction that sees every account.
    """
    if entry.invitation_id is not None:
        return await _of_invitation(entry)
    if entry.tenant_invitation_id is not None:
        return await _of_tenant_invitation(entry)
    if entry.link_id is not None:
        return await _of_link(entry)
    if entry.code_id is not None:
        return await _of_code(entry)
    if entry.message == "news":
        return await _of_news(entry)
    return Letter(entry.message, Locale(entry.locale)) if await _is_wanted(entry) else None


async def _of_invitation(entry: OutboxEntry) -> Letter | None:
    [found] = await database.rows(_INVITATION, entry.invitation_id, entry.generation, clock.now())
    if not found["stands"]:
        return None
    token = tokens.recall_invitation(
        str(entry.invitation_id), found["generation"], found["token_digest"]
    )
    return Letter(
        "invitation_registered" if found["is_registered"] else "invitation_newcomer",
        Locale(found["locale"] or entry.locale),
        page=settings.load().invitation_page,
        token=token,
    )


def _stands(invitation: TenantInvitation, entry: OutboxEntry) -> bool:
    return (
        invitation.state is InvitationState.PENDING
        and invitation.generation == entry.generation
        and invitation.expires_at > clock.now()
    )


async def _owner(email_key: str | None) -> User | None:
    return await User.get_or_none(email_key=email_key, email_verified_at__isnull=False)


async def _of_tenant_invitation(entry: OutboxEntry) -> Letter | None:
    """It has ended with its organization, if that has."""
    invitation = await TenantInvitation.get(id=entry.tenant_invitation_id)
    if not _stands(invitation, entry):
        return None
    user = await _owner(invitation.email.casefold())
    return Letter(
        "tenant_invitation_registered" if user else "tenant_invitation_newcomer",
        Locale((user and user.locale) or entry.locale),
        page=settings.load().tenant_invitation_page,
        token=tokens.recall_tenant_invitation(
            invitation.id, invitation.generation, invitation.token_digest
        ),
    )


async def _of_link(entry: OutboxEntry) -> Letter | None:
    link = await AccountLink.get(id=entry.link_id)
    if link.closed_at is not None or link.expires_at <= clock.now() or not link.email:
        return None
    chosen, prefix = settings.load(), LINK_PREFIXES[link.purpose]
    page = {
        LinkPurpose.EMAIL: chosen.email_page,
        LinkPurpose.PASSWORD: chosen.password_page,
        LinkPurpose.REGISTRATION: chosen.registration_page,
    }[link.purpose]
    token = tokens.recall(prefix, link.id, link.token_digest)
    return Letter(await _template(link), Locale(entry.locale), page=page, token=token)


async def _template(link: AccountLink) -> str:
    """Who asks for an address that is somebody's hears it from the mail to that address alone."""
    known = f"{link.purpose.lower()}_link"
    if link.purpose is LinkPurpose.PASSWORD:
        return known
    owner = await _owner(link.email.casefold() if link.email else None)
    return f"{link.purpose.lower()}_known" if owner and owner.id != link.user_id else known


async def _of_code(entry: OutboxEntry) -> Letter | None:
    code = await PhoneCode.get(id=entry.code_id)
    if code.closed_at is not None or code.expires_at <= clock.now():
        return None
    return Letter(entry.message, Locale(entry.locale), code=tokens.code(code.id))


async def _is_wanted(entry: OutboxEntry) -> bool:
    """A notice that waited: whether it may still go there."""
    if entry.message in _FOR_ROLES:
        return await _holds(entry, _FOR_ROLES[entry.message])
    return entry.channel is not Channel.SMS or await _wants_sms(entry)


async def _holds(entry: OutboxEntry, role: str) -> bool:
    """Whether who is written to still has that role in the tenant, and that address."""
    place = Member.filter(
        tenant_id=entry.tenant_id,
        tenant__deleted_at=None,
        user_id=entry.user_id,
        role=role,
        status=MemberStatus.JOINED,
        user__email=entry.recipient,
        user__email_verified_at__isnull=False,
    )
    return await place.exists()


async def _wants_sms(entry: OutboxEntry) -> bool:
    """Whether it is still his number, and he still wants them there."""
    return await User.filter(
        id=entry.user_id,
        phone=entry.recipient,
        phone_confirmed_at__isnull=False,
        wants_sms=True,
    ).exists()


async def _of_news(entry: OutboxEntry) -> Letter | None:
    """Who has switched news off, or taken another address, while they waited gets none."""
    reader = User.filter(
        id=entry.user_id,
        email=entry.recipient,
        email_verified_at__isnull=False,
        wants_news=True,
    )
    if not await reader.exists():
        return None
    token = tokens.derive(tokens.UNSUBSCRIBE, str(entry.user_id))
    address = f"{settings.load().public_url}/unsubscribe/{entry.user_id}/{token}"
    return Letter("news", Locale(entry.locale), unsubscribe=address)
