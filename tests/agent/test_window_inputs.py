"""Programs that are opened, and windows that are brought to the front or closed: the loop's facts, on fakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from screenagent.actions import Action, CloseWindow, Finish, FocusWindow, OpenProgram
from screenagent.agent import drive
from screenagent.agent.window_check import check_window
from screenagent.approval import Policy, PolicyApprover, default_policy
from screenagent.approval.policy import Rule
from screenagent.episode import Episode
from screenagent.events import Decision, Plan, PlannedStep
from screenagent.fakes import FakeApprover, FakeDesktop, ScriptedPlanner, plain_screen
from screenagent.models.parsing import parse_plan
from screenagent.protocols import Retry
from screenagent.screenshot import Screenshot, Window
from tests.builders import fake_agent

BOOK = Window(id=1, title="Book1", app="gnumeric", pid=10)
MAIL = Window(id=2, title="Invoices", app="mail", pid=11)
QUESTION = Window(id=3, title="Save changes?", app="mail", pid=11, is_dialog=True)
TIP = Window(id=5, title="Tip of the day", app="helper", pid=12)
NEWS = Window(id=6, title="Update available", app="updater", pid=13)
SHEET = Window(id=4, title="Sheet", app="gnumeric", pid=12)


def shown(shade: int, *managed: Window, front: Window | None) -> Screenshot:
    return plain_screen(shade, window=front).model_copy(update={"managed": managed})


BOOK_IN_FRONT = shown(0, BOOK, MAIL, front=BOOK)


@dataclass
class Outcome:
    desktop: FakeDesktop
    episode: Episode = field(default_factory=Episode)

    @property
    def effect(self) -> tuple[str, str]:
        effect = self.episode.steps[0].effect
        assert effect is not None
        return effect.outcome, effect.code


def done(action: Action, screens: Sequence[Screenshot], *, approver: FakeApprover | None = None) -> Outcome:
    """Carry out one action on a desktop that shows the next of `screens` after each input."""
    desktop = FakeDesktop(lambda sent: screens[min(sent, len(screens) - 1)])
    plan = Plan(steps=(PlannedStep(action=action), PlannedStep(action=Finish(success=True))))
    planner = ScriptedPlanner([Decision(plan=plan), Decision.give_up("it failed")])
    agent = fake_agent(planner, desktop=desktop, approver=approver or FakeApprover())
    return Outcome(desktop, drive(agent, "test"))


def test_a_window_that_is_in_front_afterwards_is_confirmed_by_its_name() -> None:
    outcome = done(FocusWindow(window="Invoices"), [BOOK_IN_FRONT, shown(1, BOOK, MAIL, front=MAIL)])
    assert outcome.effect == ("confirmed", "in_front")
    assert outcome.desktop.performed == [FocusWindow(window="Invoices")]


def test_a_window_that_a_dialog_keeps_back_is_not_in_front() -> None:
    outcome = done(FocusWindow(window="Invoices"), [BOOK_IN_FRONT, shown(1, BOOK, MAIL, QUESTION, front=QUESTION)])
    assert outcome.effect == ("unmet", "not_in_front")
    assert "in front is the dialog “Save changes?”" in outcome.episode.steps[0].failure_reason


def test_a_window_that_is_gone_is_closed() -> None:
    outcome = done(CloseWindow(window="Invoices"), [BOOK_IN_FRONT, shown(1, BOOK, front=BOOK)])
    assert outcome.effect == ("confirmed", "closed")


def test_a_window_that_asks_a_question_is_not_closed() -> None:
    outcome = done(CloseWindow(window="Invoices"), [BOOK_IN_FRONT, shown(1, BOOK, MAIL, QUESTION, front=QUESTION)])
    assert outcome.effect == ("contradicted", "not_closed")


def test_a_window_that_stays_is_not_closed() -> None:
    outcome = done(CloseWindow(window="Invoices"), [BOOK_IN_FRONT, shown(1, BOOK, MAIL, front=BOOK)])
    assert outcome.effect == ("unmet", "not_closed")


@pytest.mark.parametrize("action", [FocusWindow(window="o"), CloseWindow(window="o"), CloseWindow(window="Calendar")])
def test_words_that_name_no_window_or_several_are_refused_before_anybody_is_asked(action: Action) -> None:
    approver = FakeApprover()
    outcome = done(action, [BOOK_IN_FRONT], approver=approver)
    assert outcome.desktop.performed == []
    assert action not in approver.asked


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (shown(1, BOOK, MAIL, SHEET, front=SHEET), ("confirmed", "opened")),
        (shown(1, BOOK, MAIL, SHEET, front=MAIL), ("unmet", "not_opened")),
        (shown(1, BOOK, MAIL, SHEET, QUESTION, front=QUESTION), ("unmet", "not_opened")),
        (shown(1, BOOK, MAIL, front=MAIL), ("unmet", "not_opened")),
        (shown(1, BOOK, MAIL, NEWS, front=NEWS), ("unmet", "not_opened")),
        (shown(1, BOOK, MAIL, SHEET, TIP, front=TIP), ("confirmed", "opened")),
    ],
)
def test_a_program_is_open_once_its_new_window_is_in_front(after: Screenshot, expected: tuple[str, str]) -> None:
    before = shown(0, BOOK, MAIL, front=MAIL)
    effect = check_window(OpenProgram(command="gnumeric sheet.gnumeric"), before, after)
    assert (effect.outcome, effect.code) == expected


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (shown(1, MAIL, TIP, front=TIP), "confirmed"),
        (shown(1, MAIL, TIP, NEWS, front=NEWS), "unknown"),
        (shown(1, MAIL, TIP, NEWS, front=TIP), "unknown"),
    ],
)
def test_of_windows_that_are_not_called_like_the_program_only_a_single_one_is_it(
    after: Screenshot, expected: str
) -> None:
    effect = check_window(OpenProgram(command="sheet-start"), shown(0, MAIL, front=MAIL), after)
    assert effect.outcome == expected


def test_a_program_that_ran_and_raised_its_window_is_open() -> None:
    before, after = shown(0, BOOK, MAIL, front=MAIL), shown(1, BOOK, MAIL, front=BOOK)
    effect = check_window(OpenProgram(command="/usr/bin/gnumeric"), before, after)
    assert (effect.outcome, effect.code) == ("confirmed", "in_front")


def test_the_default_policy_asks_before_a_program_is_opened_or_a_window_closed() -> None:
    policy, screen = default_policy(), BOOK_IN_FRONT
    opened, closed, focused = (
        policy.ruling(action, screen=screen)
        for action in (OpenProgram(command="gnumeric"), CloseWindow(window="Book1"), FocusWindow(window="Book1"))
    )
    assert (opened.then, "starts a program" in opened.why) == ("ask", True)
    assert (closed.then, "closes a window" in closed.why) == ("ask", True)
    assert focused.rule is None


@pytest.mark.parametrize("rule", [Rule(then="allow", text=".*"), Rule(then="allow", apps=("gnumeric",))])
def test_what_was_written_for_keys_allows_no_program(rule: Rule) -> None:
    ruling = Policy(rules=(rule,)).ruling(OpenProgram(command="gnumeric"), screen=BOOK_IN_FRONT)
    assert ruling.then == "ask"


def test_a_rule_for_programs_is_about_the_command() -> None:
    policy = Policy(rules=(Rule(then="allow", kinds=("open",), text=r"^gnumeric \S+$"),))
    assert policy.ruling(OpenProgram(command="gnumeric a.csv"), screen=BOOK_IN_FRONT).then == "allow"
    assert policy.ruling(OpenProgram(command="rm a.csv"), screen=BOOK_IN_FRONT).then == "ask"


def test_a_rule_about_an_application_reaches_the_window_that_is_named_and_not_the_one_in_front() -> None:
    policy = Policy(rules=(Rule(then="deny", apps=("mail",)), Rule(then="allow")))
    assert policy.ruling(CloseWindow(window="Invoices"), screen=BOOK_IN_FRONT).then == "deny"
    assert policy.ruling(CloseWindow(window="Book1"), screen=BOOK_IN_FRONT).then == "allow"


def test_nobody_to_ask_means_that_no_program_is_started() -> None:
    approver = PolicyApprover(lambda _: None, risky_only=True)
    desktop = FakeDesktop(lambda _: BOOK_IN_FRONT)
    plan = Plan(steps=(PlannedStep(action=OpenProgram(command="gnumeric")),))
    planner = ScriptedPlanner([Decision(plan=plan), Decision.give_up("refused")])
    drive(fake_agent(planner, desktop=desktop, approver=approver), "test")
    assert desktop.performed == []


def test_another_window_of_that_name_by_the_time_of_the_approval_is_asked_about_again() -> None:
    another = shown(0, BOOK, MAIL.model_copy(update={"id": 9}), front=BOOK)
    screens = iter([BOOK_IN_FRONT])

    def screen(_: int) -> Screenshot:
        return next(screens, another)

    approver = FakeApprover()
    plan = Plan(steps=(PlannedStep(action=CloseWindow(window="Invoices")),))
    planner = ScriptedPlanner([Decision(plan=plan), Decision.give_up("over")])
    drive(fake_agent(planner, desktop=FakeDesktop(screen), approver=approver), "test")
    assert approver.asked.count(CloseWindow(window="Invoices")) == 2


def test_a_model_plans_no_programs() -> None:
    with pytest.raises(Retry, match="only a script may open “gnumeric”"):
        parse_plan('{"steps": [{"action": {"kind": "open", "command": "gnumeric"}}]}')


def test_a_window_that_comes_late_and_unseen_is_waited_for() -> None:
    looks = iter([shown(0, BOOK, front=BOOK)])
    desktop = FakeDesktop(lambda _: next(looks, BOOK_IN_FRONT))
    plan = Plan(steps=(PlannedStep(action=CloseWindow(window="Invoices")), PlannedStep(action=Finish(success=True))))
    drive(fake_agent(ScriptedPlanner([Decision(plan=plan), Decision.give_up("")]), desktop=desktop), "test")
    assert desktop.performed == [CloseWindow(window="Invoices")]


@pytest.mark.parametrize(("command", "told"), [("gnumeric 'x.csv", "no closing quotation"), ("''", "names no program")])
def test_what_is_no_command_is_told(command: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        OpenProgram(command=command)
