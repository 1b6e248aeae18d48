"""What of the catalogue the one who asks may see."""

from __future__ import annotations

from flask_login import current_user

from app.accounts.access import has_role
from app.catalogue.models import Picture
from app.extensions import db


def visible_picture(picture_id: int) -> Picture | None:
    """The picture of that id; None where there is none, and for those of hidden works unless staff asks."""
    row = db.session.get(Picture, picture_id)
    if row is None or (row.artwork.hidden and not has_role(current_user, "curator")):
        return None
    return row
