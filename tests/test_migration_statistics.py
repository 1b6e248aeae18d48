"""Searches and daily figures of an older version, carried into the roll-ups and back."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from app import create_app
from app.extensions import db
from app.settings import Settings
from app.usage import rolling, statistics
from app.usage.models import Search
from app.usage.statistics import Period
from tests.postgres import postgres_server, postgres_url  # noqa: F401  fixtures

KEPT, GONE = date(2026, 3, 2), date(2026, 3, 1)
OLD = (("searches", "", 7), ("verdict", "identified", 7), ("found", "1", 5), ("stage_p50_ms", "total", 4))
SEARCH = (
    "INSERT INTO searches (id, created_at, way, photo_name, photo_width, photo_height, verdict, artwork_id, probability, build,"
    " preset, total_ms, result, proof) VALUES (:id, '2026-03-02 12:00:00', 'upload', '', 8, 6, :verdict, :work, 0.9, '', '', 5,"
    " :result, :proof)"
)


def older_rows() -> None:
    """Two works found in one photo, one not found but near; figures of two days, of which one has no searches any more."""
    with db.engine.begin() as connection:
        connection.execute(text("INSERT INTO collections (id, name, created_at) VALUES (1, 'old', '2026-01-01')"))
        for pk in (1, 2):
            connection.execute(
                text(
                    "INSERT INTO artworks (id, collection_id, source_id, title, date_text, technique, dimensions, location,"
                    " school, form, type, timeframe, description, url, extra, hidden, search_text, sort_title, sort_artist,"
                    " sort_year, created_at, updated_at) VALUES (:id, 1, :source, '', '', '', '', '', '', '', '', '', '', '',"
                    " '{}', false, '', '', '', 0, '2026-01-01', '2026-01-01')"
                ),
                {"id": pk, "source": str(pk)},
            )
        matches = [{"verified": True}, {"verified": True}, {"verified": False}]
        proof = json.dumps([{"artwork_pk": 2}, {"artwork_pk": 1}, {"artwork_pk": 1}])
        for search_id, verdict, work in (("a", "identified", 2), ("b", "not_in_catalogue", None)):
            result = json.dumps({"matches": matches})
            values = {"id": search_id, "verdict": verdict, "work": work, "proof": proof, "result": result}
            connection.execute(text(SEARCH), values)
        for day in (KEPT, GONE):
            for measure, label, value in OLD:
                connection.execute(
                    text("INSERT INTO daily_statistics (day, measure, label, value) VALUES (:day, :measure, :label, :value)"),
                    {"day": day.isoformat(), "measure": measure, "label": label, "value": value},
                )


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_older_searches_and_days_are_carried_over(tmp_path: Path, database: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else ""
    app = create_app(Settings(instance=tmp_path / "instance", database_url=url, testing=True))
    with app.app_context():
        upgrade(revision="0008")
        older_rows()
        upgrade()
        found, missed = db.session.get_one(Search, "a"), db.session.get_one(Search, "b")
        assert (found.found, found.collection_id, found.device, found.language) == ([2, 1], 1, "unknown", "unknown")
        assert (missed.found, missed.collection_id) == ([], 1)
        rolling.roll_up()
        days = statistics.of_period(Period(date(2026, 2, 28), KEPT))
        assert days.asked == [0, 7, 2]
        assert statistics.found(Period(GONE, KEPT)) == {1: 6, 2: 1}
        db.session.remove()
        downgrade(revision="0008")
        with db.engine.connect() as connection:
            query = "SELECT day, value FROM daily_statistics WHERE measure = 'searches' ORDER BY day"
            rows = connection.execute(text(query)).all()
            assert [(str(day), value) for day, value in rows] == [(GONE.isoformat(), 7), (KEPT.isoformat(), 2)]
            assert connection.execute(text("SELECT count(*) FROM searches")).scalar() == 2
        db.engine.dispose()
