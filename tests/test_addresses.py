"""Which addresses may be called."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.addresses import AddressRules

_REFUSED = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.255
168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1
192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1
255.255.255.255
:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::a9fe:a9fe 64:ff9b::808:808 64:ff9b:1::1
100::1 2001::1 2001:10::1 2001:db8::1 2002:7f00:1::1 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254
fe80::1 fe80::1%1 fec0::1 ff02::1
"""
_ALLOWED = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 128.0.0.1 172.15.255.255
172.32.0.0 192.0.1.1 223.255.255.255 2606:4700::1111 2a00:1450:4001::1 2001:4860:4860::8888
"""


@pytest.mark.parametrize("text", _REFUSED.split())
def test_refused(text: str) -> None:
    """What is not a global unicast address is refused with the reason."""
    assert AddressRules().refusal(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", _ALLOWED.split())
def test_allowed(text: str) -> None:
    """The rest of the internet is allowed, up to the edges of what is not."""
    assert AddressRules().refusal(ipaddress.ip_address(text)) is None


@given(st.ip_addresses())
def test_nothing_that_python_holds_for_private_is_allowed(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    """The standard library's own idea of a global address is never wider."""
    if AddressRules().refusal(address) is None:
        assert address.is_global
        assert not address.is_multicast


def test_everything_may_be_allowed() -> None:
    """One setting lifts the guard, for a receiver on the same machine."""
    rules = AddressRules(allow_private_networks=True)

    assert rules.refusal(ipaddress.ip_address("127.0.0.1")) is None


def test_some_networks_may_be_allowed() -> None:
    """Networks that are named are allowed, their neighbours are not."""
    rules = AddressRules(allow_private_networks=["10.1.0.0/16", "fd00::/8"])

    assert rules.refusal(ipaddress.ip_address("10.1.2.3")) is None
    assert rules.refusal(ipaddress.ip_address("fd12::1")) is None
    assert rules.refusal(ipaddress.ip_address("10.2.0.1")) == "private"


@pytest.mark.parametrize("text", ["10.1.0.0/99", "10.1.2.3/8", "intern", ""])
def test_what_is_no_network_is_refused(text: str) -> None:
    """A mistyped network is told at the start, not found out later."""
    with pytest.raises(ValueError, match="is not a network such as"):
        AddressRules(allow_private_networks=[text])
