"""Identity providers as an operator lists them in `TENANTRY_IDENTITY_PROVIDERS` (ADR 0012).

A leaf beside `settings`, which reads the list.
"""

import ipaddress
import json
from collections import Counter
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic import model_validator as validator

_OAUTH2_ONLY = {
    "authorization_url",
    "token_url",
    "userinfo_url",
    "subject_field",
    "email_field",
    "email_verified_field",
    "secret_in_body",
}


def is_encrypted(url: str) -> bool:
    """Whether what is asked of that address cannot be read or changed on the way."""
    return urlsplit(url).scheme == "https" and bool(urlsplit(url).hostname)


def is_local(url: str) -> bool:
    """Whether it is plain http to this very machine, as only development may use it."""
    parts = urlsplit(url)
    return parts.scheme == "http" and _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address(value: str) -> str:
    if not is_encrypted(value) and not is_local(value):
        raise ValueError("must begin with https://")
    return value


Address = Annotated[str, AfterValidator(_address)]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class IdentityProvider(BaseModel):
    """OpenID Connect where there is an `issuer`; else OAuth 2, with its three addresses.

    The fields say where the user-info answer of an OAuth 2 provider holds what is wanted, with
    dots between the names: `response.user.id`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern="^[a-z0-9-]{1,32}$")]
    title: Text
    client_id: Text
    client_secret: Annotated[SecretStr, Field(min_length=1)]
    issuer: Address | None = None
    scopes: tuple[str, ...] | None = None
    authorization_url: Address | None = None
    token_url: Address | None = None
    userinfo_url: Address | None = None
    subject_field: Text = "id"
    email_field: Text | None = "email"
    email_verified_field: Text | None = None
    secret_in_body: bool = False

    @validator(mode="after")
    def _is_one_kind(self) -> Self:
        problems = [text for text, present in self._problems().items() if present]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> dict[str, bool]:
        if self.issuer is None:
            return {
                "needs an issuer, or authorization_url, token_url and userinfo_url": None
                in (self.authorization_url, self.token_url, self.userinfo_url)
            }
        out_of_place = sorted(_OAUTH2_ONLY & self.model_fields_set)
        return {
            f"has an issuer, so leave out {', '.join(out_of_place)}": bool(out_of_place),
            "scopes must contain openid": "openid" not in self.scope.split(),
        }

    @property
    def scope(self) -> str:
        """As the provider is asked for it; empty: whatever it gives without being asked."""
        chosen = ("openid", "email") if self.issuer else ()
        return " ".join(chosen if self.scopes is None else self.scopes)

    @property
    def is_encrypted(self) -> bool:
        """Whether nothing of it goes over plain http."""
        named = (self.issuer, self.authorization_url, self.token_url, self.userinfo_url)
        return all(is_encrypted(url) for url in named if url is not None)


def _listed(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("is no JSON list") from None


def _told_apart(providers: tuple[IdentityProvider, ...]) -> tuple[IdentityProvider, ...]:
    counted = Counter(provider.name for provider in providers)
    if twice := [name for name, number in counted.items() if number > 1]:
        raise ValueError(f"two providers are called {', '.join(twice)}")
    return providers


IdentityProviders = Annotated[
    tuple[IdentityProvider, ...], BeforeValidator(_listed), AfterValidator(_told_apart)
]
