"""`bench rows`: the job is what it says, the form's server keeps what was saved, and a small job ends well."""

from __future__ import annotations

import csv
import json
import shutil
import urllib.request
from http.client import RemoteDisconnected
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from screenagent.bench.rows.attempts import HOME, SYSTEM_PYTHON, run_rows
from screenagent.bench.rows.job import AS_WRITTEN, Customer, RowsJob
from screenagent.bench.rows.register import serving
from screenagent.bench.rows.results import JobResult, SavedRows, rows_summary
from screenagent.control import Control
from screenagent.scripts.lint import findings


def test_a_job_has_thirty_rows_that_differ_with_what_data_may_hold() -> None:
    job = RowsJob.of(0)
    rows = list(csv.DictReader(StringIO(job.csv)))
    assert [Customer.model_validate(row) for row in rows] == list(job.customers)
    assert len(set(job.customers)) == len(rows) == 30
    assert len({customer.company for customer in job.customers}) == 29, "one name is there twice"
    assert [customer.amount for customer in job.customers].count("") == 1
    assert {"{{amount}}", "=1+1", "O'Neill's"} <= {customer.note for customer in job.customers}


@pytest.mark.parametrize("seed", range(20))
def test_everything_happens_in_another_row(seed: int) -> None:
    job = RowsJob.of(seed)
    places = [getattr(job, name) for name in AS_WRITTEN]
    assert len(set(places)) == len(AS_WRITTEN)
    assert all(1 <= place <= 30 for place in places)
    assert seed or dict(zip(AS_WRITTEN, places, strict=True)) == AS_WRITTEN


def sent(url: str, customer: Customer) -> Any:
    with urllib.request.urlopen(f"{url}/save", customer.model_dump_json().encode()) as answer:
        return json.load(answer)


def test_the_register_keeps_what_was_sent_and_is_away_for_one_row_until_it_is_back() -> None:
    job = RowsJob.of(0)
    with serving(job) as register:
        assert sent(register.url, job.row(8)) == {"number": 1, "popup": True}
        with pytest.raises(RemoteDisconnected):
            sent(register.url, job.row(job.away))
        register.is_away = False
        assert sent(register.url, job.row(job.away)) == {"number": 2, "popup": False}
        assert register.saved == [job.row(8), job.row(job.away)]


def test_rows_that_were_saved_twice_or_as_none_was_asked_are_counted() -> None:
    job = RowsJob.of(0)
    mistaken = job.row(3).model_copy(update={"country": ""})
    count = SavedRows.of(job, [job.row(1), job.row(1), job.row(2), mistaken])
    assert (count.right, count.double, len(count.wrong)) == (2, 1, 1)


def result(**changes: Any) -> JobResult:
    said = {
        "program": "gtk",
        "seed": 0,
        "rows": 30,
        "before": SavedRows(right=29, double=0, wrong=()),
        "after": SavedRows(right=30, double=0, wrong=()),
        "away": "set_aside",
        "by_hand": (),
        "false_done": 0,
        "plays": 4,
        "seconds": 1.0,
    }
    return JobResult.model_validate(said | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"before": SavedRows(right=28, double=0, wrong=())},
        {"after": SavedRows(right=30, double=1, wrong=())},
        {"after": SavedRows(right=30, double=0, wrong=("Ada, 1",))},
        {"away": "done"},
        {"false_done": 1},
    ],
)
def test_a_job_is_right_only_if_nothing_was_lost_doubled_or_made_up(changes: dict[str, object]) -> None:
    good, bad = result(), result(**changes)
    summary = rows_summary([good, bad])
    assert good.is_right
    assert (summary.n, summary.right, len(summary.not_right)) == (2, 1, 1)


def test_the_script_of_the_bench_is_sound() -> None:
    assert findings(HOME / "customers.yaml", unreadable=lambda task: task) == []


@pytest.mark.display
@pytest.mark.soak
@pytest.mark.timeout(400)
def test_six_rows_end_well_though_everything_goes_wrong(tmp_path: Path) -> None:
    if shutil.which(SYSTEM_PYTHON) is None:
        pytest.skip("there is no Python of the system's")
    found = run_rows(
        ["gtk"], seeds=1, rows=6, results=tmp_path / "r.jsonl", control=Control(), progress=lambda _line: None
    )
    assert (found.right, found.not_right) == (1, ())
