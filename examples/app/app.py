"""A sample app of one file, to copy from: launched by Tenantry, it keeps a session of its own.

    .venv/bin/python examples/app/app.py --tenantry http://127.0.0.1:8000 --app-id app_...

A launch brings a ticket. The app (1) verifies it with Tenantry's public keys, (2) redeems it for a
session, (3) sends heartbeats while somebody is at work, and (4) forgets him when Tenantry says so.
What its administrators ask for comes as a signed call to /control, which (5) verifies and does.
"""

import argparse
import asyncio
import contextlib
import os
import secrets
import time
import warnings
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import parse_qs

import httpx
import uvicorn
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

COOKIE, KEYS_LIVE = "sample_app", 300  # seconds; Tenantry shows a new key before it signs
GONE = {404, 410}  # no such session, or over: no reason to ask again
warnings.filterwarnings("ignore", message="EdDSA")  # the name of Ed25519 that all libraries know

# A ticket may also come behind `#`, which no server's log sees; this page posts it as a form.
SIGNED_OUT = """<title>Sample app</title><h1>Nobody is signed in</h1><p>Launch the app anew.</p>
<form method="post" action="/"><input type="hidden" name="ticket"></form><script>
const form = document.forms[0]; form.ticket.value = location.hash.slice(1);
history.replaceState(null, "", "/"); if (form.ticket.value) form.submit();
</script>"""
SIGNED_IN = """<title>Sample app</title><h1>Hello, {name}</h1><p>Right: {right}</p>
<p>Roles: {roles}</p><form method="post" action="/sign-out"><button>Sign out</button></form>"""


class Refused(Exception):
    """The ticket is worth nothing here."""


@dataclass
class Work:
    """Somebody at work: what Tenantry told when the ticket was redeemed."""

    session_id: str
    token: str
    heartbeat_seconds: int
    name: str
    right: str
    roles: list[str]


class Tenantry:
    """All that this app asks Tenantry."""

    def __init__(self, url: str, app_id: str) -> None:
        self.http = httpx.AsyncClient(base_url=url, timeout=10)
        # `aud` is this app: a ticket for another one is not for us to redeem.
        self.claims = jwt.JWTClaimsRegistry(
            leeway=5,
            iss={"essential": True, "value": url},
            aud={"essential": True, "value": app_id},
            exp={"essential": True},
            nbf={"essential": True},
        )
        self.keys, self.fetched_at = KeySet([]), float("-inf")

    async def verify(self, ticket: str) -> None:
        """Locally, so that a stranger's nonsense costs one signature and no call."""
        if time.monotonic() - self.fetched_at > KEYS_LIVE:
            answer = await self.http.get("/.well-known/jwks.json")
            self.keys = KeySet.import_key_set(answer.raise_for_status().json())
            self.fetched_at = time.monotonic()
        try:
            # The algorithm is ours to name; what a ticket says of itself proves nothing.
            token = jwt.decode(ticket, self.keys, algorithms=["EdDSA"])
            self.claims.validate(token.claims)
        except (JoseError, ValueError) as error:
            raise Refused from error

    async def redeem(self, ticket: str) -> Work:
        """Works once: whoever comes second with the same ticket is refused."""
        answer = await self._send("POST", "/app-sessions", ticket)
        if answer.is_client_error:
            raise Refused
        told: dict[str, Any] = answer.raise_for_status().json()
        return Work(
            told["sessionId"],
            told["token"],
            told["heartbeatSeconds"],
            told["name"],
            told["right"],
            told["roles"],
        )

    async def beat(self, work: Work) -> bool:
        """Whether the session lives. Trouble on the way ends nothing; Tenantry's word does."""
        try:
            path = f"/app-sessions/{work.session_id}/heartbeat"
            return (await self._send("POST", path, work.token)).status_code not in GONE
        except httpx.HTTPError:
            return True

    async def end(self, work: Work) -> None:
        """Frees the place at once; a session that nobody reports lapses by itself."""
        with contextlib.suppress(httpx.HTTPError):
            await self._send("DELETE", f"/app-sessions/{work.session_id}", work.token)

    async def _send(self, method: str, path: str, secret: str) -> httpx.Response:
        return await self.http.request(method, path, headers={"Authorization": f"Bearer {secret}"})


class Books:
    """What this app is for: it keeps a list of its visitors. Its administrators keep copies."""

    def __init__(self) -> None:
        self.visitors: list[str] = []
        self.backups: dict[str, list[str]] = {}
        self.errors: list[str] = []

    def do(self, action: str, argument: str | None) -> tuple[str, int]:
        """What to answer: 200 says that it is done, 4.. why it never will be."""
        match action:
            case "BACKUP":
                name = argument or f"backup-{len(self.backups) + 1}"
                self.backups[name] = list(self.visitors)
                return f"{name}: {len(self.visitors)} visitors", 200
            case "RESTORE" if argument in self.backups:
                self.visitors = list(self.backups[argument])
                return f"{argument}: {len(self.visitors)} visitors", 200
            case "RESTORE":
                return f"No such backup. There are: {', '.join(self.backups) or 'none'}", 422
            case "ERROR_LOG":
                return "\n".join(self.errors) or "No errors", 200
            case "FORGET_VISITORS":  # its own, named when the control address was set
                self.visitors.clear()
                return "0 visitors", 200
        return "No such action", 422


class Control:
    """Who has the right to ask is Tenantry's to know; that it is Tenantry who calls is ours."""

    def __init__(self, secret: str, books: Books) -> None:
        self.webhook, self.books = Webhook(secret), books
        # By id. A table in an app of your own, kept for two hours: Tenantry asks again for one.
        self.answered: dict[str, tuple[str, int]] = {}

    async def answer(self, request: Request) -> Response:
        try:
            # The signature, and that the call is no older than five minutes.
            call = self.webhook.verify(await request.body(), dict(request.headers))
        except (WebhookVerificationError, ValueError):
            return PlainTextResponse("This call is not signed as it should be.", 401)
        # What comes twice is done once: either our answer was lost, or somebody replays the call.
        call_id, asked = request.headers["webhook-id"], call["data"]
        if call_id not in self.answered:
            self.answered[call_id] = self.books.do(asked["action"], asked["argument"])
        return PlainTextResponse(*self.answered[call_id])


class App:
    """People at work, by cookie. In memory: an app of several processes needs a table instead."""

    def __init__(self, tenantry: Tenantry, books: Books) -> None:
        self.tenantry, self.books = tenantry, books
        self.at_work: dict[str, Work] = {}
        self.hearts: set[asyncio.Task[None]] = set()

    async def show(self, request: Request) -> Response:
        work = self.at_work.get(request.cookies.get(COOKIE, ""))
        if work is None:
            return HTMLResponse(SIGNED_OUT)
        # Whatever is drawn or done here asks for the right: an administrator's tools for
        # LAUNCH_AND_ADMINISTER, the rest for the roles that this app has defined.
        roles = ", ".join(work.roles) or "none"
        shown = {"name": work.name, "right": work.right, "roles": roles}
        return HTMLResponse(SIGNED_IN.format_map({k: escape(v) for k, v in shown.items()}))

    async def launch(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode(errors="replace"))
        ticket = form.get("ticket", [""])[0]
        try:
            await self.tenantry.verify(ticket)
            work = await self.tenantry.redeem(ticket)
        except Refused:
            self.books.errors.append("A ticket was refused.")
            return HTMLResponse(SIGNED_OUT, 403)
        except httpx.HTTPError:
            return HTMLResponse("Tenantry is away. Try again shortly.", 502)
        cookie = secrets.token_urlsafe(32)
        self.at_work[cookie] = work
        self.books.visitors.append(work.name)
        heart = asyncio.create_task(self._keep_alive(cookie, work))
        self.hearts.add(heart)  # the loop itself keeps no task from being collected
        heart.add_done_callback(self.hearts.discard)
        answer = RedirectResponse("/", 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, cookie, httponly=True, secure=secure, samesite="lax")
        return answer

    async def sign_out(self, request: Request) -> Response:
        work = self.at_work.pop(request.cookies.get(COOKIE, ""), None)
        if work is not None:
            await self.tenantry.end(work)
        return RedirectResponse("/", 303)

    async def _keep_alive(self, cookie: str, work: Work) -> None:
        while cookie in self.at_work:
            await asyncio.sleep(work.heartbeat_seconds)
            if not await self.tenantry.beat(work):
                self.at_work.pop(cookie, None)


def build(tenantry: Tenantry, secret: str | None) -> Starlette:
    books = Books()
    app = App(tenantry, books)
    routes = [
        Route("/", app.show),
        Route("/", app.launch, methods=["POST"], max_body_size=10_000),
        Route("/sign-out", app.sign_out, methods=["POST"]),
    ]
    if secret:  # without one nobody's call could be believed
        control = Control(secret, books)
        routes.append(Route("/control", control.answer, methods=["POST"], max_body_size=100_000))
    return Starlette(routes=routes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--tenantry", required=True, help="its address, as in TENANTRY_PUBLIC_URL")
    parser.add_argument("--app-id", required=True, help="app_..., the audience of the tickets")
    given = parser.parse_args()
    # Of setAppControl; not an argument, which everybody on this machine could read.
    secret = os.environ.get("SAMPLE_APP_SECRET")  # noqa: TID251 a process of its own
    uvicorn.run(build(Tenantry(given.tenantry, given.app_id), secret), port=given.port)
