"""What has to be read again and yet must not stand in the database in clear: sealed under the
server's secrets.

The first secret seals, every one opens, as with links (`auth.tokens`). Its key is derived for this
purpose alone, so that nothing sealed tells of a token made under the same secret.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import settings

_KEY_LENGTH = 32


def seal(text: str) -> str:
    """`text` in a form that may be stored: about 100 characters and a third more than it has."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str | None:
    """What was sealed; None where it was changed, or its secret is not among ours any more."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def renewed(sealed: str) -> str | None:
    """Sealed under the first secret, where an older one holds it; None where nothing is to be done,
    or can be.
    """
    try:
        _fernets()[0].decrypt(sealed.encode())
    except InvalidToken:
        text = unseal(sealed)
        return None if text is None else seal(text)
    return None


def _fernet() -> MultiFernet:
    return MultiFernet(_fernets())


def _fernets() -> list[Fernet]:
    secrets = [secret.get_secret_value().encode() for secret in settings.load().secret]
    return [Fernet(base64.urlsafe_b64encode(_key(secret))) for secret in secrets]


def _key(secret: bytes) -> bytes:
    return HKDF(SHA256(), _KEY_LENGTH, salt=None, info=b"tenantry:sealing").derive(secret)
