import jinja2
import pytest

from locales import Locale
from mail import messages, rendering
from tests.mail.letters import EXPIRES, LINK, MAILS, NAMING, OURS, Page, every

HOSTILE = "<a href=//evil>Sons</a> & <img src=x onerror=alert(1)>"

INVITATION = messages.invitation(
    tenant_name="Acme",
    role="Manager",
    apps=[
        {"name": "Books", "right": "LAUNCH"},
        {"name": "Payroll", "right": "LAUNCH_AND_ADMINISTER"},
    ],
    inviter_name="Olga Owner",
    expires_at=EXPIRES,
)


def rendered(mail: str, name: str, locale: Locale = Locale.EN) -> rendering.Rendered:
    """`name` stands for all that people have typed."""
    facts = every(name, name, name)[mail].facts
    return rendering.render(mail, facts, locale=locale, **OURS)


@pytest.mark.parametrize("locale", Locale)
@pytest.mark.parametrize("mail", MAILS)
def test_each_mail_has_a_subject_a_text_and_html(mail: str, locale: Locale) -> None:
    found = rendered(mail, "Acme", locale)
    parts = (found.subject, found.text, Page(found.html).said)
    assert all(part.strip() for part in parts)
    assert mail not in NAMING or all("Acme" in part for part in parts[1:])
    assert f'<html lang="{locale.lower()}">' in found.html


@pytest.mark.parametrize("mail", NAMING)
def test_names_are_escaped_in_html_and_plain_in_text(mail: str) -> None:
    """CASES 75."""
    found = rendered(mail, HOSTILE)
    page = Page(found.html)
    assert "img" not in page.tags
    assert set(page.addresses) <= {LINK}
    assert "<img src=x onerror=alert(1)>" in page.said
    assert "<img src=x onerror=alert(1)>" in found.text


@pytest.mark.parametrize("mail", NAMING)
def test_no_mail_program_makes_a_link_of_a_name(mail: str) -> None:
    """CASES 76."""
    found = rendered(mail, "visit evil.com or win@evil.com")
    assert "evil.com" not in found.subject
    for part in (found.text, found.html):
        assert "evil.com" not in part
        assert "evil.\N{ZERO WIDTH NON-JOINER}com" in part


def test_an_app_cannot_bring_a_link_either() -> None:
    found = rendered("invitation_newcomer", "evil.com")
    assert found.text.count("evil.\N{ZERO WIDTH NON-JOINER}com") == 4


@pytest.mark.parametrize("mail", NAMING)
def test_names_forge_neither_headers_nor_lines(mail: str) -> None:
    """CASES 74."""
    found = rendered(mail, "Acme\r\nBcc: evil\u2028more")
    assert len(found.subject.splitlines()) == 1
    assert not any(line.startswith(("Bcc", "more")) for line in found.text.splitlines())


@pytest.mark.parametrize("mail", ["invitation_newcomer", "invitation_registered"])
def test_an_invitation_says_all_one_needs_to_decide(mail: str) -> None:
    """PRODUCT 3.4."""
    found = rendering.render(mail, INVITATION.facts, locale=Locale.EN, link=LINK)
    for said in (found.text, Page(found.html).said):
        assert "Olga Owner invites you to Acme" in said
        assert "Manager" in said
        assert "Books (launch)" in said
        assert "Payroll (launch and administer)" in said
        assert "November 24, 2026, 6:52\N{NARROW NO-BREAK SPACE}PM UTC" in said
        assert LINK in said
        assert "ignore this mail" in said
    assert Page(found.html).addresses == [LINK, LINK]


def test_who_has_no_account_reads_of_a_password_and_who_has_one_of_signing_in() -> None:
    assert "choose your password" in rendered("invitation_newcomer", "Acme").text
    assert "sign in and accept" in rendered("invitation_registered", "Acme").text
    assert "list of invitations" in rendered("invitation_registered", "Acme").html


def test_moments_are_written_as_the_language_writes_them() -> None:
    assert "24 ноября 2026" in rendered("invitation_newcomer", "Acme", Locale.RU).text
    assert "18:52 UTC" in rendered("invitation_newcomer", "Acme", Locale.RU).text


def test_the_address_of_who_joined_can_be_copied() -> None:
    assert "ann@example.org" in rendered("joined", "Acme").text
    assert "ann@example.org" in rendered("joined", "Acme").html


def test_who_joined_may_have_no_address() -> None:
    message = messages.joined(tenant_name="Acme", member_name="Ann", member_email=None, role="User")
    found = rendering.render(message.name, message.facts, locale=Locale.EN)
    assert "E-mail" not in found.text + found.html


def test_a_missing_fact_is_an_error_and_no_gap_in_the_mail() -> None:
    with pytest.raises(jinja2.UndefinedError):
        rendering.render("removed", {"tenant_name": "Acme"}, locale=Locale.EN)
