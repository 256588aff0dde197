"""CSV files as spreadsheets write them: whatever they are, they are read right or refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from screenagent.errors import BadFile
from screenagent.scripts.rows.csv_file import CsvFile, read_csv

WANTED = ("customer", "amount")


def read(folder: Path, content: str | bytes) -> CsvFile:
    file = folder / "customers.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_csv(file, wanted=WANTED)


def cells(found: CsvFile) -> list[tuple[str, ...]]:
    return [tuple(row.cells[name] for name in WANTED if name in row.cells) for row in found.rows]


def test_an_empty_cell_is_an_empty_text(tmp_path: Path) -> None:
    assert cells(read(tmp_path, "customer,amount\nAda,5\n,6\nBen,7\n")) == [("Ada", "5"), ("", "6"), ("Ben", "7")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(tmp_path: Path, delimiter: str) -> None:
    text = f'customer{delimiter}amount\n"Ada, Eve; Bob"{delimiter}5\n'
    assert cells(read(tmp_path, text)) == [("Ada, Eve; Bob", "5")]


def test_the_header_decides_and_not_what_the_rows_hold(tmp_path: Path) -> None:
    text = "customer;amount\na,b,c;1\nd,e,f;2\n"
    assert cells(read(tmp_path, text)) == [("a,b,c", "1"), ("d,e,f", "2")]


def test_a_first_line_may_say_what_the_delimiter_is(tmp_path: Path) -> None:
    assert cells(read(tmp_path, "sep=:\r\ncustomer:amount\r\nAda:5\r\n")) == [("Ada", "5")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_say_what_they_are_need_no_word(tmp_path: Path, encoding: str) -> None:
    found = read(tmp_path, "customer,amount\nMüller 東京,5\n".encode(encoding))
    assert (cells(found), found.notes) == ([("Müller 東京", "5")], ())


def test_windows_1252_is_read_and_told_of(tmp_path: Path) -> None:
    found = read(tmp_path, "customer;amount\r\nMüller;5 €\r\n".encode("cp1252"))
    assert cells(found) == [("Müller", "5 €")]
    [note] = found.notes
    assert "Windows-1252" in note


def test_a_cell_may_have_line_breaks_and_quotes(tmp_path: Path) -> None:
    assert cells(read(tmp_path, 'customer,amount\n"Ada\nLane 5","say ""5"""\n')) == [("Ada\nLane 5", 'say "5"')]


def test_columns_that_are_not_wanted_are_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, "id,amount,customer,\n7,5,Ada,\n")
    assert found.names == ("id", "amount", "customer", "")
    assert [dict(row.cells) for row in found.rows] == [{"amount": "5", "customer": "Ada"}]


def test_rows_with_nothing_in_them_are_counted_and_not_played(tmp_path: Path) -> None:
    found = read(tmp_path, "customer,amount\nAda,5\n,\n\nBen,7\n,\n")
    assert [(row.number, row.cells["customer"]) for row in found.rows] == [(1, "Ada"), (3, "Ben")]
    assert found.notes == (f"{tmp_path}/customers.csv: 2 rows have nothing in any column, and will not be played",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"customer,amount\n", "has no rows"),
        (b"customer,amount\nAda\n", r"row 1 \(line 2\) has 1 fields, but the first line names 2"),
        (b"customer,amount\nAda,5,extra\n", "has 3 fields"),
        (b"customer,customer\nAda,5\n", "the column 'customer' twice"),
        (b'customer,amount\n"Ada,5\n', "is not CSV"),
        (b'customer,amount\n"A"da,5\n', "line 2 is not CSV"),
        (b"customer,amount\nA\0da,5\n", "NUL"),
        ("customer,amount\nAda,5\n".encode("utf-16-le"), "NUL"),
        (b"customer,amount\nA\x81\xffda,5\n", "neither UTF-8 nor Windows-1252"),
        (b"\xff\xfec", "is not UTF-16"),
        (b"customer,amount\n" + b"x" * 200_000 + b",5\n", "field larger than field limit"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(BadFile, match=said):
        read(tmp_path, content)
