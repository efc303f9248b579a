"""Tickets: what an app believes of somebody who was sent to it by a launch (ADR 0018).

A JWT of one algorithm and one shape. `read` refuses whatever `sign` would not have made, so that no
header says how a ticket is to be checked, nor where the key for it lies.
"""

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey
from joserfc.jws import JWSRegistry

import settings
from models import clock

ALGORITHM, TYPE = "EdDSA", "tenantry-ticket+jwt"
_CURVE: Final = "Ed25519"
_LONGEST = 4096
_EARLY = 5  # seconds that another machine of ours may be ahead

Jwk = dict[str, Any]


class Unacceptable(Exception):
    """No ticket of ours, or one whose time is over or has not come."""


def _named_for_apps() -> Any:
    """Ed25519 under the name that verifiers know, and on no other curve."""
    algorithm = copy.copy(JWSRegistry.algorithms[_CURVE])
    algorithm.name = ALGORITHM
    return algorithm


class _Registry(JWSRegistry):
    """Knows the one algorithm, so that no list of names has to keep the others out."""

    algorithms = {ALGORITHM: _named_for_apps()}  # noqa: RUF012 declared so by the library


_REGISTRY = _Registry(algorithms=[ALGORITHM])


def make_key() -> tuple[Jwk, Jwk]:
    """The public and the private half of a new key."""
    key = OKPKey.generate_key(_CURVE, {"use": "sig", "alg": ALGORITHM}, auto_kid=False)
    return key.as_dict(private=False), key.as_dict(private=True)


def sign(private_jwk: Mapping[str, Any], kid: str, claims: Mapping[str, Any]) -> str:
    header = {"alg": ALGORITHM, "typ": TYPE, "kid": kid}
    key = OKPKey.import_key(dict(private_jwk))
    return jwt.encode(header, dict(claims), key, registry=_REGISTRY)


def read(ticket: str, public_jwks: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What a ticket says, by the keys of ours; whether it was taken before is not known here.

    Raises:
        Unacceptable
    """
    if len(ticket) > _LONGEST:
        raise Unacceptable("too long")
    try:
        keys = KeySet.import_key_set({"keys": [dict(jwk) for jwk in public_jwks]})
        token = jwt.decode(ticket, keys, registry=_REGISTRY)
        _claims_registry().validate(token.claims)
    except (JoseError, ValueError, TypeError) as error:
        raise Unacceptable(str(error)) from None
    _check_header(token.header)
    _check_audience(token.claims)
    _check_end(token.claims)
    return token.claims


def _claims_registry() -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(clock.now().timestamp()),
        leeway=_EARLY,
        iss={"essential": True, "value": settings.load().public_url},
        aud={"essential": True},
        sub={"essential": True},
        jti={"essential": True},
        iat={"essential": True},
        nbf={"essential": True},
        exp={"essential": True},
    )


def _check_header(header: Mapping[str, Any]) -> None:
    """Nothing beside what we write: no `crit`, no `jku`, no key of its own."""
    if header.keys() != {"alg", "typ", "kid"} or header["typ"] != TYPE:
        raise Unacceptable("another header")


def _check_audience(claims: Mapping[str, Any]) -> None:
    """One app: a list would let one of two take the other's ticket."""
    if not isinstance(claims["aud"], str):
        raise Unacceptable("for several")


def _check_end(claims: Mapping[str, Any]) -> None:
    """To the second; joserfc lets the last one and the leeway pass."""
    if clock.now().timestamp() >= claims["exp"]:
        raise Unacceptable("expired")
