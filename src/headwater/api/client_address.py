"""Whose address a request comes from, when proxies stand in between."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address


class ClientAddress:
    """Reads `X-Forwarded-For`, believing only what trusted proxies have put there."""

    def __init__(self, trusted_proxies: Sequence[str] = ()) -> None:
        """Trust addresses and networks such as `10.0.0.0/8`; raise ValueError for other text."""
        self._trusted = [ip_network(each, strict=False) for each in trusted_proxies]

    def read(self, peer: str | None, forwarded_for: str | None) -> str | None:
        """Answer the client's address, or None where there is none to be known.

        Each proxy appends the address that it was called from; so the list is read from its end,
        past the trusted ones, and the first that is not trusted is the client.

        Args:
            peer: the other end of the connection.
            forwarded_for: the request's `X-Forwarded-For`.
        """
        if not self._trusted:
            return peer
        address = _parse(peer)
        if address is None or not self._is_trusted(address):
            return peer
        for text in reversed((forwarded_for or "").split(",")):
            before = _parse(text)
            if before is None:
                break  # written by nobody we trust
            address = before
            if not self._is_trusted(address):
                break
        return str(address)

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _parse(text: str | None) -> Address | None:
    try:
        address = ip_address((text or "").strip())
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
