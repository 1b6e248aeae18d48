"""Other people's web sites for the tests of fetching: real servers on this machine, reached by made-up names."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from app.addresses import is_public
from app.fetching import Network

Answer = Callable[[BaseHTTPRequestHandler], None]
LOCAL = "127.0.0.1"


@dataclass
class Site:
    """A server: path → what it does with the request; `asked` is what reached it, host and path."""

    pages: dict[str, Answer]
    asked: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0

    def network(self, hosts: dict[str, list[str]] | None = None, tls: ssl.SSLContext | None = None) -> Network:
        """`museum.example` is this server; `hosts` gives other names other addresses. This machine alone counts as public too."""
        known = {"museum.example": [LOCAL], **(hosts or {})}
        return Network(
            resolve=lambda host, _port, _time: known.get(host, []),
            allowed=lambda address: address == LOCAL or is_public(address),
            ports=(self.port,),
            tls=(lambda: tls) if tls else ssl.create_default_context,
        )

    def url(self, path: str, host: str = "museum.example", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


@contextmanager
def opened(pages: dict[str, Answer], tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """The site on a free port, until the end of the block."""
    site = Site(pages)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.headers.get("Host", ""), self.path))
            site.pages.get(self.path, status(404))(self)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer((LOCAL, 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def sends(data: bytes, kind: str = "image/jpeg", announced: int | None = None) -> Answer:
    """200 with a body; `announced` is a Content-Length that may differ from the truth, -1 none at all."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        if kind:
            request.send_header("Content-Type", kind)
        if announced != -1:
            request.send_header("Content-Length", str(len(data) if announced is None else announced))
        request.end_headers()
        request.wfile.write(data)

    return answer


def status(code: int) -> Answer:
    return lambda request: request.send_error(code)


def moved(location: str, code: int = 302) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        request.send_header("Location", location)
        request.end_headers()

    return answer


def certificate(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(server's, client's) contexts: a certificate for `host` that signs itself, and a client that trusts it."""
    key, signed = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", "-keyout", str(key), "-out", str(signed)]
    subprocess.run([*command, *names], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(signed, key)
    return server, ssl.create_default_context(cafile=str(signed))
