"""The files that `scripts/build` makes of `web/`: a script for each page, and what it needs.

They are looked for at each request, so that a server that is up shows its pages as soon as they
are built. Until then the pages say how to build them; the API needs none of this.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from markupsafe import Markup
from starlette.responses import Response
from starlette.routing import BaseRoute

import settings
from locales import Locale, mark, translations
from server.pages import page

_UNBUILT_STATUS = 503
_POLICY = {"script-src": "'self'", "connect-src": "'self'"}
_HOME = Markup('<meta name="home" content="{url}">\n')
_SCRIPT = Markup('<script type="module" src="/built/{file}"></script>\n')
_STYLE = Markup('<link rel="stylesheet" href="/built/{file}">\n')
_TEXT = Markup("<p>{text}</p>")
_NOSCRIPT = Markup("<noscript><p>{text}</p></noscript>")
_NEEDS_SCRIPT = mark("This page needs JavaScript.")
_UNBUILT = mark("This page has not been built yet")
_HOW = mark("Wait for scripts/serve to say that it has built the pages, or run scripts/build.")


@dataclass(frozen=True, slots=True)
class Built:
    """Of one page, beneath `/built/`."""

    script: str
    styles: tuple[str, ...]


def find(entry: str) -> Built | None:
    """What was built of `web/src/pages/<entry>`; None where it has not been, or not yet."""
    try:
        manifest = json.loads((page.WEB / "dist" / "manifest.json").read_bytes())
    except FileNotFoundError:
        return None
    if (key := f"src/pages/{entry}") not in manifest:
        return None
    parts = list(_parts(manifest, key, set()))
    styles = dict.fromkeys(style for part in parts for style in part.get("css", []))
    return Built(parts[0]["file"], tuple(styles))


def documents() -> frozenset[str]:
    """What the built pages ask of the API, as they send it; nothing where there are none."""
    file = page.WEB / "dist" / "documents.json"
    try:
        return _read(file, file.stat().st_mtime_ns)
    except FileNotFoundError:
        return frozenset()


@lru_cache(maxsize=1)
def _read(file: Path, _: int) -> frozenset[str]:
    """Until they are built anew."""
    return frozenset(json.loads(file.read_bytes()))


def _parts(
    manifest: dict[str, dict[str, Any]], key: str, seen: set[str]
) -> Iterator[dict[str, Any]]:
    """The chunk of that name and what it imports at once, as Vite's manual says."""
    seen.add(key)
    yield manifest[key]
    for imported in manifest[key].get("imports", []):
        if imported not in seen:
            yield from _parts(manifest, imported, seen)


def show(
    entry: str, locale: Locale, title: str, policy: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """The page of that entry, with its title; or how to build it."""
    say = translations(locale).gettext
    built = find(entry)
    if built is None:
        return _unbuilt(locale)
    head = Markup("").join(_STYLE.format(file=style) for style in built.styles)
    if home := settings.load().home_url:
        head += _HOME.format(url=home)
    content = _NOSCRIPT.format(text=say(_NEEDS_SCRIPT))
    html = page.render(locale, say(title), content, head=head + _SCRIPT.format(file=built.script))
    return page.respond(html, policy={**_POLICY, **policy})


def _unbuilt(locale: Locale) -> Response:
    say = translations(locale).gettext
    card = page.card(say(_UNBUILT), _TEXT.format(text=say(_HOW)))
    return page.respond(page.render(locale, say(_UNBUILT), card), status=_UNBUILT_STATUS)


# Their names change with what is in them, so browsers may keep them.
routes: list[BaseRoute] = [
    page.files("/built/assets", "dist/assets", cached="public, max-age=31536000, immutable")
]
