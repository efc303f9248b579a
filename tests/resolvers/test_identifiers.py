"""What is a name, an address, a login, a phone, a password; and what is the same (CASES 70 to 76).

The rules alone; that each field obeys them stands with the mutations.
"""

from collections.abc import Callable

import pytest

import errors
from resolvers import identifiers
from settings import Environment, Settings


def refused(rule: Callable[[str], object], value: str) -> str:
    """The code of the fault that `rule` finds."""
    with pytest.raises(identifiers.Fault) as found:
        rule(value)
    return found.value.code


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Smith, O'Neil-Ünal Jr.", "Smith, O'Neil-Ünal Jr."),
        ("  Тимур Сейтқали\t", "Тимур Сейтқали"),
        ("e\u0301", "é"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("x" * 200, "x" * 200),
        ("e\u0301" * 200, "é" * 200),
        ("Wwwhat & <b>", "Wwwhat & <b>"),
    ],
)
def test_a_name_is_kept_as_it_is_written_without_blanks_around_it(typed: str, kept: str) -> None:
    assert identifiers.name(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "REQUIRED"),
        (" \u00a0\t", "REQUIRED"),
        ("\u200d", "REQUIRED"),
        ("\ufe0f", "REQUIRED"),
        ("\u034f \u180b", "REQUIRED"),
        ("\u0301", "REQUIRED"),
        ("\u3164 \u2800", "REQUIRED"),
        ("x" * 201, "TOO_LONG"),
        ("x" * 10_000, "TOO_LONG"),
        ("ﬃ" * 200, "TOO_LONG"),
        ("a\nb", "INVALID"),
        ("a\r\nBcc: b", "INVALID"),
        ("a\u0000b", "INVALID"),
        ("a\u001b[31m", "INVALID"),
        ("a\u2028b", "INVALID"),
        ("a\u202eb", "INVALID"),
        ("a\u200bb", "INVALID"),
        ("\ufeffa", "INVALID"),
        ("\ud800", "INVALID"),
        ("https://evil.com", "INVALID"),
        ("visit WWW.evil.com and win", "INVALID"),
    ],
)
def test_a_name_that_is_empty_hidden_endless_or_a_link_is_refused(typed: str, code: str) -> None:
    """CASES 74, 76; "ﬃ" is three letters where names are compared."""
    assert refused(identifiers.name, typed) == code


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Ann+tag@EXAMPLE.com\n", "Ann+tag@example.com"),
        ("ann@почта.рф", "ann@xn--80a1acny.xn--p1ai"),
        ("a" * 64 + "@example.com", "a" * 64 + "@example.com"),
    ],
)
def test_an_address_keeps_its_local_part_and_gets_its_domain_in_ascii(
    typed: str, kept: str
) -> None:
    """CASES 70, 71: canonical before it is compared or written to."""
    assert identifiers.email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "nobody",
        "@example.com",
        "mıke@example.org",
        "ﬁ@x.com",
        "а@example.com",
        "a＠example.com",
        "a\u00ad@example.com",
        "a@exam\u00adple.com",
        "a\u200b@example.com",
        "a@example.com,evil@example.org",
        "a@example.com;evil@example.org",
        "a@example.com\r\nBcc: evil@example.org",
        "a@example.com\u0000",
        "Ann <ann@example.com>",
        '"a b"@example.com',
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@localhost",
        "a" * 65 + "@example.com",
        "a@" + "x" * 64 + ".com",
        "\ud800@example.com",
        "a@\ud800.com",
    ],
)
def test_what_is_not_one_plain_deliverable_address_is_refused(typed: str) -> None:
    """CASES 71, 73."""
    assert refused(identifiers.email, typed) == "INVALID"


def test_addresses_of_test_domains_are_for_development(configure: Callable[..., Settings]) -> None:
    assert identifiers.email("ann@example.test") == "ann@example.test"
    configure(
        environment=Environment.PRODUCTION,
        secret="x" * 32,
        database_url="postgresql://db/tenantry",
        smtp_url="smtp://mail:25",
        mail_from="t@example.com",
        public_url="https://t.example.com",
    )
    assert refused(identifiers.email, "ann@example.test") == "INVALID"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("NINA@EXAMPLE.COM", "nina@example.com"),
        ("СЕЙТҚАЛИ", "сейтқали"),
        ("Straße", "STRASSE"),
        ("E\u0301", "é"),
    ],
)
def test_what_differs_in_case_or_composition_is_the_same(one: str, other: str) -> None:
    """CASES 70."""
    assert identifiers.fold(one) == identifiers.fold(other)


@pytest.mark.parametrize(
    ("typed", "kept"), [(" Ann.A-1_x ", "ann.a-1_x"), ("ab", "ab"), ("z" * 64,) * 2]
)
def test_a_login_is_two_to_64_of_a_few_letters_in_lower_case(typed: str, kept: str) -> None:
    """PRODUCT 4."""
    assert identifiers.login(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "a", "z" * 65, "two words", "ann@example.com", "анна", "ａｂ", "\u212aelvin", "a\u0000"],
)
def test_anything_else_is_no_login(typed: str) -> None:
    """PRODUCT 4: an e-mail is never a login."""
    assert refused(identifiers.login, typed) == "INVALID"


@pytest.mark.parametrize("typed", ["+77051250043", " +7 (705) 125-00-43", "tel:+77051250043"])
def test_a_phone_is_kept_in_e164(typed: str) -> None:
    assert identifiers.phone(typed) == "+77051250043"


@pytest.mark.parametrize(
    "typed", ["", "87051250043", "+1", "+99999999", "+71234567", "+" * 1000, "\ud800"]
)
def test_what_cannot_be_dialled_from_abroad_is_no_phone(typed: str) -> None:
    assert refused(identifiers.phone, typed) == "INVALID"


@pytest.mark.parametrize(
    "typed",
    [" a quiet\u0000🔑 one", "  кот \u00e9\u0301 ⁂ пёс  ", "kJ3xQz7Lp2Wm" * 6, "kJ3xQz7L" * 128],
)
def test_a_password_is_anything_long_enough_kept_verbatim(typed: str) -> None:
    """PRODUCT 4, CASES 89."""
    assert identifiers.new_password(typed) == typed


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("p" * 11, "TOO_SHORT"),
        ("p" * 1025, "TOO_LONG"),
        ("p" * 11 + "\ud800", "INVALID"),
        ("p" * 12, "TOO_COMMON"),
        ("password1234", "TOO_COMMON"),
    ],
)
def test_a_password_that_is_short_endless_guessed_or_no_text_is_refused(
    typed: str, code: str
) -> None:
    """CASES 89: 4096 characters are refused before hashing."""
    assert refused(identifiers.new_password, typed) == code


def test_a_limit_begins_at_one() -> None:
    assert identifiers.at_least_one(1) == 1
    with pytest.raises(identifiers.Fault):
        identifiers.at_least_one(0)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("anna@example.com", "an***@example.com"),
        ("ann@example.com", "an***@example.com"),
        ("an@example.com", "a***@example.com"),
    ],
)
def test_a_masked_address_is_known_to_its_owner_and_to_nobody_else(
    address: str, shown: str
) -> None:
    """PRODUCT 3.9."""
    assert identifiers.mask(address) == shown


def test_faults_are_collected_and_told_together() -> None:
    faults = identifiers.Faults()
    faults.check(("a", "name"), identifiers.name, "")
    assert faults.check(("b",), identifiers.login, "Ann") == "ann"
    assert faults.check(("c",), identifiers.optional(identifiers.phone), None) is None
    faults.check(("d",), identifiers.new_password, "short")
    with pytest.raises(errors.InvalidInput) as refusal:
        faults.settle()
    assert refusal.value.faults == (
        errors.FieldFault(("a", "name"), "REQUIRED"),
        errors.FieldFault(("d",), "TOO_SHORT", 12),
    )
