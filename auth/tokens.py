"""Secrets that are handed out once and recognised by their digest (DESIGN: prefix, SHA-256).

A prefix per purpose: a token of one flow is never looked up in another, and scanners find leaks.
An invitation's token can be computed again from its id and generation, so that the outbox need
not keep it.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

from pydantic import SecretStr

import settings

SESSION, INVITATION = "tnt_ses_", "tnt_inv_"
_BYTES = 32


class Token(str):
    """A secret in clear; prints as its prefix only."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Token({self[:8]!r}...)"


def new(prefix: str) -> Token:
    """256 random bits behind `prefix`."""
    return Token(prefix + secrets.token_urlsafe(_BYTES))


def of_invitation(invitation_id: str, generation: int) -> Token:
    """The token of that generation's link, under the first server secret."""
    return _derive(settings.load().secret[0], invitation_id, generation)


def recall(invitation_id: str, generation: int, stored_digest: str) -> Token | None:
    """The token behind a stored digest, also when the secret has been rotated since."""
    tokens = (_derive(secret, invitation_id, generation) for secret in settings.load().secret)
    return next((token for token in tokens if digest(token) == stored_digest), None)


def _derive(secret: SecretStr, invitation_id: str, generation: int) -> Token:
    message = f"{INVITATION}{invitation_id}:{generation}".encode()
    mac = hmac.new(secret.get_secret_value().encode(), message, hashlib.sha256).digest()
    return Token(INVITATION + urlsafe_b64encode(mac).decode().rstrip("="))


def digest(token: str) -> str:
    """What is stored of a token: SHA-256 in hex."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
