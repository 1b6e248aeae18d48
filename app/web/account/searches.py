"""My searches: listed, deleted."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_login import current_user

from app.accounts.access import require
from app.extensions import db
from app.language import gettext as _
from app.language import ngettext
from app.usage import searches
from app.usage.models import Search
from app.web import answers
from app.web.account import bp, guests
from app.web.context import settings

PER_PAGE = 12


@bp.get("/me/searches")
@require("visitor")
def my_searches() -> Any:
    """The account's own searches, newest first."""
    page = db.paginate(searches.searches_of(current_user.id), per_page=PER_PAGE, max_per_page=PER_PAGE, error_out=False)
    if page.page > max(1, page.pages):
        return redirect(url_for("accounts.my_searches", page=max(1, page.pages)))
    return render_template("accounts/my_searches.html", page=page, answers=[(row, answers.shown(row)) for row in page])


@bp.get("/me/searches/<search_id>/delete")
@require("visitor")
def ask_delete(search_id: str) -> Any:
    """Ask before one search is deleted."""
    return render_template("accounts/delete_searches.html", search=own(search_id), count=1)


@bp.post("/me/searches/<search_id>/delete")
@require("visitor")
def delete(search_id: str) -> Any:
    """Delete one search and its photo."""
    searches.delete(own(search_id), settings().uploads_dir)
    flash(_("The search and its photo are deleted."), "success")
    return redirect(url_for("accounts.my_searches"), 303)


@bp.get("/me/searches/delete")
@require("visitor")
def ask_delete_all() -> Any:
    """Ask before all searches are deleted, and say how many."""
    count = db.paginate(searches.searches_of(current_user.id), per_page=1).total or 0
    return render_template("accounts/delete_searches.html", search=None, count=count)


@bp.post("/me/searches/delete")
@require("visitor")
def delete_all() -> Any:
    """Delete all searches of the account and their photos."""
    count = searches.delete_all(current_user.id, settings().uploads_dir)
    flash(ngettext("One search and its photo are deleted.", "%(num)s searches and the photos are deleted.", count), "success")
    return redirect(url_for("accounts.my_searches"), 303)


@bp.get("/searches/<search_id>/delete")
def ask_forget(search_id: str) -> Any:
    """Ask before a search is deleted by whoever asked for it, with an account or from the same browser."""
    return render_template("accounts/delete_searches.html", search=of_this_visitor(search_id), count=1, here=True)


@bp.post("/searches/<search_id>/delete")
def forget(search_id: str) -> Any:
    """Delete it and its photo, from the photos that test the search too."""
    searches.delete(of_this_visitor(search_id), settings().uploads_dir)
    guests.forget(search_id)
    flash(_("The search and its photo are deleted."), "success")
    return redirect(url_for("search.home"), 303)


@bp.app_context_processor
def shared() -> dict[str, Any]:
    """Whether the visitor may delete a search."""
    return {"may_delete": may_delete}


def may_delete(search: Search) -> bool:
    """Those may who asked for it: the account, or without one the browser."""
    if search.user_id is not None:
        return bool(current_user.is_authenticated and search.user_id == current_user.id)
    return guests.asked(search.id)


def of_this_visitor(search_id: str) -> Search:
    """A search that the visitor may delete; another is 404, as if it were not there."""
    search = searches.find(search_id)
    if search is None or not may_delete(search):
        abort(404)
    return search


def own(search_id: str) -> Search:
    """A search of the account itself; someone else's is 404, as if it were not there."""
    search = searches.find(search_id)
    if search is None or search.user_id != current_user.id:
        abort(404)
    return search
