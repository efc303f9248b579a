"""A million members in one tenant: deep pages and searches against the first page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from bench import data, databases, load, rounds, serving
from bench.databases import Server
from bench.figures import Spread
from bench.load import Run
from bench.ours import Ours, asked
from bench.results import Section
from bench.rounds import Pace
from bench.serving import Serving
from bench.work import Call

TENANT, OWNER, DEPTH = 1, 1, 900_000
_FIELDS = "id status fullName email role { code } user { id fullName }"
DOCUMENT = f"""
query Grown($t: ID!, $after: String, $filter: MemberFilter) {{
  tenant(id: $t) {{
    members(first: 50, after: $after, filter: $filter) {{
      pageInfo {{ hasNextPage endCursor }}
      edges {{ cursor node {{ {_FIELDS} appAccess {{ edges {{ node {{ right }} }} }} }} }}
    }}
  }}
}}
"""
COUNTED = DOCUMENT.replace("pageInfo", "totalCount pageInfo")
_SEARCHES = {
    "name": ("person 900001", "person 9000", "person 90", "person"),
    "email": ("user900001@", "user9000", "user90", "user"),
}
"""By what they find: one, a thousand, more than ten thousand, everybody."""


async def measure(on: Server, pace: Pace) -> Section:
    """Latencies of one connection, each against the first page in the same round."""
    grown, port = await databases.build(on, "large"), serving.free_port()
    async with serving.started(*Ours().command(port, grown.url), port) as server:
        calls = await _calls(server)
        for call in calls.values():
            await load.press(server, [call], seconds=pace.warm_up, connections=1)
        found = [await _round(server, calls, pace) for _ in range(pace.rounds)]
    return _section(calls, found)


async def _calls(server: Serving) -> Mapping[str, Call]:
    """By what they ask for. The deep cursor is made of that of the first page."""
    first = await _members(server, _call())
    searches = {
        f"{kind} {text!r}": _call(filter={"search": text})
        for kind, texts in _SEARCHES.items()
        for text in texts
    }
    deep = cursor_at(first["pageInfo"]["endCursor"], DEPTH)
    reached = await _members(server, _call(after=deep))
    assert reached["edges"][0]["node"]["id"] == data.identity("mem", DEPTH + 1)
    return {
        "first page": _call(),
        f"page at depth {DEPTH:,}": _call(after=deep),
        **searches,
        "first page with its total": _call(COUNTED),
    }


def _call(document: str = DOCUMENT, **variables: Any) -> Call:
    return asked(OWNER, document, {"t": data.identity("ten", TENANT), **variables})


async def _members(server: Serving, call: Call) -> Mapping[str, Any]:
    answer: Any = orjson.loads(await rounds.sent(server, call))
    members: Mapping[str, Any] = answer["data"]["tenant"]["members"]
    return members


def cursor_at(cursor: str, position: int) -> str:
    """The cursor of the member with that number, in the list that `cursor` is of."""
    name, _, _ = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    made = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=position)
    place = [name, made, data.identity("mem", position)]
    return urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


async def _round(server: Serving, calls: Mapping[str, Call], pace: Pace) -> dict[str, Run]:
    return {
        name: await load.press(server, [call], seconds=pace.seconds / 2, connections=1)
        for name, call in calls.items()
    }


def _section(calls: Mapping[str, Call], found: list[dict[str, Run]]) -> Section:
    lines, ratios = ["| asked for | p50 | to the first page |", "| --- | --- | --- |"], {}
    for name in calls:
        ratios[name] = Spread.of(*[runs[name].p50 / runs["first page"].p50 for runs in found])
        half = Spread.of(*[runs[name].p50 for runs in found])
        lines.append(f"| {name} | {half.shown(1)} ms | {ratios[name].shown(2)} |")
    slowest = {
        kind: max((s for name, s in ratios.items() if name.startswith(kind)), key=_median)
        for kind in _SEARCHES
    }
    return Section(
        "A million members in one tenant",
        lines,
        {"depth": ratios[f"page at depth {DEPTH:,}"], **slowest},
    )


def _median(spread: Spread) -> float:
    return spread.median
