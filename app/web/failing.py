"""A request that nobody expected to fail: it gets a number, which the page shows, the log holds and the staff look up."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, g, got_request_exception, request
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db
from app.usage import failures


def register(app: Flask) -> None:
    """Give the number before Flask writes the stack trace to the log, whose lines then begin with it."""
    got_request_exception.connect(numbered, app)


def numbered(_app: Flask, exception: BaseException, **_: Any) -> None:
    """The number of this request's failure, and what failed."""
    g.failure_reference = failures.new_reference()
    g.failure = exception


def noted() -> str:
    """Note the failure for the staff, and return its number. A database that is down leaves it to the log."""
    reference = str(g.get("failure_reference", "") or failures.new_reference())
    exception = g.pop("failure", None)
    kind = "search" if is_search() else "page"
    name = type(exception).__name__ if exception else "500"
    why = f"It stopped on an unexpected {name} ({told(exception)})." if exception else "The server answered 500."
    where = request.endpoint or "nowhere"
    try:
        failures.record(kind, f"{where} {name}", why, reference=reference, endpoint=where, method=request.method)
        db.session.commit()
    except SQLAlchemyError:
        db.session.rollback()
        current_app.logger.warning("the failure %s could not be noted in the database", reference)
    return reference


def told(exception: BaseException) -> str:
    """What the exception says; of the database what that said, without the values of the statement, which are a visitor's."""
    return str(getattr(exception, "orig", None) or exception)[:300]


def is_search() -> bool:
    """Whether the request asked about a photo."""
    return request.method == "POST" and (request.endpoint or "").split(".")[0] in ("search", "api") and "search" in request.path
