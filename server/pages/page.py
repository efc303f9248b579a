"""What every page shares: how it is answered, and the files beside it.

Scripts and styles are files of their own, so that no page needs an exception in its content
security policy for something written inline.
"""

from pathlib import Path

from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

HERE = Path(__file__).parent

_POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def respond(html: str, **directives: str) -> HTMLResponse:
    """Answer with a page that is neither stored, nor framed, nor named to other sites.

    `directives` change the content security policy: `script_src="'self'"`.
    """
    changed = {name.replace("_", "-"): sources for name, sources in directives.items()}
    policy = "; ".join(f"{name} {sources}" for name, sources in (_POLICY | changed).items())
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(html, headers=headers)


routes: list[BaseRoute] = [Mount("/static", StaticFiles(directory=HERE / "static"), name="static")]
