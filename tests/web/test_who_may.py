"""Who may do what: every rule of the application with the role that it asks for, and each of them tried by those who lack it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.accounts.cast import logged_in

# Endpoints by what they ask for, without the blueprint's name. A new rule belongs into one of these lists.
NEEDS = {
    "anyone": {
        "": "static",
        "accounts": "ask_forget change_collection collect collection create_collection delete_collection export_collection "
        "export_favourites favourite forget invitation my_collections my_favourites share_collection shared_collection "
        "theme",
        "api": "asked collections judge neighbours openapi search work works",
        "artworks": "artist browse by_number work",
        "feedback": "say which",
        "iiif": "base image info manifest",
        "installing": "manifest",
        "languages": "choose",
        "media": "example full heat overlay picture upload",
        "metrics": "metrics",
        "privacy": "home",
        "search": "ask home progress refine refine_ask refined result",
        "security": "change_email_confirm confirm_email forgot_password login logout register reset_password send_confirmation "
        "static",
        "seeing": "seen",
    },
    "token": {
        "api": "change_collection collect collected create_collection delete_collection delete_search like me "
        "my_collection my_collections my_favourites my_searches take_out unlike",
    },
    "visitor": {
        "accounts": "ask_delete ask_delete_all create_token delete delete_account delete_all download home log_out_everywhere "
        "my_searches my_tokens revoke_token",
        "security": "change_email change_password verify",
    },
    "curator": {
        "accounts": "unshare",
        "admin": "add_work_picture answer_unanswered build cancel compared_photo comparison comparison_csv comparisons "
        "create_work delete_build delete_comparison delete_set draw_index_map edit_work export_settled failure_list feedback_list "
        "feedback_one hide_work home import_run imports index_map index_neighbours index_study indexing job job_json jobs "
        "load_import mapping merge_work "
        "operations publish rejects_csv remove_work_picture reopen_feedback report_csv retry save_set "
        "settle_feedback skip_unanswered start_build start_comparison start_measurement try_import unanswered_next "
        "unanswered_one undo_run undo_unanswered unmerge_work works",
        "statistics": "home never report table this_report",
    },
    "admin": {
        "admin": "accounts audit create_account invite mail read_mail save_schedule send_invitation set_active set_role "
        "switch_alerts test_alerts withdraw_invitation",
    },
}  # fmt: skip
ROLES = {
    f"{room}.{name}".lstrip("."): role for role, rooms in NEEDS.items() for room, names in rooms.items() for name in names.split()
}
RANK = ["anyone", "visitor", "curator", "admin"]
PEOPLE = {"visitor": "vera", "curator": "carla", "admin": "ada"}
SPECIAL = {"any(webp):kind": "webp", "kind": "csv", "code": "en", "format": "jpg"}  # values of variables; others are 1


def address(rule: Rule) -> str:
    """The rule's address with something in the place of each variable."""

    def value(found: re.Match[str]) -> str:
        inside = found.group(1)
        return SPECIAL.get(inside, SPECIAL.get(inside.rpartition(":")[2], "1"))

    return re.sub(r"<([^>]+)>", value, rule.rule)


def calls(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(role, method, address) of everything that can be asked; a rule that is not listed fails the test of the list."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in ROLES:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield ROLES[rule.endpoint], method, address(rule)


def refused(answer: Any) -> bool:
    return answer.status_code in (401, 403) or (answer.status_code == 302 and answer.location.startswith("/login?next="))


def tried(client: FlaskClient, app: Flask, who: str) -> list[str]:
    """What went otherwise than the table says. Deeds that one may do are left out: some of them end the session."""
    wrong = []
    for role, method, path in calls(app):
        may = role == "anyone" or (role != "token" and RANK.index(who) >= RANK.index(role))
        if may and who != "anyone" and (method != "GET" or role == "anyone"):
            continue
        if refused(client.open(path, method=method)) is may:
            wrong.append(f"{method} {path} by {who}: {'refused' if may else 'let in'}")
    return wrong


def test_every_rule_says_who_may(bare_site: Flask) -> None:
    endpoints = {rule.endpoint for rule in bare_site.url_map.iter_rules()}
    assert endpoints - ROLES.keys() == set(), "say in NEEDS who may"
    assert ROLES.keys() - endpoints == set()


@pytest.mark.parametrize("who", RANK)
def test_nobody_gets_further_than_their_role(bare_site: Flask, who: str) -> None:
    client = bare_site.test_client() if who == "anyone" else logged_in(bare_site, PEOPLE[who], who)
    assert tried(client, bare_site, who) == []
