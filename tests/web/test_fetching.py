"""Pictures by their web address: from real servers, and every refusal in a sentence."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from flask import Flask

from app import addresses, fetching
from app.addresses import FetchError, is_public, taken_apart
from app.fetching import Limits, fetch
from tests.web.gallery import jpeg, on_wall, painting
from tests.web.sites import LOCAL, Site, certificate, moved, opened, sends, status

PHOTO = jpeg(on_wall([painting(0)]))


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with opened({"/photo.jpg": sends(PHOTO), "/page": sends(b"<html>", "text/html; charset=utf-8")}) as found:
        yield found


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1",
        "192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fec0::1", "ff02::1", "ff0e::1", "2001:db8::1", "3fff::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2002:7f00:1::", "2001:0:4136:e378::", "5f00::1",
        "localhost", "", "2130706433",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "193.99.144.80", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "There was no address"),
        ("   ", "There was no address"),
        ("file:///etc/passwd", "begin with https"),
        ("ftp://museum.example/a.jpg", "begin with https"),
        ("data:image/png;base64,AAAA", "begin with https"),
        ("javascript:alert(1)", "begin with https"),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "begin with https"),
        ("https://", "not the address of a picture"),
        ("https:///a.jpg", "not the address of a picture"),
        ("https://museum.example/a b.jpg", "not the address of a picture"),
        ("https://museum.example\\@127.0.0.1/", "not the address of a picture"),
        ("http://museum.example/\r\nHost: localhost", "not the address of a picture"),
        ("https://museum.example:99999/", "not the address of a picture"),
        ("https://[::1/", "not the address of a picture"),
        ("https://" + "a" * 70 + ".example/", "not the address of a picture"),
        ("https://museum.example/" + "a" * 2000, "not the address of a picture"),
        ("https://ada:secret@museum.example/", "name or password"),
        ("https://@museum.example/", "name or password"),
        ("http://museum.example:8080/", "unusual port (8080)"),
        ("http://museum.example:6379/", "unusual port (6379)"),
    ],
)
def test_addresses_that_are_refused_before_anything_is_asked(url: str, said: str) -> None:
    with pytest.raises(FetchError, match=re.escape(said)):
        taken_apart(url)


def test_an_address_is_taken_apart() -> None:
    found = taken_apart(" https://Müseum.example/Bild ü.jpg?q=ß#part".replace("Bild ü", "Bild%20ü"))
    assert found == addresses.Target("https", "xn--mseum-kva.example", 443, "/Bild%20%C3%BC.jpg?q=%C3%9F")
    assert taken_apart("museum.example/a.jpg") == addresses.Target("https", "museum.example", 443, "/a.jpg")
    assert taken_apart("http://[2606:4700::1]/").host == "2606:4700::1"


def test_a_picture_is_fetched_under_its_name(site: Site) -> None:
    found = fetch(site.url("/photo.jpg"), Limits(), site.network())
    assert (found.data, found.name) == (PHOTO, "photo.jpg")
    assert site.asked[-1] == (f"museum.example:{site.port}", "/photo.jpg")


@pytest.mark.parametrize(
    "host",
    ["10.0.0.5", "169.254.169.254", "[::1]", "[::ffff:169.254.169.254]", "inside.example", "both.example", "mapped.example"],
)
def test_what_is_not_public_is_never_asked(site: Site, host: str) -> None:
    hosts = {
        "10.0.0.5": ["10.0.0.5"], "169.254.169.254": ["169.254.169.254"], "::1": ["::1"],
        "::ffff:a9fe:a9fe": ["::ffff:169.254.169.254"], "inside.example": ["192.168.0.7"],
        "both.example": [LOCAL, "10.0.0.5"], "mapped.example": ["::ffff:10.0.0.5"],
    }  # fmt: skip
    before = len(site.asked)
    with pytest.raises(FetchError, match="is not a public site"):
        fetch(site.url("/photo.jpg", host), Limits(), site.network(hosts))
    assert len(site.asked) == before


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1"])
def test_this_machine_by_any_of_its_names_is_refused(host: str) -> None:
    """With the real resolver and the real rule: how an address is written changes nothing."""
    with pytest.raises(FetchError, match="is not a public site|There is no site"):
        fetch(f"http://{host}/", Limits())


def test_the_name_server_is_asked_once_and_the_connection_goes_where_it_said(site: Site) -> None:
    answers = [[LOCAL], ["10.0.0.5"]]  # the second answer would lead inside
    network = fetching.Network(
        resolve=lambda _host, _port, _time: answers.pop(0), allowed=site.network().allowed, ports=(site.port,)
    )
    assert fetch(site.url("/photo.jpg", "rebinding.example"), Limits(), network).data == PHOTO
    assert answers == [["10.0.0.5"]]


def test_the_next_address_of_a_host_is_tried(site: Site) -> None:
    dead = "127.0.0.9"  # nothing listens there
    network = fetching.Network(
        resolve=lambda *_asked: [dead, LOCAL], allowed=lambda address: address in (dead, LOCAL), ports=(site.port,)
    )
    assert fetch(site.url("/photo.jpg"), Limits(), network).data == PHOTO


def test_redirects_are_followed_and_each_is_checked(site: Site) -> None:
    site.pages |= {
        "/1": moved("/2", 301), "/2": moved("photo.jpg", 307), "/inside": moved("http://inside.example/"),
        "/meta": moved(f"http://169.254.169.254:{site.port}/latest/meta-data/"), "/file": moved("file:///etc/passwd"),
        "/other": moved(site.url("/photo.jpg", "other.example")), "/round": moved("/round"), "/nowhere": moved(""),
    }  # fmt: skip
    hosts = {"inside.example": ["10.0.0.5"], "169.254.169.254": ["169.254.169.254"], "other.example": [LOCAL]}
    network = site.network(hosts)
    assert fetch(site.url("/1"), Limits(), network).data == PHOTO
    assert fetch(site.url("/other"), Limits(), network).data == PHOTO
    assert site.asked[-1][0] == f"other.example:{site.port}"
    for path, said in {
        "/inside": "unusual port", "/meta": "not a public site", "/file": "begin with https", "/nowhere": "answered 302",
    }.items():  # fmt: skip
        with pytest.raises(FetchError, match=said):
            fetch(site.url(path), Limits(), network)
    before = len(site.asked)
    with pytest.raises(FetchError, match="from address to address"):
        fetch(site.url("/round"), Limits(), network)
    assert len(site.asked) - before == fetching.REDIRECTS + 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(404), "it answered 404"),
        (status(500), "it answered 500"),
        (sends(b"<html></html>", "text/html"), "the address of a page"),
        (sends(b"<svg/>", "image/svg+xml"), "image/svg"),
        (sends(b"{}", "application/json"), "application/json"),
        (sends(b"x", announced=3_000_000), "larger than 1 MB"),
        (sends(b"x" * 1_200_000, announced=-1), "larger than 1 MB"),
        (sends(b"x" * 10, announced=2000), "broke off"),
        (lambda request: request.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n"), "broke off"),
        (lambda request: request.connection.close(), "broke off"),
    ],
)
def test_what_is_no_picture_gets_a_sentence(site: Site, answer: object, said: str) -> None:
    site.pages["/odd"] = answer  # type: ignore[assignment]
    with pytest.raises(FetchError, match=said):
        fetch(site.url("/odd"), Limits(max_mb=1), site.network())


def test_servers_that_do_not_know_the_kind_are_believed_for_now(site: Site) -> None:
    site.pages |= {"/bare": sends(PHOTO, ""), "/octets": sends(PHOTO, "application/octet-stream")}
    assert fetch(site.url("/bare"), Limits(), site.network()).data == PHOTO
    assert fetch(site.url("/octets"), Limits(), site.network()).data == PHOTO


def drip(request: BaseHTTPRequestHandler, head: bytes) -> None:
    """A byte now and then, for ever: no single read takes long."""
    request.wfile.write(head)
    for _ in range(200):
        try:
            request.wfile.write(b"x")
            request.wfile.flush()
        except OSError:
            return
        time.sleep(0.05)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n"])
def test_a_site_that_drips_is_cut_at_the_end_of_the_time(site: Site, head: bytes) -> None:
    site.pages["/slow"] = lambda request: drip(request, head)
    start = time.monotonic()
    with pytest.raises(FetchError, match="within 1 second"):
        fetch(site.url("/slow"), Limits(total_s=1), site.network())
    assert time.monotonic() - start < 2.5


def test_a_name_server_that_is_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    told, ended = threading.Event(), threading.Event()

    def silent(*_host: object, **_options: object) -> list[object]:
        told.wait(30)
        ended.set()
        return []

    monkeypatch.setattr("socket.getaddrinfo", silent)
    start = time.monotonic()
    with pytest.raises(FetchError, match="There is no site"):
        fetch("https://museum.example/", Limits(total_s=1))
    assert time.monotonic() - start < 2.5
    told.set()
    assert ended.wait(30)  # nothing of it is left for the tests that follow


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here to make a certificate with")
def test_tls_is_verified_against_the_name(tmp_path: Path) -> None:
    server, trusting = certificate(tmp_path, "museum.example")
    with opened({"/photo.jpg": sends(PHOTO)}, tls=server) as site:
        hosts = {"liar.example": [LOCAL]}
        assert fetch(site.url("/photo.jpg", scheme="https"), Limits(), site.network(tls=trusting)).data == PHOTO
        with pytest.raises(FetchError, match="could not prove that it is “liar.example”"):
            fetch(site.url("/photo.jpg", "liar.example", "https"), Limits(), site.network(hosts, trusting))
        with pytest.raises(FetchError, match="could not prove"):  # nobody vouches for it
            fetch(site.url("/photo.jpg", scheme="https"), Limits(), site.network())


def test_only_so_many_at_once(site: Site) -> None:
    taken = 0
    while fetching.AT_ONCE.acquire(blocking=False):
        taken += 1
    try:
        with pytest.raises(FetchError, match="Many links"):
            fetch(site.url("/photo.jpg"), Limits(), site.network())
    finally:
        for _ in range(taken):
            fetching.AT_ONCE.release()
    assert taken == 4 and fetch(site.url("/photo.jpg"), Limits(), site.network()).data == PHOTO


def test_the_application_uses_the_real_network(bare_site: Flask) -> None:
    assert "pinakes.network" not in bare_site.extensions
    assert fetching.Network().allowed is is_public and fetching.Network().ports == (80, 443)
