"""Migrations: up, down, up again, and the schema that they make is the one of the models."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, stamp, upgrade
from sqlalchemy import insert, inspect, text
from sqlalchemy.exc import IntegrityError

from app import create_app
from app.catalogue import queries
from app.catalogue.fulltext import owned
from app.catalogue.models import Artwork, Collection
from app.extensions import db
from app.settings import Settings
from tests.postgres import postgres_server, postgres_url  # noqa: F401  fixtures

TABLES = {"artworks", "artists", "credits", "pictures", "collections", "import_runs", "users", "roles", "searches", "jobs"}


def differences() -> list[object]:
    """What Alembic would change to make the schema that of the models; nothing, if the migrations are complete."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": owned})
        return list(compare_metadata(context, db.metadata))


def tables() -> set[str]:
    with db.engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def up_down_up(app: Flask) -> None:
    with app.app_context():
        upgrade()
        assert tables() >= TABLES
        assert differences() == []
        downgrade(revision="base")
        assert tables() == {"alembic_version"}
        upgrade()
        assert differences() == []
        db.engine.dispose()


def test_up_and_down_on_sqlite(settings: Settings) -> None:
    up_down_up(create_app(settings))


def test_a_fresh_sqlite_has_a_write_ahead_log_and_foreign_keys(settings: Settings) -> None:
    app = create_app(settings)
    with app.app_context():
        upgrade()
        with db.engine.connect() as connection:
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        db.engine.dispose()


def test_a_failing_migration_leaves_sqlite_as_it_was(settings: Settings) -> None:
    app = create_app(settings)
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(text("CREATE TABLE searches (id INTEGER)"))  # in the way of a later table
        with pytest.raises(Exception, match="searches"):
            upgrade()
        assert tables() <= {"searches", "alembic_version"}
        db.engine.dispose()


def test_a_migration_that_would_leave_dangling_rows_is_rolled_back(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(settings)
    with app.app_context():
        upgrade()
        with db.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA foreign_keys=OFF")
            raw.execute("INSERT INTO credits (artwork_id, artist_id, position, role) VALUES (1, 1, 0, '')")
            raw.commit()
            raw.execute("PRAGMA foreign_keys=ON")
        with pytest.raises(SystemExit):
            stamp(revision="base")
        assert "nothing was changed" in caplog.text
        with db.engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
        db.engine.dispose()


def test_the_migrated_schema_keeps_the_constraints(settings: Settings) -> None:
    app = create_app(settings)
    with app.app_context():
        upgrade()
        db.session.add(Collection(name="one"))
        db.session.commit()
        nameless, backwards = {"source_id": ""}, {"source_id": "a", "year_from": 1600, "year_to": 1500}
        for wrong in (nameless, backwards, {"source_id": "b", "collection_id": 99}):
            with pytest.raises(IntegrityError):
                db.session.execute(insert(Artwork).values(**{"collection_id": 1, **wrong}))
            db.session.rollback()
        db.session.remove()
        db.engine.dispose()


@pytest.mark.postgres
def test_up_and_down_on_postgresql(tmp_path: Path, postgres_url: str) -> None:  # noqa: F811
    up_down_up(create_app(Settings(instance=tmp_path / "instance", database_url=postgres_url, testing=True)))


def works_of_an_older_schema() -> None:
    """Up to 0003, then three works as it has them: found and sorted by nothing yet."""
    upgrade(revision="0003")
    with db.engine.begin() as connection:
        connection.execute(text("INSERT INTO collections (id, name, created_at) VALUES (1, 'old', '2026-01-01')"))
        connection.execute(text("INSERT INTO artists (id, name, sort_name, born_died, born_place, died_place) "
                                "VALUES (1, 'Käthe Müller', 'MÜLLER, Käthe', '', '', '')"))  # fmt: skip
        for pk, title, year in ((1, "Élégie", 1900), (2, "", None), (3, "The Müller Girl", 1850)):
            connection.execute(
                text(
                    "INSERT INTO artworks (id, collection_id, source_id, title, date_text, year_from, technique, dimensions,"
                    " location, school, form, type, timeframe, description, url, extra, hidden, search_text, created_at,"
                    " updated_at) VALUES (:id, 1, :id, :title, '', :year, '', '', '', '', '', '', '', '', '', '{}', false, 'old',"
                    " '2026-01-01', '2026-01-01')"
                ),
                {"id": str(pk) if db.engine.dialect.name == "sqlite" else pk, "title": title, "year": year},
            )
        connection.execute(text("INSERT INTO credits (artwork_id, artist_id, position, role) VALUES (1, 1, 0, '')"))


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_works_that_were_there_before_are_found_and_sorted(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else ""
    app = create_app(Settings(instance=tmp_path / "instance", database_url=url, testing=True))
    with app.app_context():
        works_of_an_older_schema()
        upgrade()
        assert [work.id for work in queries.browse(text="mull").works] == [3, 1]
        assert [work.id for work in queries.browse(text="elegie").works] == [1]
        assert [work.id for work in queries.browse(sort="date").works] == [3, 1, 2]
        db.session.delete(db.session.get(Artwork, 3))
        db.session.commit()
        assert [work.id for work in queries.browse(text="mull").works] == [1]
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_psycopg(tmp_path: Path, scheme: str) -> None:
    settings = Settings(instance=tmp_path, database_url=f"{scheme}://user:secret@host/pinakes?sslmode=require")
    assert settings.database == "postgresql+psycopg://user:secret@host/pinakes?sslmode=require"
