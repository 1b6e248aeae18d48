"""The benchmark of one query: what it picks, sends, reads and adds up; and one real question to a real server."""

from __future__ import annotations

import os
import threading
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.formparser import parse_form_data
from werkzeug.serving import make_server

from app.engine.types import BuildReport
from benchmarks import query
from tests.tiny import WORKS, jpeg, painting


def test_photos_of_a_folder_and_of_a_file(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG", "notes.txt"):
        (tmp_path / name).touch()
    assert query.listed(tmp_path) == [tmp_path / "a.PNG", tmp_path / "b.jpg"]
    table = tmp_path / "photos.csv"
    table.write_text("photo,artwork_ids,kind\nb.jpg,1,plain\nmore/c.jpg,,plain\n", encoding="utf-8-sig")
    assert query.listed(table) == [tmp_path / "b.jpg", tmp_path / "more" / "c.jpg"]


def test_spread_covers_the_whole_list() -> None:
    items = [Path(str(i)) for i in range(10)]
    assert [str(item) for item in query.spread(items, 4)] == ["0", "2", "5", "7"]
    assert query.spread(items, 99) == items


def test_the_form_is_read_by_a_server_as_it_was_meant() -> None:
    data = bytes(range(256)) + b"\r\n--"
    body, kind = query.form({"csrf_token": "a b", "way": "upload"}, "one.jpg", data)
    environ = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
    _, fields, files = parse_form_data(environ)
    assert fields.to_dict() == {"csrf_token": "a b", "way": "upload"}
    assert (files["photo"].filename, files["photo"].read()) == ("one.jpg", data)


def test_token_and_stages_are_read_off_the_page() -> None:
    assert query.token_of('<input name="csrf_token" value="x&amp;y">') == "x&y"
    with pytest.raises(ValueError, match="no form"):
        query.token_of("<p>Welcome</p>")
    shown = '<dt>Describing it</dt><dd class="number">0.31 s</dd> <dt>Asked</dt><dd>1 May, 10:00 UTC</dd>'
    assert query.stages_of(shown) == {"Describing it": 310.0}


def test_figures() -> None:
    assert query.figures([float(i) for i in range(101)]) == {"p50": 50.0, "p95": 95.0, "max": 100.0}


def test_memory_of_this_process() -> None:
    assert query.peak_mb("Name: x\nVmHWM:\t  500000 kB\n") == 512.0
    assert query.peak_mb("Name: kthread\n") is None
    found = query.serving_mb(os.getpid())
    assert found is not None and found > 20
    assert query.serving_mb(None) is None


def test_a_question_to_a_real_server(tiny_app: Flask, tiny_index: BuildReport, tmp_path: Path) -> None:
    tiny_app.config["WTF_CSRF_ENABLED"] = True
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(jpeg(painting(next(iter(WORKS)))))
    server = make_server("127.0.0.1", 0, tiny_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        found = query.measure(f"http://127.0.0.1:{server.port}", os.getpid(), [photo, photo], warm_ups=1)
    finally:
        server.shutdown()
        thread.join()
    assert (found["photos"], found["warm_ups"]) == (2, 1)
    assert found["upload_to_page_ms"]["max"] >= found["stages_ms"]["Altogether"]["max"] - 10 > 0
