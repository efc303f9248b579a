"""How operators list identity providers, and what they are told of their mistakes."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from settings import ConfigurationError, Settings, load
from settings.identity_providers import IdentityProvider

# The fixture `configure` puts another function in the module's place.
read = load.__wrapped__
Put = Callable[..., None]
CLIENT = {"client_id": "tenantry", "client_secret": "hush hush"}
ACME = {"name": "acme", "title": "Acme ID", "issuer": "https://id.acme.example", **CLIENT}
HUB = {"name": "hub", "title": "Hub", **CLIENT} | {
    "authorization_url": "https://hub.example/authorize",
    "token_url": "https://hub.example/token",
    "userinfo_url": "https://api.hub.example/user",
}
PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET": "a secret of this test that is long enough",
    "DATABASE_URL": "postgresql://tenantry@localhost/tenantry",
    "SMTP_URL": "smtps://mail.example.com",
    "MAIL_FROM": "Tenantry <tenantry@example.com>",
    "PUBLIC_URL": "https://tenantry.example",
}


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Put:
    def put(*entries: Any, **more: str) -> None:
        values = {"IDENTITY_PROVIDERS": json.dumps(entries), **more}
        for name, value in values.items():
            monkeypatch.setenv(f"TENANTRY_{name}", value)

    return put


def problems() -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        read()
    return str(raised.value).splitlines()


def test_providers_of_both_kinds_are_listed_as_json(listed: Put) -> None:
    """Issue 4.4."""
    listed(ACME, HUB | {"scopes": ["read:user"]})
    acme, hub = read().identity_providers
    assert (acme.name, acme.title, acme.scope) == ("acme", "Acme ID", "openid email")
    assert (hub.subject_field, hub.email_field, hub.scope) == ("id", "email", "read:user")
    assert IdentityProvider.model_validate(HUB).scope == ""


def test_nobody_is_listed_to_begin_with() -> None:
    """DESIGN 4: nothing has to be set."""
    assert Settings().identity_providers == ()


def test_people_come_back_to_a_page_of_the_public_address_or_of_the_frontend() -> None:
    assert read().provider_page == "http://127.0.0.1:8000/sign-in/provider"
    chosen = Settings(public_url="https://t.example", provider_url="https://app.example/back")
    assert chosen.provider_page == "https://app.example/back"


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (ACME | {"name": "Acme"}, "0.name: "),
        (ACME | {"name": "a" * 33}, "0.name: "),
        (ACME | {"title": ""}, "0.title: "),
        (ACME | {"client_secret": ""}, "0.client_secret: "),
        (ACME | {"isuer": "https://id.acme.example"}, "0.isuer: "),
        (ACME | {"issuer": "http://id.acme.example"}, "0.issuer: must begin with https://"),
        (ACME | {"issuer": "https://"}, "0.issuer: must begin with https://"),
        (ACME | {"issuer": "id.acme.example"}, "0.issuer: must begin with https://"),
        (ACME | {"scopes": ["email"]}, "0: scopes must contain openid"),
        (ACME | {"subject_field": "id"}, "0: has an issuer, so leave out subject_field"),
        (HUB | {"userinfo_url": None}, "0: needs an issuer, or "),
        (CLIENT | {"name": "x", "title": "X"}, "0: needs an issuer, or "),
        (5, "0: "),
    ],
)
def test_a_mistake_is_told_by_entry_and_field(listed: Put, entry: Any, problem: str) -> None:
    """DESIGN 3."""
    listed(entry)
    [told] = problems()
    assert told.startswith(f"TENANTRY_IDENTITY_PROVIDERS: {problem}")


def test_every_mistake_is_told_at_once_and_no_secret(listed: Put) -> None:
    """DESIGN 3, CASES 141."""
    listed(ACME | {"name": "", "title": ""}, HUB | {"token_url": "x"}, LIMIT_LINKS="often")
    told = problems()
    assert [line.partition(": ")[2].partition(":")[0] for line in told] == [
        "couldn't parse rate limit string 'often'",
        "0.name",
        "0.title",
        "1.token_url",
    ]
    assert "hush" not in "\n".join(told)


def test_what_is_no_json_is_told(listed: Put) -> None:
    listed(IDENTITY_PROVIDERS="[{")
    assert problems() == ["TENANTRY_IDENTITY_PROVIDERS: is no JSON list"]


def test_two_providers_have_two_names(listed: Put) -> None:
    """An identity is told by its provider's name."""
    listed(ACME, HUB | {"name": "acme"})
    assert problems() == ["TENANTRY_IDENTITY_PROVIDERS: two providers are called acme"]


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "[::1]:9000", "localhost:9000"])
def test_plain_http_is_for_this_machine_in_development(listed: Put, host: str) -> None:
    """CASES 141."""
    listed(ACME | {"issuer": f"http://{host}"})
    assert len(read().identity_providers) == 1
    listed(ACME | {"issuer": f"http://{host}"}, **PRODUCTION)
    assert problems() == [
        "TENANTRY_IDENTITY_PROVIDERS: every address must begin with https://",
    ]


def test_production_takes_what_is_encrypted(listed: Put) -> None:
    listed(ACME, HUB, **PRODUCTION)
    assert len(read().identity_providers) == 2


def test_a_provider_does_not_change_and_hides_its_secret() -> None:
    """DESIGN 3: frozen."""
    provider = IdentityProvider.model_validate(ACME)
    with pytest.raises(ValidationError):
        provider.name = "other"  # type: ignore[misc]
    assert "hush" not in repr(provider)
