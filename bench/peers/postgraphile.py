"""PostGraphile on the same tables: it names the fields itself."""

from collections.abc import Sequence

import orjson

from bench import data, ours
from bench.peers import node, reader
from bench.work import READS, Call
from models.embedded import SERVING_ROLE

_SIZE = 50
PAGE = """
query Page($t: String!) {
  tenantByRowId(rowId: $t) {
    rowId
    name
    membersByTenantId(first: 50, orderBy: [CREATED_AT_ASC, ROW_ID_ASC]) {
      totalCount
      pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
      edges {
        cursor
        node {
          rowId
          status
          fullName
          email
          role
          userByUserId { rowId fullName email }
          appAccess(orderBy: [APP_ID_ASC]) { edges { node { right appByAppId { rowId name } } } }
        }
      }
    }
  }
}
"""
SMALL = "query Small($t: String!) { tenantByRowId(rowId: $t) { rowId name } }"
ME = "query Me { me { rowId } }"


class PostGraphile:
    """The policies of the tables decide what it shows, as its manual wants it."""

    name = "PostGraphile"
    works = frozenset(READS)

    def version(self) -> str:
        return node.versions("postgraphile", "grafast", "pg")

    def command(self, port: int, database_url: str) -> tuple[list[str], dict[str, str]]:
        address = reader.address(database_url)
        return node.command("postgraphile.mjs", port, address, SERVING_ROLE), node.PRODUCTION

    async def prepare(self, database_url: str) -> None:
        await reader.make(database_url)

    def calls(self, work: str, count: int) -> Sequence[Call]:  # noqa: ARG002 one is enough
        document = {"page": PAGE, "small": SMALL, "me": ME}[work]
        variables = {} if work == "me" else {"t": data.identity("ten", ours.TENANT)}
        return [ours.asked(ours.owner(ours.TENANT), document, dict(variables))]

    def is_right(self, work: str, answer: bytes) -> bool:
        said = orjson.loads(answer)
        if "errors" in said:
            return False
        found = said["data"]
        match work:
            case "page":
                members = found["tenantByRowId"]["membersByTenantId"]
                nodes = [edge["node"] for edge in members["edges"]]
                whole = len(nodes) == _SIZE and all(map(ours.is_whole, nodes))
                return whole and members["totalCount"] >= data.MEMBERS
            case "small":
                return bool(found["tenantByRowId"]["rowId"] == data.identity("ten", ours.TENANT))
        return bool(found["me"]["rowId"] == data.identity("usr", ours.owner(ours.TENANT)))
