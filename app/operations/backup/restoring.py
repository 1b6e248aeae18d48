"""Restoring a backup: the archive is read through and every hash checked before anything of the instance is touched.

Everything is made ready beside the instance's own files, then takes their place by renames; what was there before is set aside.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from flask import Flask
from sqlalchemy import Engine, create_engine, inspect, make_url, text
from sqlalchemy.pool import NullPool

from app.catalogue.models import now
from app.operations import beats
from app.operations.backup import tables
from app.operations.backup.archive import COPY_BYTES, BackupError, Told, read
from app.settings import ROOT, Settings
from app.supervisor.lock import is_held

HELD = ("artworks", "users", "searches", "import_runs")  # an instance with a row in one of them is not empty
STAYS = ("run.lock", "run.json", "backup.lock", "index.lock", "broker", "health", "logs")
ROOM = 1.1  # of the archive's size must be free, for the copy beside it


@dataclass
class Place:
    """Where a restore puts things before they count."""

    settings: Settings
    stamp: str = field(default_factory=lambda: f"{now():%Y%m%d-%H%M%S}")

    @property
    def staging(self) -> Path:
        return self.settings.instance / f".restoring-{self.stamp}"

    @property
    def aside(self) -> Path:
        return self.settings.instance / f"before-restore-{self.stamp}"

    @property
    def schema_aside(self) -> str:
        return f"before_restore_{self.stamp.replace('-', '_')}"

    @property
    def sqlite(self) -> Path | None:
        """The file of the database; None where it is PostgreSQL's."""
        url = make_url(self.settings.database)
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def restore(settings: Settings, path: Path, *, replace: bool = False, told: Told | None = None) -> dict[str, Any]:
    """Put the instance into the state of the backup; returns what it holds. Raises BackupError, and then nothing was changed."""
    tell, place = told or (lambda stage, done, total: None), Place(settings)
    if not path.is_file():
        raise BackupError(f"There is no backup {path}.")
    _refuse_a_running_site(settings)
    held = holdings(settings)
    if held and not replace:
        raise BackupError(f"The instance {settings.instance} is not empty ({held}); --replace sets what is there aside.")
    _refuse_a_full_disk(settings.instance, path)
    try:
        manifest = read(path, _taking(place.staging), tell)
        _refuse_a_newer_schema(manifest["revision"])
        rows = _database(place, manifest, tell, aside=bool(held))
        _files(place, aside=bool(held))
    finally:
        shutil.rmtree(place.staging, ignore_errors=True)
    kept = str(place.aside) if place.aside.exists() else ""
    return {
        "created": manifest["created"], "rows": rows, "pictures": manifest["pictures"], "missing": manifest["missing"],
        "build": manifest["build"], "from": manifest["dialect"], "aside": kept,
        "schema_aside": place.schema_aside if held and place.sqlite is None else "",
    }  # fmt: skip


def holdings(settings: Settings) -> str:
    """What an instance holds that a restore would take the place of, in words; empty for an empty one."""
    found = []
    with _engine(settings.database).connect() as connection:
        known = set(inspect(connection).get_table_names())
        for name in HELD:
            if name in known and (count := connection.execute(text(f"SELECT count(*) FROM {name}")).scalar()):
                found.append(f"{count} {name.replace('_', ' ')}")
    for folder in (settings.pictures_dir, settings.indexes_dir):
        if folder.is_dir() and any(folder.iterdir()):
            found.append(f"{folder.name}/")
    return ", ".join(found)


def _refuse_a_running_site(settings: Settings) -> None:
    if is_held(settings.instance):
        raise BackupError(f"Pinakes runs on the instance {settings.instance}; stop it first.")
    running = [beat.name for beat in beats.read(settings.instance) if not beat.silent]
    if running:
        raise BackupError(f"A process of the instance {settings.instance} runs ({running[0]}); stop it first.")


def _refuse_a_full_disk(instance: Path, path: Path) -> None:
    free, size = shutil.disk_usage(instance).free, int(path.stat().st_size * ROOM)
    if free < size:
        raise BackupError(f"{size >> 20:,} MB are needed where the instance lies, and {free >> 20:,} MB are free; make room.")


def _refuse_a_newer_schema(revision: str) -> None:
    try:
        ScriptDirectory(str(ROOT / "migrations")).get_revision(revision)
    except CommandError as error:
        raise BackupError(f"The backup is of a newer version (schema {revision}); update Pinakes first.") from error


def _taking(staging: Path) -> Any:
    """What writes each member below the staging folder, and makes it its owner's alone as it was."""
    staging.mkdir(mode=0o700)

    def take(name: str, source: IO[bytes]) -> None:
        target = staging / name
        target.parent.mkdir(parents=True, exist_ok=True)
        private = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(target, private, 0o600 if target.name == "secrets.json" else 0o644), "wb") as out:
            shutil.copyfileobj(source, out, COPY_BYTES)

    return take


# The database


def _database(place: Place, manifest: dict[str, Any], tell: Told, *, aside: bool) -> dict[str, int]:
    """Rows into tables of the backup's own version, then the migrations since; all of it or nothing."""
    app = _application(place)
    with app.app_context(), _emptied_schema(place, app, aside=aside):
        from flask_migrate import upgrade

        from app.extensions import db

        upgrade(revision=manifest["revision"])
        db.engine.dispose()
        rows = _loaded(str(db.engine.url.render_as_string(hide_password=False)), place.staging / "database", manifest, tell)
        upgrade()
        _settle(Path(manifest["settings"].get("instance", "/")), place.settings.instance)
        db.session.remove()
        db.engine.dispose()
        return rows


def _application(place: Place) -> Flask:
    """The application on the staging folder; its database is a file there, or the PostgreSQL of the settings."""
    from app import create_app

    files = place.staging / "files"
    files.mkdir(exist_ok=True)
    url = "" if place.sqlite else place.settings.database_url
    return create_app(place.settings.model_copy(update={"instance": files, "database_url": url, "testing": True, "otlp_url": ""}))


def _loaded(url: str, folder: Path, manifest: dict[str, Any], tell: Told) -> dict[str, int]:
    counted = {}
    with _engine(url).begin() as connection:
        known = tables.reflected(connection)
        if strange := sorted(manifest["rows"].keys() - known.keys()):
            raise BackupError(f"The backup has a table {strange[0]!r} that its schema {manifest['revision']} does not have.")
        tables.emptied(connection, known)
        with tables.unchecked(connection, known):
            for name, table in known.items():
                if name in manifest["rows"]:
                    path = folder / f"{name}.jsonl.gz"
                    counted[name] = tables.load(connection, table, path, lambda of, count: tell(f"rows of {of}", count, 0))
        tables.go_on_counting(connection, known)
    if counted != manifest["rows"]:
        raise BackupError("The backup's rows are not as many as its manifest says; take an older one.")
    return counted


def _settle(former: Path, instance: Path) -> None:
    """What was under way then is not now: jobs are not run again by themselves, messages not sent a second time.

    Jobs that name files of the instance find them where it lies now.
    """
    from sqlalchemy import select, update

    from app.accounts.models import Mail
    from app.extensions import db
    from app.usage.failures import WebhookPost
    from app.usage.jobs import UNFINISHED
    from app.usage.models import IndexBuild, Job

    sentence = "It was under way when the backup was taken; start it again."
    ended = {"state": "cancelled", "message": sentence, "finished_at": now()}
    db.session.execute(update(Job).where(Job.state.in_(UNFINISHED)).values(**ended))
    db.session.execute(update(IndexBuild).where(IndexBuild.state == "running").values(**ended))
    for job in db.session.scalars(select(Job)):
        job.arguments = {name: _moved(value, former, instance) for name, value in job.arguments.items()}
    unsent = {"state": "failed", "error": "It waited when the backup was taken, and may have been sent since."}
    db.session.execute(update(Mail).where(Mail.state == "waiting").values(**unsent))
    db.session.execute(update(WebhookPost).where(WebhookPost.state == "waiting").values(**unsent))
    db.session.commit()


def _moved(value: Any, former: Path, instance: Path) -> Any:
    """A path inside the former instance as one inside this instance; anything else as it is."""
    inside = isinstance(value, str) and value.startswith(f"{former}/")
    return str(instance / Path(value).relative_to(former)) if inside else value


@contextmanager
def _emptied_schema(place: Place, app: Flask, *, aside: bool) -> Iterator[None]:
    """PostgreSQL: an empty schema, the former one set aside or, where it held nothing, unmade; put back where the block fails."""
    if place.sqlite is not None:
        yield
        return
    from flask_migrate import downgrade

    engine = _engine(place.settings.database)
    with engine.begin() as connection:
        schema = str(connection.execute(text("SELECT current_schema()")).scalar())
        migrated = inspect(connection).has_table(tables.REVISIONS)
        if aside:
            connection.exec_driver_sql(f'ALTER SCHEMA "{schema}" RENAME TO "{place.schema_aside}"')
            connection.exec_driver_sql(f'CREATE SCHEMA "{schema}"')
    if migrated and not aside:
        downgrade(revision="base")
    try:
        yield
    except BaseException:
        from app.extensions import db

        db.session.remove()
        db.engine.dispose()
        if aside:
            with engine.begin() as connection:
                connection.exec_driver_sql(f'DROP SCHEMA "{schema}" CASCADE')
                connection.exec_driver_sql(f'ALTER SCHEMA "{place.schema_aside}" RENAME TO "{schema}"')
        raise


def _engine(url: str) -> Engine:
    return create_engine(url, poolclass=NullPool)


# The files


def _files(place: Place, *, aside: bool) -> None:
    """The instance's former entries go aside, the restored ones take their place: renames on one disk."""
    instance, made = place.settings.instance, place.staging / "files"
    for entry in sorted(instance.iterdir()):
        if entry.name in STAYS or entry.name.startswith((".", "before-restore-", "pinakes-")) or entry.name == "backups":
            continue
        if aside:
            place.aside.mkdir(mode=0o700, exist_ok=True)
            entry.rename(place.aside / entry.name)
        elif entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    for entry in sorted(made.iterdir()):
        if entry.name not in STAYS:
            entry.rename(instance / entry.name)
    if place.sqlite and place.sqlite != instance / "pinakes.sqlite":
        _to_its_own_place(instance / "pinakes.sqlite", place)


def _to_its_own_place(made: Path, place: Place) -> None:
    """A database whose file the settings put elsewhere."""
    assert place.sqlite is not None
    place.sqlite.parent.mkdir(parents=True, exist_ok=True)
    for end in ("-wal", "-shm", ""):
        former = Path(f"{place.sqlite}{end}")
        if former.exists():
            former.rename(former.with_name(f"{former.name}.{place.aside.name}"))
    shutil.move(made, place.sqlite)
