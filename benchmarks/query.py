"""How long does a visitor wait, from upload to page, and how much memory does serving take? Prints JSON.

    python benchmarks/query.py PHOTOS [--url URL [--pid PID]] [--count 60] [--out FILE]

PHOTOS is a folder, or a CSV file with a column `photo` (paths relative to it). Without --url a web server of its own is
started, as the product starts it, for the instance that PINAKES_INSTANCE names, on a free port, and stopped at the end.
Photos are posted one after the other, evenly spread over PHOTOS. A wait lasts from the first byte of the upload to the last
of the result page, the redirect included and the page's images not. Memory is the high-water mark of the largest serving
process (Linux: VmHWM, mapped index files included).
"""

from __future__ import annotations

import argparse
import csv
import html
import http.cookiejar
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import picture_files  # noqa: E402
from app.engine.builds import Builds  # noqa: E402
from app.engine.errors import EngineError  # noqa: E402
from app.evaluation.run_card import revision, run_card, write_json  # noqa: E402
from app.settings import Settings, load_settings  # noqa: E402
from app.supervisor.__main__ import environment_of  # noqa: E402
from app.supervisor.parents import die_with_parent  # noqa: E402
from app.supervisor.ports import free_port  # noqa: E402
from app.supervisor.processes import web_server  # noqa: E402

HOST = "127.0.0.1"
FIRST_PORT = 8400
START_SECONDS, STOP_SECONDS, ANSWER_SECONDS = 120, 20, 60


def listed(source: Path) -> list[Path]:
    """The photos of a folder, by name, or of a CSV file, in its order."""
    if source.is_dir():
        return picture_files.among(source.iterdir())
    with source.open(encoding="utf-8-sig", newline="") as file:
        return [source.parent / row["photo"] for row in csv.DictReader(file)]


def spread(items: Sequence[Path], count: int) -> list[Path]:
    """At most `count` of the items, evenly over the whole list, always the same."""
    if len(items) <= count:
        return list(items)
    return [items[i * len(items) // count] for i in range(count)]


def form(fields: dict[str, str], name: str, data: bytes) -> tuple[bytes, str]:
    """A multipart body with one file, `photo`, and its content type (RFC 7578)."""
    boundary = secrets.token_hex(16)
    part = f"--{boundary}\r\nContent-Disposition: form-data; name="
    parts = [f'{part}"{key}"\r\n\r\n{value}\r\n'.encode() for key, value in fields.items()]
    head = f'{part}"photo"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    body = b"".join([*parts, head.encode(), data, f"\r\n--{boundary}--\r\n".encode()])
    return body, f"multipart/form-data; boundary={boundary}"


def token_of(page: str) -> str:
    """The token that guards the page's forms. Raises ValueError where there is none."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    if found is None:
        raise ValueError("The home page has no form to ask with: is this a Pinakes server?")
    return html.unescape(found.group(1))


def stages_of(page: str) -> dict[str, float]:
    """Milliseconds by stage, as a result page shows them (to 10 ms)."""
    pairs = re.findall(r'<dt>([^<]+)</dt>\s*<dd class="number">([\d.]+) s</dd>', page)
    return {html.unescape(name): 1000 * float(seconds) for name, seconds in pairs}


def figures(values: Sequence[float]) -> dict[str, float]:
    """p50, p95 and the largest."""
    p50, p95 = np.percentile(values, [50, 95])
    return {"p50": round(float(p50), 1), "p95": round(float(p95), 1), "max": round(float(max(values)), 1)}


class Visitor:
    """One browser session. Errors of the server are raised as urllib.error.HTTPError."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)
        self.token = token_of(self._read(urllib.request.Request(f"{self.url}/"))[1])

    def _read(self, request: urllib.request.Request) -> tuple[str, str]:
        with self.opener.open(request, timeout=ANSWER_SECONDS) as answer:
            return answer.geturl(), answer.read().decode()

    def ask(self, photo: Path) -> tuple[float, dict[str, float]]:
        """(milliseconds from upload to page, milliseconds by stage) of one photo."""
        data = photo.read_bytes()
        started = time.perf_counter()
        body, kind = form({"csrf_token": self.token, "way": "upload"}, photo.name, data)
        request = urllib.request.Request(f"{self.url}/search", body, {"Content-Type": kind, "Accept": "text/html"})
        address, page = self._read(request)
        waited = (time.perf_counter() - started) * 1000
        if "/searches/" not in address:
            raise ValueError(f"{photo.name} did not lead to a result page but to {address}.")
        return waited, stages_of(page)


def children(pid: int) -> list[int]:
    """Processes that a process started, one level down (Linux)."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def peak_mb(status: str) -> float | None:
    """Megabytes (10⁶) of VmHWM in the text of /proc/PID/status."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return round(int(found.group(1)) * 1024 / 1e6, 1) if found else None


def serving_mb(pid: int | None) -> float | None:
    """Peak resident memory of the largest of a web server's processes; None where it cannot be read."""
    if pid is None:
        return None
    peaks = []
    for one in (pid, *children(pid)):
        try:
            peaks.append(peak_mb(Path(f"/proc/{one}/status").read_text()))
        except OSError:
            continue
    return max((peak for peak in peaks if peak is not None), default=None)


def wait_until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    """Raises ValueError when the server ends or does not answer in time."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise ValueError(f"The web server did not answer at {url} (exit code {process.poll()}).")


@contextmanager
def served(settings: Settings) -> Iterator[tuple[str, int]]:
    """(address, process id) of a web server of our own, stopped at the end with all that it started."""
    port = free_port(HOST, FIRST_PORT)
    command = web_server(settings.model_copy(update={"host": HOST}), port)
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment_of(settings, os.environ), start_new_session=True, preexec_fn=die_with_parent,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_up(f"http://{HOST}:{port}/", process)
        yield f"http://{HOST}:{port}", process.pid
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def measure(url: str, pid: int | None, photos: Sequence[Path], warm_ups: int) -> dict[str, Any]:
    """Ask every photo once, after `warm_ups` that are not counted. `load`: of the machine (1 minute), before and after."""
    visitor = Visitor(url)
    for photo in photos[:warm_ups]:
        visitor.ask(photo)
    load = os.getloadavg()[0]
    answers = [visitor.ask(photo) for photo in photos]
    names = dict.fromkeys(name for _, stages in answers for name in stages)
    return {
        "photos": len(answers), "warm_ups": min(warm_ups, len(photos)),
        "upload_to_page_ms": figures([waited for waited, _ in answers]),
        "stages_ms": {name: figures([stages[name] for _, stages in answers if name in stages]) for name in names},
        "peak_resident_mb": serving_mb(pid), "load": [round(load, 2), round(os.getloadavg()[0], 2)],
    }


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    photos = spread(listed(arguments.photos), arguments.count)
    if not photos:
        raise ValueError(f"{arguments.photos} has no photos.")
    if arguments.url:
        return measure(arguments.url, arguments.pid, photos, arguments.warm_ups)
    settings = load_settings()
    shelf = Builds(settings.indexes_dir)
    manifest = shelf.manifest(shelf.current())
    with served(settings) as (url, pid):
        measured = measure(url, pid, photos, arguments.warm_ups)
    return {**measured, "threads": settings.threads, "preset": manifest["preset"], "works": manifest["works"]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--url", help="of a server that runs already")
    parser.add_argument("--pid", type=int, help="of that server, on this machine, for its memory")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--warm-ups", type=int, default=3)
    parser.add_argument("--out", type=Path, help="keep the result in this file too")
    arguments = parser.parse_args()
    try:
        result = {"revision": revision(ROOT, "unknown"), **run(arguments)}
    except (OSError, ValueError, EngineError) as error:
        print(error, file=sys.stderr)
        return 1
    card = run_card(result, f"python benchmarks/query.py {arguments.photos.name} --count {arguments.count}")
    if arguments.out:
        write_json(arguments.out, card)
    print(json.dumps(card, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
