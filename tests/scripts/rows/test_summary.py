"""All rows at once: on the terminal, as a page, as CSV, as JUnit XML; and what a person says of them."""

from __future__ import annotations

import csv
import time
from io import StringIO
from pathlib import Path

import pytest
from junitparser import Failure, JUnitXml, Skipped

from screenagent.errors import WrongUsage
from screenagent.scripts.rows.ledger import Ledger
from screenagent.scripts.rows.lines import Settlement, append_result, open_results
from screenagent.scripts.rows.page import rows_page
from screenagent.scripts.rows.settling import settled
from screenagent.scripts.rows.summary import RowSummary, csv_text, failures_first, row_counts, row_lines, rows_junit
from tests.scripts.rows.table import Desk, csv_of, done, failed
from tests.scripts.rows.test_playing import Killed

ROWS = csv_of([("Ada", 1), ("Ben", 2), ("Cleo", 3), ("Dan", 4), ("Eve", 5)])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Five rows: done, failed, set aside, cut off, not played."""
    desk = Desk(tmp_path)
    desk.ends = {
        "Ada": [done(outputs={"number": "R-17"}, remarks=("verify 1 == 2",), run="runs/1", seconds=2.5, steps=3)],
        "Ben": [failed(run="runs/2")],
        "Cleo": [failed(set_aside="the server is away", remarks=("an attempt failed: the server is away",))],
        "Dan": [Killed()],
    }
    with pytest.raises(Killed):
        desk.play(ROWS)
    return desk


def say(desk: Desk, **said: str) -> list[str]:
    verdicts: dict[Settlement, str] = said  # type: ignore[assignment]
    with open_results(desk.results) as kept:
        return list(settled(kept, Ledger.of(kept.lines), verdicts))


def test_every_row_is_told_of_with_what_became_of_it(desk: Desk) -> None:
    assert [" ".join(line.split()) for line in row_lines(desk.rows())] == [
        "1 done customer Ada, amount 1 → number R-17: verify 1 == 2",
        "2 failed customer Ben, amount 2: “Save” was not found",
        "3 set aside customer Cleo, amount 3: the server is away",
        "4 to be settled by hand customer Dan, amount 4: it was cut off after its first input",
        "5 not played customer Eve, amount 5",
    ]
    assert row_counts(row.status for row in desk.rows()) == (
        "1 of 5 rows done, 1 failed, 1 to be settled by hand, 1 set aside, 1 not played"
    )


def test_results_of_single_plays_are_told_of(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for customer in ("Ada", "Ben"):
        append_result(desk.results, done(values={"customer": customer}))
    assert [line.split() for line in row_lines(desk.rows())] == [
        ["–", "done", "customer", "Ada"], ["–", "done", "customer", "Ben"]
    ]  # fmt: skip


def test_a_row_that_is_no_longer_in_the_file_is_told_of_last(desk: Desk) -> None:
    desk.play(csv_of([("Eve", 5), ("Dan", 4)]))
    assert [(row.number, row.values["customer"], row.status) for row in desk.rows()] == [
        (1, "Eve", "done"), (2, "Dan", "to_settle"), (None, "Ada", "done"), (None, "Ben", "failed"),
        (None, "Cleo", "set_aside"),
    ]  # fmt: skip


def test_rows_are_settled_by_hand_once(desk: Desk) -> None:
    assert say(desk, done="4", skip="2-3", again="1") == [
        "row 1 is to be played again", "row 2 is skipped", "row 3 is skipped", "row 4 is done"
    ]  # fmt: skip
    size = desk.results.stat().st_size
    assert say(desk, done="4", skip="3") == ["row 3 is skipped already", "row 4 is done already"]
    assert desk.results.stat().st_size == size
    assert desk.statuses() == ["not_played", "skipped", "skipped", "done", "not_played"]
    assert desk.play(ROWS) == ["Ada", "Eve"]
    assert desk.statuses() == ["done", "skipped", "skipped", "done", "done"]


def test_a_row_that_was_never_played_can_be_settled(desk: Desk) -> None:
    assert say(desk, done="5") == ["row 5 is done"]
    assert "Eve" not in desk.play(ROWS)
    assert desk.play(csv_of([("Eve", 5)])) == []


def test_rows_are_settled_by_their_numbers_in_the_file_that_was_played_last(desk: Desk) -> None:
    desk.play(csv_of([("Zoe", 0), ("Ada", 1), ("Dan", 4)]))
    say(desk, again="3")
    assert desk.play(csv_of([("Dan", 4), ("Zoe", 0)])) == ["Dan"]


@pytest.mark.parametrize("said", [{"done": "4", "again": "3-4"}, {"done": "9"}, {"skip": "x"}])
def test_what_contradicts_itself_settles_nothing(desk: Desk, said: dict[str, str]) -> None:
    size = desk.results.stat().st_size
    with pytest.raises(ValueError, match=r"cannot be both|there is no row|does not name"):
        say(desk, **said)
    assert desk.results.stat().st_size == size


def test_a_file_without_rows_has_none_to_settle(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="has no rows to settle"):
        say(Desk(tmp_path), done="1")


def test_junit_skips_what_was_not_played_and_fails_what_is_not_done(desk: Desk, tmp_path: Path) -> None:
    say(desk, skip="2")
    rows_junit("Rows", desk.rows()).write(str(tmp_path / "junit.xml"))
    (suite,) = JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    assert (suite.tests, suite.failures, suite.skipped) == (5, 2, 2)
    results = [type(case.result[0]) if case.result else None for case in suite]
    assert results == [None, Skipped, Failure, Failure, Skipped]
    assert [case.result[0].type for case in suite if case.result and isinstance(case.result[0], Failure)] == [
        "set_aside", "to_settle"
    ]  # fmt: skip


def test_the_csv_has_inputs_and_outputs(desk: Desk) -> None:
    rows = list(csv.DictReader(StringIO(csv_text(desk.rows()), newline="")))
    assert rows[0] == {
        "row": "1", "status": "done", "why": "verify 1 == 2", "customer": "Ada", "amount": "1", "number": "R-17",
        "run": "runs/1",
    }  # fmt: skip
    assert [row["status"] for row in rows] == ["done", "failed", "set aside", "to be settled by hand", "not played"]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"), ("+1+1", "'+1+1"), ("-1+1", "'-1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"), (" =1", "' =1"), ("-5", "-5"), ("+49", "+49"), ("-1.250,00", "-1.250,00"),
        ("a=b", "a=b"), ("-", "'-"), ("", ""), ("a,\"b\"\nc", "a,\"b\"\nc"),
    ],
)  # fmt: skip
def test_no_cell_becomes_a_formula(cell: str, written: str) -> None:
    row = RowSummary(number=1, status="done", values={"a": cell, cell or "b": "x"}, outputs={"o": cell})
    heads, cells = csv.reader(StringIO(csv_text([row]), newline=""))
    assert (cells[3], cells[5]) == (written, written)
    assert heads[4] == (written or "b")


def test_the_page_shows_failures_first_and_links_to_the_runs(desk: Desk) -> None:
    written = rows_page(desk.rows(), script="Rows", source="customers.csv", results="r.jsonl")
    order = [written.index(f"<td>{name}</td>") for name in ("Ben", "Dan", "Cleo", "Eve", "Ada")]
    assert order == sorted(order)
    assert f'href="{Path("runs/1").absolute().as_uri()}"' in written
    assert "http:" not in written
    assert "prefers-color-scheme" in written or "light-dark" in written


def test_nothing_on_the_page_is_markup_but_its_own() -> None:
    hostile = "<script>alert(1)</script>\u202e"
    row = RowSummary(
        number=1, status="failed", why=hostile, values={hostile: hostile}, outputs={hostile: hostile}, run=hostile
    )
    written = rows_page([row], script=hostile, source=hostile, results=hostile)
    assert "<script" not in written
    assert "\u202e" not in written


def test_failures_come_first_and_else_the_order_stays() -> None:
    rows = [RowSummary(number=number, status=status) for number, status in enumerate(("done", "failed", "done"))]
    assert [row.number for row in failures_first(rows)] == [1, 0, 2]


@pytest.mark.slow
def test_ten_thousand_rows_take_seconds(tmp_path: Path) -> None:
    """Many of them say the same; the row that is left is played at once."""
    desk = Desk(tmp_path)
    rows = [(f"customer {number % 5000}", number % 3) for number in range(9_999)]
    desk.play(csv_of(rows))
    began = time.monotonic()
    assert desk.play(csv_of([("new", 1), *rows])) == ["new"]
    assert len(list(row_lines(desk.rows()))) == 10_000
    assert time.monotonic() - began < 20  # 1.5 s on an idle machine
