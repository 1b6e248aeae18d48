"""A collection as others see it, who have its link."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for

from app.accounts import audit, collections
from app.accounts.access import require
from app.accounts.mail import at_site
from app.language import gettext as _
from app.web.account import bp
from app.web.account.lists import page_of
from app.web.media import picture_url


@bp.get("/shared/<key>")
def shared_collection(key: str) -> Any:
    """Its name, description and works; not whose it is."""
    found = collections.shared(key)
    if found is None:
        abort(404)
    page, works = page_of(collections.works_of(found))
    if page.page > max(1, page.pages):
        return redirect(url_for("accounts.shared_collection", key=key, page=max(1, page.pages)))
    here = at_site(url_for("accounts.shared_collection", key=key, _external=True))
    pictured = next((work for work in works if work.pictures), None)
    picture = pictured.pictures[0] if pictured else None
    preview = at_site(url_for("search.home", _external=True)).rstrip("/") + picture_url(picture, 800) if picture else ""
    return render_template(
        "accounts/shared.html", found=found, page=page, works=works, here=here, preview=preview, picture=picture
    )


@bp.post("/shared/<key>/unshare")
@require("curator")
def unshare(key: str) -> Any:
    """Staff take a link away whose words have no place on the site; whoever made the collection keeps it."""
    found = collections.shared(key)
    if found is None:
        abort(404)
    audit.record("collection.unshare", found.name, collection=found.id)
    collections.share(found, False)
    flash(_("The link no longer works."), "success")
    return redirect(url_for("search.home"), 303)
