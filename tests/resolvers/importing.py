"""Steps of an import: a file is planned, applied, gone on with, and looked at."""

from typing import Any

from models import Tenant
from resolvers import import_steps
from tests.clients import Person

IMPORT = """id state total readyCount refusedCount invitedCount failedCount createdAt startedAt
  finishedAt"""
ROWS = """number state email login fullName role member { id status }
  reasons { reason message duplicateOf field { path code message } }"""
QUERY = f"""
query($id: ID!, $states: [MemberImportRowState!], $after: String) {{
  memberImport(id: $id) {{ {IMPORT}
    rows(first: 100, states: $states, after: $after) {{
      totalCount edges {{ node {{ {ROWS} }} }} pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}
"""


def csv(*rows: str, columns: str = "email,role") -> str:
    """A file of these rows."""
    return "\n".join([columns, *rows])


async def plan(by: Person, tenant: Tenant, source: str | list[dict[str, Any]]) -> dict[str, Any]:
    """What planning comes to; the plan stands in `memberImport`."""
    given = {"csv": source} if isinstance(source, str) else {"rows": source}
    return await by.do(
        "planMemberImport", {"tenantId": tenant.id, "source": given}, f"memberImport {{ {IMPORT} }}"
    )


async def planned(by: Person, tenant: Tenant, source: str | list[dict[str, Any]]) -> str:
    """The id of a plan; fails where that is refused."""
    answer = await plan(by, tenant, source)
    assert answer["__typename"] == "PlanMemberImportPayload", answer
    return str(answer["memberImport"]["id"])


async def apply(by: Person, import_id: str) -> dict[str, Any]:
    """What applying comes to."""
    return await by.do("applyMemberImport", {"importId": import_id}, f"memberImport {{ {IMPORT} }}")


async def work() -> int:
    """Whatever is to be applied is applied; in how many steps."""
    steps = 0
    while await import_steps.apply_next():
        steps += 1
    return steps


async def look(by: Person, import_id: str, **more: Any) -> dict[str, Any]:
    shown: dict[str, Any] = (await by.ask(QUERY, id=import_id, **more))["memberImport"]
    return shown


async def rows(by: Person, import_id: str, **more: Any) -> list[dict[str, Any]]:
    """The first hundred."""
    found = await look(by, import_id, **more)
    return [edge["node"] for edge in found["rows"]["edges"]]


async def reasons(by: Person, import_id: str) -> list[list[str]]:
    """Of each row what keeps it; of fields `column: CODE`, of a duplicate the row."""
    return [[_said(one) for one in row["reasons"]] for row in await rows(by, import_id)]


def _said(reason: dict[str, Any]) -> str:
    assert reason["message"]
    if (field := reason["field"]) is not None:
        assert reason["reason"] == "INVALID"
        return f"{'.'.join(field['path'])}: {field['code']}"
    row = reason["duplicateOf"]
    return str(reason["reason"]) if row is None else f"{reason['reason']} {row}"
