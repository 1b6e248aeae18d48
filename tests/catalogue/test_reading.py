"""Delimited text: encodings, separators, and damage, each with the line of the file where it is."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from app.catalogue.errors import CatalogueFileError
from app.catalogue.importers.reading import Row, open_table
from app.catalogue.importers.records import Reject
from tests.catalogue.files import delimited, write

GOOD = [["id", "title", "artist"], ["1", "Élégie", "Käthe Müller"], ["2", "Nature morte; deux", "O'Brien, Flann"]]


def read(path: Path) -> list[tuple[int, list[str] | str]]:
    return [(row.line, row.fields if isinstance(row, Row) else row.reason) for row in open_table(path).rows()]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_separator_encoding_and_line_end(tmp_path: Path, separator: str, encoding: str, end: str) -> None:
    table = open_table(write(tmp_path / "a.csv", delimited(GOOD, separator, end), encoding))
    assert table.header == GOOD[0]
    assert list(table.rows()) == [Row(2, GOOD[1]), Row(3, GOOD[2])]


def test_line_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    text = 'id,title\n1,"two\nlines"\n\n2,plain\n3,one,too many\n4,"three\n\nlines"\n5,last'
    assert read(write(tmp_path / "a.csv", text)) == [
        (2, ["1", "two\nlines"]),
        (5, ["2", "plain"]),
        (6, "has 3 fields, the header 2"),
        (7, ["4", "three\n\nlines"]),
        (10, ["5", "last"]),
    ]


def test_a_cut_last_row_is_one_reject(tmp_path: Path) -> None:
    text = "id,title,date\n1,a,1500\n2,b"
    assert read(write(tmp_path / "a.csv", text))[-1] == (3, "is cut: the file ends after 2 of 3 fields")


def test_a_last_row_cut_within_a_quoted_field_is_one_reject(tmp_path: Path) -> None:
    text = 'id,title,credit,date\r\n1,a,"Presented\r\nby her",1500\r\n2,b,"Acquired jointly\r\nwith the help\r\nof ma'
    assert read(write(tmp_path / "a.csv", text)) == [
        (2, ["1", "a", "Presented\r\nby her", "1500"]),
        (4, "is cut: the file ends after 3 of 4 fields"),
    ]


def test_after_a_quote_that_is_never_closed_reading_goes_on_at_the_next_row(tmp_path: Path) -> None:
    text = 'id;title\n1;"Untitled\n2;b\n3;"good ""one"""\n4;d\n'
    assert read(write(tmp_path / "a.csv", text)) == [
        (2, "a quotation mark is opened and never closed"),
        (3, ["2", "b"]),
        (4, ["3", 'good "one"']),
        (5, ["4", "d"]),
    ]


def test_a_quote_closed_far_below_costs_only_its_own_row(tmp_path: Path) -> None:
    rows = [[str(number), f"title {number}"] for number in range(2, 2000)]
    text = 'id;title\n1;"broken\n' + delimited(rows, ";")
    found = read(write(tmp_path / "a.csv", text))
    assert found[0] == (2, "a quotation mark is opened and never closed")
    assert [fields for _line, fields in found[1:]] == rows


def test_sloppy_quotes_over_two_lines_are_read(tmp_path: Path) -> None:
    text = 'id,title,date\n1,"Anna\nin red" (Portrait),1500\n2,b,1501\n'
    assert read(write(tmp_path / "a.csv", text)) == [(2, ["1", "Anna\nin red (Portrait)", "1500"]), (4, ["2", "b", "1501"])]


def test_quotes_within_a_field_are_letters(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.csv", 'id;title\n1;The "Hay" Wain, 5" wide\n2;b\n'))[0] == (2, ["1", 'The "Hay" Wain, 5" wide'])


def test_undecodable_rows_are_rejected_and_the_others_read(tmp_path: Path) -> None:
    good = "".join(f"{number},Käthe\n" for number in range(3)).encode()
    assert read(write(tmp_path / "a.csv", b"id,title\n" + good + b"9,K\xe4the\n10,a\0b\n")) == [
        (2, ["0", "Käthe"]),
        (3, ["1", "Käthe"]),
        (4, ["2", "Käthe"]),
        (5, "holds the byte 0xE4, which is no letter in the file's encoding"),
        (6, "holds the byte 0x00, which is no letter in the file's encoding"),
    ]


def test_a_byte_that_windows_has_no_letter_for_is_rejected(tmp_path: Path) -> None:
    found = read(write(tmp_path / "a.csv", b"id,title\n1,D\xfcrer\n2,D\x81rer\n"))
    assert found == [(2, ["1", "Dürer"]), (3, "holds the byte 0x81, which is no letter in the file's encoding")]


def test_separators_after_the_last_column_are_passed_over(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.csv", "id,title\n1,a,,\n2,b\n")) == [(2, ["1", "a"]), (3, ["2", "b"])]


@pytest.mark.parametrize(("content", "reason"), [(b"", "empty"), (b"\n\n", "empty"), (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no text")])
def test_what_is_no_catalogue_is_said_in_one_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(CatalogueFileError, match=reason):
        open_table(write(tmp_path / "a.csv", content))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueFileError, match=r"none\.csv: there is no such file"):
        open_table(tmp_path / "none.csv")


def test_rejects_are_values_not_exceptions(tmp_path: Path) -> None:
    assert list(open_table(write(tmp_path / "a.csv", "id,title\n1\n2,b\n")).rows())[0] == Reject(2, "has 1 fields, the header 2")


def test_a_file_cut_at_any_byte_keeps_every_whole_row(tmp_path: Path) -> None:
    rows = [["1", "Élégie, a\nsong", "x"], ["2", 'The "Hay" Wain', "y"], ["3", "Käthe", "z"]]
    whole = delimited([["id", "title", "artist"], *rows], ",", "\r\n").encode()
    table = list(open_table(write(tmp_path / "a.csv", whole)).rows())
    for cut in range(len(b"id,title,artist\r\n"), len(whole)):
        found = list(open_table(write(tmp_path / "a.csv", whole[:cut])).rows())
        kept = [row for row in found if row in table]
        assert kept == table[: len(kept)] and len(found) - len(kept) <= 1
        ends = whole[:cut].count(b"x\r\n") + whole[:cut].count(b"y\r\n") + whole[:cut].count(b"z\r\n")
        assert len(kept) >= ends


def test_any_damage_is_a_row_or_a_reject_never_an_error(tmp_path: Path) -> None:
    random = Random(5)
    rows = [[str(number), f"Élégie {number}, for", 'a "quoted"\nline', "z"] for number in range(30)]
    whole = delimited([["id", "title", "note", "artist"], *rows], ";").encode()
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(random.randrange(1, 8)):
            damaged[random.randrange(30, len(damaged))] = random.choice(b'\x00\xff\xc3";,\n\r\t A')
        lines = [row.line for row in open_table(write(tmp_path / "a.csv", bytes(damaged))).rows()]
        assert lines == sorted(set(lines)) and len(lines) >= 10
