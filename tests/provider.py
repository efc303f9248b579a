"""The far end of signing in elsewhere: a real OpenID Connect and OAuth 2 provider, which
misbehaves as a test tells it.

Everybody who comes to its page agrees at once. `python -m tests.provider PORT` runs it as a process
of its own.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from ssl import SSLContext
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from settings import CHECKOUT

CLIENT_ID, CLIENT_SECRET = "tenantry at acme", "the secret of the client"
KID = "the key of the day"

Reply = Callable[[Request], Awaitable[Response]]
Sign = Callable[[dict[str, Any], dict[str, Any]], str]


@cache
def key(kid: str) -> ECKey:
    """Made once for all tests."""
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})


def signed(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """As it should be, with the key that the header names."""
    header = {"alg": "ES256", "kid": KID, **header}
    return jwt.encode(header, claims, key(header["kid"]))


def signed_by_another(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A key that is not the provider's, under the id of one that is."""
    return jwt.encode({"alg": "ES256", "kid": KID, **header}, claims, key("another"))


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return _compact({"alg": "none", "kid": KID, **header}, claims, lambda _: b"")


def signed_with_public_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """HS256, its secret being what everybody can read at /jwks."""
    public = key(KID).as_pem(private=False)
    return _shared({"kid": KID, **header}, claims, public)


def signed_with_client_secret(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """HS256 as OpenID Connect allows it, and Tenantry does not."""
    return _shared(header, claims, CLIENT_SECRET.encode())


def _shared(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    def sign(text: bytes) -> bytes:
        return hmac.digest(secret, text, "sha256")

    return _compact({"alg": "HS256", **header}, claims, sign)


def _compact(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    text = f"{_base64(json.dumps(header).encode())}.{_base64(json.dumps(claims).encode())}"
    return f"{text}.{_base64(sign(text.encode()))}"


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


class Provider:
    """`asked` are the paths that were asked for, `codes` what was agreed to under each code.

    `replies["/token"]` answers instead of the path's own answer; `discovery`, `claims`, `tokens`
    and `userinfo` are put over what it would say, where None leaves a name out.
    """

    def __init__(self, url: str = "") -> None:
        self.url = url
        self.behave()

    def behave(self) -> None:
        """As at the beginning."""
        self.subject: Any = "person-1"
        self.email, self.email_verified = "ann@elsewhere.example", True
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.replies: dict[str, Reply] = {}
        self.sign: Sign = signed
        self.header: dict[str, Any] = {}
        self.discovery: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.tokens: dict[str, Any] = {}
        self.userinfo: Any = {}
        self.keys = [key(KID)]
        self.forgets_codes = True

    def settings(self, **changes: Any) -> dict[str, Any]:
        """An entry of TENANTRY_IDENTITY_PROVIDERS, as OpenID Connect."""
        client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        return {"name": "acme", "title": "Acme ID", "issuer": self.url, **client, **changes}

    def oauth2_settings(self, **changes: Any) -> dict[str, Any]:
        """An entry of TENANTRY_IDENTITY_PROVIDERS, as OAuth 2."""
        addresses = {
            "authorization_url": f"{self.url}/authorize",
            "token_url": f"{self.url}/token",
            "userinfo_url": f"{self.url}/userinfo",
        }
        entry = self.settings(name="hub", title="Hub") | addresses | changes
        return {name: value for name, value in entry.items() if name != "issuer"}

    def app(self) -> Starlette:
        paths = {
            "/.well-known/openid-configuration": (self.configuration, "GET"),
            "/jwks": (self.jwks, "GET"),
            "/authorize": (self.authorize, "GET"),
            "/token": (self.token, "POST"),
            "/userinfo": (self.info, "GET"),
        }
        routes = [
            Route(path, self._answering(path, own), methods=[method])
            for path, (own, method) in paths.items()
        ]
        return Starlette(routes=routes)

    def _answering(self, path: str, own: Reply) -> Reply:
        async def answer(request: Request) -> Response:
            self.asked.append(path)
            return await self.replies.get(path, own)(request)

        return answer

    async def configuration(self, _: Request) -> Response:
        said = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
        }
        return JSONResponse(_over(said, self.discovery))

    async def jwks(self, _: Request) -> Response:
        return JSONResponse(KeySet(list(self.keys)).as_dict(private=False))

    async def authorize(self, request: Request) -> Response:
        """Whoever comes here agrees, and is sent back."""
        given = dict(request.query_params)
        if given["client_id"] != CLIENT_ID or given["code_challenge_method"] != "S256":
            return JSONResponse({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe()
        self.codes[code] = given
        back = {"code": code, "state": given["state"]}
        if self.discovery.get("authorization_response_iss_parameter_supported"):
            back["iss"] = self.url
        return RedirectResponse(f"{given['redirect_uri']}?{urlencode(back)}", 302)

    async def token(self, request: Request) -> Response:
        given = dict(parse_qsl((await request.body()).decode()))
        if self._client(request, given) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        agreed = self.codes.get(given["code"])
        if agreed is None or not _fits(agreed, given):
            return JSONResponse({"error": "invalid_grant"}, 400)
        if self.forgets_codes:
            del self.codes[given["code"]]
        said = {"access_token": "an access token", "token_type": "Bearer", "expires_in": 60}
        if "openid" in agreed.get("scope", "").split():
            said["id_token"] = self.sign(self.header, self._claims(agreed))
        return JSONResponse(_over(said, self.tokens))

    def _client(self, request: Request, given: dict[str, str]) -> tuple[str | None, str | None]:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            client, _, secret = base64.b64decode(credentials).decode().partition(":")
            return client, secret
        return given.get("client_id"), given.get("client_secret")

    def _claims(self, agreed: dict[str, str]) -> dict[str, Any]:
        now = int(time.time())
        said = {
            "iss": self.url,
            "sub": self.subject,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": agreed.get("nonce"),
            "email": self.email,
            "email_verified": self.email_verified,
        }
        return _over(said, self.claims)

    async def info(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer an access token":
            return JSONResponse({"error": "invalid_token"}, 401)
        if not isinstance(self.userinfo, dict):
            return JSONResponse(self.userinfo)
        return JSONResponse(_over({"id": self.subject, "email": self.email}, self.userinfo))


def _over(said: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (said | changes).items() if value is not None}


def _fits(agreed: dict[str, str], given: dict[str, str]) -> bool:
    """PKCE, and the page that was agreed on."""
    challenge = _base64(hashlib.sha256(given["code_verifier"].encode()).digest())
    return (challenge, given["redirect_uri"]) == (agreed["code_challenge"], agreed["redirect_uri"])


async def hanging(request: Request) -> Response:
    """Says nothing until whoever asked has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return Response()


@cache
def _trust() -> SSLContext:
    """Read from disk once, though nothing here is encrypted."""
    return httpx2.create_ssl_context()


async def agree(url: str) -> dict[str, str]:
    """What stands in the address of the page that a browser ends up on."""
    async with httpx2.AsyncClient(verify=_trust()) as browser:
        response = await browser.get(url)
    assert response.status_code == 302, response.text
    found = dict(parse_qsl(urlsplit(response.headers["location"]).query))
    return {"issuer" if name == "iss" else name: value for name, value in found.items()}


@asynccontextmanager
async def listening(provider: Provider) -> AsyncIterator[Provider]:
    """On a free port, in this loop."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        provider.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(provider.app(), lifespan="off", log_config=None))
        run = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield provider
        finally:
            server.should_exit = True
            await run


@asynccontextmanager
async def running() -> AsyncIterator[Provider]:
    """A process of its own; what this side holds is only its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = (sys.executable, "-m", "tests.provider", port)
    process = await asyncio.create_subprocess_exec(
        *command, cwd=CHECKOUT, stderr=asyncio.subprocess.PIPE
    )
    try:
        assert process.stderr is not None
        while b"running on" not in (line := await process.stderr.readline()):
            assert line
        yield Provider(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        await process.communicate()


if __name__ == "__main__":
    address = f"http://127.0.0.1:{sys.argv[1]}"
    uvicorn.run(Provider(address).app(), port=int(sys.argv[1]), lifespan="off", access_log=False)
