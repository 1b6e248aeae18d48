"""Every staff view asks for its role: visitors are refused, strangers sent to log in."""

from __future__ import annotations

from flask import Flask

from app.accounts import users
from app.accounts.models import User
from app.extensions import db
from tests.web.staff_cast import log_in

CURATOR_VIEWS = [
    "/admin/comparisons", "/admin/comparisons/1", "/admin/comparisons/1.csv", "/admin/comparisons/1/photos/1.jpg",
    "/admin/", "/admin/index", "/admin/builds/some", "/admin/jobs", "/admin/jobs/some", "/admin/jobs/some.json",
    "/admin/operations", "/admin/operations/failures", "/admin/index/study", "/admin/index/map", "/admin/index/neighbours",
    "/admin/imports", "/admin/imports/1", "/admin/imports/1/rejects.csv", "/admin/imports/1/report.csv",
    "/admin/imports/1/undo", "/admin/imports/drafts/some", "/admin/works", "/admin/works/1",
    "/admin/feedback", "/admin/feedback/some", "/statistics/", "/statistics/searches.csv",
    "/statistics/never", "/statistics/report", "/statistics/report/2026-03",
    "/admin/unanswered", "/admin/unanswered/some", "/admin/unanswered/some/skip", "/admin/unanswered/settled.zip",
]  # fmt: skip
ADMIN_VIEWS = ["/admin/accounts", "/admin/audit", "/admin/mail", "/admin/mail/1"]
CURATOR_ACTS = [
    "/admin/index/measure", "/admin/index/map", "/admin/builds/some/delete", "/admin/comparisons", "/admin/comparisons/1/delete",
    "/admin/comparisons/sets", "/admin/comparisons/sets/1/delete",
    "/admin/index/build", "/admin/builds/some/publish", "/admin/jobs/some/cancel",
    "/admin/jobs/some/retry", "/admin/imports", "/admin/imports/some/load",
    "/admin/imports/1/undo", "/admin/imports/drafts/some", "/admin/works", "/admin/works/1", "/admin/works/1/hidden",
    "/admin/works/1/pictures", "/admin/works/1/pictures/1/remove", "/admin/works/1/merge", "/admin/works/1/unmerge",
    "/admin/feedback/some/settle", "/admin/feedback/some/reopen", "/admin/unanswered/some", "/admin/unanswered/some/undo",
]  # fmt: skip
ADMIN_ACTS = [
    "/admin/index/schedule",  # when the index is built by itself
    "/admin/accounts", "/admin/accounts/1/role", "/admin/accounts/1/active",
    "/admin/operations/alerts", "/admin/operations/test",
    "/admin/invitations", "/admin/invitations/1/send", "/admin/invitations/1/withdraw",
]  # fmt: skip


def test_strangers_are_sent_to_log_in(app: Flask) -> None:
    for address in CURATOR_VIEWS + ADMIN_VIEWS:
        answer = app.test_client().get(address)
        assert answer.status_code == 302, address
        assert answer.location.startswith("/login"), address


def test_visitors_may_see_and_do_nothing(app: Flask) -> None:
    vera = log_in(app, "vera", "visitor")
    seen = {address: vera.get(address).status_code for address in CURATOR_VIEWS + ADMIN_VIEWS}
    done = {address: vera.post(address).status_code for address in CURATOR_ACTS + ADMIN_ACTS}
    assert set(seen.values()) == {403}, seen
    assert set(done.values()) == {403}, done


def test_curators_have_nothing_to_do_with_accounts(app: Flask) -> None:
    carla = log_in(app, "carla", "curator")
    assert [carla.get(address).status_code for address in ADMIN_VIEWS] == [403] * len(ADMIN_VIEWS)
    assert [carla.post(address).status_code for address in ADMIN_ACTS] == [403] * len(ADMIN_ACTS)


def test_every_view_of_the_blueprint_is_in_these_lists(app: Flask) -> None:
    known = set(CURATOR_VIEWS + ADMIN_VIEWS + CURATOR_ACTS + ADMIN_ACTS)
    adapter = app.url_map.bind("localhost")
    covered = set()
    for address in known:
        for method in ("GET", "POST"):
            if adapter.test(address, method=method):
                covered.add(adapter.match(address, method=method)[0])
    staff = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith(("admin.", "statistics."))}
    assert staff - covered == set()


def test_the_rail_shows_what_one_may_open(app: Flask) -> None:
    curators = log_in(app, "carla", "curator").get("/admin/").text
    assert "/admin/imports" in curators
    assert "/admin/accounts" not in curators
    assert "/admin/accounts" in log_in(app, "ada", "admin").get("/admin/").text


def test_an_account_is_made_and_its_password_shown_once(app: Flask) -> None:
    ada = log_in(app, "ada", "admin")
    made = ada.post("/admin/accounts", data={"email": "new@example.org", "role": "curator"}).text
    user = users.find("new@example.org")
    assert user is not None
    assert users.role_of(user) == "curator"
    assert "Its password, shown this once" in made
    assert "Its password, shown this once" not in ada.get("/admin/accounts").text
    assert "user.create" in ada.get("/admin/audit?action=user").text


def test_a_bad_address_gets_a_sentence(app: Flask) -> None:
    answer = log_in(app, "ada", "admin").post("/admin/accounts", data={"email": "nobody"}, follow_redirects=True)
    assert "is not an e-mail address." in answer.text


def test_roles_are_set_and_accounts_closed(app: Flask) -> None:
    ada = log_in(app, "ada", "admin")
    vera, _password = users.create("vera@example.org")
    answer = ada.post(f"/admin/accounts/{vera.id}/role", data={"role": "curator"}, follow_redirects=True)
    assert "The role of vera@example.org was visitor and is curator now." in answer.text
    answer = ada.post(f"/admin/accounts/{vera.id}/active", data={"active": "0"}, follow_redirects=True)
    assert "is closed and logged out everywhere" in answer.text
    db.session.refresh(vera)
    assert (users.role_of(vera), vera.active) == ("curator", False)
    ada.post(f"/admin/accounts/{vera.id}/active", data={"active": "1"})
    db.session.refresh(vera)
    assert vera.active


def test_nobody_changes_their_own_role(app: Flask) -> None:
    ada = log_in(app, "ada", "admin")
    me = db.session.scalar(db.select(User.id).where(User.email == "ada@example.org"))
    assert ada.post(f"/admin/accounts/{me}/role", data={"role": "visitor"}).status_code == 403
    assert ada.post(f"/admin/accounts/{me}/active", data={"active": "0"}).status_code == 403


def test_accounts_are_filtered_by_the_address(app: Flask) -> None:
    ada = log_in(app, "ada", "admin")
    users.create("vera@example.org")
    assert "vera@example.org" not in ada.get("/admin/accounts?role=admin").text
    assert "vera@example.org" in ada.get("/admin/accounts?q=VERA").text
