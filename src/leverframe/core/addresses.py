"""Which addresses the hub sends to when others name them: how a URL is read, and which networks are refused.

Pure: names are resolved elsewhere (``guarded``), and what they lead to is judged here.
https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias
from urllib.parse import quote, urlsplit

import msgspec

from leverframe.core.details import detail
from leverframe.core.errors import Refused

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_V4 = (
    ("0.0.0.0/8", "this network"), ("10.0.0.0/8", "private"), ("100.64.0.0/10", "shared"), ("127.0.0.0/8", "loopback"), ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"), ("192.0.0.0/24", "protocol"), ("192.0.2.0/24", "documentation"), ("192.88.99.0/24", "6to4"), ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "benchmarking"), ("198.51.100.0/24", "documentation"), ("203.0.113.0/24", "documentation"), ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("168.63.129.16/32", "metadata"),  # https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
)  # fmt: skip
_V6 = (
    ("::1/128", "loopback"), ("::/128", "unspecified"), ("::ffff:0:0/96", "v4-mapped"), ("::ffff:0:0:0/96", "v4-translated"), ("::/96", "v4-compatible"),
    ("64:ff9b::/96", "NAT64"), ("64:ff9b:1::/48", "NAT64"), ("100::/64", "discard"), ("2001::/32", "Teredo"), ("2001:2::/48", "benchmarking"), ("2001::/23", "protocol"),
    ("2001:db8::/32", "documentation"), ("2002::/16", "6to4"), ("3fff::/20", "documentation"), ("fc00::/7", "unique local"), ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"), ("ff00::/8", "multicast"),
)  # fmt: skip
_TABLES: dict[int, tuple[tuple[Network, str], ...]] = {
    4: tuple((ip_network(network), kind) for network, kind in _V4), 6: tuple((ip_network(network), kind) for network, kind in _V6),
}  # fmt: skip
_GLOBAL = ip_network("2000::/3")
"""All that IPv6 has given out: whatever else there is, or will be, is refused (https://www.iana.org/assignments/ipv6-address-space)."""
_OPERATORS = frozenset({"private", "shared", "loopback", "unique local", "site-local"})
"""What a host that ``[outbound] allow`` names may lead to. The rest (metadata is link-local) must be named by its network."""

_UNFIT = re.compile(r"[\x00-\x20\x7f\\]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_UNCERTAIN = re.compile("[\u00df\u03c2\u200c\u200d]")
"""Letters that the two versions of IDNA make different names of (https://www.unicode.org/reports/tr46/#Deviations)."""
_KEPT = "%/:=&?~#+!$,;'@()*[]|^`{}\"<>"
"""What stands as it was written in a path or a query: what is left is what ASCII has not."""
LONGEST_URL = 8_000


def special(address: Address) -> str | None:
    """Return what kind of special address it is (``private``, ``loopback``, ``NAT64`` …), ``None`` for one of the open internet."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return "link-local"
        if address not in _GLOBAL:
            return next((kind for network, kind in _TABLES[6] if address in network), "reserved")
    return next((kind for network, kind in _TABLES[address.version] if address in network), None)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a URL leads, as far as it says itself."""

    tls: bool
    host: str
    """A name in ASCII and lower case, or an address without brackets."""
    port: int
    url: str
    """The URL in ASCII, as it is asked for; without its fragment."""


def read_url(url: str) -> Place:
    """Return where a URL leads. Raises ``Refused("url_invalid")``, whose detail says why and holds nothing of the URL.

    One way of writing is taken for each address: what libraries read differently (``127.1``, ``0x7f000001``, ``2130706433``, octal numbers,
    zone ids, ``user@``, backslashes, per cent signs in a host) is refused.
    """
    if len(url) > LONGEST_URL:
        raise _invalid("url_too_long")
    if _UNFIT.search(url):
        raise _invalid("url_characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _invalid("url_unreadable") from None
    if parts.scheme not in ("http", "https"):
        raise _invalid("url_scheme")
    if "@" in parts.netloc:
        raise _invalid("url_user")
    if not host:
        raise _invalid("url_host_missing")
    tls = parts.scheme == "https"
    if port is None:
        port = 443 if tls else 80
        if parts.netloc.endswith(":"):
            raise _invalid("url_port_empty")
    if port not in (80, 443) and port < 1024:
        raise _invalid("url_port")
    if parts.netloc.startswith("["):
        name = str(_v6(host))
        shown = f"[{name}]"
    else:
        name = shown = _name(host)
        _check_numbers(name)
    there = shown if parts.port is None else f"{shown}:{port}"
    rest = quote(parts.path or "/", safe=_KEPT) + (f"?{quote(parts.query, safe=_KEPT)}" if parts.query else "")
    return Place(tls=tls, host=name, port=port, url=f"{parts.scheme}://{there}{rest}")


def _invalid(why: str) -> Refused:
    return Refused("url_invalid", detail(why))


def _v6(host: str) -> IPv6Address:
    if "%" in host:
        raise _invalid("url_zone")
    try:
        return IPv6Address(host)
    except ValueError:
        raise _invalid("url_brackets") from None


def _check_numbers(name: str) -> None:
    """Refuse a host of numbers that is not written as an address is. https://url.spec.whatwg.org/#ends-in-a-number-checker"""
    if not _NUMBER.fullmatch(name.rpartition(".")[2]):
        return
    try:
        IPv4Address(name)  # four decimal numbers without zeros before them, and nothing else
    except ValueError:
        raise _invalid("url_address_not_numbers") from None


def _name(host: str) -> str:
    """Return the host in ASCII: a name of another script as DNS has it."""
    if not host.isascii():
        if _UNCERTAIN.search(host):
            raise _invalid("url_host_uncertain")
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            raise _invalid("url_host_not_a_name") from None
    host = host.lower().removesuffix(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise _invalid("url_host_not_a_name")
    return host


class Allowed(msgspec.Struct, frozen=True, dict=True):
    """What ``[outbound] allow`` lets the hub send to beside the open internet."""

    networks: tuple[Network, ...] = ()
    hosts: tuple[str, ...] = ()
    """Names, in ASCII and lower case; globs."""

    @classmethod
    def of(cls, entries: Sequence[str]) -> Allowed:
        """Return what is written: networks (``10.0.0.0/8``), addresses, and names (``ci.example.com``, ``*.corp.example``).

        Raises ``ValueError`` for what is none of them.
        """
        networks: list[Network] = []
        hosts: list[str] = []
        for entry in entries:
            try:
                networks.append(ip_network(entry))
                continue
            except ValueError:
                pass
            name = entry.lower().removesuffix(".")
            if not name.isascii():
                name = name.encode("idna").decode("ascii")  # UnicodeError is a ValueError
            if not all(_LABEL.fullmatch(label.replace("*", "x")) for label in name.split(".")) or _NUMBER.fullmatch(name.rpartition(".")[2]) or name == "*":
                raise ValueError(f"{entry!r} is neither a network nor a host")
            hosts.append(name)
        return cls(networks=tuple(networks), hosts=tuple(hosts))

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        # A star is for one label or a part of one, as in certificates.
        return re.compile("|".join(re.escape(host).replace(r"\*", "[^.]*") for host in self.hosts)) if self.hosts else None

    def refusal(self, host: str, address: Address) -> str | None:
        """Return the kind of special address for which ``host`` must not be sent to at ``address``, ``None`` when it may."""
        kind = special(address)
        if kind is None or any(address.version == network.version and address in network for network in self.networks):
            return None
        if kind in _OPERATORS and self._pattern is not None and self._pattern.fullmatch(host):
            return None
        return kind
