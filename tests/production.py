"""What production wants to be set, for tests of what is different there."""

from typing import Any

PRODUCTION: dict[str, Any] = {
    "environment": "production",
    "secret": "a secret of this test that is long enough",
    "database_url": "postgresql://tenantry@localhost/tenantry",
    "smtp_url": "smtps://mail.example.com",
    "mail_from": "Tenantry <tenantry@example.com>",
    "public_url": "https://tenantry.example",
}
