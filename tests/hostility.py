"""What a hostile client makes of a valid request: values no client sends, bytes torn out, headers
that contradict one another, lines that are no HTTP.
"""

import gzip
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from models import Tenant
from tests.clients import Person

VALUES: list[Any] = [
    *[None, True, 0, -1, 2**31, 2**63, 1.5, [], [[]], {}, {"email": None}, ["\0"]],
    *["", " ", "\0", "a\0b", "\u202e", "\ufeff", "%", "\\", "' or 1=1 --", "a" * 33, "x" * 70_000],
    *["mem_" + "0" * 26, "😀" * 300],
]
MEMBERS = (
    "query($id: ID!, $first: Int, $after: String, $filter: MemberFilter, $by: MemberOrder) {"
    " members(tenantId: $id, first: $first, after: $after, filter: $filter, orderBy: $by) {"
    " totalCount edges { cursor node { id } } } }"
)


def requests(tenant: Tenant, owner: Person) -> list[tuple[str, dict[str, Any]]]:
    newcomer = {"fullName": "A B", "login": "ab", "phone": "+77051250043"}
    return [
        (
            MEMBERS,
            {
                "id": tenant.id,
                "first": 3,
                "filter": {"search": "ol", "roles": ["OWNER"], "statuses": ["JOINED"]},
                "by": {"field": "NAME", "direction": "DESC"},
            },
        ),
        ("query($id: ID!) { node(id: $id) { id } }", {"id": owner.member_id}),
        _mutation("signIn", login="olga", password="x", transport="BEARER"),
        _mutation("createTenant", name="Acme", catalog="ACCOUNT", locale="EN"),
        _mutation("changeRole", memberId=owner.member_id, role="MANAGER"),
        _mutation(
            "inviteMember",
            tenantId=tenant.id,
            invitee={"email": "a@example.com"},
            role="MANAGER",
            maxSessions=3,
            newcomer=newcomer,
        ),
        _mutation(
            "acceptInvitation",
            invitation={"token": "tnt_inv_x"},
            registration=newcomer | {"password": "long enough for all", "locale": "KK"},
        ),
    ]


def _mutation(verb: str, **values: Any) -> tuple[str, dict[str, Any]]:
    kind = f"{verb[0].upper()}{verb[1:]}Input!"
    return f"mutation($i: {kind}) {{ {verb}(input: $i) {{ __typename }} }}", {"i": values}


def spoilt(value: Any, chance: random.Random) -> Any:
    """The value with something of it replaced."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        return {**value, name: spoilt(value[name], chance)}
    return chance.choice(VALUES)


def torn(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body) or 1)
    rest = chance.choice([body[at:], body[at + 1 :], body[at + 5 :]])
    return body[:at] + chance.randbytes(chance.randrange(3)) + rest


@dataclass(frozen=True)
class Hostile:
    """A request as it is about to be sent; `query` is the address's, behind the question mark."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def raw(self) -> bytes:
        """On the wire, with a length unless it says something of it itself."""
        said = {name.lower() for name, _ in self.headers}
        length = () if said & {"content-length", "transfer-encoding"} else self._length
        lines = [f"{name}: {value}" for name, value in (*length, *self.headers)]
        address = f"{self.path}?{self.query}" if self.query else self.path
        head = "\r\n".join([f"{self.method} {address} HTTP/1.1", "Host: x", *lines])
        return head.encode() + b"\r\n\r\n" + self.body

    @property
    def _length(self) -> tuple[tuple[str, str], ...]:
        return (("Content-Length", str(len(self.body))),)


def valid(chance: random.Random, every: Sequence[tuple[str, dict[str, Any]]]) -> Hostile:
    """But for its variables, now and then."""
    query, variables = chance.choice(every)
    if chance.random() < 0.5:
        variables = spoilt(variables, chance)
    body = json.dumps({"query": query, "variables": variables}).encode()
    return Hostile("POST", "/graphql", "", (("Content-Type", "application/json"),), body)


METHODS = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]
PATHS = [
    *[
        "/",
        "//graphql",
        "/graphql/",
        "/graphql/x",
        "/graphql%00",
        "/GraphQL",
        "/%2e%2e/etc",
        "/%ff",
    ],
    *["/healthz", "/readyz", "/avatar", "/avatars/usr_1/a%00b", "/avatars/%00/x", "/app-sessions"],
    *["/app-sessions/%00/heartbeat", "/app-sessions/as_1", "/.well-known/jwks.json", "/mailbox"],
    *["/mailbox.json", "/mailbox/%00.html", "/mailbox/..%2f..%2fetc.html", "/sign-in", "/static/x"],
    *["/static/%00", "/static/..%2f..%2fapp.py", "/built/assets/%00", "/unsubscribe/%00/%00"],
    *[
        "/unsubscribe/usr_1/x",
        "/tenants/%00/members.csv",
        "/tenants/ten_1/members.csv",
        "/x" * 3000,
    ],
]
TYPES = [
    *["application/json; charset=utf-16", "application/json; charset=", "application/json;;;=;"],
    *["text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "*/*", "", "\t", "x"],
    *["application/x-www-form-urlencoded", "application/graphql", "image/png", "text/csv"],
    *["application/json, application/json", "APPLICATION/JSON", 'application/json; charset="utf-8'],
]
HEADERS: dict[str, list[str]] = {
    "Accept": [
        *[
            "",
            "*",
            "*/*;q=",
            "*/*;q=-1",
            "*/*;q=1e9",
            "application/graphql-response+json",
            "text/html",
        ],
        *["text/event-stream", "application/json;q=0", ",;,;", "a/b;" * 500, "application/*;q=0.1"],
    ],
    "Content-Type": TYPES,
    "Content-Encoding": ["gzip", "identity", "br, gzip", ""],
    "Accept-Language": ["", "ru;q=x", "*", "ru" * 5000, "kk;q=0,en;q=0", "ru;q=0.0000001"],
    "Accept-Charset": ["utf-7"],
    "Authorization": [
        "Bearer",
        "Bearer ",
        "Basic Og==",
        "Bearer tnt_key_",
        "Bearer tnt_ses_" + "x" * 9000,
    ],
    "Cookie": ["tenantry=tnt_ses_x", "tenantry", "=", ";;;", 'tenantry="', "a=" + "b" * 9000],
    "Idempotency-Key": ["", "x", '"', "x" * 300, "a b"],
    "GraphQL-Require-Preflight": ["1", ""],
    "Tenantry-Stale-Ok": ["true", "", "x"],
    "Tenantry-Locale": ["RU", "", "xx" * 999],
    "Origin": ["null", "https://evil.example", "", "x" * 2000, "http://127.0.0.1:8000"],
    "Sec-Fetch-Site": ["cross-site", "none", ""],
    "X-Request-ID": ["", "x" * 999, "a b", "<script>"],
    "X-Forwarded-For": ["1.2.3.4", "x", "::1, x", "," * 500],
    "traceparent": ["", "00-0-0-0", "00-" + "f" * 32 + "-" + "f" * 16 + "-01", "x" * 500],
    "If-None-Match": ["*", '"', "W/"],
    "Range": ["bytes=0-", "bytes=-1", "bytes=9-1,2-", "x"],
    "Expect": ["100-continue", "x"],
    "Upgrade": ["websocket", "h2c"],
    "Connection": ["upgrade", "keep-alive", "x"],
    "User-Agent": ["", "x" * 9000, "%s%n", "() { :;}; x"],
    "Host": ["", "evil.example", "a b", "[::1", "x" * 900],
}


def other_method(sent: Hostile, chance: random.Random) -> Hostile:
    return replace(sent, method=chance.choice(METHODS))


def other_path(sent: Hostile, chance: random.Random) -> Hostile:
    return replace(sent, path=chance.choice(PATHS))


def by_address(sent: Hostile, chance: random.Random) -> Hostile:
    """What stood in the body, more or less."""
    text = quote(chance.choice(["{__typename}", "{", "mutation{signOut{signedOut}}", "\0", "й"]))
    fields = [f"query={text}", "query", "variables={}", "variables=%7B%22a%22:", "documentId=%00"]
    fields += ["extensions=[]", "operationName=" + "x" * 500, "&&&=", "%", "%ff%fe", "a=" * 900]
    chosen = chance.sample(fields, chance.randrange(1, 5))
    return replace(sent, method=chance.choice(["GET", "GET", "POST"]), query="&".join(chosen))


def other_header(sent: Hostile, chance: random.Random) -> Hostile:
    """In place of the one there was, or beside it."""
    name = chance.choice(list(HEADERS))
    added = (name, chance.choice(HEADERS[name]))
    kept = tuple(each for each in sent.headers if each[0] != name or chance.random() < 0.3)
    return replace(sent, headers=(*kept, added))


def many_headers(sent: Hostile, chance: random.Random) -> Hostile:
    length = chance.choice([1, 100, 5000])
    added = tuple((f"X-{number}", "x" * length) for number in range(chance.choice([5, 50, 150])))
    return replace(sent, headers=sent.headers + added)


def other_body(sent: Hostile, chance: random.Random) -> Hostile:
    made: list[Callable[[], bytes]] = [
        lambda: torn(sent.body, chance),
        lambda: chance.randbytes(chance.randrange(200)),
        lambda: gzip.compress(sent.body),
        lambda: sent.body.decode(errors="replace").encode("utf-16"),
        lambda: b"[" * chance.choice([10, 40, 3000, 100_000]),
        lambda: b'{"a":' * chance.choice([10, 40, 3000]) + b"1" + b"}" * 40,
        lambda: b"[" + b",".join([sent.body] * chance.randrange(1, 9)) + b"]",
        lambda: b"0" * 100_000,
        lambda: b'{"query":"' + b"{a" * 4000 + b'"}',
        lambda: b"",
    ]
    return replace(sent, body=chance.choice(made)())


WAYS = [other_method, other_path, by_address, other_header, other_header, other_header]
WAYS += [many_headers, other_body, other_body, other_body]


def hostile(chance: random.Random, every: Sequence[tuple[str, dict[str, Any]]]) -> Hostile:
    sent = valid(chance, every)
    for _ in range(chance.randrange(1, 4)):
        sent = chance.choice(WAYS)(sent, chance)
    return sent


LINES = [
    b"GET\r\n\r\n",
    b"\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"PRI * HTTP/2.0\r\n",
]
CHUNKS = [
    b"5\r\n{}\r\n",
    b"-1\r\n",
    b"ffffffffffffffff\r\n",
    b"1;x=y\r\n \r\n0\r\nA: b\r\n\r\n",
    b"0\r\n",
]


def broken(chance: random.Random, every: Sequence[tuple[str, dict[str, Any]]]) -> list[bytes]:
    """The same on the wire: torn, cut off, in chunks that are none, several at once."""
    sent = hostile(chance, every)
    chunked = replace(sent, headers=(*sent.headers, ("Transfer-Encoding", "chunked")), body=b"")
    lengths = ["-1", "x", "1e3", "99999999", "0, 0", str(len(sent.body) // 2)]
    length = ("Content-Length", chance.choice(lengths))
    made = [
        [sent.raw],
        [torn(sent.raw, chance)],
        [sent.raw[: chance.randrange(len(sent.raw))]],
        [sent.raw] * chance.randrange(2, 5),
        [chunked.raw, *chance.sample(CHUNKS, chance.randrange(1, 4))],
        [replace(sent, headers=(*sent.headers, length)).raw],
        [chance.choice(LINES), sent.raw],
        [chance.randbytes(chance.randrange(1, 300))],
        [sent.raw.replace(b"\r\n", chance.choice([b"\n", b"\r", b"\r\n ", b"\0\r\n"]))],
    ]
    return chance.choice(made)
