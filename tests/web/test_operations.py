"""The staff page of operations: what it shows, retry and cancel, who is told, and a webhook that is a real server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import AuditEvent, Mail
from app.catalogue.models import now
from app.extensions import db
from app.operations import beats
from app.settings import Settings
from app.usage import alerts, failures, jobs
from app.usage.failures import WebhookPost
from app.usage.models import Job
from tests.web.staff_cast import log_in


@dataclass
class Hook:
    """A webhook: what it got, and what it answers."""

    url: str = ""
    got: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)  # of the next requests; then 200


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802  http.server's name
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = found.answers.pop(0) if found.answers else 200
            if status == 200:
                found.got.append(body)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}/hook?key=s3cret"
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def hooked(app: Flask, settings: Settings, hook: Hook) -> Flask:
    app.extensions["pinakes.settings"] = settings.model_copy(update={"alert_url": hook.url})
    return app


def failed(kind: str = "import", **arguments: object) -> Job:
    job = jobs.create(kind, dict(arguments))
    jobs.start(job)
    jobs.fail(job, "The disk is full.")
    return job


def again(job: Job) -> Job | None:
    db.session.expire_all()
    return db.session.scalar(select(Job).where(Job.kind == job.kind, Job.id != job.id).order_by(Job.created_at.desc()))


def test_the_page_tells_the_state_of_everything(app: Flask, settings: Settings) -> None:
    beats.write(settings.instance, "worker:celery@museum", time.time() - 60, running=["tasks.indexing.reindex"], memory=300 << 20)
    failures.record("search", "search.search KeyError", "It stopped on an unexpected KeyError (x).", reference="AAAA-BBBB")
    db.session.commit()
    page = log_in(app, "carla", "curator").get("/admin/operations").text
    for words in ("celery@museum", "Re-index", "300 MB", "A search failed", "AAAA-BBBB", "No scheduler has been heard of"):
        assert words in page, words
    assert "does not answer" in page, "the embedded broker does not run here"
    assert "No backup of this instance has been taken yet" in page
    assert "Send a test" not in page, "only admins may"


def test_a_failed_import_is_tried_again_with_the_same_arguments(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "museum.csv"
    file.write_text("id,title\nA1,The Ferry\n")
    job = failed(file=str(file), name="museum.csv", dry_run=False)
    ada = log_in(app, "ada", "admin")
    assert f"/admin/jobs/{job.id}/retry" in ada.get("/admin/jobs").text
    ada.post(f"/admin/jobs/{job.id}/retry")
    second = again(job)
    assert second and second.state == "done" and second.message.startswith("1 added")
    assert second.arguments == {**job.arguments, "attempts": 1, "retry_of": job.id}
    event = db.session.scalar(select(AuditEvent).where(AuditEvent.action == "job.retry"))
    assert event and event.actor == "ada@example.org" and event.details == {"job": job.id, "again": second.id}
    assert f"/admin/jobs/{second.id}/retry" not in ada.get("/admin/jobs").text


def test_a_job_is_tried_again_from_the_command_line_too(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "museum.csv"
    file.write_text("id,title\nA1,The Ferry\n")
    job, runner = failed(file=str(file), name="museum.csv"), app.test_cli_runner()
    said = runner.invoke(args=["jobs", "retry", job.id[:10]])
    second = again(job)
    assert second and said.output == f"{second.id}  import  done\n"
    refused = runner.invoke(args=["jobs", "retry", second.id])
    assert refused.exit_code == 1 and "This job has not failed" in refused.stderr


@pytest.mark.parametrize("who", ["carla", "ada"])
def test_what_cannot_be_tried_again_says_why(app: Flask, tmp_path: Path, who: str) -> None:
    client = log_in(app, who, "admin" if who == "ada" else "curator")
    file = tmp_path / "museum.csv"
    file.write_text("id,title\n")
    gone, theirs, done = failed(file="/gone.csv"), failed(file=str(file)), jobs.create("statistics", {})
    jobs.finish(done, {})
    said = {job.id: client.post(f"/admin/jobs/{job.id}/retry", follow_redirects=True).text for job in (gone, theirs, done)}
    assert "This job has not failed" in said[done.id]
    if who == "carla":
        assert "Somebody else has begun this import" in said[theirs.id]
    else:
        assert "has been cleared away meanwhile" in said[gone.id]


def test_a_second_press_starts_nothing(app: Flask) -> None:
    job = failed("index_build", preset="default")
    jobs.create("index_build", {"preset": "default"})
    carla = log_in(app, "carla", "curator")
    assert "It is being tried again already" in carla.post(f"/admin/jobs/{job.id}/retry", follow_redirects=True).text
    assert db.session.query(Job).count() == 2


def test_a_job_that_lost_its_worker_is_taken_up_itself(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "museum.csv"
    file.write_text("id,title\nA1,The Ferry\n")
    job = jobs.create("import", {"file": str(file), "name": "museum.csv"})
    jobs.start(job)
    job.heartbeat_at = now() - timedelta(seconds=jobs.LOST_SECONDS + 5)
    db.session.commit()
    ada = log_in(app, "ada", "admin")
    assert "Import of museum.csv" in ada.get("/admin/operations").text
    ada.post(f"/admin/jobs/{job.id}/retry")
    db.session.refresh(job)
    assert (job.state, again(job)) == ("done", None)


def test_a_failed_build_is_written_to_admins_and_webhook_once_an_hour(hooked: Flask, hook: Hook) -> None:
    log_in(hooked, "ada", "admin")
    bea = log_in(hooked, "bea", "admin")
    log_in(hooked, "carla", "curator")
    bea.post("/language", data={"language": "de"})
    for _ in range(2):
        jobs.fail(jobs.create("index_build", {"preset": "default"}), "redis://me:pass@host does not answer.")
    assert alerts.deliver_due() == 1
    (said,) = hook.got
    assert said["what"] == "Re-index of default failed" and said["event"] == "failure"
    assert said["why"] == "redis://********@host does not answer."
    assert said["reference"] and "s3cret" not in json.dumps(said)
    mails = db.session.scalars(select(Mail).where(Mail.kind == "alert").order_by(Mail.recipient)).all()
    assert [mail.recipient for mail in mails] == ["ada@example.org", "bea@example.org"]
    assert "pass@" not in mails[0].text
    english, german = ((mail.subject, mail.text.splitlines()[2], mail.text.splitlines()[-1]) for mail in mails)
    assert english[0] == "Pinakes: Re-index of default failed" and english[2].startswith("You get this as an admin")
    assert german[0] == "Pinakes: Neue Indexierung mit default ist fehlgeschlagen" and german[2].startswith("Sie erhalten dies als")
    assert english[1] != german[1]


def test_an_admin_may_refuse_mail_and_a_test_goes_every_way(hooked: Flask, hook: Hook) -> None:
    ada = log_in(hooked, "ada", "admin")
    assert "2 test messages are on their way" in ada.post("/admin/operations/test", follow_redirects=True).text
    assert [body["event"] for body in hook.got] == ["test"]
    assert "no longer written to you" in ada.post("/admin/operations/alerts", data={"wanted": "0"}, follow_redirects=True).text
    assert "1 test message is on its way" in ada.post("/admin/operations/test", follow_redirects=True).text
    ada.post("/admin/operations/alerts", data={"wanted": "1"})
    assert [user.email for user in alerts.readers()] == ["ada@example.org"]


@pytest.mark.parametrize("status", [500, 302])
def test_a_webhook_that_does_not_take_a_message_is_asked_again(hooked: Flask, hook: Hook, status: int) -> None:
    hook.answers = [status]
    alerts.send_test("ada")
    db.session.commit()
    assert alerts.deliver_due() == 0
    (waiting,) = db.session.scalars(select(WebhookPost)).all()
    assert (waiting.state, waiting.attempts) == ("waiting", 1) and str(status) in waiting.error
    assert "s3cret" not in waiting.error
    assert alerts.deliver_due() == 0, "not before its time"
    waiting.next_at = now()
    db.session.commit()
    assert alerts.deliver_due() == 1 and len(hook.got) == 1
    db.session.refresh(waiting)
    assert waiting.state == "sent"


def test_a_webhook_that_is_not_there_is_given_up_after_a_while(app: Flask, settings: Settings) -> None:
    app.extensions["pinakes.settings"] = settings.model_copy(update={"alert_url": "http://127.0.0.1:9/hook"})
    alerts.send_test("ada")
    db.session.commit()
    for _ in range(alerts.ATTEMPTS_MAX):
        db.session.execute(db.update(WebhookPost).values(next_at=now()))
        db.session.commit()
        assert alerts.deliver_due() == 0
    (given_up,) = db.session.scalars(select(WebhookPost)).all()
    assert given_up.state == "failed" and "does not answer" in given_up.error


@pytest.mark.parametrize("url", ["ftp://example.org/x", "chat.example.org", "https://"])
def test_a_webhook_needs_a_web_address(url: str) -> None:
    with pytest.raises(ValueError, match="https://"):
        Settings(alert_url=url)
