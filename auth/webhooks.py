"""Calls that others can tell are ours: secrets and headers of Standard Webhooks."""

import secrets
from base64 import b64encode
from datetime import UTC, datetime

from standardwebhooks import Webhook

from auth.tokens import Token

_PREFIX, _BYTES = "whsec_", 32


def new_secret() -> Token:
    """256 random bits, as the libraries of the receiving side take them."""
    return Token(_PREFIX + b64encode(secrets.token_bytes(_BYTES)).decode())


def headers(*secrets: str, message_id: str, body: str, at: datetime) -> dict[str, str]:
    """Under `message_id` the receiver knows a call that comes again; `at` is this attempt's.

    Signed with each of the secrets: the receiver takes whichever he knows.
    """
    at = at.astimezone(UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(
            Webhook(secret).sign(message_id, at, body) for secret in secrets
        ),
    }
