"""Which proxies are believed: addresses and networks, nothing else and never everybody.

Names would be looked up by nobody, and whoever believes everybody takes each client's word for his
address, so both are refused at the start instead of counting wrongly later.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import AfterValidator


def _network(value: str) -> str:
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        message = f"{value} is no IP address and no network, such as 10.0.0.0/8"
        raise ValueError(message) from None
    if network.prefixlen == 0:
        message = f"{value} is everybody; name the proxies"
        raise ValueError(message)
    return value


Proxy = Annotated[str, AfterValidator(_network)]


def as_peers(proxies: Sequence[str]) -> Iterator[str]:
    """The same as a socket names them; one that listens on IPv6 writes IPv4 in it."""
    for proxy in proxies:
        yield proxy
        network = ipaddress.ip_network(proxy)
        if isinstance(network, ipaddress.IPv4Network):
            yield f"::ffff:{network.network_address}/{96 + network.prefixlen}"
