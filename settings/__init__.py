"""Everything an operator can set, as `TENANTRY_*` in the environment.

`load()` reads and checks all of it once, at the start of the process; nothing else reads
`os.environ`. Production refuses what only development may default to. What grew is beside:
`limits`, `live`, `operations`, `requests`, and how `identity_providers` and an `sms_gateway` are
described.
"""

import hashlib
import os
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from settings import sms_gateway
from settings.api_keys import ApiKeys
from settings.databases import Databases
from settings.documents import Documents
from settings.durations import Duration
from settings.federation import Federation
from settings.guard import Guard
from settings.identity_providers import IdentityProviders
from settings.imports import Imports
from settings.limits import Limits, listed
from settings.live import Live
from settings.operations import Operations
from settings.pages import Pages
from settings.proxies import Proxy
from settings.quotas import Quotas
from settings.requests import Requests
from settings.webhooks import Webhooks

CHECKOUT = Path(__file__).parents[1]
DEVELOPMENT_SECRET = "only-for-development-and-refused-in-production"  # noqa: S105 refused below
SECRET_LENGTH = 32


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class TenantCreation(StrEnum):
    """Who may create tenants (PRODUCT 2, rule 6)."""

    EVERYBODY = "everybody"
    STAFF = "staff"


class ConfigurationError(Exception):
    """The settings cannot be used; the message lists every problem, one a line."""


def _default_data_dir() -> Path:
    """Root's embedded PostgreSQL runs as another user, who must be able to reach its folder."""
    if os.geteuid() != 0:
        return CHECKOUT / ".data"
    digest = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]
    return Path("/var/lib/tenantry") / f"{CHECKOUT.name}-{digest}"


class Settings(
    ApiKeys,
    Imports,
    Databases,
    Documents,
    Federation,
    Guard,
    Limits,
    Live,
    Operations,
    Pages,
    Quotas,
    Requests,
    Webhooks,
    BaseSettings,
):
    """Frozen; one field a setting. An empty variable counts as unset."""

    model_config = SettingsConfigDict(
        env_prefix="TENANTRY_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    environment: Environment = Field(
        Environment.DEVELOPMENT, description="`development` or `production`."
    )
    secret: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(listed)] = Field(
        (SecretStr(DEVELOPMENT_SECRET),),
        description="Server secrets, separated by commas, 32 characters at least each. The first "
        "one makes new invitation links; links already sent work on when it changes.",
    )

    data_dir: Path = Field(
        default_factory=_default_data_dir,
        description="Where the embedded database and the development mailbox live.",
    )
    trusted_proxies: Annotated[tuple[Proxy, ...], NoDecode, BeforeValidator(listed)] = Field(
        (),
        description="Addresses and networks whose `X-Forwarded-For` is believed, separated by "
        "commas.",
    )

    smtp_url: SecretStr | None = Field(
        None,
        description="`smtp://`, `smtp+starttls://` or `smtps://` `user:password@host:port`. "
        "Unset: the development mailbox.",
    )
    mail_from: str = Field("Tenantry <no-reply@localhost>", description="The sender of all mail.")

    mail_envelope_from: str | None = Field(
        None, description="Where bounces go; unset: to the sender."
    )
    mails_per_second: float | None = Field(
        None,
        gt=0,
        description="Mails that leave one process in a second at most. Unset: as many as the mail "
        "server takes.",
    )

    sms_url: sms_gateway.Address | None = Field(
        None,
        description="The HTTP gateway that SMS are posted to. Unset: the development mailbox; in "
        "production no SMS are sent.",
    )
    sms_authorization: sms_gateway.Authorization | None = Field(
        None, description="The `Authorization` header for the gateway, e.g. `Bearer ...`."
    )
    sms_body: sms_gateway.Template = Field(
        '{"to": "{to}", "text": "{text}"}',
        description="What the gateway gets: JSON, or else a form as in `to={to}&text={text}`.",
    )

    identity_providers: Annotated[IdentityProviders, NoDecode] = Field(
        (),
        description="Who else may say who somebody is: a JSON list, see "
        "[Identity providers](#identity-providers).",
    )

    registration: bool = Field(
        default=False, description="Whether anybody may register a tenant of his own."
    )
    tenant_creation: TenantCreation | None = Field(
        None,
        description="Who may create tenants: `everybody` (default in development) or `staff` "
        "(default in production).",
    )
    invitation_lifetime: Duration = Field(
        timedelta(days=3), description="How long an invitation link works."
    )
    password_link_lifetime: Duration = Field(
        timedelta(hours=1), description="How long the link to a new password works."
    )
    account_link_lifetime: Duration = Field(
        timedelta(days=1), description="How long links to a new address or a registration work."
    )
    phone_code_lifetime: Duration = Field(
        timedelta(minutes=10), description="How long a code sent by SMS works."
    )
    ticket_lifetime: Duration = Field(
        timedelta(seconds=60), description="How long the ticket of a launch may be redeemed."
    )
    app_session_lapse: Duration = Field(
        timedelta(minutes=3), description="How long an app session lives without a heartbeat."
    )
    report_interval: Duration = Field(
        timedelta(days=7),
        description="How often operators get a report on the tenants they serve.",
    )
    session_lifetime: Duration = Field(
        timedelta(days=30), description="How long a session lasts after its last use."
    )
    password_min_length: int = Field(12, ge=8, description="Characters of a password at least.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if problems := [problem for problem, present in self._checks().items() if present]:
            raise ValueError("\n".join(problems))
        return self

    def _checks(self) -> dict[str, bool]:
        secrets = [secret.get_secret_value() for secret in self.secret]
        always = {
            f"TENANTRY_SECRET: each secret needs {SECRET_LENGTH} characters or more": any(
                len(secret) < SECRET_LENGTH for secret in secrets
            ),
            **self.database_problems,
        }
        if not self.production:
            return always
        return always | {
            "TENANTRY_SECRET: the development secret is refused": DEVELOPMENT_SECRET in secrets,
            "TENANTRY_DATABASE_URL: must be set": self.database_url is None,
            "TENANTRY_SMTP_URL: must be set": self.smtp_url is None,
            "TENANTRY_MAIL_FROM: must be set": "mail_from" not in self.model_fields_set,
            "TENANTRY_PUBLIC_URL: must be set and begin with https://": not (
                self.public_url.startswith("https://")
            ),
            "TENANTRY_ALLOWED_ORIGINS: each must begin with https://": not all(
                origin.startswith("https://") for origin in self.allowed_origins
            ),
            "TENANTRY_SMS_URL: must begin with https://": not (
                self.sms_url is None or self.sms_url.get_secret_value().startswith("https://")
            ),
            "TENANTRY_IDENTITY_PROVIDERS: every address must begin with https://": not all(
                provider.is_encrypted for provider in self.identity_providers
            ),
        }

    @property
    def production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    @property
    def secure_cookies(self) -> bool:
        """Over plain http (development) a browser would drop a `__Host-` cookie."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def has_mailbox(self) -> bool:
        """The development mailbox keeps whatever has no other way to leave."""
        return not self.production and (self.smtp_url is None or self.sms_url is None)

    @property
    def sends_sms(self) -> bool:
        """Production without a gateway has nowhere to send them."""
        return self.sms_url is not None or not self.production

    @property
    def reaches_private_destinations(self) -> bool:
        """Elsewhere a customer's address would lead into the operator's own network."""
        if self.private_destinations is None:
            return not self.production
        return self.private_destinations

    @property
    def everybody_creates_tenants(self) -> bool:
        if self.tenant_creation is None:
            return not self.production
        return self.tenant_creation is TenantCreation.EVERYBODY


@cache
def load() -> Settings:
    """Read the environment.

    Raises:
        ConfigurationError: with every problem at once.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError("\n".join(_problems(error))) from None


def _problems(error: ValidationError) -> list[str]:
    """Of single settings; and of all together, which are looked at only where each is right."""
    single = [(_setting(e["loc"]), _where(e["loc"]) + e["msg"]) for e in error.errors() if e["loc"]]
    together = [e["msg"] for e in error.errors() if not e["loc"]]
    fields = Settings.model_fields
    named = {name for name, _ in single}
    defaults = {name: fields[name].get_default(call_default_factory=True) for name in named}
    try:
        Settings(**defaults)
    except ValidationError as rest:
        together = [e["msg"] for e in rest.errors()]
    found = [f"TENANTRY_{name.upper()}: {_text(message)}" for name, message in single]
    return found + [
        line
        for message in together
        for line in _text(message).splitlines()
        if not line.startswith(tuple(f"TENANTRY_{name.upper()}:" for name in named))
    ]


def _setting(location: tuple[int | str, ...]) -> str:
    return str(location[0])


def _where(location: tuple[int | str, ...]) -> str:
    """Inside a list: `1.client_id: `, counted from 0."""
    return ".".join(map(str, location[1:])) + ": " if location[1:] else ""


def _text(message: str) -> str:
    return message.replace("Value error, ", "")
