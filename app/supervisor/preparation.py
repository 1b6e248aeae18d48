"""Bring an instance up to date: database, demo collection, index, accounts. Each step does only what is missing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from flask import current_app
from sqlalchemy import func, select

from app.cli.output import progress_bar
from app.extensions import db
from app.settings import Settings

Progress = Callable[[str, int, int], None]
DEMO_COLLECTION = "Demo collection"
PLAIN_SECONDS = 5.0  # between lines of progress where there is no terminal


Account = tuple[str, str, str]  # address, password, role


def prepare() -> list[Account]:
    """All steps in their order, each told on standard error. Returns the demo accounts."""
    settings: Settings = current_app.extensions["pinakes.settings"]
    upgrade_database()
    if is_empty():
        load_demo(settings)
    if has_pictures() and not (settings.indexes_dir / "CURRENT").exists():
        build_first_index()
    return demo_accounts(settings)


def upgrade_database() -> None:
    """Bring the tables to the newest migration."""
    from flask_migrate import upgrade

    say("Database: bringing the tables up to date …")
    upgrade()


def is_empty() -> bool:
    """Whether nothing was ever imported: a demo collection that a curator removed stays removed."""
    from app.catalogue.models import Artwork, ImportRun

    return not any(db.session.scalar(select(func.count()).select_from(table)) for table in (Artwork, ImportRun))


def has_pictures() -> bool:
    from app.catalogue.models import Picture

    return db.session.scalar(select(Picture.id).limit(1)) is not None


def load_demo(settings: Settings) -> None:
    """Draw the demo collection and import it."""
    from app import demo
    from app.catalogue.importers import run_import

    with told("Demo collection: drawing") as progress:
        demo.build(settings.demo_dir, progress=progress)
    with told("Demo collection: importing") as progress:
        catalogue = settings.demo_dir / "catalogue.csv"
        run_import(
            catalogue,
            images=settings.demo_dir,
            collection=DEMO_COLLECTION,
            pictures_dir=settings.pictures_dir,
            progress=progress,
        )


def build_first_index() -> None:
    from app import services

    with told("Index: building") as progress:
        services.build_index(progress=progress)


def demo_accounts(settings: Settings) -> list[Account]:
    """One account per role, made at first run; their passwords are kept in the instance."""
    from app.accounts.demo import ensure_demo_accounts

    return ensure_demo_accounts(settings)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class told:
    """Context of one step: a bar on a terminal, a line every few seconds elsewhere; its time at the end."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.bar = progress_bar() if sys.stderr.isatty() else None
        self.began = self.last = time.monotonic()

    def __enter__(self) -> Progress:
        if self.bar is None:
            say(f"{self.title} …")
            return self._line
        self.bar.start()
        self.task = self.bar.add_task(self.title, total=None)
        return self._bar

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()
        if kind is None:
            say(f"{self.title}: done in {time.monotonic() - self.began:.0f} s")

    def _bar(self, stage: str, done: int, total: int) -> None:
        assert self.bar is not None
        self.bar.update(self.task, description=f"{self.title} ({stage})", completed=done, total=total or None)

    def _line(self, stage: str, done: int, total: int) -> None:
        if time.monotonic() - self.last > PLAIN_SECONDS:
            self.last = time.monotonic()
            say(f"{self.title} ({stage}): {done} of {total}")
