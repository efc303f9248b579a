"""Who somebody is with an identity provider: OpenID Connect, or OAuth 2 with a user-info address.

Code flow with PKCE, state and nonce. authlib knows the protocol, joserfc the signatures, and
`auth.provider_answers` makes the requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from pydantic import BaseModel

import settings
from auth import id_tokens
from auth.provider_answers import Unacceptable, ask, asking, published, safe
from settings.identity_providers import IdentityProvider

_SUBJECT_LENGTH, _EMAIL_LENGTH = 255, 254
_BASIC, _POST = "client_secret_basic", "client_secret_post"


@dataclass(frozen=True, slots=True)
class ProvidedIdentity:
    """`subject` is what the provider calls the person for ever.

    `email` is only shown (ADR 0012), and missing where the provider says that it is not verified.
    """

    subject: str
    email: str | None


class Discovery(BaseModel):
    """What an OpenID Connect provider says of itself; the defaults are those of its standard."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    id_token_signing_alg_values_supported: list[str] = ["RS256"]
    token_endpoint_auth_methods_supported: list[str] = [_BASIC]
    authorization_response_iss_parameter_supported: bool = False

    @property
    def takes_secret_in_body(self) -> bool:
        methods = self.token_endpoint_auth_methods_supported
        return _BASIC not in methods and _POST in methods


@dataclass(frozen=True, slots=True)
class Challenge:
    """What was sent along with the person, and has to fit what he comes back with."""

    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


def named(name: str) -> IdentityProvider | None:
    """The provider of that name in the settings."""
    return next((p for p in settings.load().identity_providers if p.name == name), None)


async def authorization_url(provider: IdentityProvider, challenge: Challenge, *, state: str) -> str:
    """Where to send the person: the provider's page, which sends him back with a code.

    Raises:
        errors.IdentityProviderFailed
    """
    async with asking(provider) as client:
        address = provider.authorization_url
        if address is None:
            address = (await _discover(client, provider)).authorization_endpoint
        return str(
            prepare_grant_uri(
                safe(address),
                provider.client_id,
                "code",
                redirect_uri=settings.load().provider_page,
                scope=provider.scope,
                state=state,
                nonce=challenge.nonce if provider.issuer else None,
                code_challenge=create_s256_code_challenge(challenge.verifier),  # type: ignore[no-untyped-call]
                code_challenge_method="S256",
            )
        )


async def identify(
    provider: IdentityProvider, code: str, challenge: Challenge, *, issuer: str | None = None
) -> ProvidedIdentity:
    """Who has come back with that code, which is used up by asking.

    `issuer` is the `iss` that the provider sent along, if it did (RFC 9207).

    Raises:
        errors.IdentityProviderFailed: also where an answer proves nothing.
    """
    async with asking(provider) as client:
        if provider.issuer is not None:
            return await _by_id_token(client, provider, code, challenge, issuer=issuer)
        return await _by_userinfo(client, provider, code, challenge)


async def _discover(client: httpx.AsyncClient, provider: IdentityProvider) -> Discovery:
    issuer = str(provider.issuer)
    url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    found = Discovery.model_validate(await published(client, url))
    if found.issuer != issuer:
        raise Unacceptable("discovery names another issuer")
    return found


async def _by_id_token(
    client: httpx.AsyncClient,
    provider: IdentityProvider,
    code: str,
    challenge: Challenge,
    *,
    issuer: str | None,
) -> ProvidedIdentity:
    found = await _discover(client, provider)
    _check_issuer(found, issuer)
    tokens = await _exchange(
        client,
        provider,
        found.token_endpoint,
        {"code": code, "code_verifier": challenge.verifier},
        secret_in_body=found.takes_secret_in_body,
    )
    expected = id_tokens.Expected(
        issuer=found.issuer,
        client_id=provider.client_id,
        nonce=challenge.nonce,
        algorithms=found.id_token_signing_alg_values_supported,
    )
    claims = await _claims(client, found, tokens.get("id_token"), expected)
    return _identity(claims, subject="sub", email="email", verified="email_verified")


def _check_issuer(found: Discovery, issuer: str | None) -> None:
    """Else a code of another provider's could be brought here (RFC 9207)."""
    if issuer is None and not found.authorization_response_iss_parameter_supported:
        return
    if issuer != found.issuer:
        raise Unacceptable("the answer came from another issuer")


async def _claims(
    client: httpx.AsyncClient, found: Discovery, token: object, expected: id_tokens.Expected
) -> dict[str, Any]:
    """A key may be younger than what is remembered of the provider's."""
    if not isinstance(token, str):
        raise Unacceptable("no ID token")
    try:
        return id_tokens.claims(token, await published(client, found.jwks_uri), expected)
    except id_tokens.UnknownKey:
        keys = await published(client, found.jwks_uri, afresh=True)
        return id_tokens.claims(token, keys, expected)


async def _by_userinfo(
    client: httpx.AsyncClient, provider: IdentityProvider, code: str, challenge: Challenge
) -> ProvidedIdentity:
    tokens = await _exchange(
        client,
        provider,
        str(provider.token_url),
        {"code": code, "code_verifier": challenge.verifier},
        secret_in_body=provider.secret_in_body,
    )
    token = tokens.get("access_token")
    if not isinstance(token, str):
        raise Unacceptable("no access token")
    headers = {"Authorization": f"Bearer {token}"}
    answer = await ask(client, "GET", str(provider.userinfo_url), headers=headers)
    return _identity(
        answer,
        subject=provider.subject_field,
        email=provider.email_field,
        verified=provider.email_verified_field,
    )


async def _exchange(
    client: httpx.AsyncClient,
    provider: IdentityProvider,
    url: str,
    given: Mapping[str, str],
    *,
    secret_in_body: bool,
) -> dict[str, Any]:
    """What the provider gives for the code."""
    secret = provider.client_secret.get_secret_value()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = prepare_token_request(
        "authorization_code", redirect_uri=settings.load().provider_page, **given
    )
    auth = ClientAuth(provider.client_id, secret, _POST if secret_in_body else _BASIC)
    url, headers, body = auth.prepare("POST", url, headers, body)  # type: ignore[no-untyped-call]
    answer = await ask(client, "POST", url, headers=headers, content=body)
    if not isinstance(answer, dict):
        raise Unacceptable("the answer for the code is no JSON object")
    return answer


def _identity(
    answer: Any, *, subject: str, email: str | None, verified: str | None
) -> ProvidedIdentity:
    """The mapping: where in the answer each stands."""
    address = _at(answer, email) if email else None
    unverified = _at(answer, verified) not in (None, True, "true") if verified else False
    shown = isinstance(address, str) and not unverified and _fits(address, _EMAIL_LENGTH)
    return ProvidedIdentity(_subject(_at(answer, subject)), address if shown else None)


def _subject(value: object) -> str:
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise Unacceptable("no subject")
    if not _fits(str(value), _SUBJECT_LENGTH):
        raise Unacceptable("no usable subject")
    return str(value)


def _fits(text: str, length: int) -> bool:
    return 0 < len(text) <= length and text.isprintable()


def _at(answer: Any, path: str) -> Any:
    """What stands at `response.0.id`; None where nothing does."""
    for name in path.split("."):
        if isinstance(answer, list) and name.isdecimal() and int(name) < len(answer):
            answer = answer[int(name)]
        else:
            answer = answer.get(name) if isinstance(answer, dict) else None
    return answer
