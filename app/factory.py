"""Assembly of the application: a table of contents."""

from __future__ import annotations

from flask import Flask

from app.settings import ROOT, Settings, instance_secret, load_settings


def build(settings: Settings | None = None) -> Flask:
    """Settings → extensions → blueprints → commands → errors."""
    settings = settings or load_settings()
    templates, static = str(ROOT / "templates"), str(ROOT / "static")
    app = Flask("app", instance_path=str(settings.instance), template_folder=templates, static_folder=static)
    configure(app, settings)
    operate(app)
    behind_proxies(app, settings)
    bind_extensions(app)
    register_blueprints(app)
    register_commands(app)
    register_errors(app)
    return app


def configure(app: Flask, settings: Settings) -> None:
    settings.instance.mkdir(parents=True, exist_ok=True)
    app.extensions["pinakes.settings"] = settings
    app.config.update(
        SECRET_KEY=settings.secret_key or instance_secret(settings, "secret_key"),
        SQLALCHEMY_DATABASE_URI=settings.database,
        MAX_CONTENT_LENGTH=settings.upload_max_mb * 1024 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        TESTING=settings.testing,
        WTF_CSRF_ENABLED=not settings.testing,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_ALGORITHM_STREAMING=["br", "gzip"],
    )
    from app.accounts import configuration

    app.config.update(configuration.flask_security(settings))


def operate(app: Flask) -> None:
    """The instance's log, figures and traces where they are wanted, and the watch over workers and disk."""
    from app.operations import figures, logs, traces, watch

    for part in (logs, figures, traces, watch):
        part.register(app)


def behind_proxies(app: Flask, settings: Settings) -> None:
    """Take the visitor's address and scheme from as many proxies as there are; the host is the one that they pass on.

    X-Forwarded-Host is not believed: a proxy that does not set it hands on what a client wrote there.
    """
    if settings.proxies:
        from werkzeug.middleware.proxy_fix import ProxyFix

        fixed = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=0)
        app.wsgi_app = fixed  # type: ignore[method-assign]


def bind_extensions(app: Flask) -> None:
    from app import language
    from app.accounts import configuration
    from app.catalogue import import_models as _imports  # noqa: F401
    from app.catalogue import models as _catalogue  # noqa: F401  the tables must be known before the first query
    from app.catalogue.fulltext import owned
    from app.extensions import compress, csrf, db, migrate
    from app.usage import failures as _failures  # noqa: F401
    from app.usage import index_models as _index  # noqa: F401
    from app.usage import models as _usage  # noqa: F401

    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), compare_type=True, render_as_batch=True, include_name=owned)
    csrf.init_app(app)
    compress.init_app(app)
    language.bind(app)
    configuration.bind(app)
    from app.database import tune

    tune(app)


def register_blueprints(app: Flask) -> None:
    from app import web

    web.register(app)


def register_commands(app: Flask) -> None:
    from app import cli

    cli.register(app)


def register_errors(app: Flask) -> None:
    from app.web import errors

    errors.register(app)
