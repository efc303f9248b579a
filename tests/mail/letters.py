"""Every mail to try, and a page as its reader sees it."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

from mail import messages, subscription_messages
from mail.messages import Message

LINK = "https://tenantry.example.org/invitation#tnt_inv_x"
OURS = {"link": LINK, "unsubscribe": LINK}
ADDRESS = "ann@example.org"
EXPIRES = datetime(2026, 11, 24, 18, 52, tzinfo=UTC)
DAYS_LEFT = timedelta(days=2, hours=12)


def every(tenant: str, person: str, words: str) -> dict[str, Message]:
    """Each mail by its folder of templates; the arguments are what people have typed."""
    invitation = messages.invitation(
        tenant_name=tenant,
        role="Manager",
        apps=[
            {"name": words, "right": "LAUNCH"},
            {"name": words, "right": "LAUNCH_AND_ADMINISTER"},
        ],
        inviter_name=person,
        expires_at=EXPIRES,
    )
    to_own = messages.tenant_invitation(
        organization_name=words, tenant_name=tenant, inviter_name=person, expires_at=EXPIRES
    )
    return {
        "invitation_newcomer": invitation,
        "invitation_registered": invitation,
        "tenant_invitation_newcomer": to_own,
        "tenant_invitation_registered": to_own,
        "tenant_founded": messages.tenant_founded(
            organization_name=words, tenant_name=tenant, owner_name=person
        ),
        "joined": messages.joined(
            tenant_name=tenant, member_name=person, member_email=ADDRESS, role="User"
        ),
        "declined": messages.declined(
            tenant_name=tenant, member_name=person, member_email=None, reason=words
        ),
        "role_changed": messages.role_changed(tenant_name=tenant, role="User", changed_by=person),
        "removed": messages.removed(tenant_name=tenant, removed_by=person),
        "ownership_passed": messages.ownership_passed(tenant_name=tenant, former_owner=person),
        "email_link": messages.email_link(full_name=person, expires_at=EXPIRES),
        "email_known": Message("email_known", {}),
        "email_changed": messages.email_changed(full_name=person, masked_email="an***@example.org"),
        "password_link": messages.password_link(login="ann", expires_at=EXPIRES),
        "password_changed": messages.password_changed(login="ann"),
        "registration_link": messages.registration_link(tenant_name=tenant, expires_at=EXPIRES),
        "registration_known": Message("registration_known", {"tenant_name": tenant}),
        "account_ended": messages.account_ended(login="ann"),
        "changed_by_support": messages.changed_by_support(["email", "password"]),
        "second_factor_enabled": messages.second_factor_enabled(),
        "second_factor_disabled": messages.second_factor_disabled(),
        "news": messages.news(subject="Новости", body="Новости: әңгіме"),
        "identity_linked": messages.identity_linked(words),
        "identity_unlinked": messages.identity_unlinked(words),
        "recovery_code_used": messages.recovery_code_used(codes_left=9),
        "subscription_ends": subscription_ends(tenant, words, person, now=EXPIRES - DAYS_LEFT),
        "subscription_ended": subscription_ends(tenant, words, person, now=EXPIRES),
        "operator_report": operator_report(tenant, words, lines=2),
        "webhook_disabled": messages.webhook_disabled(
            tenant_name=tenant, host=words, gone=False, failing_since=EXPIRES
        ),
    }


def subscription_ends(
    tenant: str, words: str, organization: str | None, *, now: datetime
) -> Message:
    return subscription_messages.subscription_ends(
        tenant_name=tenant,
        tariff_name=words,
        ends_at=EXPIRES,
        now=now,
        organization=organization,
    )


def operator_report(tenant: str, words: str, *, lines: int, more: int = 0) -> Message:
    """The same in each section."""
    line = subscription_messages.Line(tenant_name=words, tariff_name=words, at=EXPIRES.isoformat())
    section = subscription_messages.Section(lines + more, [line] * lines)
    return subscription_messages.operator_report(
        tenant_name=tenant,
        covered=(EXPIRES - timedelta(days=7), EXPIRES),
        days_ahead=14,
        totals={"tenants": 12, "subscriptions": 15},
        sections={"begun": section, "ending": section, "ended": section},
    )


MAILS = sorted(every("", "", ""))
NAMING = sorted(name for name, mail in every("x_", "x_", "x_").items() if "x_" in str(mail.facts))
"""Those that say what somebody has typed."""


class Page(HTMLParser):
    """The tags of a page and what they say; styles say nothing."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str | None] = []
        self.said = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] != ["style"]:
            self.said += data
