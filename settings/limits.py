"""How often: the limits of PRODUCT 3.11 and those of the cabinet, each a setting."""

from typing import Annotated

import limits
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from pydantic_settings import NoDecode


def listed(value: object) -> object:
    """The parts of a list that is written with commas."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _rate(value: str) -> str:
    limits.parse(value)
    return value


Rate = Annotated[str, AfterValidator(_rate)]
Rates = Annotated[tuple[Rate, ...], NoDecode, BeforeValidator(listed)]


class Limits(BaseModel):
    """Rates as the `limits` library writes them: `10/hour`, `10/15 minutes`."""

    limit_invitations_per_inviter: Rates = Field(
        ("200/hour", "1000/day"), description="Invitations by one person."
    )
    limit_invitations_of_new_tenant: Rate = Field(
        "300/day", description="Invitations of a tenant on its first day."
    )
    limit_mails_per_address_and_tenant: Rate = Field(
        "10/hour", description="Invitation mails from one tenant to one address."
    )
    limit_mails_per_address: Rate = Field(
        "20/hour", description="Invitation mails to one address from all tenants."
    )
    limit_mails_per_tenant: Rates = Field(
        ("2000/hour", "10000/day"),
        description="Invitation mails of one tenant, imports aside.",
    )
    limit_mails_of_server: Rates = Field(
        ("50000/hour",),
        description="Invitation mails of all tenants: the operator's emergency brake. Far above "
        "what one tenant may send, so that none can use it up for the others.",
    )
    limit_resends: Rate = Field("10/hour", description="Resends of one invitation.")
    limit_links: Rate = Field(
        "120/minute", description="Look-ups and acceptances of links by one client address."
    )
    limit_links_of_server: Rate = Field(
        "6000/minute",
        description="Look-ups and acceptances by all clients, before each has fewer.",
    )
    limit_links_in_crowd: Rate = Field(
        "10/minute", description="What one client address has left of them then."
    )
    limit_failed_sign_ins: Rate = Field(
        "10/15 minutes", description="Failed sign-ins of one account from one client address."
    )
    limit_failed_sign_ins_per_client: Rate = Field(
        "100/hour", description="Failed sign-ins from one client address."
    )
    limit_failed_sign_ins_per_account: Rate = Field(
        "50/day",
        description="Failed sign-ins by one login or address from all clients that its account "
        "has not signed in from.",
    )
    limit_account_links: Rates = Field(
        ("5/hour",),
        description="Mails to one account or address about its password, address or registration.",
    )
    limit_account_links_per_client: Rate = Field(
        "30/hour", description="Requests for such mails from one client address."
    )
    limit_phone_codes: Rate = Field("1/minute", description="Codes from one account to one number.")
    limit_phone_codes_per_account: Rate = Field(
        "10/hour", description="Codes asked for by one account."
    )
    limit_phone_codes_per_client: Rate = Field(
        "30/hour", description="Codes asked for from one client address."
    )
    limit_second_factors: Rate = Field(
        "10/15 minutes", description="Failed codes of a second factor of one account."
    )
    limit_provider_visits: Rate = Field(
        "300/hour", description="Visits to identity providers begun from one client address."
    )
    limit_launches: Rate = Field("60/minute", description="Apps launched by one person.")
    limit_app_actions: Rate = Field("60/hour", description="Actions one person asks apps for.")
    limit_avatars: Rate = Field("20/hour", description="Avatars uploaded by one person.")
    limit_app_calls: Rate = Field(
        "30000/minute", description="Tickets redeemed and heartbeats from one client address."
    )
    limit_tenants: Rate = Field("100/day", description="Tenants created by one person.")
