"""`flask catalogue`: the contract of its output."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from app.accounts.models import AuditEvent
from app.extensions import db
from app.settings import ROOT
from tests.catalogue.files import WGA_HEADER, delimited, picture, wga_row, write

COUNTS = ["added", "updated", "unchanged", "rejected", "pictures_added", "pictures_missing"]


def museum(folder: Path) -> Path:
    picture(folder / "a.jpg")
    return write(folder / "catalogue.csv", "id,file,title\n1,a.jpg,Élégie\n2,b.jpg,B\n,,C\n")


def test_json_is_all_that_standard_output_holds(runner: FlaskCliRunner, tmp_path: Path) -> None:
    result = runner.invoke(args=["catalogue", "import", str(museum(tmp_path / "museum")), "--json"])
    report = json.loads(result.stdout)
    assert (result.exit_code, [report[name] for name in COUNTS]) == (0, [2, 0, 0, 1, 1, 1])
    assert report["rejects"] == [{"line": 4, "reason": "has no id (column 'id' is empty)"}]
    assert (report["collection"], report["format"]) == ("museum", "general_csv")
    assert "reading" in result.stderr


def test_words_for_a_person(runner: FlaskCliRunner, tmp_path: Path) -> None:
    result = runner.invoke(args=["catalogue", "import", str(museum(tmp_path / "museum")), "--collection", "Mine", "--dry-run"])
    counts = "2 added, 0 updated, 0 unchanged, 1 rejected, 1 pictures added, 1 pictures missing"
    assert result.stdout == f"Mine (dry run, general_csv): {counts}\n"
    assert "line 4: has no id" in result.stderr
    assert runner.invoke(args=["catalogue", "list", "--json"]).stdout.strip() == "[]"


def test_images_lie_elsewhere(runner: FlaskCliRunner, tmp_path: Path) -> None:
    file = museum(tmp_path / "museum")
    (tmp_path / "scans").mkdir()
    (tmp_path / "museum" / "a.jpg").rename(tmp_path / "scans" / "a.jpg")
    result = runner.invoke(args=["catalogue", "import", str(file), "--images", str(tmp_path / "scans"), "--json"])
    assert json.loads(result.stdout)["pictures_added"] == 1


def test_images_come_as_a_zip(runner: FlaskCliRunner, tmp_path: Path) -> None:
    file, packed = museum(tmp_path / "museum"), tmp_path / "scans.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(tmp_path / "museum" / "a.jpg", "a.jpg")
    (tmp_path / "museum" / "a.jpg").unlink()
    result = runner.invoke(args=["catalogue", "import", str(file), "--images", str(packed), "--json"])
    assert json.loads(result.stdout)["pictures_added"] == 1
    assert packed.is_file() and not list((tmp_path / "instance" / "imports").iterdir())  # what was unpacked is cleared away
    broken = write(tmp_path / "broken.zip", "no zip")
    refused = runner.invoke(args=["catalogue", "import", str(file), "--images", str(broken)])
    assert refused.exit_code == 1 and "The ZIP of pictures cannot be read" in refused.stderr


def test_many_rejects_are_summed_up_for_a_person(runner: FlaskCliRunner, tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "id,title\n" + ",no id\n" * 60)
    stderr = runner.invoke(args=["catalogue", "import", str(file)]).stderr
    assert stderr.count("has no id") == 50 and "and 10 more rejects" in stderr


def test_errors_are_one_line_and_exit_1(runner: FlaskCliRunner, tmp_path: Path) -> None:
    unknown = write(tmp_path / "a.csv", "foo,bar\n1,2\n")
    for arguments in ([str(tmp_path / "none.csv")], [str(unknown)], [str(unknown), "--format", "xml"]):
        result = runner.invoke(args=["catalogue", "import", *arguments, "--json"])
        assert (result.exit_code, result.stdout, result.stderr.count("Error: ")) == (1, "", 1)
        assert "Traceback" not in result.stderr and len(result.stderr.strip().splitlines()) == 1


def test_a_database_without_tables_says_the_way_out(app: Flask, runner: FlaskCliRunner, tmp_path: Path) -> None:
    db.drop_all()
    for arguments in (["import", str(museum(tmp_path / "museum"))], ["list"]):
        result = runner.invoke(args=["catalogue", *arguments])
        assert result.exit_code == 1 and "flask db upgrade" in result.stderr and "SELECT" not in result.stderr


def test_imports_are_in_the_audit_trail_and_the_list(app: Flask, runner: FlaskCliRunner, tmp_path: Path) -> None:
    runner.invoke(args=["catalogue", "import", str(museum(tmp_path / "museum"))])
    recorded = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "catalogue.import")).one()
    assert (recorded.subject, recorded.actor, recorded.details["added"]) == ("museum", "command line", 2)
    listed = json.loads(runner.invoke(args=["catalogue", "list", "--json"]).stdout)
    assert [(one["name"], one["works"], one["pictures"]) for one in listed] == [("museum", 2, 1)]
    assert runner.invoke(args=["catalogue", "list"]).stdout.startswith("museum: 2 works, 1 pictures, loaded 2")


def test_columns_are_said_and_the_report_is_written(runner: FlaskCliRunner, tmp_path: Path) -> None:
    file = write(tmp_path / "odd.csv", "Nr,Was,Saal\n1,=Mühle,3\n,Fähre,\n")
    command = ["catalogue", "import", str(file), "--map", "Nr=source_id", "--map", "Was=title", "--report", str(tmp_path / "r.csv")]
    assert runner.invoke(args=command).exit_code == 0
    assert (tmp_path / "r.csv").read_text(encoding="utf-8").splitlines() == [
        "what,line,id,title,field,before,after", "new,2,1,'=Mühle,,,", "rejected,3,,,,,has no id (column 'Nr' is empty)",
    ]  # fmt: skip
    for wrong, words in {"Nr": "write COLUMN=FIELD", "Nr=colour": "is no field"}.items():
        result = runner.invoke(args=["catalogue", "import", str(file), "--map", wrong])
        assert result.exit_code == 1 and words in result.stderr


def test_an_import_is_undone_by_its_number(app: Flask, runner: FlaskCliRunner, tmp_path: Path) -> None:
    runner.invoke(args=["catalogue", "import", str(museum(tmp_path / "museum"))])
    (run,) = json.loads(runner.invoke(args=["catalogue", "runs", "--json"]).stdout)
    done = json.loads(runner.invoke(args=["catalogue", "undo", str(run["run_id"]), "--json"]).stdout)
    assert (done["gone"], done["kept_works"], done["index"]["state"]) == (2, [], "none")
    assert "(undone)" in runner.invoke(args=["catalogue", "runs"]).stdout
    again = runner.invoke(args=["catalogue", "undo", str(run["run_id"])])
    assert again.exit_code == 1 and "was undone on" in again.stderr
    recorded = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "catalogue.undo")).one()
    assert recorded.details["gone"] == 2


def test_as_many_rows_as_the_gallery_has_in_time_and_memory(tmp_path: Path) -> None:
    """38,611 rows in under 60 s and 500 MB, measured on the command itself, from a fresh instance."""
    rows = [
        wga_row(page=f"a/artist{n % 5000}/work{n}", AUTHOR=f"ARTIST{n % 5000}, Given", TITLE=f"Work {n}") for n in range(38_611)
    ]
    file = write(tmp_path / "catalog.csv", delimited([WGA_HEADER, *rows], ";", "\r\n"), "cp1252")
    del rows
    environment = {"PINAKES_INSTANCE": str(tmp_path / "instance"), "FLASK_APP": "wsgi:app", "PATH": ""}
    flask = [sys.executable, "-m", "flask"]
    subprocess.run([*flask, "db", "upgrade"], cwd=ROOT, env=environment, check=True)
    command = [sys.executable, "-c", _MEASURED, *flask, "catalogue", "import", str(file), "--json"]
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    seconds, peak_mb = time.monotonic() - began, int(done.stderr.strip().splitlines()[-1]) / 1024
    report = json.loads(done.stdout)
    assert (report["added"], report["rejected"], report["pictures_missing"]) == (38_611, 0, 38_611)
    assert seconds < 60 and peak_mb < 500, f"{seconds:.1f} s, {peak_mb:.0f} MB"


# Runs the rest of its arguments and prints the peak memory of that process alone, in kB (Linux), on standard error.
_MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(done.returncode)
"""
