"""Two sets of results compared task by task."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from screenagent.bench.outcomes import read_outcomes
from screenagent.bench.paired import compare_outcomes, mcnemar_p, paired_interval
from screenagent.cli import screenagent
from screenagent.errors import BadFile
from tests.bench.suites_kept import kept_folder


def test_the_exact_test_is_the_binomial_of_the_pairs_that_differ() -> None:
    assert mcnemar_p(0, 0) is None
    assert mcnemar_p(1, 1) == 1.0
    assert mcnemar_p(0, 5) == mcnemar_p(5, 0) == pytest.approx(2 / 32)
    assert mcnemar_p(2, 8) == pytest.approx(2 * (1 + 10 + 45) / 1024)


def test_the_interval_is_that_of_bonett_and_price() -> None:
    better, worse, same = 8, 2, 10
    differences = [1.0] * better + [-1.0] * worse + [0.0] * same
    found = paired_interval(differences)
    n = better + worse + same
    p12, p21 = (better + 1) / (n + 2), (worse + 1) / (n + 2)
    reach = 1.96 * ((p12 + p21 - (p12 - p21) ** 2) / (n + 2)) ** 0.5
    assert found == pytest.approx((p12 - p21 - reach, p12 - p21 + reach))
    assert paired_interval([]) is None


def test_equal_results_have_an_interval_around_nothing() -> None:
    low, high = paired_interval([0.0] * 20) or (0, 0)
    assert low == -high < 0


def test_what_got_better_and_worse_is_named(tmp_path: Path) -> None:
    a = kept_folder(tmp_path / "a", {"gedit-1": "p", "gedit-2": "f", "calc-1": "f", "calc-2": "p"})
    b = kept_folder(tmp_path / "b", {"gedit-1": "p", "gedit-2": "p", "calc-1": "p", "calc-2": "F"})
    found = compare_outcomes(read_outcomes(a), read_outcomes(b))
    assert found.difference.better == ("gedit-2", "calc-1")
    assert found.difference.worse == ("calc-2",)
    assert found.difference.gain == 0.25
    assert [(app.app, app.a, app.b) for app in found.by_app] == [("calc", 0.5, 0.5), ("gedit", 0.5, 1.0)]


def test_unequal_lists_and_broken_attempts_are_named_and_not_compared(tmp_path: Path) -> None:
    a = kept_folder(tmp_path / "a", {"gedit-1": "p", "gedit-2": "f", "gedit-3": "p"})
    b = kept_folder(tmp_path / "b", {"gedit-1": "i", "gedit-2": "p", "gedit-4": "p"})
    found = compare_outcomes(read_outcomes(a), read_outcomes(b))
    assert (found.only_a, found.only_b, found.infra) == (("gedit-3",), ("gedit-4",), ("gedit-1",))
    assert (found.difference.tasks, found.b.infra, found.b.n) == (1, 1, 2)


def test_epochs_of_one_task_are_not_as_many_tasks(tmp_path: Path) -> None:
    a = kept_folder(tmp_path / "a", {"gedit-1": "ffff", "gedit-2": "pppp"})
    b = kept_folder(tmp_path / "b", {"gedit-1": "pppi", "gedit-2": "ppff"})
    found = compare_outcomes(read_outcomes(a), read_outcomes(b))
    assert found.difference.tasks == 2
    assert found.difference.gain == 0.25
    assert found.difference.p == 1.0
    assert found.epochs == (4, 4)


def test_a_later_attempt_takes_the_place_of_one_that_the_machine_broke(tmp_path: Path) -> None:
    folder = kept_folder(tmp_path / "a", {"gedit-1": "i"})
    lines = (folder / "results.jsonl").read_text().splitlines()
    again = json.loads(lines[1]) | {"outcome": "passed", "cause": None, "number": 2}
    (folder / "results.jsonl").write_text("\n".join([*lines, json.dumps(again)]) + "\n")
    assert [outcome.passed for outcome in read_outcomes(folder).outcomes] == [True]


def test_the_command_prints_a_table_and_one_object(tmp_path: Path) -> None:
    a = kept_folder(tmp_path / "a", {"gedit-1": "p", "gedit-2": "f"}, model="small")
    b = kept_folder(tmp_path / "b", {"gedit-1": "p", "gedit-2": "p"}, model="large")
    done = CliRunner().invoke(screenagent, ["bench", "compare", str(a), str(b / "results.jsonl")])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout.splitlines()[-1])["difference"]["better"] == ["gedit-2"]
    assert "1 of 2" in done.stderr
    assert "asked differently: model" in done.stderr


def test_answers_about_pictures_are_compared_too(tmp_path: Path) -> None:
    place = {"kind": "location", "point": {"x": 0.5, "y": 0.5}, "confidence": 1, "by": "text"}
    absent = {"kind": "absent", "why": "no"}
    asked = {"picture": "a.png", "instruction": "Save", "data_type": "text", "app": "gedit"}
    there: dict[str, object] = {"bbox": [1, 1, 9, 9]}
    gone: dict[str, object] = {"bbox": None, "absent": "easy"}
    files = []
    for name, answers in {"a": [(there, absent), (gone, place)], "b": [(there, place), (gone, absent)]}.items():
        lines = [
            {**asked, **kind, "answer": answer, "strict": kind is there and answer is place} for kind, answer in answers
        ]
        files.append(tmp_path / f"{name}.jsonl")
        files[-1].write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = compare_outcomes(*map(read_outcomes, files))
    assert (found.difference.gain, found.a.passed, found.b.passed) == (1.0, 0, 2)
    assert {outcome.failure for outcome in read_outcomes(files[0]).outcomes} == {
        "called absent",
        "pointed at what is not there",
    }


@pytest.mark.parametrize("content", ["", "no json\n", "{}\n", "[1]\n", '{"picture": 3}\n'])
def test_what_is_no_results_is_refused_in_a_sentence(tmp_path: Path, content: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(content)
    with pytest.raises(BadFile):
        read_outcomes(file)
