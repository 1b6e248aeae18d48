"""Tables of the catalogue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, event, inspect
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue import fulltext
from app.catalogue.derived import LAST, SOURCES, UNDATED, derived
from app.extensions import db

# Folded words sort by their letters' numbers on every database, whatever the server's locale is
SORTED = Text().with_variant(Text(collation="C"), "postgresql")


def now() -> datetime:
    """The present, in UTC, without a zone: SQLite keeps none, and every time in the database is UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


class Collection(db.Model):  # type: ignore[name-defined,misc]
    """A set of works that was loaded under one name; ids of the imported file are unique within it."""

    __tablename__ = "collections"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    artworks: Mapped[list[Artwork]] = relationship(back_populates="collection", cascade="all, delete-orphan", passive_deletes=True)


class Artist(db.Model):  # type: ignore[name-defined,misc]
    """A maker. `sort_name` is the catalogue's own form (`AACHEN, Hans von`), `name` the one that is read (`Hans von Aachen`)."""

    __tablename__ = "artists"
    __table_args__ = (UniqueConstraint("sort_name", "born_died"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(300), index=True)
    sort_name: Mapped[str] = mapped_column(String(300))
    born_died: Mapped[str] = mapped_column(String(300), default="")  # as the catalogue has it
    born_year: Mapped[int | None]
    born_place: Mapped[str] = mapped_column(String(200), default="")
    died_year: Mapped[int | None]
    died_place: Mapped[str] = mapped_column(String(200), default="")

    credits: Mapped[list[Credit]] = relationship(back_populates="artist", cascade="all, delete-orphan", passive_deletes=True)


BY_UNDO = {"by": "undo"}  # `Artwork.hidden_by` of works that an undone import hid, since visitors keep them


class Artwork(db.Model):  # type: ignore[name-defined,misc]
    """One work, with the record that the museum keeps of it. Unknown text is empty, an unknown year None."""

    __tablename__ = "artworks"
    __table_args__ = (
        UniqueConstraint("collection_id", "source_id"),
        CheckConstraint("year_from IS NULL OR year_to IS NULL OR year_from <= year_to", name="years_in_order"),
        CheckConstraint("source_id <> ''", name="source_id_given"),
        Index("ix_artworks_years", "year_from", "year_to"),
        # A page deep in a list is found by walking along one of these
        Index("ix_artworks_by_title", "hidden", "sort_title", "id"),
        Index("ix_artworks_by_artist", "hidden", "sort_artist", "sort_title", "id"),
        Index("ix_artworks_by_year", "hidden", "sort_year", "sort_title", "id"),
        Index("ix_artworks_by_age", "hidden", "created_at", "id"),
        {"sqlite_autoincrement": True},  # an index remembers ids: one that was used is never given to another work
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    collection_id: Mapped[int] = mapped_column(ForeignKey("collections.id", ondelete="CASCADE"), index=True)
    source_id: Mapped[str] = mapped_column(String(200), index=True)  # the id in the imported file: `artwork_id` outside
    title: Mapped[str] = mapped_column(Text, default="")
    date_text: Mapped[str] = mapped_column(String(200), default="")  # `c. 1427`, `1574-88`: as the catalogue has it
    year_from: Mapped[int | None]
    year_to: Mapped[int | None]
    technique: Mapped[str] = mapped_column(Text, default="")
    dimensions: Mapped[str] = mapped_column(Text, default="")
    location: Mapped[str] = mapped_column(Text, default="")
    school: Mapped[str] = mapped_column(String(200), default="", index=True)
    form: Mapped[str] = mapped_column(String(200), default="", index=True)
    type: Mapped[str] = mapped_column(String(200), default="", index=True)
    timeframe: Mapped[str] = mapped_column(String(100), default="", index=True)
    description: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str] = mapped_column(Text, default="")
    extra: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # columns of the source that have no field here
    hidden: Mapped[bool] = mapped_column(default=False)
    # None where a curator hid it; BY_UNDO where an undone import did (the next import that names it shows it again);
    # {"by": "merge", "into": …, …} where it became one with another work (see `merging`)
    hidden_by: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # Made from the others (see `derived`), folded: what a work is found by, and sorted by
    search_text: Mapped[str] = mapped_column(Text, default="")
    sort_title: Mapped[str] = mapped_column(SORTED, default=LAST)
    sort_artist: Mapped[str] = mapped_column(SORTED, default=LAST)
    sort_year: Mapped[int] = mapped_column(default=UNDATED)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    collection: Mapped[Collection] = relationship(back_populates="artworks")
    credits: Mapped[list[Credit]] = relationship(
        back_populates="artwork", cascade="all, delete-orphan", passive_deletes=True, order_by="Credit.position"
    )
    pictures: Mapped[list[Picture]] = relationship(
        back_populates="artwork", cascade="all, delete-orphan", passive_deletes=True, order_by="Picture.position"
    )

    @property
    def artists(self) -> list[Artist]:
        return [credit.artist for credit in self.credits]

    @property
    def artist_text(self) -> str:
        """Names of its makers for reading, `Unknown artist` never invented: empty where the catalogue has none."""
        return ", ".join(artist.name for artist in self.artists)


class Credit(db.Model):  # type: ignore[name-defined,misc]
    """Who made a work, in the catalogue's order, with their part in it (`after`, `workshop of`; mostly empty)."""

    __tablename__ = "credits"

    artwork_id: Mapped[int] = mapped_column(ForeignKey("artworks.id", ondelete="CASCADE"), primary_key=True)
    artist_id: Mapped[int] = mapped_column(ForeignKey("artists.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)
    role: Mapped[str] = mapped_column(String(100), default="")

    artwork: Mapped[Artwork] = relationship(back_populates="credits")
    artist: Mapped[Artist] = relationship(back_populates="credits", lazy="joined")


class Picture(db.Model):  # type: ignore[name-defined,misc]
    """One reproduction of a work, kept in the instance under its content's hash: `pictures/<sha[:2]>/<sha>.<suffix>`."""

    __tablename__ = "pictures"
    __table_args__ = (
        UniqueConstraint("artwork_id", "sha256"),
        CheckConstraint("width > 0 AND height > 0", name="has_size"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    artwork_id: Mapped[int] = mapped_column(ForeignKey("artworks.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    path: Mapped[str] = mapped_column(String(300))  # relative to the instance's `pictures/`
    source_name: Mapped[str] = mapped_column(Text, default="")  # the path as the imported file names it
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)

    artwork: Mapped[Artwork] = relationship(back_populates="pictures")


class ImportRun(db.Model):  # type: ignore[name-defined,misc]
    """One import as it went: what was asked, what came of it, and every rejected row with its reason."""

    __tablename__ = "import_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(String(50), default="")
    collection_id: Mapped[int | None] = mapped_column(ForeignKey("collections.id", ondelete="SET NULL"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    dry_run: Mapped[bool] = mapped_column(default=False)
    counts: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict
    )  # added, updated, unchanged, rejected, pictures_added, pictures_missing
    rejects: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # [{line, reason}]
    # tables (joined), notes, new_collection, artists (ids, of a table of artists alone), undone (counts)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    job_id: Mapped[str | None] = mapped_column(String(32), index=True)  # a job that is begun again finds that it had written
    created_at: Mapped[datetime] = mapped_column(default=now)
    written_at: Mapped[datetime | None]  # `updated_at` of the works that it wrote, until somebody else writes them
    undone_at: Mapped[datetime | None]

    collection: Mapped[Collection | None] = relationship()


fulltext.attach(Artwork.__table__)


@event.listens_for(Artwork, "before_insert")
@event.listens_for(Artwork, "before_update")
def derive(_mapper: Any, _connection: Any, artwork: Artwork) -> None:
    """Keep the columns that follow from others right when a work is written by the ORM; importers fill them themselves."""
    state: Any = inspect(artwork)
    if state.pending or any(state.attrs[name].history.has_changes() for name in (*SOURCES, "credits")):
        values = {name: getattr(artwork, name) for name in SOURCES}
        artists = [(credit.artist.sort_name, credit.artist.name) for credit in artwork.credits]
        for name, value in derived(values, artists).items():
            setattr(artwork, name, value)
