"""Origins as browsers write them: a scheme, a host, a port where it is not the usual one."""

import re
from typing import Annotated

from pydantic import AfterValidator

_ORIGIN = re.compile(r"(https?)://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?/?", re.ASCII)
_USUAL = {"http": 80, "https": 443}
_LARGEST_PORT = 65535


def _as_browsers_write_it(value: str) -> str:
    found = _ORIGIN.fullmatch(value.lower())
    if not found or int(found[3] or 0) > _LARGEST_PORT:
        message = "must be like https://app.example.com or http://127.0.0.1:5173: no path, no *"
        raise ValueError(message)
    return of(value)


def of(address: str) -> str:
    """The origin of an address."""
    scheme, _, rest = address.lower().partition("://")
    host = rest.partition("/")[0]
    return f"{scheme}://{host.removesuffix(f':{_USUAL.get(scheme)}')}"


Origin = Annotated[str, AfterValidator(_as_browsers_write_it)]
