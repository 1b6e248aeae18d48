"""A picture by its public address: fetched without letting the address reach anything that is not public.

The host is resolved once and the connection goes to the address that was checked, so that a second answer of the name server
changes nothing; TLS is still verified against the name. Each redirect is a new address and is checked again.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from app import addresses
from app.addresses import FetchError as FetchError
from app.addresses import Target
from app.language import gettext as _
from app.language import ngettext

REDIRECTS = 4
AT_ONCE = threading.BoundedSemaphore(4)  # each holds a thread of the web server while the other site takes its time
CONNECT_S = 4.0
CHUNK = 64 * 1024
PICTURES, DOCUMENTS = "image/*", "application/ld+json, application/json"
HEADERS = {"User-Agent": "Pinakes", "Accept-Encoding": "identity", "Connection": "close"}
UNKNOWN_KINDS = ("", "application/octet-stream", "binary/octet-stream")  # what servers say that do not know better
MOVED = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Limits:
    """How much one picture, or one document of an import, may ask of us."""

    max_mb: int = 16
    total_s: int = 10
    document: bool = False  # JSON is wanted, not a picture


@dataclass(frozen=True)
class Network:
    """How the outside is reached; tests replace it, nothing else does."""

    resolve: addresses.Resolve = addresses.looked_up
    allowed: Callable[[str], bool] = addresses.is_public
    ports: tuple[int, ...] = addresses.PORTS
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context


@dataclass(frozen=True)
class Fetched:
    """What lay at the address; that it is a picture is only said so far."""

    data: bytes
    name: str


@dataclass
class _Clock:
    """The end of the time that is allowed for everything together."""

    total_s: int
    end: float = field(init=False)

    def __post_init__(self) -> None:
        self.end = time.monotonic() + self.total_s

    def left_s(self) -> float:
        """Seconds left. Raises FetchError where there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise self.too_slow()
        return left

    def too_slow(self) -> FetchError:
        words = ngettext(
            "The site did not send the picture within %(num)s second. Save the picture and choose the file.",
            "The site did not send the picture within %(num)s seconds. Save the picture and choose the file.",
            self.total_s,
        )
        return FetchError(words)


def fetch(url: str, limits: Limits, network: Network | None = None) -> Fetched:
    """The bytes at a public address and the name of the file. Raises FetchError: one sentence."""
    if not AT_ONCE.acquire(blocking=False):
        raise FetchError(_("Many links are being opened just now. Wait a few seconds and try again."))
    try:
        return _followed(url, limits, network or Network())
    finally:
        AT_ONCE.release()


def _followed(url: str, limits: Limits, network: Network) -> Fetched:
    """From address to address until there is an answer, all within one limit of time."""
    clock = _Clock(limits.total_s)
    for _hop in range(REDIRECTS + 1):
        target = addresses.taken_apart(url, network.ports)
        with _answer(target, clock, network, DOCUMENTS if limits.document else PICTURES) as response:
            location = response.getheader("Location", "")
            if response.status not in MOVED or not location:
                return Fetched(_body(response, target, clock, limits), _name(url))
        url = urljoin(url, location)
    raise FetchError(_("The site sends us on from address to address without end. Save the picture and choose the file."))


@contextmanager
def _answer(target: Target, clock: _Clock, network: Network, wanted: str) -> Iterator[http.client.HTTPResponse]:
    """The answer to one request, its body unread. What goes wrong on the way is a sentence."""
    pinned = addresses.checked(target, min(CONNECT_S, clock.left_s()), network.resolve, network.allowed)
    with _connected(pinned, target, clock) as plain, _cut_at_the_end(plain, clock):
        try:
            with closing(_connection(plain, target, network)) as connection:
                connection.request("GET", target.path, headers={**HEADERS, "Accept": wanted})
                with connection.getresponse() as response:
                    yield response
        except ssl.SSLCertVerificationError as error:
            words = _("The site could not prove that it is “%(host)s”. Save the picture and choose the file.", host=target.host)
            raise FetchError(words) from error
        except (OSError, http.client.HTTPException) as error:
            clock.left_s()  # was it we who cut the line?
            raise _broken_off(target) from error


@contextmanager
def _cut_at_the_end(plain: socket.socket, clock: _Clock) -> Iterator[None]:
    """End the connection when the time is over: a site that sends a byte now and then passes every limit on single reads."""
    line = plain.dup()  # TLS takes the first handle over; this one stays ours, and is the same line

    def cut() -> None:
        with suppress(OSError):  # it had ended already
            line.shutdown(socket.SHUT_RDWR)

    waiting = threading.Timer(clock.left_s(), cut)
    waiting.daemon = True
    waiting.start()
    try:
        yield
    finally:
        waiting.cancel()
        waiting.join()  # so that it never meets another connection under the same number
        line.close()


def _connected(pinned: list[str], target: Target, clock: _Clock) -> socket.socket:
    """A connection to the first of the checked addresses that takes one."""
    for address in pinned:
        try:
            return socket.create_connection((address, target.port), timeout=min(CONNECT_S, clock.left_s()))
        except OSError:
            continue
    raise FetchError(_("There is no site “%(host)s”, or it cannot be reached. Check the address.", host=target.host))


def _connection(plain: socket.socket, target: Target, network: Network) -> http.client.HTTPConnection:
    """HTTP over the connection that there is already; the standard library opens none where it finds one."""
    if target.scheme == "http":
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = plain
        return connection
    context = network.tls()
    secure = http.client.HTTPSConnection(target.host, target.port, context=context)
    secure.sock = context.wrap_socket(plain, server_hostname=target.host)
    return secure


def _body(response: http.client.HTTPResponse, target: Target, clock: _Clock, limits: Limits) -> bytes:
    """The picture, read until it ends or becomes too large."""
    if response.status != 200:
        words = _("“%(host)s” has no picture at this address (it answered %(code)s). Check the address.", **_said(target, response))
        raise FetchError(words)
    kind = response.headers.get_content_type() if response.headers.get("Content-Type") else ""
    (_check_document if limits.document else _check_kind)(kind)
    most = limits.max_mb * 1024 * 1024
    data = bytearray()
    if (response.length or 0) > most:
        raise _too_large(limits)
    while chunk := response.read1(CHUNK):
        data += chunk
        clock.left_s()
        if len(data) > most:
            raise _too_large(limits)
    clock.left_s()
    if response.length:  # of what was announced
        raise _broken_off(target)
    return bytes(data)


def _check_kind(kind: str) -> None:
    if kind in ("text/html", "application/xhtml+xml"):
        raise FetchError(
            _("This is the address of a page, not of a picture. Open the picture alone on the page, then copy its address.")
        )
    if kind == "image/svg+xml" or not (kind.startswith("image/") or kind in UNKNOWN_KINDS):
        raise FetchError(_("At this address there is no photograph (it is “%(kind)s”). Take the address of a picture.", kind=kind))


def _check_document(kind: str) -> None:
    if not ("json" in kind or kind == "text/plain" or kind in UNKNOWN_KINDS):
        words = _("At this address there is no IIIF document (it is “%(kind)s”). Take the address of a manifest.", kind=kind)
        raise FetchError(words)


def _said(target: Target, response: http.client.HTTPResponse) -> dict[str, str]:
    return {"host": target.host, "code": str(response.status)}


def _too_large(limits: Limits) -> FetchError:
    words = _("The picture at this address is larger than %(mb)s MB. Take a smaller version of it.", mb=str(limits.max_mb))
    return FetchError(words)


def _broken_off(target: Target) -> FetchError:
    words = _("“%(host)s” broke off before the picture was there. Save the picture and choose the file.", host=target.host)
    return FetchError(words)


def _name(url: str) -> str:
    """The last part of the path: what the picture would be called as a file."""
    return PurePosixPath(unquote(urlsplit(url).path)).name[:200] or "picture"
