"""Where links lead: pages of ours, unless a frontend has its own."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from pydantic_settings import NoDecode

from settings import origins
from settings.limits import listed
from settings.origins import Origin


def _without_slash(value: str) -> str:
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(_without_slash)]


class Pages(BaseModel):
    """Addresses without a slash at the end; a token follows behind `#`."""

    public_url: Address = Field(
        "http://127.0.0.1:8000", description="Where people reach this server; links begin with it."
    )
    invitation_url: Address = Field(
        "",
        description="The page that invitation links open, before `#<token>`. "
        "Unset: `<public url>/invitation`.",
    )
    tenant_invitation_url: Address = Field(
        "",
        description="The page that invitations of a new tenant open, before `#<token>`. "
        "Unset: `<public url>/tenant-invitation`.",
    )
    email_url: Address = Field(
        "",
        description="The page that links to a new address open, before `#<token>`. "
        "Unset: `<public url>/confirm-email`.",
    )
    password_url: Address = Field(
        "",
        description="The page that links to a new password open, before `#<token>`. "
        "Unset: `<public url>/reset-password`.",
    )
    registration_url: Address = Field(
        "",
        description="The page that links of a registration open, before `#<token>`. "
        "Unset: `<public url>/register`.",
    )
    provider_url: Address = Field(
        "",
        description="The page that identity providers send people back to. "
        "Unset: `<public url>/sign-in/provider`.",
    )

    home_url: Address | None = Field(
        None,
        description="Where people go on to from our pages: your frontend. Unset: to `/sign-in`, "
        "which shows their tenants and invitations.",
    )
    allowed_origins: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(listed)] = Field(
        (),
        description="Origins of frontends that browsers let use the API, with cookies too, "
        "separated by commas, e.g. `https://app.example.com`. See "
        "[Frontends of your own](#frontends-of-your-own).",
    )

    @property
    def public_origin(self) -> str:
        return origins.of(self.public_url)

    @property
    def invitation_page(self) -> str:
        return self.invitation_url or f"{self.public_url}/invitation"

    @property
    def tenant_invitation_page(self) -> str:
        return self.tenant_invitation_url or f"{self.public_url}/tenant-invitation"

    @property
    def email_page(self) -> str:
        return self.email_url or f"{self.public_url}/confirm-email"

    @property
    def password_page(self) -> str:
        return self.password_url or f"{self.public_url}/reset-password"

    @property
    def registration_page(self) -> str:
        return self.registration_url or f"{self.public_url}/register"

    @property
    def provider_page(self) -> str:
        return self.provider_url or f"{self.public_url}/sign-in/provider"
