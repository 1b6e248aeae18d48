"""Roles, the audit trail, and the demo's accounts."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask_security.utils import verify_password
from sqlalchemy import select

from app.accounts import audit, users
from app.accounts.access import require
from app.accounts.demo import ensure_demo_accounts
from app.accounts.models import AuditEvent, Role
from app.accounts.users import AccountError
from app.extensions import db

PASSWORD = "a short sentence"
CAST = {"vera": "visitor", "carla": "curator", "ada": "admin"}


@pytest.fixture
def staffed(bare_site: Flask) -> Flask:
    with bare_site.app_context():
        for name, role in CAST.items():
            users.create(f"{name}@example.org", role, PASSWORD)
    for role in CAST.values():
        bare_site.add_url_rule(f"/for/{role}", role, require(role)(lambda: "welcome"))
    return bare_site


@pytest.mark.parametrize("name", CAST)
@pytest.mark.parametrize("room", CAST.values())
def test_each_role_has_the_rights_of_those_below(staffed: Flask, name: str, room: str) -> None:
    client = staffed.test_client()
    client.post("/login", data={"email": f"{name}@example.org", "password": PASSWORD})
    order = list(CAST.values())
    expected = 200 if order.index(CAST[name]) >= order.index(room) else 403
    assert client.get(f"/for/{room}").status_code == expected


def test_who_is_not_logged_in_is_asked_to(staffed: Flask) -> None:
    client = staffed.test_client()
    assert client.get("/for/admin?a=1").location == "/login?next=/for/admin?a%3D1"
    assert client.get("/for/admin", headers={"Accept": "application/json"}).status_code == 401


def test_events_name_the_actor_and_are_kept_with_the_deed(staffed: Flask) -> None:
    with staffed.app_context():
        audit.record("index.build", "b1", works=3)
        db.session.rollback()
        audit.record("index.publish", "b2", works=4)
        db.session.commit()
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.action.startswith("index."))).all()
        assert [(event.actor, event.action, event.subject, event.details) for event in events] == [
            ("command line", "index.publish", "b2", {"works": 4})
        ]


def test_the_last_admin_stays(staffed: Flask) -> None:
    with staffed.app_context():
        ada, carla = users.find("ada@example.org"), users.find("carla@example.org")
        assert ada and carla
        for change in (lambda: users.set_role(ada, "visitor"), lambda: users.set_active(ada, False)):
            with pytest.raises(AccountError, match="last admin"):
                change()
        users.set_role(carla, "admin")
        users.set_role(ada, "visitor")
        assert users.role_of(ada) == "visitor" and [role.name for role in ada.roles] == ["visitor"]
        event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert event and event.details == {"before": "admin", "after": "visitor"}


def test_roles_are_made_once(staffed: Flask) -> None:
    with staffed.app_context():
        users.ensure_roles()
        users.ensure_roles()
        db.session.commit()
        assert sorted(db.session.scalars(select(Role.name))) == ["admin", "curator", "visitor"]


def test_demo_accounts_are_made_once_with_this_instances_passwords(bare_site: Flask) -> None:
    settings = bare_site.extensions["pinakes.settings"]
    with bare_site.app_context():
        first = ensure_demo_accounts(settings)
        assert ensure_demo_accounts(settings) == first
        assert [role for _email, _password, role in first] == ["visitor", "curator", "admin"]
        for email, password, role in first:
            user = users.find(email)
            assert user and users.role_of(user) == role and verify_password(password, user.password)
    kept = json.loads((settings.instance / "secrets.json").read_text())
    assert len({kept[f"demo_{role}_password"] for role in CAST.values()}) == 3
    assert (settings.instance / "secrets.json").stat().st_mode & 0o077 == 0
    client = bare_site.test_client()
    assert client.post("/login", data={"email": first[2][0], "password": first[2][1]}).status_code == 302
