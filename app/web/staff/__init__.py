"""The staff pages: their blueprint and the rail of sections. Each file beside this one is a section."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app
from flask_login import current_user

from app.accounts.access import has_role
from app.sentences import N_
from app.settings import Settings
from app.usage import feedback, unanswered

bp = Blueprint("admin", __name__, url_prefix="/admin")


@dataclass(frozen=True)
class Section:
    """One entry of the rail, for those with the role or one above it."""

    title: str
    endpoint: str
    role: str = "curator"
    count: Callable[[], int] | None = None  # of what waits there


SECTIONS = (
    Section(N_("Overview"), "admin.home"),
    Section(N_("Re-index"), "admin.indexing"),
    Section(N_("Imports"), "admin.imports"),
    Section(N_("Works"), "admin.works"),
    Section(N_("Jobs"), "admin.jobs"),
    Section(N_("Operations"), "admin.operations"),
    Section(N_("Feedback"), "admin.feedback_list", count=feedback.count),
    Section(N_("Unanswered"), "admin.unanswered_next", count=unanswered.count),
    Section(N_("Statistics"), "statistics.home"),
    Section(N_("Accounts"), "admin.accounts", "admin"),
    Section(N_("Audit trail"), "admin.audit", "admin"),
    Section(N_("Mail"), "admin.mail", "admin"),
)


def settings() -> Settings:
    """The application's settings."""
    found: Settings = current_app.extensions["pinakes.settings"]
    return found


@bp.app_context_processor
def shared() -> dict[str, Any]:
    """`staff_sections()`: the rail of the present user."""
    return {"staff_sections": lambda: [section for section in SECTIONS if has_role(current_user, section.role)]}
