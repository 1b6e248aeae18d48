"""Tables as CSV files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response

from app.accounts.listing import harmless


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The rows below their head. Words that a spreadsheet would take for a formula get an apostrophe before them."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([harmless(value) for value in row] for row in rows)
    return out.getvalue()


def csv_response(file: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """The same as a file to keep."""
    response = Response(csv_text(head, rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response
