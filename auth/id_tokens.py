"""ID tokens, checked as OpenID Connect Core 3.1.3.7 wants it.

Only signatures by a key pair count: a provider that signs with our own client secret, or not at
all, proves nothing to us that it does not prove to whoever has seen that secret.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from auth.provider_answers import Unacceptable
from models import clock

ALGORITHMS = frozenset(
    f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)
) | {"Ed25519"}
_LEEWAY = 60


class UnknownKey(Exception):
    """The token is signed with a key that is not among the given ones."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the token has to say. `algorithms` are those that the provider announces."""

    issuer: str
    client_id: str
    nonce: str = field(repr=False)
    algorithms: Sequence[str]


def claims(token: str, key_set: Any, expected: Expected) -> dict[str, Any]:
    """What the provider says of the person; `key_set` is its JWK set.

    Raises:
        UnknownKey: try again with the provider's present keys.
        Unacceptable, ValueError, joserfc's errors: not to be believed.
    """
    found = _verified(token, key_set, expected)
    _registry(expected).validate(found)
    _check_nonce(found, expected)
    _check_party(found, expected)
    return found


def _verified(token: str, key_set: Any, expected: Expected) -> dict[str, Any]:
    allowed = sorted(ALGORITHMS.intersection(expected.algorithms))
    if not allowed:
        # An empty list would mean joserfc's own choice, which trusts shared secrets.
        raise Unacceptable("no signature by a key pair is announced")
    registry = JWSRegistry(algorithms=allowed, strict_check_header=False)
    try:
        return jwt.decode(token, KeySet.import_key_set(key_set), registry=registry).claims
    except InvalidKeyIdError:
        raise UnknownKey from None


def _registry(expected: Expected) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(clock.now().timestamp()),
        leeway=_LEEWAY,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
    )


def _check_nonce(found: dict[str, Any], expected: Expected) -> None:
    """A token that was made for another visit is somebody else's, or an old one."""
    if not hmac.compare_digest(str(found.get("nonce")).encode(), expected.nonce.encode()):
        raise Unacceptable("the nonce is another one")


def _check_party(found: dict[str, Any], expected: Expected) -> None:
    """Several may be addressed; the one who asked for it must be us."""
    several = isinstance(found["aud"], list) and len(found["aud"]) > 1
    if (several or "azp" in found) and found.get("azp") != expected.client_id:
        raise Unacceptable("it was made for another party")
