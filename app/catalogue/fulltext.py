"""Full-text search over works: SQLite's FTS5 and PostgreSQL's tsvector, behind one function.

Both keep an index beside the table, `artworks_fts`, that triggers hold equal to the works' folded columns, whoever writes
them. No model knows it. Words are folded before they reach the database (`text.words`), so that both find the same.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, DDL, Connection, Float, Integer, Table, event, text

from app.catalogue.text import Term, terms

NAME = "artworks_fts"
COLUMNS = ("sort_title", "sort_artist", "search_text")
TERMS_MAX = 16  # of one question; further words are passed over
_LISTED = ", ".join(COLUMNS)
_NEW, _OLD = (", ".join(f"{row}.{column}" for column in COLUMNS) for row in ("new", "old"))
_CHANGED = " OR ".join(f"new.{column} IS NOT old.{column}" for column in COLUMNS)
_FORGET = f"INSERT INTO {NAME} ({NAME}, rowid, {_LISTED}) VALUES ('delete', old.id, {_OLD});"
_LEARN = f"INSERT INTO {NAME} (rowid, {_LISTED}) VALUES (new.id, {_NEW});"

SQLITE = (
    # `content`: the texts themselves stay in the works' table; `prefix`: words are looked up while they are being typed
    f"CREATE VIRTUAL TABLE {NAME} USING fts5({_LISTED}, content='artworks', content_rowid='id', "
    "tokenize='unicode61 remove_diacritics 0', prefix='2 3 4')",
    f"CREATE TRIGGER {NAME}_insert AFTER INSERT ON artworks BEGIN {_LEARN} END",
    f"CREATE TRIGGER {NAME}_delete AFTER DELETE ON artworks BEGIN {_FORGET} END",
    f"CREATE TRIGGER {NAME}_update AFTER UPDATE OF {_LISTED} ON artworks WHEN {_CHANGED} BEGIN {_FORGET} {_LEARN} END",
)
SQLITE_DOWN = (
    *(f"DROP TRIGGER IF EXISTS {NAME}_{when}" for when in ("insert", "delete", "update")),
    f"DROP TABLE IF EXISTS {NAME}",
)

_DOCUMENT = " || ".join(
    f"setweight(to_tsvector('simple', {{row}}.{column}), '{weight}')" for column, weight in zip(COLUMNS, "ABD", strict=True)
)
POSTGRESQL = (
    f"CREATE TABLE {NAME} (id INTEGER PRIMARY KEY REFERENCES artworks (id) ON DELETE CASCADE, document TSVECTOR NOT NULL)",
    f"CREATE INDEX ix_{NAME}_document ON {NAME} USING gin (document)",
    f"CREATE FUNCTION {NAME}_refresh() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"INSERT INTO {NAME} (id, document) VALUES (new.id, {_DOCUMENT.format(row='new')}) "
    "ON CONFLICT (id) DO UPDATE SET document = excluded.document; RETURN NULL; END $$",
    f"CREATE TRIGGER {NAME}_refresh AFTER INSERT OR UPDATE OF {_LISTED} ON artworks FOR EACH ROW EXECUTE FUNCTION {NAME}_refresh()",
)
POSTGRESQL_DOWN = (
    f"DROP TRIGGER IF EXISTS {NAME}_refresh ON artworks",
    f"DROP FUNCTION IF EXISTS {NAME}_refresh()",
    f"DROP TABLE IF EXISTS {NAME}",
)
UP: dict[str, tuple[str, ...]] = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
DOWN: dict[str, tuple[str, ...]] = {"sqlite": SQLITE_DOWN, "postgresql": POSTGRESQL_DOWN}

REFILL = {
    "sqlite": f"INSERT INTO {NAME} ({NAME}) VALUES ('rebuild')",
    "postgresql": f"INSERT INTO {NAME} (id, document) SELECT id, {_DOCUMENT.format(row='artworks')} FROM artworks "
    "ON CONFLICT (id) DO UPDATE SET document = excluded.document",
}

# `place`: 0 where all words are in the title, 1 where they are there or in the artists' names, else 2. `rank`: lower is better.
_SQLITE_FOUND = f"""
SELECT rowid AS id, bm25({NAME}, 100.0, 20.0, 1.0) AS rank,
       CASE WHEN rowid IN (SELECT rowid FROM {NAME} WHERE {NAME} MATCH :title) THEN 0
            WHEN rowid IN (SELECT rowid FROM {NAME} WHERE {NAME} MATCH :names) THEN 1
            ELSE 2 END AS place
  FROM {NAME} WHERE {NAME} MATCH :everywhere"""
_SQLITE_COUNTED = f"SELECT rowid AS id FROM {NAME} WHERE {NAME} MATCH :everywhere"
_POSTGRESQL_FOUND = f"""
SELECT id, -ts_rank('{{0.01, 0.01, 0.2, 1.0}}', document, to_tsquery('simple', :everywhere), 1) AS rank,
       CASE WHEN document @@ to_tsquery('simple', :title) THEN 0
            WHEN document @@ to_tsquery('simple', :names) THEN 1
            ELSE 2 END AS place
  FROM {NAME} WHERE document @@ to_tsquery('simple', :everywhere)"""
_POSTGRESQL_COUNTED = f"SELECT id FROM {NAME} WHERE document @@ to_tsquery('simple', :everywhere)"


def attach(table: Table) -> None:
    """Make and drop the index with the works' table, where that is made from the models."""
    for when, all_statements in (("after_create", UP), ("before_drop", DOWN)):
        for dialect, statements in all_statements.items():
            for statement in statements:
                made = DDL(statement)  # type: ignore[no-untyped-call]
                event.listen(table, when, made.execute_if(dialect=dialect))


def create(connection: Connection) -> None:
    """Make the index beside a table of works that is there already, and fill it."""
    for statement in (*UP[connection.dialect.name], REFILL[connection.dialect.name]):
        connection.exec_driver_sql(statement)


def drop(connection: Connection) -> None:
    """Take the index away."""
    for statement in DOWN[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def owned(name: str | None, kind: str, _parents: Any) -> bool:
    """Alembic's `include_name`: False for this index's own tables, which no model describes."""
    return not (kind == "table" and name is not None and name.startswith(NAME))


def found(question: str, connection: Connection, *, ranked: bool = True) -> CTE | None:
    """The works that have all words of the question, each as the beginning of a word; None: it has no word.

    Columns: id, and with `ranked` place and rank; without them it is several times as quick, which is enough to count.
    """
    asked = terms(question)[:TERMS_MAX]
    if not asked:
        return None
    sqlite = connection.dialect.name == "sqlite"
    wanted = _sqlite_questions(asked) if sqlite else _postgresql_questions(asked)
    if ranked:
        statement = text(_SQLITE_FOUND if sqlite else _POSTGRESQL_FOUND).bindparams(**wanted)
        columns = statement.columns(id=Integer, place=Integer, rank=Float)
    else:
        statement = text(_SQLITE_COUNTED if sqlite else _POSTGRESQL_COUNTED).bindparams(everywhere=wanted["everywhere"])
        columns = statement.columns(id=Integer)
    # Looked up once, before the works: the other way round, SQLite asks the whole question for every work
    return columns.cte("found").prefix_with("MATERIALIZED")


# Pieces of a term are letters and digits alone: nothing that they hold means anything to either language of questions.


def _sqlite_questions(asked: list[Term]) -> dict[str, str]:
    """Whole words or beginnings of words, so that whole ones rank higher."""
    pieces = [" ".join(term) for term in asked]
    question = " AND ".join(f'("{piece}" OR "{piece}" *)' for piece in pieces)
    return {
        "everywhere": question,
        "title": f"{{sort_title}} : ({question})",
        "names": f"{{sort_title sort_artist}} : ({question})",
    }


def _postgresql_questions(asked: list[Term]) -> dict[str, str]:
    def beginning(weights: str) -> str:
        return " & ".join(" <-> ".join(f"'{piece}':*{weights}" for piece in term) for term in asked)

    whole = " & ".join(" <-> ".join(f"'{piece}'" for piece in term) for term in asked)
    return {"everywhere": f"({whole}) | ({beginning('')})", "title": beginning("A"), "names": beginning("AB")}
