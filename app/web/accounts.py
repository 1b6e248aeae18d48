"""What belongs to a visitor: their searches, lists, tokens and the account itself; one file per page in `app/web/account/`."""

from importlib import import_module

from app.web.account import bp, local

for page in ("appearance", "home", "searches", "favourites", "collections", "shared", "invited", "tokens"):
    import_module(f"app.web.account.{page}")

__all__ = ["bp", "local"]
