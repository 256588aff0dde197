"""Whether a row that failed may have taken effect: its last input before it failed says so, not what tidies up."""

from __future__ import annotations

from pathlib import Path

import pytest

from screenagent.actions import Click, Target, TypeText
from screenagent.agent import drive
from screenagent.episode import Episode, Step
from screenagent.events import Decision, Plan, PlannedStep
from screenagent.fakes import FakeDesktop, FakeGrounder, FakeReader, ScriptedPlanner, plain_screen
from screenagent.scripts.file import parsed
from screenagent.scripts.replay import Replay
from screenagent.scripts.replay.results import ReplayResult, doubt, result
from screenagent.scripts.rows.playing import FirstInput
from tests.builders import fake_agent
from tests.scripts.replay.test_flow import played
from tests.scripts.replay.test_replay import SAVE, steps

AFTER = "after_row:\n  - {type: x, may: nothing}\n  - {press: f4, may: nothing}\n"


def failed(steps: str, *, after: str = "", shown: str = "Form") -> ReplayResult:
    events, replay = played(f"steps:\n{steps}{after}", lambda _: [shown])
    found = result(replay, Episode.of(events), run=None)
    assert found.outcome == "gave_up"
    return found


@pytest.mark.parametrize("after", ["", AFTER])
@pytest.mark.parametrize(
    ("steps", "doubtful"),
    [
        pytest.param("  - {type: Ada, may: nothing}\n  - expect: Saved\n", False, id="only typed"),
        pytest.param("  - {type: Ada, may: nothing}\n  - {press: enter, expect: Saved}\n", True, id="Enter, not seen"),
        pytest.param('  - {type: "Ada\\n", may: nothing}\n  - expect: Saved\n', True, id="a line end"),
        pytest.param("  - {press: tab, may: nothing}\n  - expect: Saved\n", False, id="a key that leads on"),
        pytest.param("  - {press: enter, may: nothing}\n  - click: Next\n", True, id="the next target is lost"),
        pytest.param("  - click: Save\n", False, id="nothing was sent"),
    ],
)
def test_a_row_is_doubtful_if_its_last_input_may_have_saved_it(steps: str, after: str, doubtful: bool) -> None:
    assert bool(failed(steps, after=after).doubt) == doubtful


def test_what_is_done_about_a_failed_attempt_hides_no_doubt() -> None:
    attempt = "{attempt: [{press: enter, expect: Saved}], on_failure: [{type: x, may: nothing}], afterwards: stop}"
    assert failed(f"  - {attempt}\n").doubt
    later = "  - {type: y, may: nothing}\n  - expect: Saved\n"
    assert not failed(f"  - {attempt.replace('stop', 'go_on')}\n{later}").doubt


def test_a_row_that_is_set_aside_says_why_and_what_was_tried() -> None:
    attempt = "{attempt: [{press: enter, expect: Saved}], afterwards: set_aside}"
    found = failed(f"  - {attempt}\n")
    assert "“Saved” is not on the screen" in found.set_aside
    assert len(found.remarks) == 1


@pytest.mark.parametrize(("planned", "doubtful"), [(1, True), (2, False)])
def test_a_click_into_the_field_that_is_typed_into_next_saves_nothing(planned: int, doubtful: bool) -> None:
    click = PlannedStep(action=Click(target=Target(words="Name")))
    plan = Plan(steps=(click, PlannedStep(action=TypeText(text="Ada")))[:planned])
    step = Step(before=plain_screen(0), decision=Decision(plan=plan), action=click.action, acted=True, closed=True)
    assert bool(doubt((step,))) == doubtful


@pytest.mark.parametrize(
    ("text", "begun"),
    [
        pytest.param("  - click: Save\n  - press: a\n", [0], id="once, before the first input"),
        pytest.param("  - {wait_for: {gone: Wait}, timeout: 0.1}\n  - press: a\n", [0], id="not for a look"),
        pytest.param("  - click: Next\n", [], id="not for a target that is lost"),
    ],
)
def test_a_row_has_begun_before_its_first_input_is_sent(text: str, begun: list[int]) -> None:
    desktop, told = FakeDesktop(), list[int]()
    script = parsed(steps(text).encode(), Path("test.yaml"))[0]
    agent = fake_agent(ScriptedPlanner([]), grounder=FakeGrounder({"Save": SAVE}), desktop=desktop)
    replay = Replay(script, file=Path("test.yaml"))
    sink = FirstInput(lambda: told.append(len(desktop.performed)))
    drive(replay.playing(agent, FakeReader(())), replay.task, sink)
    assert (told, sink.is_sent) == (begun, bool(begun))
