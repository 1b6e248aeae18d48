"""Who may do what: three roles, each holding the rights of those before it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from flask import abort, redirect, request, url_for
from flask_login import current_user

P = ParamSpec("P")
R = TypeVar("R")

RANK = {"visitor": 0, "curator": 1, "admin": 2}


def rank(user: Any) -> int:
    """The highest rank among the user's roles; -1 for someone not logged in. An account without a role is a visitor."""
    if not user.is_authenticated:
        return -1
    return max((RANK.get(role.name, 0) for role in user.roles), default=0)


def has_role(user: Any, role: str) -> bool:
    """Whether the user has the role or one above it: an admin may do what a curator may."""
    return rank(user) >= RANK[role]


def wants_json() -> bool:
    """Whether the client prefers JSON to HTML."""
    kinds = request.accept_mimetypes
    return kinds["application/json"] > kinds["text/html"]


def require(role: str) -> Callable[[Callable[P, R]], Callable[P, Any]]:
    """Decorator of a view: only users with the role or one above it. Others log in first, or are answered 403."""

    def wrap(view: Callable[P, R]) -> Callable[P, Any]:
        @functools.wraps(view)
        def inner(*args: P.args, **kwargs: P.kwargs) -> Any:
            if has_role(current_user, role):
                return view(*args, **kwargs)
            return refuse()

        return inner

    return wrap


def refuse() -> Any:
    """403 for someone logged in; else the way to the log-in page and back (401 for JSON clients)."""
    if current_user.is_authenticated:
        abort(403)
    if wants_json():
        abort(401)
    back = request.full_path.rstrip("?") if request.method == "GET" else url_for("search.home")
    return redirect(url_for("security.login", next=back))
