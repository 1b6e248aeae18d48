"""How Alembic reaches the application's database. `flask db upgrade` runs this within an application context."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, Engine, MetaData


def engine() -> Engine:
    found: Engine = current_app.extensions["migrate"].db.engine
    return found


def metadata() -> MetaData:
    found: MetaData = current_app.extensions["migrate"].db.metadata
    return found


def no_empty_revision(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """`flask db migrate` writes no file when models and schema are equal."""
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def run(connection: Connection) -> None:
    """All migrations in one transaction: a failing one leaves the schema as it was."""
    arguments = {"process_revision_directives": no_empty_revision, **current_app.extensions["migrate"].configure_args}
    context.configure(connection=connection, target_metadata=metadata(), transactional_ddl=True, **arguments)
    with context.begin_transaction():
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            refuse_dangling_rows(connection)


def refuse_dangling_rows(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        names = ", ".join(sorted({row[0] for row in broken}))
        raise RuntimeError(f"Rows of {names} would refer to rows that are not there; nothing was changed.")


def run_on_sqlite(connection: Connection) -> None:
    """SQLite changes a table by making it anew: with foreign keys on, dropping the old one would delete what refers to it.

    The transaction is begun here, because Python's driver begins none for a schema change; it also makes a second
    process that upgrades at the same time wait its turn.
    """
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.execute("PRAGMA foreign_keys=OFF")  # has no effect within a transaction
    raw.execute("BEGIN IMMEDIATE")
    try:
        run(connection)
    finally:
        raw.rollback()  # has no effect after run's commit
        raw.execute("PRAGMA foreign_keys=ON")


def run_offline() -> None:
    """Print the SQL (`flask db upgrade --sql`) and touch no database."""
    context.configure(url=engine().url, target_metadata=metadata(), literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    with engine().connect() as connection:
        run_on_sqlite(connection) if connection.dialect.name == "sqlite" else run(connection)
