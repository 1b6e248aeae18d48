"""The port of the web server: the wanted one, or the next that is free."""

from __future__ import annotations

import socket

TRIES = 100  # ports looked at after the wanted one


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gunicorn does: a port in TIME_WAIT is free
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str, wanted: int) -> int:
    """The first free port from `wanted` on. Raises OSError naming the range if there is none."""
    last = min(wanted + TRIES, 65535)
    for port in range(wanted, last + 1):
        if is_free(host, port):
            return port
    raise OSError(f"No free port from {wanted} to {last} on {host}: set PINAKES_PORT to one that is free.")


def page_address(host: str, port: int) -> str:
    """What to type into a browser on this machine."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"
