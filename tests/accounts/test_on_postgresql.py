"""What accounts own, on a real PostgreSQL: the same verbs, the same answers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app import create_app
from app.accounts import collections, favourites, leaving, mail, tokens, users
from app.accounts.models import Favourite, Mail, PersonalCollection, Token, User
from app.catalogue.models import Artwork, Collection, now
from app.extensions import db
from app.settings import Settings
from tests.postgres import postgres_server, postgres_url  # noqa: F401  fixtures


@pytest.mark.postgres
def test_lists_tokens_mail_and_leaving(tmp_path: Path, postgres_url: str) -> None:  # noqa: F811
    app = create_app(Settings(instance=tmp_path / "instance", database_url=postgres_url, testing=True))
    with app.app_context():
        db.create_all()
        museum = Collection(name="Museum")
        works = [Artwork(collection=museum, source_id=name) for name in ("a", "b")]
        db.session.add_all(works)
        ada, _password = users.create("ada@example.org")
        for work in (*works, works[0]):
            favourites.put(ada.id, work.id)
        assert list(db.session.scalars(favourites.works_of(ada.id))) == [works[1].id, works[0].id]
        talk = collections.create(ada.id, "Talk")
        collections.add_work(talk, works[0].id)
        collections.create(ada.id, "Another")
        rows = [(row.collection.name, row.works, row.newest_id) for row in collections.listing(ada.id)]
        assert rows == [("Another", 0, None), ("Talk", 1, works[0].id)]
        assert collections.holding(ada.id, works[0].id) == {talk.id}
        with pytest.raises(collections.CollectionError, match="already"):
            collections.create(ada.id, "Talk")
        collections.share(talk, True)
        assert talk.share_key and collections.shared(talk.share_key) is talk
        _token, secret = tokens.create(ada, "script", ["read"], 30)
        assert tokens.presented(secret)
        mail.put("notice", "ada@example.org", "Hello", "text")
        db.session.execute(update(Mail).values(at=now() - timedelta(days=99)))
        assert mail.prune() == 1
        users.create("chief@example.org", "admin")
        leaving.delete_account(ada, tmp_path)
        left = [db.session.scalar(select(func.count()).select_from(table)) for table in (Favourite, PersonalCollection, Token)]
        assert left == [0, 0, 0] and list(db.session.scalars(select(User.email))) == ["chief@example.org"]
        db.session.remove()
        db.engine.dispose()
