"""Accounts to try the application with: one per role, with passwords that this instance made."""

from __future__ import annotations

from app.accounts import users
from app.settings import Settings, instance_secret

DEMO = {"visitor": "visitor@example.org", "curator": "curator@example.org", "admin": "admin@example.org"}


def ensure_demo_accounts(settings: Settings) -> list[tuple[str, str, str]]:
    """(address, password, role) of the three accounts; missing ones are made.

    Passwords are generated at the first run and kept in the instance's `secrets.json`. An account that is there already
    is left as it is, so a password that somebody changed is not changed back (the one returned no longer fits then).
    """
    found = []
    for role, email in DEMO.items():
        password = instance_secret(settings, f"demo_{role}_password")[:16]
        if users.find(email) is None:
            users.create(email, role, password)
        found.append((email, password, role))
    return found
