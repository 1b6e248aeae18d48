"""When the index is built by itself."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from app.accounts.access import require
from app.language import gettext as _
from app.reindexing import planning
from app.retelling import retold
from app.web.staff import bp


@bp.post("/index/schedule")
@require("admin")
def save_schedule() -> Any:
    """Keep the plan that the form says."""
    form = request.form
    try:
        planning.save(
            mode=form.get("mode", "off"), weekday=int(form.get("weekday", 0)), hour=int(form.get("hour", 3)),
            changes=int(form.get("changes", 100)), margin=float(form.get("margin", "0.01").replace(",", ".")),
        )  # fmt: skip
    except planning.PlanError as error:
        flash(retold(str(error)), "error")
    except (ValueError, OverflowError):
        flash(_("The plan was not changed: hour, works and margin are numbers."), "error")
    else:
        flash(_("The plan is kept."), "success")
    return redirect(url_for("admin.indexing", _anchor="schedule"), 303)
