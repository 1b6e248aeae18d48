"""Second half of an import: the plan into the database, in windows of rows, within the caller's one transaction."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from app.catalogue.artists import reading_name
from app.catalogue.derived import derived
from app.catalogue.importers.artist_table import WINDOW, ArtistTable, windows
from app.catalogue.importers.planning import Plan, PlannedWork, Progress
from app.catalogue.importers.records import Change, Maker
from app.catalogue.models import BY_UNDO, Artwork, Credit, Picture, now

ARTWORKS, CREDITS, PICTURES = (model.__table__ for model in (Artwork, Credit, Picture))
_DERIVED = tuple(derived({}, []))
_FIELDS = [
    "title", "date_text", "year_from", "year_to", "technique", "dimensions", "location", "school", "form", "type", "timeframe",
    "description", "url", "extra",
]  # fmt: skip
_EMPTY: dict[str, Any] = {name: None if name.startswith("year_") else {} if name == "extra" else "" for name in _FIELDS}
Credited = list[tuple[int, str]]  # (artist_id, role) in order
Rows = list[dict[str, Any]]


class Store:
    """One collection as it is being written. Counts go into `counts`, what is done to each work into `changes`."""

    def __init__(self, connection: Connection, collection_id: int, counts: dict[str, int], changes: list[Change]) -> None:
        self.connection = connection
        self.collection_id = collection_id
        self.counts = counts
        self.changes = changes
        self.at = now()
        self.artists = ArtistTable(connection)
        self.left_artists: set[int] = set()  # artists that lost a credit
        self.pks: dict[str, int] = self._pks()  # of all works that the collection has, by source id

    def write(self, plan: Plan, progress: Progress | None = None) -> None:
        """Add or update all works of the plan."""
        done, total = 0, len(plan.works)
        for works in windows(plan.works.values(), WINDOW):
            self._window(works)
            done += len(works)
            if progress:
                progress("storing", done, total)
        self.artists.remove_unused(self.left_artists)

    def write_people(self, plan: Plan) -> list[int]:
        """Add the artists of a table of artists alone; returns the ids of those that were not known."""
        known = set(self.artists.names)
        self.artists.ensure(person.maker for person in plan.people.values())
        added = [artist for artist in self.artists.names if artist not in known]
        self.counts["added"] += len(added)
        self.counts["unchanged"] += len(plan.people) - len(added)
        return added

    def _window(self, works: list[PlannedWork]) -> None:
        self.artists.ensure(maker for work in works for maker in work.record.makers or [])
        known = self._known(works)
        added = [work for work in works if work.record.source_id not in known]
        pks = self._add(added)
        self.counts["added"] += len(added)
        self._add_pictures({pks[work.record.source_id]: work for work in added}, {})
        self.changes += [_change("added", work, pks[work.record.source_id]) for work in added]
        self._update({known[work.record.source_id].id: work for work in works if work.record.source_id in known}, known)

    def _pks(self, after: int = 0) -> dict[str, int]:
        """Source id → primary key of the collection's works with a key above `after`."""
        here = (ARTWORKS.c.collection_id == self.collection_id, ARTWORKS.c.id > after)
        return {row.source_id: row.id for row in self.connection.execute(select(ARTWORKS.c.source_id, ARTWORKS.c.id).where(*here))}

    def _known(self, works: list[PlannedWork]) -> dict[str, Any]:
        pks = [self.pks[work.record.source_id] for work in works if work.record.source_id in self.pks]
        if not pks:
            return {}
        return {row.source_id: row for row in self.connection.execute(select(ARTWORKS).where(ARTWORKS.c.id.in_(pks)))}

    def _add(self, works: list[PlannedWork]) -> dict[str, int]:
        """Insert works with their credits; source id → primary key."""
        if not works:
            return {}
        last = self.connection.scalar(select(func.max(ARTWORKS.c.id))) or 0
        # `executemany` and a look at the new keys: with RETURNING, psycopg spends 20 times as long on the statement's text
        self.connection.execute(insert(ARTWORKS), [self._row(work) for work in works])
        pks = self._pks(after=last)
        self._add_credits({pks[work.record.source_id]: self._credited(work.record.makers or []) for work in works})
        return pks

    def _row(self, work: PlannedWork) -> dict[str, Any]:
        record = work.record
        values = {**_EMPTY, **record.fields, "source_id": record.source_id}
        makers = dict.fromkeys((maker.sort_name, maker.born_died) for maker in record.makers or [])
        values |= derived(values, [(sort_name, reading_name(sort_name)) for sort_name, _life in makers])
        return {**values, "collection_id": self.collection_id, "created_at": self.at, "updated_at": self.at}

    def _credited(self, makers: list[Maker]) -> Credited:
        ids: dict[int, str] = {}
        for maker in makers:
            ids.setdefault(self.artists.id_of(maker), maker.role)
        return list(ids.items())

    def _add_credits(self, credited: dict[int, Credited]) -> None:
        rows = [
            {"artwork_id": pk, "artist_id": artist, "position": position, "role": role}
            for pk, artists in credited.items()
            for position, (artist, role) in enumerate(artists)
        ]
        if rows:
            self.connection.execute(insert(CREDITS), rows)

    def _update(self, works: dict[int, PlannedWork], known: dict[str, Any]) -> None:
        """Write the fields that differ; a work of which nothing differs is left untouched."""
        if not works:
            return
        before = self._credits_of(list(works))
        after = {pk: self._credited(work.record.makers) for pk, work in works.items() if work.record.makers is not None}
        changed_credits = {pk: artists for pk, artists in after.items() if artists != before[pk]}
        self._replace_credits(changed_credits, before)
        pictures = self._add_pictures(works, self._pictures_of(list(works)))
        changes: dict[int, dict[str, Any]] = {}
        for pk, work in works.items():
            row = known[work.record.source_id]
            values = self._changes(work, row, after.get(pk, before[pk]))
            if values or pk in changed_credits or pk in pictures:
                changes[pk] = {**values, "updated_at": self.at}
            told = _change("changed" if pk in changes else "unchanged", work, pk, row, values)
            if pk in changed_credits:
                told.before["artists"], told.after["artists"] = (self.artists.told(one[pk]) for one in (before, after))
            if pk in pictures:
                told.before["pictures"], told.after["pictures"] = _told_pictures(*pictures[pk])
            if pk in changes or told.missing:
                self.changes.append(told)
        self._write_changes(changes)
        self.counts["updated"] += len(changes)
        self.counts["unchanged"] += len(works) - len(changes)

    def _changes(self, work: PlannedWork, row: Any, credited: Credited) -> dict[str, Any]:
        old = row._mapping
        merged = {**old, **work.record.fields}
        merged |= derived(merged, [self.artists.names[artist] for artist, _role in credited])
        changed = {name: merged[name] for name in (*_FIELDS, *_DERIVED) if merged[name] != old[name]}
        if old["hidden"] and old["hidden_by"] == BY_UNDO:  # an import that was undone is had back
            changed |= {"hidden": False, "hidden_by": None}
        return changed

    def _write_changes(self, changes: dict[int, dict[str, Any]]) -> None:
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for pk, values in changes.items():
            alike[tuple(sorted(values))].append({"pk": pk, **values})
        for names, rows in alike.items():
            statement = update(ARTWORKS).where(ARTWORKS.c.id == bindparam("pk"))
            self.connection.execute(statement.values({name: bindparam(name) for name in names}), rows)

    def _credits_of(self, pks: list[int]) -> dict[int, Credited]:
        found: dict[int, Credited] = defaultdict(list)
        query = select(CREDITS).where(CREDITS.c.artwork_id.in_(pks)).order_by(CREDITS.c.artwork_id, CREDITS.c.position)
        for row in self.connection.execute(query):
            found[row.artwork_id].append((row.artist_id, row.role))
        return found

    def _replace_credits(self, after: dict[int, Credited], before: dict[int, Credited]) -> None:
        if not after:
            return
        self.connection.execute(delete(CREDITS).where(CREDITS.c.artwork_id.in_(list(after))))
        self._add_credits(after)
        self.left_artists |= {artist for pk in after for artist, _role in before[pk]}

    def _pictures_of(self, pks: list[int]) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = defaultdict(list)
        for row in self.connection.execute(select(PICTURES).where(PICTURES.c.artwork_id.in_(pks)).order_by(PICTURES.c.position)):
            found[row.artwork_id].append(row)
        return found

    def _add_pictures(self, works: dict[int, PlannedWork], known: dict[int, list[Any]]) -> dict[int, tuple[Rows, list[Any]]]:
        """Add pictures whose content is new to the work; one of the same name replaces the old.

        Returns of each work that it changes the rows that are new and the rows that they replace.
        """
        changed: dict[int, tuple[Rows, list[Any]]] = {}
        for pk, work in works.items():
            rows = known.get(pk, [])
            hashes = {row.sha256 for row in rows}
            position = max((row.position for row in rows), default=-1) + 1
            new: Rows = []
            replaced: list[Any] = []
            for picture in work.pictures:
                if picture.sha256 in hashes:
                    continue
                old = next((row for row in rows if row.source_name == picture.source_name), None)
                new.append(_picture_row(pk, picture, old.position if old else position, self.at))
                position += 0 if old else 1
                replaced += [old] if old else []
            if new:
                changed[pk] = (new, replaced)
        if gone := [row.id for _new, replaced in changed.values() for row in replaced]:
            self.connection.execute(delete(PICTURES).where(PICTURES.c.id.in_(gone)))
        if rows := [row for new, _replaced in changed.values() for row in new]:
            self.connection.execute(insert(PICTURES), rows)
        self.counts["pictures_added"] += len(rows)
        return changed


def _change(kind: str, work: PlannedWork, pk: int, row: Any = None, values: dict[str, Any] | None = None) -> Change:
    """What is done to a work; `values` are its columns that differ from the `row` that there was."""
    record = work.record
    told = Change(kind, record.line, record.source_id, record.fields.get("title", "") or (row.title if row else ""), pk)
    told.missing, told.file = work.missing, work.file
    if row is not None and kind == "changed":
        fields = [name for name in values or {} if name not in (*_DERIVED, "hidden_by")]
        told.before = {name: row._mapping[name] for name in fields} | {"updated_at": row.updated_at.isoformat()}
        told.after = {name: (values or {})[name] for name in fields}
    return told


def _told_pictures(new: Rows, replaced: list[Any]) -> tuple[Rows, list[dict[str, Any]]]:
    """Pictures as the report keeps them: what was replaced as whole rows, what is new by content and name."""
    old = [{**row._mapping, "created_at": row.created_at.isoformat()} for row in replaced]
    return old, [{"sha256": row["sha256"], "source_name": row["source_name"]} for row in new]


def _picture_row(pk: int, picture: Any, position: int, at: datetime) -> dict[str, Any]:
    return {
        "artwork_id": pk, "position": position, "sha256": picture.sha256, "path": picture.path,
        "source_name": picture.source_name, "width": picture.width, "height": picture.height, "created_at": at,
    }  # fmt: skip
