"""`flask users`: exit codes, one line for an error, JSON alone on standard output."""

from __future__ import annotations

import json

import pytest
from flask import Flask


def run(site: Flask, *arguments: str, stdin: str | None = None):
    return site.test_cli_runner().invoke(args=["users", *arguments], input=stdin)


def test_an_account_is_made_with_a_password_that_works(bare_site: Flask) -> None:
    made = run(bare_site, "create", "ada@example.org", "--role", "admin", "--json")
    assert made.exit_code == 0
    told = json.loads(made.stdout)
    assert told["role"] == "admin" and len(told["password"]) >= 12
    form = {"email": told["email"], "password": told["password"]}
    assert bare_site.test_client().post("/login", data=form).status_code == 302
    listed = json.loads(run(bare_site, "list", "--json").stdout)
    assert [(row["email"], row["role"], row["active"]) for row in listed] == [("ada@example.org", "admin", True)]


def test_a_password_may_come_from_standard_input_and_is_not_repeated(bare_site: Flask) -> None:
    made = run(bare_site, "create", "ada@example.org", "--password-stdin", stdin="a short sentence\n")
    assert made.exit_code == 0 and "a short sentence" not in made.output
    form = {"email": "ada@example.org", "password": "a short sentence"}
    assert bare_site.test_client().post("/login", data=form).status_code == 302


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("create", "ada@example.org"), None, "already"),
        (("create", "nonsense"), None, "'nonsense' is not an e-mail address"),
        (("create", "bob@example.org", "--password-stdin"), "short\n", "needs at least 10"),
        (("create", "bob@example.org", "--password-stdin"), "", "holds no password"),
        (("role", "nobody@example.org", "admin"), None, "There is no account for nobody@example.org"),
        (("role", "ada@example.org", "visitor"), None, "the last admin"),
    ],
)
def test_errors_are_one_line(bare_site: Flask, arguments: tuple[str, ...], stdin: str | None, said: str) -> None:
    run(bare_site, "create", "ada@example.org", "--role", "admin")
    failed = run(bare_site, *arguments, stdin=stdin)
    assert failed.exit_code == 1 and said in failed.output
    assert len(failed.output.strip().splitlines()) == 1


def test_a_new_password_logs_the_old_browser_out(bare_site: Flask) -> None:
    told = json.loads(run(bare_site, "create", "ada@example.org", "--json").stdout)
    client = bare_site.test_client()
    client.post("/login", data={"email": told["email"], "password": told["password"]})
    assert client.get("/me/searches").status_code == 200
    assert run(bare_site, "password", "ada@example.org").output.startswith("Password: ")
    assert client.get("/me/searches").status_code == 302


@pytest.mark.parametrize("name", ["create", "list", "role", "password"])
def test_help_has_an_example(bare_site: Flask, name: str) -> None:
    shown = run(bare_site, name, "--help")
    assert shown.exit_code == 0 and f"Example: flask users {name}" in shown.output
