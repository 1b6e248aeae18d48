"""One table of settings: name, default, help. Each is read from `PINAKES_<NAME>`; a bad value stops the start."""

from __future__ import annotations

import json
import re
import secrets
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.accounts import smtp

ROOT = Path(__file__).resolve().parent.parent


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names it and the way out."""


class Settings(BaseSettings):
    """Every setting, with its default and what it does."""

    model_config = SettingsConfigDict(env_prefix="PINAKES_", frozen=True, extra="ignore")

    instance: Path = Field(
        ROOT / "instance", description="Folder of everything that is not code: database, pictures, uploads, index builds."
    )
    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite in the instance.")
    broker_url: str = Field("", description="Celery broker (redis://… or amqp://…); empty: the embedded Valkey in the instance.")
    index_url: str = Field(
        "",
        description="Milvus server that builds keep their vectors on: milvus://user:password@host:19530/database, milvus+tls://… "
        "(needs requirements-milvus.txt); empty: FAISS in the instance.",
    )
    preset: str = Field("default", description="Search preset that a build uses unless it names one (see docs/presets.md).")
    host: str = Field("127.0.0.1", description="Address the web server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the web server listens on; the next free one if it is in use.")
    proxies: int = Field(0, ge=0, le=9, description="Reverse proxies in front whose X-Forwarded-For and -Proto are believed.")
    https: bool = Field(False, description="Visitors come by HTTPS alone: cookies go no other way, and browsers keep to it.")
    upload_max_mb: int = Field(32, ge=1, le=512, description="Largest upload, in MB.")
    photo_max_mp: int = Field(60, ge=1, le=300, description="Largest photo, in megapixels, checked before it is decoded.")
    url_search: bool = Field(True, description="Visitors may give the web address of a picture; only public sites are asked.")
    url_max_mb: int = Field(16, ge=1, le=512, description="Largest picture fetched from a web address, in MB.")
    url_timeout_s: int = Field(10, ge=1, le=60, description="Seconds that fetching a picture from a web address may take in all.")
    search_queue: int = Field(8, ge=1, le=256, description="Searches that may wait; more are answered 503 with Retry-After.")
    threads: int = Field(2, ge=1, le=256, description="Processor threads that one search may use.")
    uploads_keep_days: int = Field(30, ge=0, description="Days that a visitor's photo is kept; 0: not at all after the answer.")
    import_folders: str = Field(
        "",
        description="Folders of the server, with : between them, from which curators may import tables and pictures; "
        "admins may from any.",
    )
    builds_keep: int = Field(3, ge=1, description="Index builds that are kept for roll-back, the published one included.")
    mail_url: str = Field(
        "",
        description="Mail server: smtps://user:password@host, smtp+starttls://… or smtp://…; empty: mail is kept in the instance "
        "and shown to admins.",
    )
    mail_sender: str = Field("", description="From whom mail comes: Pinakes <pinakes@gallery.example>; empty: pinakes at the host.")
    mail_keep_days: int = Field(30, ge=1, description="Days that mail is kept for the staff to see.")
    guests_keep_days: int = Field(
        365,
        ge=1,
        description="Days after the last change that favourites and collections of visitors without an account are kept.",
    )
    timezone: str = Field("UTC", description="Time zone of the museum (Europe/Rome): days and hours of statistics go by its clock.")
    site_url: str = Field(
        "",
        description="Address that visitors use (https://pinakes.gallery.example): links in mails name it.",
    )
    alert_url: str = Field(
        "",
        description="Web address that failures are posted to as JSON (a chat's webhook, a pager); empty: admins get mail alone.",
    )
    disk_free_min_mb: int = Field(2048, ge=0, description="Free disk of the instance, in MB, below which the staff are warned.")
    metrics: bool = Field(False, description="Figures for Prometheus at /metrics: for this machine alone unless there is a token.")
    metrics_token: str = Field("", description="Bearer token that /metrics asks for; empty: only this machine may ask.")
    otlp_url: str = Field(
        "",
        description="OpenTelemetry collector (http://127.0.0.1:4318) that traces go to; needs requirements-traces.txt.",
    )
    secret_key: str = Field("", description="Signs sessions; empty: made at first run and kept in the instance.")
    testing: bool = Field(False, description="Tests only: no CSRF, tasks run in place.")

    @field_validator("mail_url")
    @classmethod
    def _names_a_mail_server(cls, url: str) -> str:
        if url:
            smtp.parsed(url)
        return url

    @field_validator("index_url")
    @classmethod
    def _names_a_vector_server(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("milvus", "milvus+tls") or not parts.hostname or parts.query or parts.fragment):
            raise ValueError("write an address such as milvus://127.0.0.1:19530, or leave it empty for FAISS in the instance")
        return url

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("write a zone of the IANA database, such as Europe/Rome, America/New_York or UTC")
        return name

    @field_validator("mail_sender")
    @classmethod
    def _is_an_address(cls, sender: str) -> str:
        if sender and ("@" not in parseaddr(sender)[1] or not sender.isprintable()):
            raise ValueError("write an address, with a name or without: Pinakes <pinakes@gallery.example>")
        return sender

    @field_validator("site_url")
    @classmethod
    def _is_a_site(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment):
            raise ValueError("write an address such as https://pinakes.gallery.example")
        return url.rstrip("/")

    @field_validator("alert_url", "otlp_url")
    @classmethod
    def _is_a_web_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable()):
            raise ValueError("write an address that begins with https:// or http://")
        return url

    @property
    def sender(self) -> str:
        """From whom mail comes."""
        if self.mail_sender or not self.mail_url:
            return self.mail_sender or "Pinakes <pinakes@localhost>"
        server = smtp.parsed(self.mail_url)
        host = urlsplit(self.site_url).hostname or server.host
        return server.user if "@" in server.user else f"Pinakes <pinakes@{host}>"

    @property
    def import_folders_open(self) -> list[Path]:
        """Folders from which curators may import."""
        return [Path(one.strip()) for one in self.import_folders.split(":") if one.strip()]

    @property
    def pictures_dir(self) -> Path:
        return self.instance / "pictures"

    @property
    def uploads_dir(self) -> Path:
        return self.instance / "uploads"

    @property
    def indexes_dir(self) -> Path:
        return self.instance / "indexes"

    @property
    def thumbnails_dir(self) -> Path:
        return self.instance / "thumbnails"

    @property
    def demo_dir(self) -> Path:
        return self.instance / "demo"

    @property
    def descriptors_path(self) -> Path:
        return self.instance / "descriptors.sqlite"

    @property
    def database(self) -> str:
        """The database's URL; PostgreSQL's plain `postgresql://` and `postgres://` mean the driver that is installed, psycopg 3."""
        scheme, separator, rest = self.database_url.partition("://")
        if separator and scheme in ("postgres", "postgresql"):
            return f"postgresql+psycopg://{rest}"
        return self.database_url or f"sqlite:///{self.instance / 'pinakes.sqlite'}"

    @property
    def broker(self) -> str:
        """The broker's URL; the embedded one listens on a socket in the instance, so that it needs no port."""
        return self.broker_url or f"redis+socket://{self.instance / 'broker' / 'valkey.sock'}"


def load_settings() -> Settings:
    """Settings from the environment. Raises SettingsError naming the variable, the value and what is allowed."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "PINAKES_" + "_".join(str(part) for part in first["loc"]).upper()
        given = re.sub(r"//[^/]*@", "//********@", str(first["input"]))  # passwords in URLs are nobody else's business
        raise SettingsError(f"{name}={given!r}: {first['msg']}") from error
    return settings.model_copy(update={"instance": settings.instance.resolve()})


def instance_secret(settings: Settings, name: str) -> str:
    """A secret of this instance: made at first use, kept in `secrets.json` that only the owner may read."""
    settings.instance.mkdir(parents=True, exist_ok=True)
    path = settings.instance / "secrets.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if name not in known:
        known[name] = secrets.token_urlsafe(32)
        draft = path.with_suffix(".tmp")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(known, indent=1))
        draft.replace(path)
    return known[name]
