"""Every page that the application has, with what must be there to open it: for the tests that look at all of them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from flask_security.recoverable import generate_reset_password_token
from sqlalchemy import select

from app import services, studying
from app.accounts import collections, favourites, mail, tokens, users
from app.accounts.models import Invitation
from app.catalogue.import_models import ImportChange
from app.catalogue.models import Artwork, ImportRun, now
from app.extensions import db
from app.reindexing import comparing, photo_sets
from app.usage import feedback, jobs, pruning, searches
from app.usage.index_models import BuildComparison
from app.usage.models import Search
from app.web.staff import import_drafts
from tests.tiny import twin
from tests.web.gallery import give_head, jpeg, on_wall, painting, stranger

PASSWORD = "a long enough password"


@dataclass(frozen=True)
class Page:
    """One page: the endpoint that makes it, its address with names from `furnish`, who opens it, what the server answers."""

    endpoint: str
    path: str
    who: str = "anyone"  # anyone, vera (a visitor with an account) or ada (an admin)
    status: int = 200

    def __str__(self) -> str:
        return f"{self.path} {self.who}"


PAGES = (
    Page("search.home", "/"),
    Page("search.result", "/searches/{found}"),
    Page("search.result", "/searches/{several}"),
    Page("search.result", "/searches/{unsure}"),
    Page("search.result", "/searches/{unknown}"),
    Page("search.result", "/searches/{pruned}"),
    Page("seeing.seen", "/searches/{found}/seen/0"),
    Page("search.refine", "/searches/{found}/refine?left=10&turn=90"),
    Page("feedback.which", "/searches/{found}/which?q=still"),
    Page("artworks.browse", "/works"),
    Page("artworks.browse", "/works?school=Dutch&q=life"),
    Page("artworks.browse", "/works?q=nowhere"),
    Page("artworks.work", "/works/{work}"),
    Page("artworks.artist", "/artists/{artist}"),
    Page("security.login", "/login"),
    Page("security.register", "/register"),
    Page("security.forgot_password", "/reset"),
    Page("security.reset_password", "/reset/{reset}"),
    Page("security.send_confirmation", "/confirm"),
    Page("accounts.shared_collection", "/shared/{shared}"),
    Page("accounts.invitation", "/invitations/{invited}"),
    Page("accounts.invitation", "/invitations/nothing", status=410),
    Page("", "/nowhere", status=404),
    Page("", "/admin/", "vera", 403),
    Page("accounts.my_favourites", "/me/favourites"),
    Page("accounts.my_collections", "/me/collections"),
    Page("accounts.home", "/me", "ada"),
    Page("accounts.my_searches", "/me/searches", "ada"),
    Page("accounts.ask_forget", "/searches/{found}/delete", "ada"),
    Page("accounts.ask_delete", "/me/searches/{found}/delete", "ada"),
    Page("accounts.ask_delete_all", "/me/searches/delete", "ada"),
    Page("accounts.my_favourites", "/me/favourites", "ada"),
    Page("accounts.my_collections", "/me/collections", "ada"),
    Page("accounts.collection", "/me/collections/{collection}", "ada"),
    Page("accounts.delete_collection", "/me/collections/{collection}/delete", "ada"),
    Page("accounts.my_tokens", "/me/tokens", "ada"),
    Page("accounts.revoke_token", "/me/tokens/{token}/revoke", "ada"),
    Page("accounts.delete_account", "/me/delete", "ada"),
    Page("accounts.my_searches", "/me/searches", "vera"),
    Page("accounts.my_favourites", "/me/favourites", "vera"),
    Page("security.change_password", "/me/password", "ada"),
    Page("security.change_email", "/me/email", "ada"),
    Page("security.verify", "/verify", "ada"),
    Page("admin.home", "/admin/", "ada"),
    Page("admin.indexing", "/admin/index", "ada"),
    Page("admin.index_study", "/admin/index/study?cell=0&work=a1", "ada"),
    Page("admin.index_map", "/admin/index/map", "ada"),
    Page("admin.index_neighbours", "/admin/index/neighbours?picture={picture}&right=school", "ada"),
    Page("admin.index_neighbours", "/admin/index/neighbours?q=still", "ada"),
    Page("admin.build", "/admin/builds/{build}", "ada"),
    Page("admin.comparisons", "/admin/comparisons", "ada"),
    Page("admin.comparison", "/admin/comparisons/{comparison}", "ada"),
    Page("admin.imports", "/admin/imports", "ada"),
    Page("admin.import_run", "/admin/imports/{run}", "ada"),
    Page("admin.import_run", "/admin/imports/{run}?show=changed", "ada"),
    Page("admin.undo_run", "/admin/imports/{run}/undo", "ada"),
    Page("admin.mapping", "/admin/imports/drafts/{draft}", "ada"),
    Page("admin.works", "/admin/works", "ada"),
    Page("admin.edit_work", "/admin/works/{work}", "ada"),
    Page("admin.jobs", "/admin/jobs", "ada"),
    Page("admin.job", "/admin/jobs/{job}", "ada"),
    Page("admin.job", "/admin/jobs/{failed}", "ada"),
    Page("admin.operations", "/admin/operations", "ada"),
    Page("admin.failure_list", "/admin/operations/failures", "ada"),
    Page("admin.feedback_list", "/admin/feedback?state=all", "ada"),
    Page("admin.feedback_one", "/admin/feedback/{found}?q=still", "ada"),
    Page("admin.accounts", "/admin/accounts", "ada"),
    Page("admin.audit", "/admin/audit", "ada"),
    Page("admin.mail", "/admin/mail", "ada"),
    Page("admin.read_mail", "/admin/mail/{mail}", "ada"),
    Page("statistics.home", "/statistics/", "ada"),
    Page("statistics.never", "/statistics/never", "ada"),
    Page("statistics.report", "/statistics/report/{month}", "ada"),
    Page("admin.unanswered_one", "/admin/unanswered/{unknown}?q=aachen&work={work}", "ada"),
    Page("privacy.home", "/privacy"),
    Page("artworks.work", "/works/{work}", "ada"),
    Page("search.result", "/searches/{found}", "ada"),
)
NO_PAGES = {  # endpoints that answer with pictures, files, JSON, or send one elsewhere
    "static", "security.static", "search.progress", "search.refined", "admin.job_json", "admin.rejects_csv", "admin.report_csv",
    "admin.comparison_csv", "admin.compared_photo", "statistics.table",
    "statistics.this_report", "admin.unanswered_next", "admin.skip_unanswered", "admin.export_settled",
    "accounts.export_collection", "accounts.export_favourites", "security.confirm_email", "security.change_email_confirm",
    "artworks.by_number", "installing.manifest", "metrics.metrics",
}  # fmt: skip
NO_PAGES_OF = ("media.", "iiif.", "api.")


def page_endpoints(app: Flask) -> set[str]:
    """Endpoints that answer GET with a page."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.methods and "GET" in rule.methods]
    return {rule.endpoint for rule in rules if rule.endpoint not in NO_PAGES and not rule.endpoint.startswith(NO_PAGES_OF)}


def furnish(app: Flask) -> dict[str, str]:
    """Make what the pages show, with the application's own functions; returns the names of PAGES' addresses."""
    with app.app_context():
        ada = users.create("ada@example.org", "admin", PASSWORD)[0].id
        users.create("vera@example.org", "visitor", PASSWORD)
        give_head()
    found = {name: _asked(app, photo) for name, photo in _photos().items()}
    with app.app_context():
        names = {**found, **_searches(found, ada), **_belongings(ada), **_staff(ada)}
        names["reset"] = generate_reset_password_token(users.find("vera@example.org"))
        work = db.session.scalars(select(Artwork).where(Artwork.source_id == "a1")).one()
        names |= {"month": now().strftime("%Y-%m"), "work": str(work.id), "picture": str(work.pictures[0].id)}
        return {**names, "artist": str(work.credits[0].artist_id)}


def _photos() -> dict[str, bytes]:
    return {
        "found": jpeg(on_wall([painting(0)])),
        "several": jpeg(on_wall([painting(6), painting(2)], width=1600)),
        "unknown": jpeg(stranger()),
    }


def _asked(app: Flask, photo: bytes) -> str:
    with app.app_context():
        from app.web import recording, uploads

        return str(recording.recorded(uploads.Photo(photo, "photo.jpg", "upload")).id)


def _searches(found: dict[str, str], ada: int) -> dict[str, str]:
    """Two more answers to the first photo: as it would be with less evidence, and with its photo gone. What was said of it."""
    first = db.session.get_one(Search, found["found"])
    first.user_id = ada
    kept = {name: getattr(first, name) for name in ("photo_path", "photo_width", "photo_height", "result", "proof", "probability")}
    unsure = Search(verdict="uncertain", total_ms=1.0, **{**kept, "result": {**first.result, "verdict": "uncertain"}})
    pruned = Search(verdict="identified", total_ms=1.0, **{**kept, "photo_path": None})
    db.session.add_all([unsure, pruned])
    db.session.commit()
    searches.judge(first, "wrong", artwork_id=feedback.answered(first)[0].id)
    searches.judge(first, "comment", "It hangs beside the stairs.")
    searches.judge(unsure, "wrong")
    feedback.settle(unsure, "not_ours")
    return {"unsure": unsure.id, "pruned": pruned.id}


def _belongings(ada: int) -> dict[str, str]:
    works = list(db.session.scalars(select(Artwork.id).order_by(Artwork.id).limit(3)))
    made = collections.create(ada, "Seen in Cambridge", "On a rainy day.")
    for work in works:
        favourites.put(ada, work)
        collections.add_work(made, work)
    collections.share(made, True)
    user = users.find("ada@example.org")
    assert user is not None and made.share_key is not None
    token, _secret = tokens.create(user, "A script", ["read"], 30)
    secret = "only-for-these-tests"
    db.session.add(Invitation(email="nora@example.org", role="curator", digest=tokens.digest(secret), invited_by=user.email))
    db.session.commit()
    return {"invited": secret, "collection": str(made.id), "shared": made.share_key, "token": str(token.id)}


def _staff(ada: int) -> dict[str, str]:
    studying.draw_map()
    done = jobs.create("index_build", {}, ada)
    jobs.start(done)
    jobs.progress(done.id, "describe", 3, 8)
    failed = jobs.create("import", {"file": "x.csv"}, ada)
    jobs.fail(failed, "There is no such file.")
    run = ImportRun(file_name="new.csv", format="general", user_id=ada, counts={"added": 1}, written_at=now())
    run.rejects = [{"line": 3, "reason": "no id"}]
    message = mail.put("reset_instructions", "vera@example.org", "Reset", "Follow this link.")
    db.session.add(run)
    db.session.flush()
    work = db.session.scalars(select(Artwork).order_by(Artwork.id)).first()
    assert work is not None
    known = {"run_id": run.id, "line": 2, "artwork_id": work.id, "source_id": work.source_id, "title": work.title}
    before, after = {"title": "Old", "updated_at": now().isoformat()}, {"title": work.title}
    db.session.add(ImportChange(kind="changed", before=before, after=after, missing=["a.jpg"], missing_count=1, **known))
    db.session.commit()
    return {
        "comparison": _comparison(), "draft": _draft(), "mail": str(message.id), "run": str(run.id),
        "build": services.builds().current(), "job": done.id, "failed": failed.id,
    }  # fmt: skip


def _comparison() -> str:
    """A second build, that lacks a work, compared with the first on the example photos."""
    venus = db.session.scalars(select(Artwork).where(Artwork.source_id == "a1")).one()
    second = twin(picture.id for picture in venus.pictures)
    file = services.settings().demo_dir / "photos.csv"
    file.write_text("photo,artwork_ids,kind\nphotos/venus.jpg,a1,wall\nphotos/stranger.jpg,,wall\n", encoding="utf-8")
    chosen = photo_sets.save_on_server("Two photos", file)
    before = services.builds().current()
    row = BuildComparison(before=before, after=second, photo_set_id=chosen.id, photos_name=chosen.name)
    db.session.add(row)
    db.session.commit()
    comparing.run(row, photo_sets.truth_of(chosen), lambda *told: None, lambda: False)
    return str(row.id)


def _draft() -> str:
    """A table that waits for somebody to say what its columns mean."""
    folder = pruning.imports_folder(services.settings())
    draft = import_drafts.new(folder, "odd.csv")
    file = folder / draft.id / "odd.csv"
    file.write_text("Inv,Name,Room\n1,The Mill,3\n2,The Ferry,4\n", encoding="utf-8")
    draft.file = str(file)
    import_drafts.save(folder, draft)
    return draft.id
