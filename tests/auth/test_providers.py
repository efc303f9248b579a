import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from structlog.testing import capture_logs

import errors
from auth import provider_answers, providers
from auth.providers import Challenge, ProvidedIdentity
from settings import Settings
from tests import provider as far_end
from tests.conftest import Clock
from tests.provider import CLIENT_ID, CLIENT_SECRET, Provider, Reply, Sign

Configure = Callable[..., Settings]
CHALLENGE = Challenge(nonce="the nonce of this visit", verifier="the-verifier-of-this-visit" * 2)
SHORT = 0.2


@pytest.fixture
def acme(provider: Provider, configure: Configure) -> Provider:
    """Listed as OpenID Connect."""
    configure(identity_providers=[provider.settings()])
    return provider


@pytest.fixture
def hub(provider: Provider, configure: Configure) -> Callable[..., Provider]:
    """Listed as OAuth 2, with that mapping."""

    def listed(**mapping: Any) -> Provider:
        configure(identity_providers=[provider.oauth2_settings(**mapping)])
        return provider

    return listed


async def visit(
    name: str, *, challenge: Challenge = CHALLENGE, **brought: str | None
) -> ProvidedIdentity:
    """There and back; `brought` instead of what the provider has sent along."""
    listed = providers.named(name)
    assert listed is not None
    back = await far_end.agree(await providers.authorization_url(listed, CHALLENGE, state="state"))
    given = {"code": back["code"], "issuer": back.get("issuer")} | brought
    return await providers.identify(listed, str(given["code"]), challenge, issuer=given["issuer"])


async def is_refused(name: str = "acme", **brought: Any) -> str:
    """Why, as the log has it."""
    with capture_logs() as logged, pytest.raises(errors.IdentityProviderFailed):
        await visit(name, **brought)
    [event] = logged
    assert (event["event"], event["provider"]) == ("provider.failed", name)
    return str(event["reason"])


def saying(content: Any, status: int = 200) -> Reply:
    async def reply(_: Request) -> Response:
        return JSONResponse(content, status)

    return reply


async def elsewhere(request: Request) -> Response:
    return RedirectResponse(str(request.url.replace(path="/jwks")))


async def nonsense(_: Request) -> Response:
    return PlainTextResponse("<html>")


async def endless(_: Request) -> Response:
    return JSONResponse("x" * provider_answers.LONGEST_ANSWER)


async def test_somebody_is_who_the_provider_says(acme: Provider) -> None:
    """Issue 4.4: code flow with PKCE, state and nonce."""
    assert await visit("acme") == ProvidedIdentity("person-1", "ann@elsewhere.example")


async def test_the_browser_is_sent_with_all_that_has_to_come_back(
    acme: Provider, configure: Configure
) -> None:
    """Issue 4.4: the verifier stays here."""
    configure(public_url="https://tenantry.example")
    listed = providers.named("acme")
    assert listed is not None
    url = await providers.authorization_url(listed, CHALLENGE, state="the state")
    assert url.startswith(f"{acme.url}/authorize?")
    given = {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}
    challenge = given.pop("code_challenge")
    assert challenge not in (CHALLENGE.verifier, "")
    assert given == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": "https://tenantry.example/sign-in/provider",
        "scope": "openid email",
        "state": "the state",
        "nonce": CHALLENGE.nonce,
        "code_challenge_method": "S256",
    }


@pytest.mark.parametrize(
    "sign",
    [
        far_end.signed_by_another,
        far_end.unsigned,
        far_end.signed_with_public_key,
        far_end.signed_with_client_secret,
    ],
)
async def test_only_the_providers_own_key_counts(acme: Provider, sign: Sign) -> None:
    """Issue 4.4: also where the provider announces `none` and HS256."""
    acme.sign = sign
    await is_refused()


async def test_a_provider_that_knows_no_key_pairs_proves_nothing(acme: Provider) -> None:
    """joserfc would take HS256 where it is given no algorithm at all."""
    acme.discovery = {"id_token_signing_alg_values_supported": ["HS256", "none"]}
    acme.sign = far_end.signed_with_client_secret
    assert await is_refused() == "no signature by a key pair is announced"


async def test_only_an_algorithm_that_the_provider_announces_counts(acme: Provider) -> None:
    acme.discovery = {"id_token_signing_alg_values_supported": ["RS256"]}
    assert await is_refused() == "UnsupportedAlgorithmError"


NOW = int(time.time())


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": ["another client", "a third"]},
        {"aud": [CLIENT_ID, "another client"]},
        {"aud": [CLIENT_ID, "another client"], "azp": "another client"},
        {"aud": []},
        {"aud": None},
        {"azp": "another client"},
        {"exp": NOW - 3600},
        {"exp": None},
        {"exp": "later"},
        {"iat": NOW + 36000, "exp": NOW + 72000},
        {"iat": None},
        {"nbf": NOW + 36000},
        {"nonce": "the nonce of another visit"},
        {"nonce": [CHALLENGE.nonce]},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"sub": "x" * 256},
        {"sub": "person\0one"},
    ],
)
async def test_a_token_that_says_something_else_is_not_believed(
    acme: Provider, claims: dict[str, Any]
) -> None:
    """Issue 4.4; OpenID Connect Core 3.1.3.7."""
    acme.claims = claims
    await is_refused()


async def test_a_token_for_several_names_us_as_who_asked(acme: Provider) -> None:
    """OpenID Connect Core 3.1.3.7, 4 and 5."""
    acme.claims = {"aud": [CLIENT_ID, "another client"], "azp": CLIENT_ID}
    assert (await visit("acme")).subject == "person-1"


@pytest.mark.parametrize("token", [None, 5, "", "a.b.c", "no token"])
async def test_without_an_id_token_nobody_is_anybody(acme: Provider, token: Any) -> None:
    acme.tokens = {"id_token": token}
    await is_refused()


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"email_verified": True}, "ann@elsewhere.example"),
        ({"email_verified": "true"}, "ann@elsewhere.example"),
        ({"email_verified": None}, "ann@elsewhere.example"),
        ({"email_verified": False}, None),
        ({"email_verified": "false"}, None),
        ({"email": None}, None),
        ({"email": ["ann@elsewhere.example"]}, None),
        ({"email": "x" * 255}, None),
    ],
)
async def test_an_unverified_address_is_not_even_shown(
    acme: Provider, claims: dict[str, Any], email: str | None
) -> None:
    """Issue 4.4, ADR 0012."""
    acme.claims = claims
    assert await visit("acme") == ProvidedIdentity("person-1", email)


async def test_a_new_key_of_the_provider_is_found_at_once(acme: Provider) -> None:
    """Its keys are remembered, so they are asked for once more."""
    await visit("acme")
    acme.keys = [far_end.key("of tomorrow"), far_end.key(far_end.KID)]
    acme.header = {"kid": "of tomorrow"}
    assert (await visit("acme")).subject == "person-1"
    assert acme.asked.count("/jwks") == 2


async def test_an_unknown_key_is_asked_for_once_only(acme: Provider) -> None:
    await visit("acme")
    acme.header = {"kid": "nobody's"}
    assert await is_refused() == "UnknownKey"
    assert acme.asked.count("/jwks") == 2


async def test_what_a_provider_publishes_is_remembered_for_five_minutes(
    acme: Provider, clock: Clock
) -> None:
    published = "/.well-known/openid-configuration"
    for minutes, asked in ((0, 1), (4, 1), (2, 2)):
        clock.move(timedelta(minutes=minutes))
        acme.claims = {"iat": NOW, "exp": NOW + 3600}
        await visit("acme")
        assert acme.asked.count(published) == acme.asked.count("/jwks") == asked


UNSAFE = "one of its addresses does not begin with https://"


@pytest.mark.parametrize(
    ("discovery", "reason"),
    [
        ({"issuer": "https://elsewhere.example"}, "discovery names another issuer"),
        ({"issuer": None}, "ValidationError"),
        ({"token_endpoint": None}, "ValidationError"),
        ({"jwks_uri": ["https://elsewhere.example/jwks"]}, "ValidationError"),
        ({"token_endpoint": "http://elsewhere.example/token"}, UNSAFE),
        ({"authorization_endpoint": "javascript:alert(1)"}, UNSAFE),
        ({"jwks_uri": "file:///etc/passwd"}, UNSAFE),
    ],
    ids=str,
)
async def test_a_discovery_that_cannot_be_trusted_leads_nowhere(
    acme: Provider, discovery: dict[str, Any], reason: str
) -> None:
    """OpenID Connect Discovery 4.3; neither secret nor person goes over plain http."""
    acme.discovery = discovery
    assert await is_refused() == reason


async def test_production_asks_nobody_over_plain_http(configure: Configure) -> None:
    """In development a provider on this machine will do."""
    assert provider_answers.safe("http://127.0.0.1:9/x") == "http://127.0.0.1:9/x"
    configure(
        environment="production",
        secret="a secret of this test that is long enough",
        database_url="postgresql://localhost/tenantry",
        smtp_url="smtps://mail.example.com",
        mail_from="Tenantry <tenantry@example.com>",
        public_url="https://tenantry.example",
    )
    with pytest.raises(provider_answers.Unacceptable):
        provider_answers.safe("http://127.0.0.1:9/x")


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/jwks"])
@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (saying({}, 500), "it answers 500"),
        (elsewhere, "it answers 307"),
        (nonsense, "JSONDecodeError"),
        (endless, "it answers too much"),
        (far_end.hanging, "TimeoutError"),
        (saying([1, 2]), None),
        (saying({"keys": [{"kty": "EC", "crv": "P-256", "x": "!"}]}), None),
    ],
    ids=["500", "redirect", "nonsense", "endless", "hanging", "list", "no key"],
)
async def test_a_provider_that_misbehaves_is_one_failure(
    acme: Provider, monkeypatch: pytest.MonkeyPatch, path: str, reply: Reply, reason: str | None
) -> None:
    """Issue 4.4: whatever it does; nothing is followed, waited for or read without end."""
    if reply is far_end.hanging:
        monkeypatch.setattr(provider_answers, "TIMEOUT", SHORT)
    acme.replies[path] = reply
    assert await is_refused() == reason or reason is None


async def test_a_provider_that_is_away_is_one_failure(
    provider: Provider, configure: Configure
) -> None:
    configure(identity_providers=[provider.settings(issuer="http://127.0.0.1:9")])
    assert await is_refused() == "ConnectError"


async def test_the_verifier_has_to_be_the_one_of_the_visit(acme: Provider) -> None:
    """PKCE, RFC 7636: a code that was overheard is worth nothing."""
    another = Challenge(CHALLENGE.nonce, "another-verifier-than-that-of-the-visit-here")
    assert await is_refused(challenge=another) == "it answers 400 invalid_grant"


@pytest.mark.parametrize("code", ["", "no code", "\ud800"])
async def test_a_code_that_is_not_the_providers_proves_nothing(acme: Provider, code: str) -> None:
    await is_refused(code=code)


async def test_the_log_tells_an_operator_that_his_secret_is_wrong(
    provider: Provider, configure: Configure
) -> None:
    configure(identity_providers=[provider.settings(client_secret="another")])
    assert await is_refused() == "it answers 401 invalid_client"


async def test_the_log_holds_no_secret(acme: Provider, capfd: pytest.CaptureFixture[str]) -> None:
    """DESIGN 3: not the client's, not the code, not the token."""
    acme.replies["/token"] = saying({"id_token": "a token", "error": "the code"}, 400)
    reason = await is_refused()
    assert reason == "it answers 400"
    printed = "".join(capfd.readouterr())
    for secret in (CLIENT_SECRET, CHALLENGE.verifier, "a token", "the code"):
        assert secret not in printed


@pytest.mark.parametrize("methods", [["client_secret_post"], ["client_secret_basic"], None])
async def test_the_secret_travels_as_the_provider_wants_it(
    acme: Provider, methods: list[str] | None
) -> None:
    acme.discovery = {"token_endpoint_auth_methods_supported": methods}
    seen: list[bool] = []

    async def look(request: Request) -> Response:
        seen.append("authorization" in request.headers)
        return await acme.token(request)

    acme.replies["/token"] = look
    await visit("acme")
    assert seen == [methods != ["client_secret_post"]]


@pytest.mark.parametrize("issuer", [None, "https://elsewhere.example"])
async def test_where_the_provider_sends_its_name_along_it_has_to_be_its_own(
    acme: Provider, issuer: str | None
) -> None:
    """RFC 9207: else a code of another provider's could be brought here."""
    acme.discovery = {"authorization_response_iss_parameter_supported": True}
    assert (await visit("acme")).subject == "person-1"
    assert await is_refused(issuer=issuer) == "the answer came from another issuer"


async def test_another_providers_name_is_refused_even_where_none_is_announced(
    acme: Provider,
) -> None:
    assert await is_refused(issuer="https://elsewhere.example")


@pytest.mark.parametrize(
    ("mapping", "userinfo", "found"),
    [
        ({}, {}, ("person-1", "ann@elsewhere.example")),
        ({}, {"id": 248289761001}, ("248289761001", "ann@elsewhere.example")),
        ({"subject_field": "sub"}, {"sub": "s"}, ("s", "ann@elsewhere.example")),
        ({"email_field": None}, {}, ("person-1", None)),
        ({"email_field": "mail"}, {"mail": "a@x.example"}, ("person-1", "a@x.example")),
        ({"email_verified_field": "ok"}, {"ok": True}, ("person-1", "ann@elsewhere.example")),
        ({"email_verified_field": "ok"}, {"ok": False}, ("person-1", None)),
        (
            {"subject_field": "response.0.user.id", "email_field": "response.0.mail"},
            {"response": [{"user": {"id": 7}}]},
            ("7", None),
        ),
    ],
)
async def test_oauth_2_takes_the_person_from_the_user_info(
    hub: Callable[..., Provider],
    mapping: dict[str, Any],
    userinfo: dict[str, Any],
    found: tuple[str, str | None],
) -> None:
    """Issue 4.4: any OAuth 2 provider with a user-info mapping."""
    hub(**mapping).userinfo = userinfo
    assert await visit("hub") == ProvidedIdentity(*found)


@pytest.mark.parametrize(
    "userinfo",
    [{"id": None}, {"id": ""}, {"id": True}, {"id": 1.5}, {"id": {}}, {"id": "x" * 256}, [], "x"],
    ids=str,
)
async def test_a_user_info_without_a_subject_proves_nothing(
    hub: Callable[..., Provider], userinfo: Any
) -> None:
    hub().userinfo = userinfo
    await is_refused("hub")


@pytest.mark.parametrize("path", ["/token", "/userinfo"])
@pytest.mark.parametrize("content", [{}, [], {"access_token": 5}, {"error": "bad_verification"}])
async def test_an_oauth_2_provider_that_misbehaves_is_one_failure(
    hub: Callable[..., Provider], path: str, content: Any
) -> None:
    """Some answer 200 with an error in it."""
    hub().replies[path] = saying(content)
    await is_refused("hub")


async def test_an_oauth_2_secret_may_travel_in_the_body(hub: Callable[..., Provider]) -> None:
    hub(secret_in_body=True)
    assert (await visit("hub")).subject == "person-1"


async def test_oauth_2_is_asked_for_the_scopes_that_are_listed(
    hub: Callable[..., Provider],
) -> None:
    """And for none of its own accord; a nonce would mean nothing."""
    for scopes, scope in (([], None), (["read:user", "mail"], ["read:user mail"])):
        hub(scopes=scopes)
        listed = providers.named("hub")
        assert listed is not None
        url = await providers.authorization_url(listed, CHALLENGE, state="state")
        given = parse_qs(urlsplit(url).query)
        assert given.get("scope") == scope
        assert "nonce" not in given
