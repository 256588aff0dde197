"""The results of suites as a page, JUnit XML and CSV, with the runs they link to."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from junitparser import JUnitXml

from screenagent.bench.outcomes import read_outcomes
from screenagent.bench.paired import compare_outcomes
from screenagent.bench.suite_report import failure_counts
from screenagent.cli import screenagent
from screenagent.events import Event
from screenagent.runs.log import Recorder
from tests.bench.suites_kept import kept_folder
from tests.runs.test_costs import a_run


def recorded(folder: Path, events: list[Event]) -> Path:
    with Recorder(folder) as recorder:
        for event in events:
            recorder(event)
    return folder


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    a = kept_folder(tmp_path / "small", {"gedit-1": "pF", "gedit-2": "ff", "calc-<b>": "pi"})
    b = kept_folder(tmp_path / "large", {"gedit-1": "pp", "gedit-2": "pf", "calc-<b>": "pp"})
    recorded(a / "runs" / "gedit-1#2", a_run())
    return a, b


def test_the_page_has_each_task_under_each_suite_and_links_to_the_runs(two: tuple[Path, Path], tmp_path: Path) -> None:
    page = tmp_path / "pages" / "suite.html"
    done = CliRunner().invoke(screenagent, ["bench", "report", *map(str, two), "--html", str(page)])
    assert done.exit_code == 0, done.output
    text = page.read_text()
    assert "calc-&lt;b&gt;" in text and "calc-<b>" not in text
    assert "said to be done, but it is not" in text
    links = re.findall(r'<a class="try fail" href="([^"]+)"', text)
    assert [(page.parent / unquote(link)).resolve() for link in links] == [
        (two[0] / "runs" / "gedit-1#2" / "report.html").resolve()
    ]
    assert (page.parent / unquote(links[0])).is_file()


def test_failures_are_counted_by_their_class(two: tuple[Path, Path]) -> None:
    found = dict(failure_counts([read_outcomes(folder) for folder in two]))
    assert found == {"gave up": (2, 1), "said to be done, but it is not": (1, 0), "the machine: display": (1, 0)}


def test_junit_skips_what_the_machine_broke(two: tuple[Path, Path], tmp_path: Path) -> None:
    file = tmp_path / "suite.xml"
    done = CliRunner().invoke(screenagent, ["bench", "report", str(two[0]), "--junit", str(file)])
    assert done.exit_code == 0, done.output
    (suite,) = JUnitXml.fromfile(str(file))
    assert (suite.tests, suite.failures, suite.skipped) == (6, 3, 1)
    assert {case.classname for case in suite} == {"calc", "gedit"}


def test_csv_has_a_line_for_each_attempt(two: tuple[Path, Path], tmp_path: Path) -> None:
    file = tmp_path / "suite.csv"
    done = CliRunner().invoke(screenagent, ["bench", "report", *map(str, two), "--csv", str(file)])
    assert done.exit_code == 0, done.output
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["outcome"] for row in rows].count("infra") == 1
    assert len(rows) == 12
    calls = str(sum(event.usage.requests for event in a_run()))
    known = next(row for row in rows if row["tokens"])
    assert (known["task"], known["epoch"], known["model_calls"]) == ("gedit-1", "2", calls)


def test_the_cost_of_a_success_includes_the_failures(tmp_path: Path) -> None:
    a = kept_folder(tmp_path / "a", {"gedit-1": "p", "gedit-2": "f"})
    b = kept_folder(tmp_path / "b", {"gedit-1": "f", "gedit-2": "f"})
    for folder in (a, b):
        for task in ("gedit-1", "gedit-2"):
            recorded(folder / "runs" / task, a_run())
    found = compare_outcomes(read_outcomes(a), read_outcomes(b))
    one = read_outcomes(a).outcomes[0].spent
    assert one is not None
    assert one.calls > 0
    assert found.a.per_success.calls == 2 * one.calls
    assert found.a.per_success.tokens == 2 * one.tokens
    assert (found.b.per_success.runs, found.b.per_success.calls) == (2, None)


def test_a_damaged_record_costs_nothing_known_and_stops_nothing(two: tuple[Path, Path], tmp_path: Path) -> None:
    (two[0] / "runs" / "gedit-1#2" / "events.jsonl").write_text("no event\n")
    page = tmp_path / "suite.html"
    done = CliRunner().invoke(screenagent, ["bench", "report", str(two[0]), "--html", str(page)])
    assert done.exit_code == 0, done.output
    assert "1 runs cannot be read" in done.stderr
    assert page.is_file()
