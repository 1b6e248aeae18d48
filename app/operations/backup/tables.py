"""The database as rows in files, and back: the same for SQLite and PostgreSQL, so that a backup of one restores into the other.

Tables are read as the database has them, not as this version's models say: an older schema is written and loaded as it is,
and migrated afterwards.
"""

from __future__ import annotations

import base64
import gzip
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, Connection, Date, DateTime, LargeBinary, MetaData, Table, create_engine, select, text
from sqlalchemy.pool import NullPool

from app.catalogue.fulltext import owned

REVISIONS = "alembic_version"
CHUNK = 1000  # rows
Told = Callable[[str, int], None]  # table, rows so far


@contextmanager
def snapshot(url: str) -> Iterator[Connection]:
    """A connection that sees the database as it is now, whatever others write meanwhile; it locks nobody out."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")  # Python's driver begins none for a SELECT
        else:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        connection.execute(text(f"SELECT version_num FROM {REVISIONS}")).all()  # the first look fixes what is seen
        yield connection


def reflected(connection: Connection) -> dict[str, Table]:
    """The tables that hold data, by name; without the full-text index, which fills itself, and the revision."""
    metadata = MetaData()
    metadata.reflect(connection, only=lambda name, _meta: name != REVISIONS and owned(name, "table", None))
    return {table.name: table for table in metadata.sorted_tables if not table.name.startswith("sqlite_")}


def revision(connection: Connection) -> str:
    """The migration that the database is at."""
    return str(connection.execute(text(f"SELECT version_num FROM {REVISIONS}")).scalar_one())


def dump(connection: Connection, table: Table, path: Path, told: Told) -> int:
    """Write the rows of a table; returns how many. Read as a stream: memory holds a thousand of them."""
    count = 0
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=4) as out:
        out.write(json.dumps([column.name for column in table.columns]) + "\n")
        streamed = connection.execution_options(stream_results=True, yield_per=CHUNK).execute(select(table))
        for rows in streamed.partitions(CHUNK):
            out.writelines(json.dumps([plain(value) for value in row], ensure_ascii=False) + "\n" for row in rows)
            count += len(rows)
            told(table.name, count)
    return count


def plain(value: Any) -> Any:
    """A value of a column as JSON has it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value) if isinstance(value, Decimal) else value


def lively(column: Column[Any]) -> Callable[[Any], Any]:
    """What makes a value of the file one of the column's."""
    if isinstance(column.type, DateTime):
        return datetime.fromisoformat
    if isinstance(column.type, Date):
        return date.fromisoformat
    if isinstance(column.type, LargeBinary):
        return base64.b64decode
    return lambda value: value


def load(connection: Connection, table: Table, path: Path, told: Told) -> int:
    """Read the rows of a file into the table; returns how many."""
    for column in table.columns:
        if isinstance(column.type, JSON):  # NULL and JSON's null are read alike: where NULL may be, NULL is meant
            column.type.none_as_null = bool(column.nullable)
    count = 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        names = json.loads(next(lines))
        made = [lively(table.columns[name]) for name in names]
        for chunk in _batched(lines, CHUNK):
            rows = [_row(names, made, json.loads(line)) for line in chunk]
            connection.execute(table.insert(), rows)
            count += len(rows)
            told(table.name, count)
    return count


def _row(names: list[str], made: list[Callable[[Any], Any]], values: list[Any]) -> dict[str, Any]:
    return {name: None if value is None else make(value) for name, make, value in zip(names, made, values, strict=True)}


def _batched(lines: Iterator[str], size: int) -> Iterator[list[str]]:
    while chunk := list(itertools.islice(lines, size)):
        yield chunk


def emptied(connection: Connection, tables: dict[str, Table]) -> None:
    """Remove what migrations put into new tables, so that only the backup's rows are there."""
    for table in reversed(tables.values()):
        connection.execute(table.delete())


@contextmanager
def unchecked(connection: Connection, tables: dict[str, Table]) -> Iterator[None]:
    """References between rows are checked at the end, so that the order of tables and rows does not matter."""
    if connection.dialect.name == "sqlite":
        yield  # the connection was opened without foreign keys
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            names = ", ".join(sorted({str(row[0]) for row in broken}))
            raise ValueError(f"rows of {names} refer to rows that are not in the backup")
        return
    keys = [(table.name, key.name) for table in tables.values() for key in table.foreign_key_constraints if key.name]
    for table_name, key in keys:
        connection.exec_driver_sql(f'ALTER TABLE "{table_name}" ALTER CONSTRAINT "{key}" DEFERRABLE INITIALLY DEFERRED')
    yield
    connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    for table_name, key in keys:
        connection.exec_driver_sql(f'ALTER TABLE "{table_name}" ALTER CONSTRAINT "{key}" NOT DEFERRABLE')


def go_on_counting(connection: Connection, tables: dict[str, Table]) -> None:
    """PostgreSQL: the next number of every table comes after the highest that was loaded."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables.values():
        for column in table.primary_key.columns:
            sequence = connection.execute(
                text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": f'"{table.name}"', "column": column.name}
            ).scalar()
            if sequence:
                highest = f'SELECT max("{column.name}") FROM "{table.name}"'
                connection.execute(
                    text(f"SELECT setval(:sequence, COALESCE(({highest}), 1), ({highest}) IS NOT NULL)"), {"sequence": sequence}
                )
