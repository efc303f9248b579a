import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import settings
from settings import CHECKOUT, DEVELOPMENT_SECRET, ConfigurationError, Settings, load
from tests import production

# The fixture `configure` puts another function in the module's place.
read = load.__wrapped__
OPERATIONS = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
PRODUCTION = {name.upper(): str(value) for name, value in production.PRODUCTION.items()}


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has set."""
    for name in list(os.environ):
        if name.startswith("TENANTRY_"):
            monkeypatch.delenv(name)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Any:
    def put(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"TENANTRY_{name}", value)

    return put


def problems() -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        read()
    return str(raised.value).splitlines()


def test_nothing_has_to_be_set_to_begin_with() -> None:
    """DESIGN 4."""
    found = read()
    assert found.environment == "development"
    assert found.database_url is None
    assert found.smtp_url is None
    assert found.public_url == "http://127.0.0.1:8000"
    assert found.invitation_page == "http://127.0.0.1:8000/invitation"
    assert found.everybody_creates_tenants
    assert not found.secure_cookies


def test_the_defaults_are_those_of_the_product() -> None:
    """PRODUCT 3.5, 3.11, 4."""
    found = read()
    assert found.invitation_lifetime == timedelta(days=3)
    assert found.session_lifetime == timedelta(days=30)
    assert found.password_min_length == 12
    assert found.limit_invitations_per_inviter == ("200/hour", "1000/day")
    assert found.limit_invitations_of_new_tenant == "300/day"
    assert found.limit_mails_per_address_and_tenant == "10/hour"
    assert found.limit_mails_per_address == "20/hour"
    assert found.limit_resends == "10/hour"
    assert found.limit_links == "120/minute"
    assert found.limit_failed_sign_ins == "10/15 minutes"
    assert found.limit_failed_sign_ins_per_client == "100/hour"
    assert found.limit_tenants == "100/day"
    assert found.phone_code_lifetime == timedelta(minutes=10)
    assert found.limit_phone_codes == "1/minute"


def test_every_problem_is_told_at_once(environment: Any) -> None:
    """DESIGN 3, CASES 141: of single settings, and of all together."""
    environment(
        ENVIRONMENT="production",
        SECRET="short",
        DATABASE_POOL_SIZE="0",
        LIMIT_LINKS="often",
        LIMIT_INVITATIONS_PER_INVITER="200/hour, sometimes",
        SESSION_LIFETIME="long",
        SMS_BODY="{}",
        SMS_URL="gateway.example",
        TENANT_CREATION="nobody",
    )
    assert sorted(line.partition(":")[0] for line in problems()) == [
        "TENANTRY_DATABASE_POOL_SIZE",
        "TENANTRY_DATABASE_URL",
        "TENANTRY_LIMIT_INVITATIONS_PER_INVITER",
        "TENANTRY_LIMIT_LINKS",
        "TENANTRY_MAIL_FROM",
        "TENANTRY_PUBLIC_URL",
        "TENANTRY_SECRET",
        "TENANTRY_SESSION_LIFETIME",
        "TENANTRY_SMS_BODY",
        "TENANTRY_SMS_URL",
        "TENANTRY_SMTP_URL",
        "TENANTRY_TENANT_CREATION",
    ]


def test_a_problem_of_one_setting_is_told_once(environment: Any) -> None:
    environment(**PRODUCTION | {"SECRET": "", "MAIL_FROM": ""})
    assert problems() == [
        "TENANTRY_SECRET: the development secret is refused",
        "TENANTRY_MAIL_FROM: must be set",
    ]


def test_a_problem_does_not_quote_the_value(environment: Any) -> None:
    environment(SECRET="tiny-secret", LIMIT_TENANTS="x")
    assert "tiny-secret" not in "\n".join(problems())


@pytest.mark.parametrize("name", [name for name in PRODUCTION if name != "ENVIRONMENT"])
def test_production_refuses_what_only_development_may_leave_out(
    environment: Any, name: str
) -> None:
    """CASES 141."""
    environment(**{key: value for key, value in PRODUCTION.items() if key != name})
    [problem] = problems()
    assert problem.startswith(f"TENANTRY_{name}: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET", DEVELOPMENT_SECRET),
        ("SECRET", f"{PRODUCTION['SECRET']},{DEVELOPMENT_SECRET}"),
        ("PUBLIC_URL", "http://tenantry.example"),
    ],
)
def test_production_refuses_what_is_safe_in_development_only(
    environment: Any, name: str, value: str
) -> None:
    """CASES 141."""
    environment(**PRODUCTION | {name: value})
    [problem] = problems()
    assert problem.startswith(f"TENANTRY_{name}: ")


def test_production_starts_where_everything_is_set(environment: Any) -> None:
    environment(**PRODUCTION)
    found = read()
    assert found.production
    assert found.secure_cookies
    assert not found.everybody_creates_tenants


@pytest.mark.parametrize(("value", "everybody"), [("everybody", True), ("staff", False)])
@pytest.mark.parametrize("base", [{}, PRODUCTION], ids=["development", "production"])
def test_who_creates_tenants_is_what_is_set(
    environment: Any, base: dict[str, str], value: str, *, everybody: bool
) -> None:
    """PRODUCT 2, rule 6."""
    environment(**base, TENANT_CREATION=value)
    assert read().everybody_creates_tenants is everybody


def test_an_empty_variable_counts_as_unset(environment: Any) -> None:
    environment(SMTP_URL="", DATABASE_URL="", DATABASE_POOL_SIZE="", SECRET="")
    assert read() == Settings()


@pytest.mark.parametrize("secret", ["short", f"{'x' * 32},short", f"{'x' * 32},"])
def test_every_secret_has_32_characters_at_least(environment: Any, secret: str) -> None:
    """CASES 141."""
    environment(SECRET=secret)
    assert problems() == ["TENANTRY_SECRET: each secret needs 32 characters or more"]


def test_several_values_are_separated_by_commas(environment: Any) -> None:
    environment(
        SECRET=f"{'n' * 32}, {'o' * 32}",
        TRUSTED_PROXIES="10.0.0.1, 10.1.0.0/16",
        LIMIT_INVITATIONS_PER_INVITER="5/minute, 20/hour",
    )
    found = read()
    assert [secret.get_secret_value() for secret in found.secret] == ["n" * 32, "o" * 32]
    assert found.trusted_proxies == ("10.0.0.1", "10.1.0.0/16")
    assert found.limit_invitations_per_inviter == ("5/minute", "20/hour")


@pytest.mark.parametrize(
    "url",
    [
        "gateway.example/send?key=s3cret",
        "ftp://s3cret@gateway.example",
        "https://:s3cret@/send",
        "https://gateway.example:s3cret/",
        "https://gateway.example:99999/s3cret",
        "https://[s3cret/",
        "https://gateway.example/s3cret key",
        "https://gateway.example/s3cret\N{DELETE}",
    ],
)
def test_the_gateways_address_can_be_posted_to(environment: Any, url: str) -> None:
    """Issue 4.2; said without quoting it, since it often holds a key."""
    environment(SMS_URL=url)
    [problem] = problems()
    assert problem.startswith("TENANTRY_SMS_URL: must be ")
    assert "s3cret" not in problem


def test_production_posts_sms_over_https_only(environment: Any) -> None:
    """Codes are in them."""
    environment(**PRODUCTION, SMS_URL="http://gateway.example/")
    assert problems() == ["TENANTRY_SMS_URL: must begin with https://"]


def test_credentials_for_the_gateway_fit_into_a_header(environment: Any) -> None:
    environment(SMS_AUTHORIZATION="Bearer s3cret\r\nX-Other: 1")
    assert problems() == ["TENANTRY_SMS_AUTHORIZATION: must be of printable ASCII characters"]


@pytest.mark.parametrize(
    "template",
    [
        '{"to": "{to}", "text": "{text}"',
        '{"to": "{to}"}',
        '{"to": "{to}", "{text}": "text"}',
        '["{to}", 1, null]',
        "{to}",
        "to={to}",
        "to={to}&text",
        "to={to} text={text",
    ],
)
def test_the_gateway_is_told_the_number_and_the_text(environment: Any, template: str) -> None:
    """Issue 4.2: or nobody would get the code that he waits for."""
    environment(SMS_BODY=template)
    [problem] = problems()
    assert problem.startswith("TENANTRY_SMS_BODY: must be JSON, or a form ")


@pytest.mark.parametrize(
    "template",
    [
        '{"messages": [{"to": ["{to}"], "body": "Acme: {text}", "ttl": 600}]}',
        "to={to}&from=Acme&msg={text}",
    ],
)
def test_the_gateways_body_is_json_or_a_form(environment: Any, template: str) -> None:
    environment(SMS_BODY=template)
    assert read().sms_body == template


@pytest.mark.parametrize(
    ("base", "url", "sends"),
    [
        ({}, "", True),
        ({}, "http://127.0.0.1:9000/", True),
        (PRODUCTION, "", False),
        (PRODUCTION, "https://gateway.example/", True),
    ],
)
def test_sms_are_sent_by_a_gateway_or_kept_in_development(
    environment: Any, base: dict[str, str], url: str, *, sends: bool
) -> None:
    environment(**base, SMS_URL=url)
    assert read().sends_sms is sends


def test_who_listens_goes_around_a_pooler(environment: Any) -> None:
    """ADR 0035: LISTEN would hear nothing behind it, and say nothing."""
    environment(DATABASE_POOLED="true")
    assert problems() == ["TENANTRY_LISTENING_DATABASE_URL: must lead around the pooler"]
    environment(LISTENING_DATABASE_URL="postgresql://t@h/d")
    assert read().database_pooled


@pytest.mark.parametrize(
    ("primary", "is_right"),
    [
        ("postgresql://t:other@pooler:6432/d", True),
        ("postgresql://owner@h/d", False),
        ("", False),
    ],
)
def test_a_replica_is_read_as_the_role_that_policies_bind(
    environment: Any, primary: str, *, is_right: bool
) -> None:
    """ADR 0035: roles are the primary's, so what binds one there binds it on the replica."""
    environment(DATABASE_URL=primary, REPLICA_DATABASE_URL="postgresql://t:s3cret@replica/d")
    if is_right:
        assert read().replica_database_url is not None
    else:
        name = "TENANTRY_REPLICA_DATABASE_URL"
        assert problems() == [f"{name}: must name the role of TENANTRY_DATABASE_URL"]


@pytest.mark.parametrize("rate", ["10", "10/fortnight", "-1/hour", "ten/hour", "10/hour/day"])
def test_a_rate_is_a_number_in_a_time(environment: Any, rate: str) -> None:
    environment(LIMIT_RESENDS=rate)
    [problem] = problems()
    assert problem.startswith("TENANTRY_LIMIT_RESENDS: ")


@pytest.mark.parametrize(
    ("value", "length"),
    [
        ("2 days", timedelta(days=2)),
        ("PT90S", timedelta(seconds=90)),
        ("12:00:00", timedelta(hours=12)),
    ],
)
def test_a_length_of_time_is_written_in_one_of_three_ways(
    environment: Any, value: str, length: timedelta
) -> None:
    environment(INVITATION_LIFETIME=value)
    assert read().invitation_lifetime == length


@pytest.mark.parametrize("value", ["90", "0 days", "-P1D", "soon"])
def test_a_length_of_time_has_a_unit_and_is_ahead(environment: Any, value: str) -> None:
    environment(INVITATION_LIFETIME=value)
    [problem] = problems()
    assert problem.startswith("TENANTRY_INVITATION_LIFETIME: ")


def test_addresses_end_without_a_slash(environment: Any) -> None:
    environment(PUBLIC_URL="https://tenantry.example/", INVITATION_URL="https://app.example/join/")
    assert read().public_url == "https://tenantry.example"
    assert read().invitation_page == "https://app.example/join"


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("https://app.example.com, http://127.0.0.1:5173", 2),
        ("https://App.Example.com/", 1),
        ("https://app.example.com:443", 1),
        ("https://app.example.com:8443", 1),
        ("http://[::1]:5173", 1),
        ("https://xn--d1acpjx3f.example", 1),
    ],
)
def test_an_origin_is_kept_as_browsers_write_it(environment: Any, value: str, origins: int) -> None:
    environment(ALLOWED_ORIGINS=value)
    found = read().allowed_origins
    assert len(found) == origins
    assert all(each == each.lower().removesuffix("/").removesuffix(":443") for each in found)


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "null",
        "app.example.com",
        "https://",
        "https://*.example.com",
        "https://app.example.com/here",
        "https://app.example.com//",
        "https://app.example.com?here",
        "https://app.example.com#here",
        "https://me@app.example.com",
        "https://app.example.com:",
        "https://app.example.com:99999",
        "https://аpp.example.com",
        "ftp://app.example.com",
    ],
)
def test_what_browsers_never_name_is_no_origin(environment: Any, value: str) -> None:
    """Issue 6.7: such an entry would let nobody in, or everybody."""
    environment(ALLOWED_ORIGINS=f"https://app.example.com, {value}, nonsense")
    assert [line.partition(" ")[0] for line in problems()] == ["TENANTRY_ALLOWED_ORIGINS:"] * 2
    assert [line.split()[1] for line in problems()] == ["1:", "2:"]


def test_in_production_an_origin_is_encrypted(environment: Any) -> None:
    """Whoever sits on the way would write the page."""
    environment(**PRODUCTION, ALLOWED_ORIGINS="https://app.example.com, http://localhost:5173")
    assert problems() == ["TENANTRY_ALLOWED_ORIGINS: each must begin with https://"]


def test_secrets_are_not_shown_where_the_settings_are_printed(environment: Any) -> None:
    """CASES 82."""
    environment(
        SECRET="s3cret" * 8,
        DATABASE_URL="postgresql://u:s3cret@h/d",
        MIGRATION_DATABASE_URL="postgresql://o:s3cret@h/d",
        REPLICA_DATABASE_URL="postgresql://u:s3cret@r/d",
        SMTP_URL="smtp://u:s3cret@h",
        SMS_URL="https://u:s3cret@h",
        SMS_AUTHORIZATION="Bearer s3cret",
    )
    assert "s3cret" not in f"{read()!r} {read()}"


def test_settings_do_not_change_while_a_process_runs() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(read(), "password_min_length", 8)  # noqa: B010 mypy knows that it is frozen
    assert load() is load()


def test_data_is_kept_in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """DESIGN 4."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert read().data_dir == CHECKOUT / ".data"


def test_roots_data_is_kept_outside_anybodys_home_and_apart_for_each_checkout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DESIGN 4: the embedded PostgreSQL runs as another user."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    here = read().data_dir
    monkeypatch.setattr(settings, "CHECKOUT", Path("/root/elsewhere") / CHECKOUT.name)
    assert here.is_relative_to("/var/lib/tenantry")
    assert read().data_dir.parent == here.parent
    assert read().data_dir != here


def row(name: str) -> str:
    """How docs/operations.md lists a setting."""
    field = Settings.model_fields[name]
    default = "" if name in {"data_dir", "secret"} else shown(field.default)
    return f"| `TENANTRY_{name.upper()}` | {default} | {field.description} |"


def shown(default: Any) -> str:
    if default in (None, "", ()):
        return ""
    if isinstance(default, timedelta):
        return _duration(default)
    text = ", ".join(default) if isinstance(default, tuple) else str(default)
    return f"`{text}`"


def _duration(length: timedelta) -> str:
    """In the largest unit of which it is a whole number."""
    seconds = int(length.total_seconds())
    units = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}
    unit, size = next((unit, size) for unit, size in units.items() if seconds % size == 0)
    return f"{seconds // size} {unit}{'' if seconds == size else 's'}"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_as_it_is(name: str) -> None:
    """DESIGN 3."""
    assert Settings.model_fields[name].description
    assert row(name) in OPERATIONS


def test_no_setting_is_documented_that_is_not_there() -> None:
    listed = [line for line in OPERATIONS.splitlines() if line.startswith("| `TENANTRY_")]
    assert sorted(listed) == sorted(row(name) for name in Settings.model_fields)
