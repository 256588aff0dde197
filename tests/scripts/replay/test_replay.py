"""Replays: the events of a script that is played on fakes."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from screenagent.actions import CloseWindow, Finish, FocusWindow, OpenProgram, PressKeys
from screenagent.approval import AllowAll
from screenagent.events import AnswerAsk, Approve, Decision, Event, Plan, PlannedStep, Skip, Verdict
from screenagent.fakes import FakeApprover, FakeDesktop, FakeGrounder, FakeReader, ScriptedPlanner, plain_screen
from screenagent.geometry import Point
from screenagent.planning import InstructionPlanner
from screenagent.protocols import Approver, Planner, Retry
from screenagent.screenshot import Screenshot, Window
from screenagent.scripts import bound
from screenagent.scripts.file import parsed
from screenagent.scripts.replay import Replay
from screenagent.scripts.replay.steps import ScriptApi
from tests.builders import fake_agent
from tests.timeless import timeless

SAVE = Point(x=0.5, y=0.5)
DONE = Finish(success=True)


def replayed(
    text: str,
    *,
    seen: dict[str, Point] | None = None,
    approver: Approver | None = None,
    desktop: FakeDesktop | None = None,
    given: dict[str, str] | None = None,
    planner: Planner | None = None,
) -> list[Event]:
    """The events of playing `text`, with `seen` on the screen all the time."""
    script = parsed(text.encode(), Path("test.yaml"))[0]
    agent = fake_agent(
        planner or ScriptedPlanner([]),
        grounder=FakeGrounder(seen or {}),
        approver=approver or AllowAll(),
        desktop=desktop or FakeDesktop(),
    )
    replay = Replay(script, bound(script, given or {}))
    return list(replay.playing(agent, FakeReader(())).run(replay.task))


def steps(text: str) -> str:
    return f"name: test\ntimeout: 0.01\nsteps:\n{text}"


def kinds(events: list[Event]) -> list[str]:
    return [event.event for event in events]


def ended(events: list[Event]) -> tuple[str, str]:
    last = events[-1]
    assert last.event == "ended"
    return last.result, last.message


def test_a_script_is_played_as_an_ordinary_run() -> None:
    step = ["thought", "decided", "grounded", "reviewed", "acted", "observed", "checked"]
    events = replayed(steps("  - click: Save\n  - press: ctrl+s\n"), seen={"Save": SAVE})
    assert kinds(events) == [
        *("started", "observed"),
        *step,
        *step,
        *("thought", "decided", "grounded", "reviewed", "ended"),
    ]
    assert ended(events) == ("done", "every step was carried out")


def test_one_script_played_twice_gives_the_same_events() -> None:
    text = steps("  - click: Save\n  - if_seen: Save\n    then:\n      - press: a\n  - ask: who?\n  - press: b\n")

    def once() -> list[Event]:
        verdicts: list[Verdict] = [Approve(), Approve(), AnswerAsk(text="Ada"), Approve()]
        return timeless(replayed(text, seen={"Save": SAVE}, approver=FakeApprover(verdicts)))

    assert once() == once()


def test_what_is_not_as_expected_ends_the_replay_before_the_next_click() -> None:
    desktop = FakeDesktop()
    events = replayed(
        steps("  - click: Save\n    expect: Saved\n  - click: Delete\n"),
        seen={"Save": SAVE, "Delete": SAVE},
        desktop=desktop,
    )
    assert ended(events)[0] == "gave_up"
    assert "“Saved” is not on the screen" in ended(events)[1]
    assert len(desktop.performed) == 1


def test_a_target_that_is_lost_is_asked_about_and_may_be_named_anew() -> None:
    desktop = FakeDesktop()
    approver = FakeApprover([AnswerAsk(text="Save all"), Approve()])
    events = replayed(steps("  - click: Save\n"), seen={"Save all": SAVE}, approver=approver, desktop=desktop)
    assert ended(events) == ("done", "every step was carried out")
    assert desktop.places == [(SAVE,)]


def test_a_lost_target_with_nobody_to_ask_ends_the_replay() -> None:
    events = replayed(steps("  - click: Save\n"))
    assert ended(events)[0] == "gave_up"
    assert "there is nobody to ask" in ended(events)[1]


def test_only_a_yes_approves() -> None:
    text = steps("  - approve: Send it?\n  - press: enter\n")
    yes, no = FakeDesktop(), FakeDesktop()
    assert ended(replayed(text, desktop=yes, approver=FakeApprover([AnswerAsk(text="yes"), Approve()])))[0] == "done"
    assert ended(replayed(text, desktop=no, approver=FakeApprover([AnswerAsk(text="why?"), Approve()])))[0] == "gave_up"
    assert (len(yes.performed), len(no.performed)) == (1, 0)


def test_an_answer_is_a_parameter_from_there_on() -> None:
    desktop = FakeDesktop()
    text = steps("  - ask: Which customer?\n    into: customer\n  - type: 'Dear {{customer}}'\n")
    replayed(text, desktop=desktop, approver=FakeApprover([AnswerAsk(text="Ada"), Approve()]))
    assert [action.model_dump() for action in desktop.performed] == [{"kind": "type_text", "text": "Dear Ada"}]


def test_what_is_not_seen_goes_the_other_way() -> None:
    desktop = FakeDesktop()
    text = steps("  - if_seen: Old\n    then:\n      - press: a\n    else:\n      - press: b\n  - press: c\n")
    replayed(text, desktop=desktop)
    assert [action.model_dump()["keys"] for action in desktop.performed] == [("b",), ("c",)]


def test_a_task_within_a_script_is_for_the_configured_planner() -> None:
    desktop = FakeDesktop()
    text = steps("  - press: a\n  - task: press b, press c\n  - press: d\n")
    events = replayed(text, desktop=desktop, planner=InstructionPlanner())
    assert [action.model_dump()["keys"] for action in desktop.performed] == [("a",), ("b",), ("c",), ("d",)]
    assert ended(events) == ("done", "every step was carried out")


def in_front(*titles: str) -> FakeDesktop:
    """A desktop whose front window changes with each input."""

    def screen(performed: int) -> Screenshot:
        title = titles[min(performed, len(titles) - 1)]
        return plain_screen(performed, window=Window(id=titles.index(title), title=title))

    return FakeDesktop(screen)


@pytest.mark.slow
def test_keys_do_not_go_to_a_window_that_came_in_front() -> None:
    desktop = in_front("Update available")
    events = replayed("window: Editor\n" + steps("  - type: hello\n"), desktop=desktop)
    assert ended(events)[0] == "gave_up"
    assert "“Editor” is to be in front for it, but “Update available” is" in ended(events)[1]
    assert [action.model_dump()["kind"] for action in desktop.performed] == ["press_keys"]


def test_the_window_behind_is_fetched_for_keys_that_are_meant_for_it() -> None:
    desktop = in_front("Update available", "notes.txt - Editor")
    events = replayed("window: Editor\n" + steps("  - type: hello\n"), desktop=desktop)
    assert ended(events) == ("done", "every step was carried out")
    assert [action.model_dump().get("keys") for action in desktop.performed] == [("alt", "tab"), None]


@pytest.mark.slow
def test_keys_are_still_guarded_after_the_change_of_windows_was_skipped() -> None:
    desktop = in_front("Update available")
    approver = FakeApprover([Skip(), Approve()])
    events = replayed(
        "window: Editor\n" + steps("  - type: hello\n  - type: again\n"), desktop=desktop, approver=approver
    )
    assert ended(events)[0] == "gave_up"
    assert [action.model_dump()["kind"] for action in desktop.performed] == ["press_keys"]


def test_a_planner_that_has_to_try_again_goes_on_with_its_goal() -> None:
    desktop = FakeDesktop()
    press, finish = (Plan(steps=(PlannedStep(action=action),)) for action in (PressKeys(keys=("b",)), DONE))
    planner = ScriptedPlanner([Retry("not now"), Decision(plan=press), Decision(plan=finish)])
    text = steps("  - press: a\n  - task: press b\n  - press: c\n")
    events = replayed(text, desktop=desktop, planner=planner)
    assert [action.model_dump()["keys"] for action in desktop.performed] == [("a",), ("b",), ("c",)]
    assert ended(events) == ("done", "every step was carried out")
    assert [episode.task for episode in planner.seen] == ["press b"] * 3


def with_windows(*screens: tuple[Window, ...]) -> FakeDesktop:
    """A desktop that shows the next of these windows after each input, the last of them in front."""

    def screen(sent: int) -> Screenshot:
        windows = screens[min(sent, len(screens) - 1)]
        return plain_screen(sent, window=windows[-1] if windows else None).model_copy(update={"managed": windows})

    return FakeDesktop(screen)


BOOK, LIST = Window(id=1, title="Book1", app="gnumeric"), Window(id=2, title="Invoices", app="gnumeric")


def test_programs_and_windows_are_steps() -> None:
    desktop = with_windows((LIST,), (LIST, BOOK), (BOOK, LIST), (BOOK,))
    text = steps("  - open: gnumeric '/tmp/my book.csv'\n    timeout: 5\n  - focus: Invoices\n  - close: Invoices\n")
    assert ended(replayed(text, desktop=desktop)) == ("done", "every step was carried out")
    assert desktop.performed == [
        OpenProgram(command="gnumeric '/tmp/my book.csv'", seconds=5),
        FocusWindow(window="Invoices"),
        CloseWindow(window="Invoices"),
    ]


def test_a_value_in_a_command_stays_one_argument() -> None:
    desktop = with_windows((LIST,), (LIST, BOOK))
    text = "name: test\nparameters: {file: {}}\nsteps:\n  - open: gnumeric {{ file }}\n"
    replayed(text, desktop=desktop, given={"file": "a b; rm -rf '{{x}}'"})
    [opened] = desktop.performed
    assert isinstance(opened, OpenProgram)
    assert shlex.split(opened.command) == ["gnumeric", "a b; rm -rf '{{x}}'"]


def test_a_window_that_is_not_there_is_waited_for_and_then_ends_the_replay() -> None:
    desktop = with_windows((BOOK,))
    result, message = ended(replayed(steps("  - close: Invoices\n"), desktop=desktop))
    assert result == "gave_up"
    assert "no window fits “Invoices”; open are “Book1” (gnumeric)" in message
    assert desktop.performed == []


@pytest.mark.parametrize("left", [(BOOK,), ()])
def test_a_question_that_a_closing_window_asks_is_a_popup_of_the_script(left: tuple[Window, ...]) -> None:
    question = Window(id=3, title="Save changes?", app="gnumeric", is_dialog=True)
    desktop = with_windows((*left, LIST), (*left, LIST, question), left)
    popup = "on_popup:\n  - seen: Save changes\n    do: [{press: escape}]\n"
    events = replayed(f"{steps('  - close: Invoices')}\n{popup}", desktop=desktop)
    assert ended(events) == ("done", "every step was carried out")
    assert [action.kind for action in desktop.performed] == ["close", "press_keys"]


def test_a_window_step_asks_for_no_other_window_in_front() -> None:
    desktop = with_windows((LIST, BOOK))
    text = "name: test\ntimeout: 0.01\nwindow: Calendar\nsteps:\n  - close: Nowhere\n"
    assert ended(replayed(text, desktop=desktop))[0] == "gave_up"
    assert desktop.performed == []


def test_a_program_opens_with_its_arguments_as_they_stand() -> None:
    desktop = with_windows((LIST,), (LIST, BOOK))
    script = ScriptApi(fake_agent(ScriptedPlanner([]), desktop=desktop), FakeReader(()))
    script.open("gnumeric", "a b {{c}}.csv")
    assert desktop.performed == [OpenProgram(command="gnumeric 'a b {{c}}.csv'")]
