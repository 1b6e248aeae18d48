"""Who calls the API: nobody in particular, or the account of a personal token (`Authorization: Bearer …`, RFC 6750).

A cookie is never looked at, so that no page of another site can act for a visitor who is logged in.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from flask import g, request

from app.accounts import tokens
from app.accounts.models import Token, User
from app.web.api_errors import ApiError

P = ParamSpec("P")
R = TypeVar("R")

REALM = 'Bearer realm="Pinakes"'


def read_token() -> None:
    """Before each call: the token that it carries. Raises ApiError 401 for one that does not work, wherever it is sent."""
    g.api_token = None
    given = request.headers.get("Authorization")
    if given is None:
        return
    scheme, _, secret = given.strip().partition(" ")
    found = tokens.presented(secret.strip()) if scheme.lower() == "bearer" and secret else None
    if found is None:
        text = "This token does not work: it is not whole, has ended or was revoked. Make one under Account → Tokens."
        raise ApiError(401, text, challenge=f'{REALM}, error="invalid_token"')
    g.api_token = found


def caller(*scopes: str) -> User | None:
    """The account that calls; None for a call without a token. Raises ApiError 403 for a token without one of the scopes."""
    token: Token | None = g.api_token
    if token is None:
        return None
    if scopes and not tokens.allows(token, *scopes):
        text = f"This token may not do that; it needs the scope {' or '.join(scopes)}. Make another one under Account → Tokens."
        raise ApiError(403, text, challenge=f'{REALM}, error="insufficient_scope", scope="{" ".join(scopes)}"')
    return token.user


def account() -> User:
    """The account that calls, within a view of `needs`."""
    return g.api_token.user  # type: ignore[no-any-return]


def needs(*scopes: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator of a view: only with a token, and one of the scopes where any are named."""

    def wrap(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def inner(*args: P.args, **kwargs: P.kwargs) -> Any:
            if caller(*scopes) is None:
                text = "This needs a token in the header `Authorization: Bearer …`. Make one under Account → Tokens."
                raise ApiError(401, text, challenge=REALM)
            return view(*args, **kwargs)

        return inner

    return wrap
