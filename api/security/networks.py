"""Networks: where a request comes from, and whether that is within a whitelist.

`X-Forwarded-For` is believed only as far as trusted proxies wrote it: read from its right end, the first
address that is no trusted proxy is the client. IPv4 inside IPv6 (`::ffff:`) is IPv4. Pure.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAPPED_BITS: Final = 96
SHOWN_BITS: Final = {4: 24, 6: 48}


def parse_network(text: str) -> Network:
    """Read an address or a CIDR whose host bits are zero.

    Raises:
        ValueError: it is neither.
    """
    network = ip_network(text.strip())
    if isinstance(network, IPv4Network):
        return network
    if network.network_address.scope_id is not None:
        raise ValueError("a zone has a meaning on one machine only")
    mapped = network.network_address.ipv4_mapped
    if mapped is None or network.prefixlen < MAPPED_BITS:
        return network
    return IPv4Network((mapped, network.prefixlen - MAPPED_BITS))


@lru_cache(maxsize=64)
def parse_networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Read a setting's list of networks, once."""
    return tuple(parse_network(text) for text in texts)


def client_address(peer: str | None, forwarded: Iterable[str], proxies: tuple[Network, ...]) -> Address | None:
    """Find the client's address; None when nobody can say (a Unix socket, a proxy that wrote nonsense).

    Args:
        peer: the address at the other end of the connection.
        forwarded: the `X-Forwarded-For` headers in their order.
        proxies: the networks whose hosts are believed.
    """
    address = _parse(peer or "")
    hops = [hop for header in forwarded for hop in header.split(",")]
    while hops and address is not None and is_within(address, proxies):
        address = _parse(hops.pop().strip())
    return address


def is_within(address: Address, networks: Iterable[Network]) -> bool:
    """Whether an address lies in one of the networks."""
    return any(address in network for network in networks)


@lru_cache(maxsize=1024)
def mask(address: Address | None) -> str | None:
    """Shorten an address for logs: the /24 or /48 it lies in."""
    if address is None:
        return None
    return str(ip_network((address, SHOWN_BITS[address.version]), strict=False))


@lru_cache(maxsize=1024)
def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
