"""`screenagent rows`, and what `play --rows` refuses before it opens a desktop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from screenagent.scripts.replay.results import ReplayResult
from screenagent.scripts.rows.lines import append_result, open_results
from tests.builders import in_process
from tests.cli.conftest import Invoke

SCRIPT = "version: 2\nname: Rows\nparameters:\n  customer: {}\nsteps:\n  - type: '{{customer}}'\n"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Two rows: one is done, one has failed."""
    file = tmp_path / "customers.results.jsonl"
    for row, (customer, outcome) in enumerate((("Ada", "done"), ("=Ben", "gave_up")), start=1):
        line = {"script": "Rows", "row": row, "values": {"customer": customer}, "outcome": outcome, "message": "why"}
        append_result(file, ReplayResult.model_validate(line))
    return file


def rows(*words: str | Path) -> tuple[str, str]:
    """What the command says on stdout and on stderr; it ends well."""
    ended = in_process("rows", *map(str, words))
    assert ended.returncode == 0, ended.stderr
    return ended.stdout, ended.stderr


def test_the_rows_are_listed_and_counted(results: Path) -> None:
    out, err = rows(results)
    assert [" ".join(line.split()) for line in out.splitlines()] == [
        "1 done customer Ada", "2 failed customer =Ben: why"
    ]  # fmt: skip
    assert err == "1 of 2 rows done, 1 failed\n"


def test_the_rows_are_written_as_pages(alone: None, results: Path, tmp_path: Path) -> None:
    out, _ = rows(results, "--html", "a/rows.html", "--csv", "rows.csv", "--junit", "rows.xml", "--json")
    assert [json.loads(line)["status"] for line in out.splitlines()] == ["done", "failed"]
    assert "=Ben" in (tmp_path / "a" / "rows.html").read_text()
    assert "'=Ben" in (tmp_path / "rows.csv").read_text("utf-8-sig")
    assert 'failures="1"' in (tmp_path / "rows.xml").read_text()


def test_a_row_is_settled_by_hand(results: Path) -> None:
    assert rows(results, "--done", "2") == ("", "row 2 is done\n")
    assert rows(results, "--done", "2") == ("", "row 2 is done already\n")
    assert rows(results)[1] == "2 of 2 rows done\n"


def test_a_play_that_is_not_over_is_told_of(results: Path) -> None:
    with open_results(results):
        assert rows(results)[1].startswith("a play is writing to this file")
        said = in_process("rows", str(results), "--done", "2")
    assert (said.returncode, "is being written to by another play" in said.stderr) == (2, True)


def test_a_row_that_is_not_there_is_refused(invoke: Invoke, results: Path) -> None:
    said = invoke("rows", results, "--again", "7")
    assert (said.code, "there is no row 7" in said.line) == (2, True)


def test_a_csv_file_is_not_a_results_file(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("customer\nAda\n")
    said = invoke("rows", "customers.csv")
    assert (said.code, "customers.csv, line 1 is no result" in said.line) == (2, True)
    append_result(tmp_path / "customers.results.jsonl", ReplayResult(script="Rows", row=1, outcome="done"))
    assert "did you mean customers.results.jsonl?" in invoke("rows", "customers.csv").line


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--only-rows", "1"), "--only-rows is about the rows of a CSV file; add --rows FILE"),
        (("--retries", "1"), "--retries is about the rows"),
        (("--rows", "customers.csv", "--only-rows", "2"), "there is no row 2"),
        (("--rows", "customers.csv", "--only-rows", "x"), "does not name rows"),
        (("--rows", "customers.csv", "--key", "id"), "has no column 'id'"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    invoke: Invoke, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    (tmp_path / "rows.yaml").write_text(SCRIPT)
    (tmp_path / "customers.csv").write_text("customer\nAda\n")
    ended = invoke("play", "rows.yaml", *options)
    assert (ended.code, said in ended.line) == (2, True), ended.line
    assert not (tmp_path / "customers.results.jsonl").exists()
