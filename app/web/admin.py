"""The staff pages; one file per section in `app/web/staff/`."""

from importlib import import_module

from app.web.staff import bp

SECTIONS = (
    "overview", "indexing", "index_map", "study", "neighbours", "builds", "comparisons", "schedule", "works", "imports", "mapping",
    "import_reports", "jobs", "operations", "feedback", "unanswered", "accounts", "invitations", "audit", "mail",
)  # fmt: skip
for section in SECTIONS:
    import_module(f"app.web.staff.{section}")

__all__ = ["bp"]
