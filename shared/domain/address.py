"""Internet addresses that a stranger may make us call: those of the open internet, and no other (R-285)."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

# Global by their number, and yet not the open internet: the cloud's own service at every machine's side, and the ways by which an
# IPv6 address leads to an IPv4 one that was never looked at.
_NEVER: Final = tuple(
    ip_network(each) for each in ("168.63.129.16/32", "64:ff9b::/96", "2002::/16", "2001::/32", "::/96", "::ffff:0:0/96")
)


def is_public(text: str) -> bool:
    """Is this the address of a machine in the open internet? What is no address is not."""
    address = _address(text)
    if address is None or any(address in network for network in _NEVER if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def is_loopback(text: str) -> bool:
    """Is this the machine itself?"""
    address = _address(text)
    return address is not None and address.is_loopback


def is_address(text: str) -> bool:
    """Is this an address rather than a name?"""
    return _address(text) is not None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None
