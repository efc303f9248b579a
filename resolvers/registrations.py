"""Registering a tenant by oneself, where the settings allow it (PRODUCT 5, source B).

The mailed link proves the address; following it makes the account and its tenant together, and
whoever registers is the tenant's first user.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

import errors
import settings
from auth import limits
from auth.viewer import Viewer
from locales import Locale
from mail import messages
from models import AccountLink, Catalog, LinkPurpose, User, database, ids
from resolvers import account_links, accounts, audit, identifiers, notices, rows, sessions, tenants


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody who is not registered asks for."""

    email: str
    tenant_name: str
    catalog: Catalog
    locale: Locale | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    tenant: rows.Tenant
    session: sessions.Opened


async def request(viewer: Viewer, wish: Wish) -> datetime:
    """A mail is on its way to the address; until when its link works.

    The answer is the same whether or not the address is registered; only the mail says so.

    Raises:
        errors.RegistrationClosed, errors.InvalidInput, errors.RateLimited
    """
    _require_open()
    faults = identifiers.Faults()
    email = faults.check(("email",), identifiers.email, wish.email)
    name = faults.check(("tenantName",), identifiers.name, wish.tenant_name)
    faults.settle()
    await limits.count(*account_links.counters(viewer.client, identifiers.fold(email)))
    locale = notices.language(viewer, wish.locale)
    async with database.transaction(database.SYSTEM):
        link = await account_links.make(
            account_links.Wanted(
                LinkPurpose.REGISTRATION,
                email,
                facts={"name": name, "catalog": wish.catalog, "locale": locale},
            ),
            partial(messages.registration_link, tenant_name=name),
            locale=locale,
        )
        await audit.record(viewer, "user.request_registration", subject_id=link.id)
        return link.expires_at


async def complete(
    viewer: Viewer, *, token: str, registration: accounts.Registration
) -> Registered:
    """The account and its tenant exist, and a session of the new owner.

    Raises:
        errors.RegistrationClosed, errors.RateLimited, errors.InvalidInput, errors.LoginTaken
        errors.LinkUnavailable: every kind of dead link; also where the address is registered.
    """
    _require_open()
    link = await account_links.find(viewer.client, LinkPurpose.REGISTRATION, token)
    own = (link.facts["name"], link.email)
    checked, password_hash = await accounts.prepare(
        registration, language=link.facts["locale"], own=own
    )
    async with database.transaction(database.SYSTEM):
        link = await account_links.use(LinkPurpose.REGISTRATION, token)
        user_id = await accounts.register(
            viewer, checked, email=link.email, password_hash=password_hash
        )
        if user_id is None:
            raise errors.LinkUnavailable
        tenant = await tenants.found(
            viewer, ids.new("ten"), await User.get(id=user_id), _wanted(link)
        )
        return Registered(tenant, await sessions.open_for(viewer, user_id))


def is_open() -> bool:
    """Whether anybody may register a tenant here."""
    return settings.load().registration


def _require_open() -> None:
    if not is_open():
        raise errors.RegistrationClosed


def _wanted(link: AccountLink) -> tenants.Wanted:
    facts = link.facts
    return tenants.Wanted(facts["name"], Catalog(facts["catalog"]), Locale(facts["locale"]))
