"""Secrets that are handed out once and recognised by their digest (DESIGN: prefix, SHA-256).

A prefix per purpose: a token of one flow is never looked up in another, and scanners find leaks.
What is mailed or sent by SMS is a keyed hash of an id, computed again when the message is written,
so that the outbox need not keep it.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator

import settings

SESSION, KEY = "tnt_ses_", "tnt_key_"
INVITATION, TENANT_INVITATION = "tnt_inv_", "tnt_tin_"
NEW_EMAIL, NEW_PASSWORD, REGISTRATION = "tnt_eml_", "tnt_pwd_", "tnt_reg_"
VISIT, UNSUBSCRIBE, APP_SESSION = "tnt_vis_", "tnt_uns_", "tnt_aps_"
_BYTES, _CODE_DIGITS = 32, 6


class Token(str):
    """A secret in clear; prints as its prefix only, and a code has none."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Token({self[:8] if self.startswith('tnt_') else ''!r}...)"


def new(prefix: str) -> Token:
    """256 random bits behind `prefix`."""
    return Token(prefix + secrets.token_urlsafe(_BYTES))


def derive(prefix: str, subject: str) -> Token:
    """The token of `subject` for that purpose, under the first server secret."""
    return next(_derived(prefix, subject))


def recall(prefix: str, subject: str, stored_digest: str) -> Token | None:
    """The token behind a stored digest, also when the secret has been rotated since."""
    return next((t for t in _derived(prefix, subject) if digest(t) == stored_digest), None)


def is_derived(token: str, prefix: str, subject: str) -> bool:
    """Whether it is that subject's, where no digest is stored."""
    given = digest(token)
    return any(hmac.compare_digest(given, digest(t)) for t in _derived(prefix, subject))


def of_invitation(invitation_id: str, generation: int) -> Token:
    """The token of that generation's link."""
    return derive(INVITATION, f"{invitation_id}:{generation}")


def recall_invitation(invitation_id: str, generation: int, stored_digest: str) -> Token | None:
    """As `recall`, of that generation's link."""
    return recall(INVITATION, f"{invitation_id}:{generation}", stored_digest)


def of_tenant_invitation(invitation_id: str, generation: int) -> Token:
    """As `of_invitation`, of a link to a tenant that is to be."""
    return derive(TENANT_INVITATION, f"{invitation_id}:{generation}")


def recall_tenant_invitation(
    invitation_id: str, generation: int, stored_digest: str
) -> Token | None:
    """As `recall_invitation`, of a link to a tenant that is to be."""
    return recall(TENANT_INVITATION, f"{invitation_id}:{generation}", stored_digest)


def code(subject: str) -> Token:
    """Six digits for `subject`, under the first server secret."""
    return next(_codes(subject))


def is_code(given: str, subject: str) -> bool:
    """Whether these are that subject's digits."""
    digits = given.encode(errors="surrogatepass")
    return any(hmac.compare_digest(digits, code.encode()) for code in _codes(subject))


def _codes(subject: str) -> Iterator[Token]:
    for mac in _macs(f"code:{subject}"):
        yield Token(str(int.from_bytes(mac) % 10**_CODE_DIGITS).zfill(_CODE_DIGITS))


def _derived(prefix: str, subject: str) -> Iterator[Token]:
    for mac in _macs(f"{prefix}{subject}"):
        yield Token(prefix + urlsafe_b64encode(mac).decode().rstrip("="))


def _macs(message: str) -> Iterator[bytes]:
    """The keyed hash of `message` under each server secret, the first one first."""
    for secret in settings.load().secret:
        key = secret.get_secret_value().encode()
        yield hmac.new(key, message.encode(), hashlib.sha256).digest()


def digest(token: str) -> str:
    """What is stored of a token: SHA-256 in hex."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
