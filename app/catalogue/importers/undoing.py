"""Undoing a whole import: what it added goes, what it changed goes back; what somebody has changed since stays, and is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.catalogue.derived import derived
from app.catalogue.errors import CatalogueError
from app.catalogue.import_models import ImportChange
from app.catalogue.importers.artist_table import ArtistTable, windows
from app.catalogue.importers.records import Maker
from app.catalogue.models import BY_UNDO, Artist, Artwork, Collection, Credit, ImportRun, Picture, now
from app.extensions import db

ARTISTS, ARTWORKS, CREDITS, PICTURES = (model.__table__ for model in (Artist, Artwork, Credit, Picture))
CHANGES = ImportChange.__table__
WINDOW = 500
OUTCOMES = ("gone", "restored", "partly", "kept", "hidden")
EDITED = "was edited after the import"
WANTED = "visitors keep it, or a curator has settled a photo of it; it is hidden instead of deleted"
Progress = Callable[[str, int, int], None]


@dataclass
class Undone:
    """What an undo came to: how many works by outcome, artists that went, and every work that it touched."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*OUTCOMES, "artists"), 0))
    touched: list[int] = field(default_factory=list)


def undo_import(run_id: int, progress: Progress | None = None) -> Undone:
    """Undo the import in one transaction; one that is undone already is left as it is.

    Raises CatalogueError for an import that is not there, was only a dry run, or was made before changes were kept.
    """
    run = db.session.get(ImportRun, run_id)
    if run is None or run.dry_run:
        raise CatalogueError(f"There is no import {run_id} that could be undone.")
    if run.written_at is None:
        raise CatalogueError(f"Import {run_id} was made by an older version, which did not keep what it changed.")
    if run.undone_at is not None:
        return Undone()
    try:
        done = _Undoing(run).all(progress)
        db.session.commit()
    except SQLAlchemyError as error:
        db.session.rollback()
        raise CatalogueError(f"The database refused ({getattr(error, 'orig', None) or error}); nothing was undone.") from error
    except BaseException:
        db.session.rollback()
        raise
    return done


def can_be_undone(run: ImportRun) -> bool:
    return not run.dry_run and run.written_at is not None and run.undone_at is None


class _Undoing:
    """One undo as it goes."""

    def __init__(self, run: ImportRun) -> None:
        assert run.written_at is not None
        self.run, self.written_at, self.at = run, run.written_at, now()
        self.connection: Connection = db.session.connection()
        self.artists = ArtistTable(self.connection)
        self.left_artists: set[int] = set()
        self.done = Undone()

    def all(self, progress: Progress | None) -> Undone:
        query = select(CHANGES).where(CHANGES.c.run_id == self.run.id, CHANGES.c.kind != "unchanged").order_by(CHANGES.c.id)
        changes = self.connection.execute(query).all()
        count = 0
        for some in windows(changes, WINDOW):
            self._window(some)
            count += len(some)
            if progress:
                progress("undoing", count, len(changes))
        artists = {int(one) for one in self.run.details.get("artists", [])}
        self.done.counts["artists"] = self.artists.remove_unused(self.left_artists | artists)
        self._remove_collection()
        self.run.undone_at = self.at
        self.run.details = {**self.run.details, "undone": self.done.counts}
        return self.done

    def _window(self, changes: list[Any]) -> None:
        pks = [change.artwork_id for change in changes]
        works = {row.id: row for row in self.connection.execute(select(ARTWORKS).where(ARTWORKS.c.id.in_(pks)))}
        wanted = works_in_use(self.connection, pks)
        told: list[dict[str, Any]] = []
        gone: list[int] = []
        for change in changes:
            work = works.get(change.artwork_id)
            if work is None:
                outcome, why = "gone", ""
            elif change.kind == "changed":
                outcome, why = self._restore(change, work)
            elif work.updated_at != self.written_at:
                outcome, why = "kept", EDITED
            elif work.id in wanted:
                outcome, why = "hidden", WANTED
                hidden = {"hidden": True, "hidden_by": work.hidden_by if work.hidden else BY_UNDO, "updated_at": self.at}
                self.connection.execute(update(ARTWORKS).where(ARTWORKS.c.id == work.id).values(hidden))
            else:
                outcome, why = "gone", ""
                gone.append(work.id)
            told.append({"pk": change.id, "outcome": outcome, "why": why})
            self.done.counts[outcome] += 1
        if gone:
            self.left_artists |= set(self.connection.scalars(select(CREDITS.c.artist_id).where(CREDITS.c.artwork_id.in_(gone))))
            self.connection.execute(delete(ARTWORKS).where(ARTWORKS.c.id.in_(gone)))
        self.done.touched += pks
        statement = update(CHANGES).where(CHANGES.c.id == bindparam("pk"))
        self.connection.execute(statement.values(undone=bindparam("outcome"), kept_because=bindparam("why")), told)

    def _restore(self, change: Any, work: Any) -> tuple[str, str]:
        """Give every field its old value that still has the one which the import gave it."""
        before = {name: value for name, value in change.before.items() if name not in ("artists", "pictures", "updated_at")}
        back = {name: value for name, value in before.items() if work._mapping[name] == change.after[name]}
        kept = [name for name in before if name not in back and work._mapping[name] != before[name]]
        if "artists" in change.after and not self._restore_artists(work.id, change):
            kept.append("artists")
        if "pictures" in change.after and not self._restore_pictures(work.id, change):
            kept.append("pictures")
        whole = {**work._mapping, **back}
        values = {**back, **derived(whole, self._names_of(work.id))}
        if "hidden" in back:  # an import had shown again what an undo before it had hidden
            values["hidden_by"] = BY_UNDO
        untouched = not kept and work.updated_at == self.written_at  # then it is again what it was, its age included
        values["updated_at"] = datetime.fromisoformat(change.before["updated_at"]) if untouched else self.at
        self.connection.execute(update(ARTWORKS).where(ARTWORKS.c.id == work.id).values(values))
        if not kept:
            return "restored", ""
        return ("partly" if back else "kept"), f"{EDITED}: {', '.join(kept)}"

    def _names_of(self, pk: int) -> list[tuple[str, str]]:
        return [self.artists.names[artist] for artist, _role in self._credits_of(pk)]

    def _credits_of(self, pk: int) -> list[tuple[int, str]]:
        query = select(CREDITS.c.artist_id, CREDITS.c.role).where(CREDITS.c.artwork_id == pk).order_by(CREDITS.c.position)
        return [(row.artist_id, row.role) for row in self.connection.execute(query)]

    def _restore_artists(self, pk: int, change: Any) -> bool:
        """False where somebody has changed the artists since."""
        credited = self._credits_of(pk)
        if self.artists.told(credited) != change.after["artists"]:
            return bool(self.artists.told(credited) == change.before["artists"])
        makers = [Maker(one["name"], one["life"], one["role"], one["born"], one["died"]) for one in change.before["artists"]]
        self.artists.ensure(makers)
        self.connection.execute(delete(CREDITS).where(CREDITS.c.artwork_id == pk))
        rows = [
            {"artwork_id": pk, "artist_id": self.artists.id_of(maker), "position": position, "role": maker.role}
            for position, maker in enumerate(makers)
        ]
        if rows:
            self.connection.execute(insert(CREDITS), rows)
        self.left_artists |= {artist for artist, _role in credited}
        return True

    def _restore_pictures(self, pk: int, change: Any) -> bool:
        """Take the new pictures away and put those back that they replaced; False where a new one has gone meanwhile."""
        new = [one["sha256"] for one in change.after["pictures"]]
        mine = (PICTURES.c.artwork_id == pk, PICTURES.c.sha256.in_(new))
        removed = self.connection.execute(delete(PICTURES).where(*mine))
        there = set(self.connection.scalars(select(PICTURES.c.sha256).where(PICTURES.c.artwork_id == pk)))
        old = [one for one in change.before["pictures"] if one["sha256"] not in there]
        if old:
            rows = [{**one, "created_at": datetime.fromisoformat(one["created_at"])} for one in old]
            self.connection.execute(insert(PICTURES), rows)
        return removed.rowcount == len(new)

    def _remove_collection(self) -> None:
        """The collection goes where this import made it and no work is left in it."""
        mine = self.run.collection_id
        if mine is None or not self.run.details.get("new_collection"):
            return
        if not self.connection.scalar(select(exists().where(ARTWORKS.c.collection_id == mine))):
            self.run.collection = None
            db.session.flush()
            self.connection.execute(delete(Collection.__table__).where(Collection.id == mine))


def works_in_use(connection: Connection, pks: list[int]) -> set[int]:
    """Those of the works that visitors keep or speak of, or that a curator settled a photo with: these are not deleted."""
    from app.accounts.models import Favourite, PersonalCollectionWork
    from app.usage.models import Feedback, ruling_works

    tables = (Favourite.__table__, PersonalCollectionWork.__table__, Feedback.__table__, ruling_works)
    columns = [table.c.artwork_id for table in tables]
    return {pk for column in columns for pk in connection.scalars(select(column).where(column.in_(pks))) if pk is not None}
