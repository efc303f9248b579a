"""Steps that lead to what a test of apps is about: an app, rights on it, roles inside it."""

from typing import Any

from models import Tenant
from tests.clients import Person

CONTROL_URL = "https://books.example/control"
HELD = "appAccess { edges { node { app { id } right roles { code } } } }"


async def create(by: Person, tenant: Tenant, name: str = "Books") -> str:
    """The id of a new app, which `by` administers."""
    answer = await by.do("createApp", {"tenantId": tenant.id, "name": name}, "app { id }")
    return str(answer["app"]["id"])


async def give(
    by: Person, member_id: str, app_id: str, right: str = "LAUNCH", roles: list[str] | None = None
) -> dict[str, Any]:
    """The member has that right on the app, with these roles where they are named."""
    given = {"appId": app_id, "right": right, "roles": roles}
    values = {"memberId": member_id, "set": [given]}
    return await by.do("setAppAccess", values, f"member {{ {HELD} }}")


async def take(by: Person, member_id: str, app_id: str) -> None:
    answer = await by.do(
        "setAppAccess", {"memberId": member_id, "unset": [app_id]}, "member { id }"
    )
    assert answer["__typename"] == "SetAppAccessPayload"


async def define(by: Person, app_id: str, code: str = "clerk") -> str:
    """The id of a new role of the app."""
    values = {"appId": app_id, "code": code, "name": code.title()}
    answer = await by.do("createAppRole", values, "appRole { id }")
    assert answer["__typename"] == "CreateAppRolePayload", answer
    return str(answer["appRole"]["id"])


async def set_roles(by: Person, member_id: str, app_id: str, *roles: str) -> dict[str, Any]:
    """What giving the member these roles comes to."""
    values = {"memberId": member_id, "appId": app_id, "roles": list(roles)}
    return await by.do("setAppRoles", values, f"member {{ {HELD} }}")


async def set_control(
    by: Person, app_id: str, url: str | None = CONTROL_URL, actions: list[str] | None = None
) -> dict[str, Any]:
    """What saying where the app listens comes to."""
    values = {"appId": app_id, "url": url, "actions": actions or []}
    return await by.do("setAppControl", values, "app { controlUrl actions } secret")


async def ask(by: Person, app_id: str, action: str = "BACKUP", **more: str) -> dict[str, Any]:
    """What asking the app for that comes to."""
    values = {"appId": app_id, "action": action, **more}
    return await by.do("requestAppAction", values, "appAction { id state answer requestedAt }")


def held(answer: dict[str, Any]) -> dict[str, list[str]]:
    """The codes of the member's roles, by app."""
    nodes = [edge["node"] for edge in answer["member"]["appAccess"]["edges"]]
    return {node["app"]["id"]: [role["code"] for role in node["roles"]] for node in nodes}


async def shown(by: Person, member_id: str) -> dict[str, list[str]]:
    """As `held`, for whoever looks at the member."""
    query = f"query($id: ID!) {{ member: node(id: $id) {{ ... on Member {{ {HELD} }} }} }}"
    return held(await by.ask(query, id=member_id))


def faults(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Every wrong field of an answer, and what is wrong with it."""
    return [(".".join(field["path"]), field["code"]) for field in answer["fields"]]
