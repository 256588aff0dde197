"""What the models of runs cost, by family and purpose: in a run, over several, in the terminal and in the report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from screenagent.actions import Click, Finish, Visible
from screenagent.cli import screenagent
from screenagent.cli.terminal import summary_line
from screenagent.episode import Episode
from screenagent.events import (
    Acted,
    Checked,
    Decided,
    Decision,
    Effect,
    Ended,
    Event,
    Grounded,
    Observed,
    Plan,
    PlannedStep,
    RunResult,
    Started,
)
from screenagent.runs.costs import CostTable, step_costs
from screenagent.runs.report.html import write_html
from screenagent.runs.report.story import Story
from screenagent.usage import ModelUsage, Phase, Usage
from tests.console.told_runs import MENU, record, screen
from tests.paths import ROOT
from tests.planning.test_model_planner import DONE, Run, plan, step
from tests.runs.report.test_report import Outline

RECORDED = ROOT / "tests" / "fixtures" / "v0_1" / "runs" / "model"


def asked(model: str, phase: Phase, requests: int, *, read: int = 400, thought: int = 0) -> Usage:
    """What one question cost, a second for each request."""
    cost = ModelUsage(
        requests=requests, prompt_tokens=read, thought_tokens=thought, answer_tokens=20, seconds=float(requests)
    )
    return Usage(
        asked={"think" if thought else "nothink": 1},
        requests=requests,
        prompt_tokens=read,
        thought_tokens=thought,
        answer_tokens=20,
        by_model={model: {phase: cost}},
    )


def a_run(
    planner: str = "phi4", pointer: str = "phi4", *, looks: tuple[int, ...] = (1, 2), result: RunResult = "done"
) -> list[Event]:
    """A plan in two requests, then a click for each of `looks`, grounded with so many requests."""
    clicks = tuple(PlannedStep(action=Click(target="the icon"), expectation=Visible(words="Saved")) for _ in looks)
    plan = Plan(steps=(*clicks, PlannedStep(action=Finish(success=True, message="saved"))))
    events: list[Event] = [Started(task="save it"), Observed(screenshot=screen("start"))]
    for at, requests in enumerate(looks):
        thought = asked(planner, "decide", 2, read=4000, thought=100) if at == 0 else Usage()
        events += [
            Decided(decision=Decision(plan=plan, at=at), usage=thought),
            Grounded(action=clicks[at].action, locations=(MENU,), usage=asked(pointer, "locate", requests)),
            Acted(action=clicks[at].action, locations=(MENU,)),
            Observed(screenshot=screen("end")),
            Checked(effect=Effect(outcome="confirmed"), usage=asked(planner, "check", 1)),
        ]
    return [*events, Ended(result=result, message="saved", at=9.0)]


def table(*runs: list[Event]) -> dict[tuple[str, str], tuple[int, int, int, str, int]]:
    """By family and purpose: runs, those done, steps, requests and tokens read per step."""
    rows = CostTable.of(Story.of(events) for events in runs).rows
    return {
        (row.model, row.purpose): (row.runs, row.done, row.steps, row.requests_per_step, row.read_per_step)
        for row in rows
    }


def runs_costs(*words: str | Path) -> Result:
    return CliRunner().invoke(screenagent, ["runs", "costs", *map(str, words)])


def test_a_run_with_two_families_has_a_row_for_each_purpose() -> None:
    assert table(a_run("phi4", "holo2")) == {
        ("phi4", "planning"): (1, 1, 1, "2", 4000),
        ("holo2", "grounding"): (1, 1, 2, "1.5 (1 to 2)", 400),
        ("phi4", "checking"): (1, 1, 2, "1", 400),
        ("phi4", "all"): (1, 1, 2, "2.0 (1 to 3)", 2400),
    }


def test_a_zoom_is_a_second_request_of_its_step_and_not_another_step() -> None:
    assert table(a_run("phi4", "holo2", looks=(1,)))["holo2", "grounding"][2:4] == (1, "1")
    assert table(a_run("phi4", "holo2", looks=(2,)))["holo2", "grounding"][2:4] == (1, "2")


def test_two_families_are_compared_over_their_runs() -> None:
    failed = a_run("phi4", "ui-tars", looks=(2, 2), result="gave_up")
    compared = table(a_run("phi4", "holo2"), failed, a_run("phi4", "holo2", looks=(1,)))
    assert list(compared)[:3] == [("phi4", "planning"), ("holo2", "grounding"), ("ui-tars", "grounding")]
    assert compared["phi4", "planning"][:3] == (3, 2, 3)
    assert compared["holo2", "grounding"] == (2, 2, 3, "1.3 (1 to 2)", 400)
    assert compared["ui-tars", "grounding"] == (1, 0, 2, "2", 400)


def test_what_is_asked_before_the_first_step_and_at_the_end_is_counted_too() -> None:
    events = a_run("phi4", "holo2", looks=(1,))
    events[1] = events[1].model_copy(update={"usage": asked("qwen3", "settle", 2)})
    events[-1] = events[-1].model_copy(update={"usage": asked("qwen3", "decide", 1)})
    assert {key: row[2:4] for key, row in table(events).items() if key[0] == "qwen3"} == {
        ("qwen3", "planning"): (1, "1"),
        ("qwen3", "other"): (1, "2"),
        ("qwen3", "all"): (2, "1.5 (1 to 2)"),
    }


def test_phases_without_a_purpose_of_their_own_are_one_row_of_a_step() -> None:
    [cost] = step_costs(asked("qwen3", "settle", 1) + asked("qwen3", "guard", 1))
    assert (cost.purpose, cost.steps, cost.most) == ("other", 1, 2)


def test_a_run_that_asked_no_model_has_no_rows() -> None:
    assert CostTable.of([Story.of([Started(task="x"), Ended(result="crashed")])]) == CostTable(rows=())


class TestCommand:
    def test_all_runs_are_compared(self, tmp_path: Path) -> None:
        record(tmp_path / "one", a_run("phi4", "holo2"))
        record(tmp_path / "two", a_run("phi4", "ui-tars", looks=(2,), result="gave_up"))
        said = runs_costs("--runs", tmp_path)
        assert said.exit_code == 0, said.output
        heads, *rows = said.stdout.splitlines()
        assert heads.split()[:5] == ["model", "asked", "for", "runs", "done"]
        assert {len(row) for row in rows} == {len(heads)}
        assert rows[2].split() == ["ui-tars", "grounding", "1", "0", "1", "2", "400", "0", "20", "2.00", "s"]

    def test_one_run_is_told_alone_and_as_json(self, tmp_path: Path) -> None:
        record(tmp_path / "one", a_run("phi4", "holo2"))
        record(tmp_path / "two", a_run("phi4", "ui-tars"))
        rows = [json.loads(line) for line in runs_costs(tmp_path / "one", "--json").stdout.splitlines()]
        assert {row["model"] for row in rows} == {"phi4", "holo2"}
        [grounding] = [row for row in rows if row["purpose"] == "grounding"]
        assert (grounding["steps"], grounding["fewest"], grounding["most"]) == (2, 1, 2)
        assert grounding["used"] == asked("holo2", "locate", 3, read=800).by_model["holo2"]["locate"].model_dump() | {
            "answer_tokens": 40
        }

    def test_an_old_run_does_not_say_which_model_it_asked(self) -> None:
        said = runs_costs(RECORDED)
        assert (said.exit_code, said.stdout) == (0, "")
        assert "1 of them do not say which model they asked" in said.stderr

    def test_a_damaged_run_is_left_out_of_all_and_refused_by_name(self, tmp_path: Path) -> None:
        record(tmp_path / "good", a_run())
        log = record(tmp_path / "bad", a_run()) / "events.jsonl"
        log.write_text("nonsense\n" + log.read_text("utf-8"), "utf-8")
        said = runs_costs("--runs", tmp_path)
        assert (said.exit_code, "left out" in said.stderr, "phi4" in said.stdout) == (0, True, True)
        assert runs_costs(log.parent).exit_code != 0

    def test_no_picture_is_read(self, tmp_path: Path) -> None:
        run = record(tmp_path / "run", a_run())
        for picture in (run / "screens").iterdir():
            picture.write_bytes(b"no picture")
        assert runs_costs(run).exit_code == 0


def test_a_recorded_run_of_two_models_is_told_as_it_happened(tmp_path: Path) -> None:
    run = Run(plan(step("click", "Saved", target="the icon"), DONE), pointing=("[0.2, 0.2, 0.3, 0.3]",))()
    rows = [json.loads(line) for line in runs_costs(record(tmp_path / "run", run.events), "--json").stdout.splitlines()]
    assert [(row["model"], row["purpose"], row["steps"], row["used"]["requests"]) for row in rows] == [
        ("phi4", "planning", 1, len(run.thinking.asked)),
        ("holo2", "grounding", 1, len(run.pointing.asked)),
    ]


def test_the_last_line_in_the_terminal_says_what_was_sent() -> None:
    assert summary_line(Episode.of(a_run("phi4", "holo2"))).endswith(", 4 requests to phi4, 3 requests to holo2")


class TestReport:
    def page(self, folder: Path) -> str:
        return Outline(write_html(folder, folder / "report.html").read_text("utf-8")).text

    def test_the_table_of_the_run_and_the_cost_of_each_step_are_in_it(self, tmp_path: Path) -> None:
        words = " ".join(self.page(record(tmp_path / "run", a_run("phi4", "holo2"))).split())
        assert "holo2grounding21.5 (1 to 2)400020" in words
        assert "phi4 planning: 2 requests, 4,000 tokens read, 100 thought, 20 said, 2.00 s" in words
        assert "holo2 grounding: 1 request, 400 tokens read, 0 thought, 20 said, 1.00 s" in words

    @pytest.mark.parametrize("model", ["<b>phi</b>", "a & b"])
    def test_the_name_of_a_model_stays_text(self, model: str, tmp_path: Path) -> None:
        assert model in self.page(record(tmp_path / "run", a_run(model)))

    def test_a_run_of_version_0_1_says_what_it_said(self, tmp_path: Path) -> None:
        page = Outline(write_html(RECORDED, tmp_path / "report.html").read_text("utf-8"))
        assert page.count("table") == 0
        assert "tokens read" in page.text
