"""The staff pages; one file per section in `app/web/staff/`."""

from importlib import import_module

from app.web.staff import bp

for section in ("overview", "indexing", "builds", "imports", "mapping", "import_reports", "jobs", "feedback", "accounts", "audit", "mail"):
    import_module(f"app.web.staff.{section}")

__all__ = ["bp"]
