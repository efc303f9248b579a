"""Somebody goes to an identity provider and comes back, as a frontend leads him."""

from typing import Any

from tests import provider as far_end
from tests.clients import Client, Person

IDENTITY = "id provider { name title } email createdAt lastUsedAt"


async def sent(
    who: Person | Client, mutation: str = "startProviderSignIn", name: str = "acme"
) -> dict[str, Any]:
    """Away, agreed, and back on the page: what to finish the visit with."""
    begun = await who.do(mutation, {"provider": name}, "authorizationUrl visit expiresAt")
    assert begun["__typename"].endswith("Payload"), begun
    return {"visit": begun["visit"], **await far_end.agree(begun["authorizationUrl"])}


async def sign_in(who: Client, name: str = "acme", **more: Any) -> dict[str, Any]:
    """What signing in through the provider comes to."""
    return await finish(who, await sent(who, name=name), **more)


async def finish(who: Client, back: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"transport": "BEARER"} | back | more
    return await who.do("signInWithProvider", given, "token me { login }")


async def link(who: Person | Client, name: str = "acme") -> dict[str, Any]:
    """What linking comes to."""
    back = await sent(who, "startProviderLink", name)
    return await who.do("linkIdentity", back, f"identity {{ {IDENTITY} }}")


async def linked(who: Person | Client) -> list[dict[str, Any]]:
    """All that somebody has linked."""
    found: list[dict[str, Any]] = (await who.ask(f"{{ me {{ identities {{ {IDENTITY} }} }} }}"))[
        "me"
    ]["identities"]
    return found
