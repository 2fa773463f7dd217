"""Which addresses a request to the outside may go to.

What users configure (a webhook's url) must not reach what only this machine can: its own
services, its network, its cloud's metadata. So only global unicast addresses pass; the tables name
the rest, from IANA's registries of special-purpose addresses
(https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry).
They are spelled out as the standard library's `is_global` differs between Python versions.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REFUSED: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by carriers (CGNAT)"),
    ("127.0.0.0/8", "loopback"),
    ("168.63.129.16/32", "Azure's host"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved"),
    ("192.0.2.0/24", "for documentation"),
    ("192.88.99.0/24", "a 6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "for benchmarks"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::ffff:0:0/96", "an IPv4 address in IPv6 form"),
    ("64:ff9b::/96", "an IPv4 address behind NAT64"),
    ("64:ff9b:1::/48", "an IPv4 address behind NAT64"),
    ("2001::/23", "reserved (Teredo and other protocols)"),
    ("2001:db8::/32", "for documentation"),
    ("2002::/16", "an IPv4 address in 6to4 form"),
    ("3fff::/20", "for documentation"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "private"),
    ("ff00::/8", "multicast"),
)
_GLOBAL_IPV6 = "2000::/3"


class AddressRules:
    """What is allowed, on top of global unicast addresses."""

    def __init__(self, *, allow_private_networks: bool | Iterable[str] = False) -> None:
        """Make the rules.

        Args:
            allow_private_networks: True for all; or networks, such as `10.1.0.0/16`.

        Raises:
            ValueError: one of them is no network.
        """
        self._all = allow_private_networks is True
        given = () if isinstance(allow_private_networks, bool) else allow_private_networks
        self._allowed: tuple[Network, ...] = tuple(map(_network, given))
        self._refused = tuple((ipaddress.ip_network(network), why) for network, why in _REFUSED)
        self._global = ipaddress.IPv6Network(_GLOBAL_IPV6)

    def refusal(self, address: Address) -> str | None:
        """Answer why an address is refused (`loopback`, …), or None where it is allowed."""
        if self._all or any(address in network for network in self._allowed):
            return None
        for network, why in self._refused:
            if address in network:
                return why
        if address.version == 6 and address not in self._global:
            return "reserved"
        return None


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text.strip())
    except ValueError as error:
        raise ValueError(
            f"{text!r} in allow_private_networks is not a network such as 10.1.0.0/16"
        ) from error
