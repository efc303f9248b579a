"""Whatever holds a secret does not show it where it is printed, logged or put into an error."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import auth
import mail
import models
import resolvers
import server
from auth.tokens import Token
from auth.viewer import Client, Viewer
from schema.context import Context
from settings import Settings

FOLDERS = (auth, mail, models, resolvers, server)
SECRET = re.compile(
    r"(^|_)(token|secret|password|ticket|recovery_codes|nonce|verifier|visit|jwk|authorization)$"
)
HIDES_ITSELF = ("Token", "SecretStr")


def kinds() -> Iterator[type]:
    """Every dataclass of those folders."""
    for folder in FOLDERS:
        for found in pkgutil.walk_packages(folder.__path__, f"{folder.__name__}."):
            if ".migrations" not in found.name and not found.name.endswith("__main__"):
                module = importlib.import_module(found.name)
                yield from filter(dataclasses.is_dataclass, defined(module, found.name))


def defined(module: Any, name: str) -> list[type]:
    return [
        each for each in vars(module).values() if inspect.isclass(each) and each.__module__ == name
    ]


def test_no_field_that_holds_a_secret_is_printed() -> None:
    """CASES 82: it is a `Token`, or left out where its object is printed."""
    found = [
        (f"{kind.__module__}.{kind.__name__}.{field.name}", field)
        for kind in (*kinds(), Context)
        for field in dataclasses.fields(kind)
        if SECRET.search(field.name)
    ]
    shown = [
        name
        for name, field in found
        if field.repr and not any(hidden in str(field.type) for hidden in HIDES_ITSELF)
    ]
    assert shown == []
    assert len(found) > 15


def test_a_token_is_printed_by_its_purpose_alone() -> None:
    """CASES 82: whichever it is, and whatever it is part of."""
    secret = "of-which-nobody-hears"
    for token in (Token(f"tnt_ses_{secret}"), Token(secret)):
        assert secret not in f"{token!r} {[token]} { ({'token': token}) }"


def test_who_asks_is_printed_without_what_he_shows() -> None:
    """CASES 82."""
    client = Client("127.0.0.1", "request")
    context = Context(client, "tnt_ses_secret", cookie=None)  # type: ignore[arg-type]  # none is set
    assert "tnt_ses_" not in f"{context!r} {Viewer(client)!r}"


def test_every_secret_of_the_settings_is_of_a_type_that_hides_it() -> None:
    """CASES 82: by its name, or because an address may hold a password."""
    named = {
        name: str(field.annotation)
        for name, field in Settings.model_fields.items()
        if SECRET.search(name) or name.endswith(("database_url", "smtp_url", "sms_url", "s_url"))
    }
    assert {name for name, kind in named.items() if "SecretStr" not in kind} == set()
    assert len(named) > 6
