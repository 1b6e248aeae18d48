"""Which addresses of the web a visitor may have us ask: public ones alone, told before a connection is opened."""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from app.language import gettext as _

LONGEST = 2000  # characters of an address
PORTS = (80, 443)
DEFAULT_PORTS = {"http": 80, "https": 443}
OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+-]*:(?!\d)", re.IGNORECASE)  # `data:…`, but not `example.org:443/…`
SAFE = "/%:@!$&'()*+,;=~-._"  # what a request line may hold as it is; the % of what is quoted already stays
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address that is meant
UNICAST = ipaddress.IPv6Network("2000::/3")  # all that is handed out to sites (RFC 4291)
# of it: 6to4 and Teredo, which carry an IPv4 address inside and may lead to it, and examples (RFC 9637)
NO_SITES = [ipaddress.IPv6Network(network) for network in ("2002::/16", "2001::/32", "3fff::/20")]


class FetchError(Exception):
    """Why a picture was not fetched: one sentence for the person who gave its address."""


@dataclass(frozen=True)
class Target:
    """An address taken apart. `host` is ASCII without brackets, `path` what a request line asks for."""

    scheme: str
    host: str
    port: int
    path: str


def is_public(address: str) -> bool:
    """Whether an IPv4 or IPv6 address belongs to the public internet, itself and any IPv4 address that it carries."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or (ipaddress.IPv4Address(int(found) & 0xFFFFFFFF) if found in NAT64 else None)
        if inner is not None:
            return is_public(str(inner))
        if found.scope_id or found not in UNICAST or any(found in network for network in NO_SITES):
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def taken_apart(url: str, ports: tuple[int, ...] = PORTS) -> Target:
    """The parts of an address that may be asked. Raises FetchError.

    An address without a scheme, as people read it off a poster, is taken for https.
    """
    url = url.strip()
    if not url:
        raise FetchError(_("There was no address. Copy the address of a picture and paste it here."))
    if len(url) > LONGEST or re.search(r"[\s\x00-\x1f\x7f\\]", url):
        raise FetchError(_("This is not the address of a picture. Copy it once more from the browser and paste it here."))
    if OTHER_SCHEME.match(url):
        raise FetchError(_("Only addresses that begin with https:// or http:// can be opened."))
    if "://" not in url:
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
        host = _ascii(parts.hostname or "")
    except ValueError:
        host, port = "", 0
    if not host or not port or parts.scheme not in DEFAULT_PORTS:
        raise FetchError(_("This is not the address of a picture. Copy it once more from the browser and paste it here."))
    if parts.username is not None or parts.password is not None:
        raise FetchError(_("The address holds a name or password. For your safety it is not used: take one without."))
    if port not in ports:
        raise FetchError(
            _("The address asks for an unusual port (%(port)s). Only ordinary web addresses are opened.", port=str(port))
        )
    query = "?" + quote(parts.query, safe=SAFE + "?[]") if parts.query else ""
    return Target(parts.scheme, host, port, quote(parts.path or "/", safe=SAFE) + query)


def _ascii(host: str) -> str:
    """A host name as DNS has it. Raises ValueError (UnicodeError) for what cannot be one."""
    if ":" in host:  # IPv6, its brackets taken off
        return str(ipaddress.IPv6Address(host))
    return host.encode("idna").decode("ascii").rstrip(".")


def looked_up(host: str, port: int, timeout_s: float) -> list[str]:
    """Every address of a host name, as the system resolves it; none where it has none, or none in time."""
    found: list[str] = []

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        except (OSError, UnicodeError):
            return
        found.extend(dict.fromkeys(str(row[4][0]) for row in rows))

    asking = threading.Thread(target=ask, daemon=True)  # getaddrinfo knows no time limit of its own
    asking.start()
    asking.join(timeout_s)
    return list(found)


Resolve = Callable[[str, int, float], list[str]]


def checked(target: Target, timeout_s: float, resolve: Resolve, allowed: Callable[[str], bool]) -> list[str]:
    """The addresses that a connection may be pinned to: all of the host's, if every one is public. Raises FetchError.

    One private address among them is enough to refuse: a host that answers both ways is after something.
    """
    addresses = resolve(target.host, target.port, timeout_s)
    if not addresses:
        raise FetchError(_("There is no site “%(host)s”, or it cannot be reached. Check the address.", host=target.host))
    if not all(allowed(address) for address in addresses):
        raise FetchError(_("“%(host)s” is not a public site. Only pictures that anyone may see can be opened.", host=target.host))
    return addresses
