"""Everything that an account has, as one zip: JSON files and the photos."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Select, select

from app.accounts import collections, favourites, listing, tokens, users
from app.accounts.models import AuditEvent, User
from app.catalogue import queries
from app.catalogue.models import Artwork
from app.extensions import db
from app.usage import searches
from app.usage.models import Search

BATCH = 500  # rows in memory at a time
Address = Callable[[Artwork], str]


def write(user: User, file: IO[bytes], uploads_dir: Path, address: Address) -> None:
    """Write the zip; a photo that is no longer kept is left out."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in documents(user, address).items():
            archive.writestr(f"{name}.json", json.dumps(value, ensure_ascii=False, indent=1))
        for search in db.session.scalars(searches.searches_of(user.id)).yield_per(BATCH):
            photo = uploads_dir / (search.photo_path or "-")
            if photo.is_file():
                archive.write(photo, photo_name(search), zipfile.ZIP_STORED)  # JPEG does not get smaller


def documents(user: User, address: Address) -> dict[str, Any]:
    """Name of a file → what is in it."""
    return {
        "account": {
            "email": user.email,
            "role": users.role_of(user),
            "created_at": moment(user.created_at),
            "confirmed_at": moment(user.confirmed_at),
            "last_login_at": moment(user.current_login_at),
            "last_login_address": user.current_login_ip,
            "logins": user.login_count or 0,
        },
        "searches": [asked(search) for search in db.session.scalars(searches.searches_of(user.id))],
        "favourites": _works(favourites.works_of(user.id), address),
        "collections": [
            {
                "name": row.collection.name,
                "description": row.collection.description,
                "created_at": moment(row.collection.created_at),
                "shared": row.collection.share_key is not None,
                "works": _works(collections.works_of(row.collection), address),
            }
            for row in collections.listing(user.id)
        ],
        "tokens": [
            {
                "name": token.name,
                "scopes": token.scopes,
                "created_at": moment(token.created_at),
                "expires_at": moment(token.expires_at),
                "last_used_at": moment(token.last_used_at),
            }
            for token in tokens.listing(user.id)
        ],
        "events": [
            {"at": moment(event.at), "action": event.action, "subject": event.subject, "details": event.details}
            for event in db.session.scalars(select(AuditEvent).where(AuditEvent.user_id == user.id).order_by(AuditEvent.id))
        ],
    }


def asked(search: Search) -> dict[str, Any]:
    """One search: what was asked, answered, and said of the answer."""
    return {
        "id": search.id,
        "at": moment(search.created_at),
        "way": search.way,
        "photo": photo_name(search) if search.photo_path else None,
        "answer": search.contract,
        "feedback": [{"at": moment(said.at), "kind": said.kind, "text": said.text} for said in search.feedback],
    }


def photo_name(search: Search) -> str:
    """Its file within the zip."""
    return f"photos/{search.created_at:%Y-%m-%d-%H%M}-{search.id[:8]}.jpg"


def moment(at: datetime | None) -> str | None:
    """ISO 8601, in UTC."""
    return at.isoformat(timespec="seconds") + "Z" if at else None


def _works(query: Select[int], address: Address) -> list[dict[str, Any]]:
    pks = list(db.session.scalars(query))
    works = queries.artworks_by_pk(pks)
    return listing.rows([works[pk] for pk in pks if pk in works], address)
