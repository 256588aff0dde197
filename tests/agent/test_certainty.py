"""A place that is less sure than the bound is acted on only if a person says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any

import pytest

from screenagent.actions import Action, Click, Finish
from screenagent.agent import Agent, drive
from screenagent.approval import AllowAll, ApprovalQuestion, Policy, PolicyApprover
from screenagent.approval.policy import Rule
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.events import Approve, Decision, Event, Plan, PlannedStep, Reject, Verdict
from screenagent.fakes import FakeDesktop, ScriptedPlanner, plain_screen
from screenagent.geometry import Doubt, Guess, Location, Point
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.screenshot import Screenshot
from tests.builders import Drawing, DrawnReader, ScriptedGrounder, fake_agent

FIRST, SECOND = Point(x=0.2, y=0.2), Point(x=0.7, y=0.2)
UNSURE = Location(point=FIRST, confidence=0.62, by="text")
SURE = Location(point=FIRST, confidence=0.97, by="text")
OTHER = Location(point=SECOND, confidence=0.3, by="text")
SAVE = Click(target="Save")


@dataclass
class FakeGuesser:
    closer: float = 0.0
    doubted: list[str] = field(default_factory=list)

    def look_closer(self, _target: str, _screenshot: Screenshot, found: Location) -> Location:
        return found.model_copy(update={"confidence": max(self.closer, found.confidence)})

    def doubt(self, target: str, _screenshot: Screenshot, *, found: Location | None = None) -> Doubt | None:
        if found is None:
            return None
        self.doubted.append(target)
        guesses = (Guess(words="“Save as”", location=found), Guess(words="“Saved”", location=OTHER))
        return Doubt(why="the nearest is “Save as” (62%)", guesses=guesses)


def agent(*answers: Location, **parts: Any) -> Agent:
    decisions = [_decision(SAVE), _decision(Finish(success=True))]
    usual: dict[str, Any] = {"guesser": FakeGuesser(), "min_confidence": 0.9, "approver": AllowAll()}
    return fake_agent(ScriptedPlanner(decisions), grounder=ScriptedGrounder(*answers), **(usual | parts))


def _decision(action: Action) -> Decision:
    return Decision(plan=Plan(steps=(PlannedStep(action=action),)))


def asked(answer: Callable[[ApprovalQuestion], Verdict | None], **options: Any) -> PolicyApprover:
    return PolicyApprover(answer, **options)


def run(worker: Agent) -> tuple[Episode, FakeDesktop]:
    assert isinstance(worker.desktop, FakeDesktop)
    return drive(worker, "click Save"), worker.desktop


def test_an_unsure_place_is_not_acted_on_unattended() -> None:
    episode, desktop = run(agent(UNSURE))
    failed = episode.steps[0]
    assert (desktop.performed, failed.failure, failed.outcome) == ([], "unsure", "refused")
    assert failed.failure_reason == "the nearest is “Save as” (62%)"


def test_a_sure_place_is_acted_on_without_a_doubt() -> None:
    guesser = FakeGuesser()
    episode, desktop = run(agent(SURE, guesser=guesser))
    assert (desktop.places, guesser.doubted, episode.steps[0].doubt) == ([(FIRST,)], [], None)


def test_an_unsure_place_that_a_closer_look_is_sure_of_is_acted_on() -> None:
    episode, desktop = run(agent(UNSURE, guesser=FakeGuesser(closer=0.95)))
    assert desktop.places == [(FIRST,)]
    assert episode.steps[0].locations[0].confidence == 0.95


def test_without_a_bound_every_place_is_acted_on() -> None:
    _, desktop = run(agent(UNSURE, min_confidence=0.0))
    assert desktop.places == [(FIRST,)]


def test_a_surer_place_that_comes_late_is_acted_on_unattended() -> None:
    shades = chain((0,), repeat(9))
    _, desktop = run(agent(UNSURE, SURE, desktop=FakeDesktop(screen=lambda _: plain_screen(next(shades)))))
    assert desktop.places == [(FIRST,)]


@pytest.mark.parametrize("options", [{}, {"risky_only": True}, {"policy": Policy(rules=(Rule(then="allow"),))}])
def test_a_person_is_asked_about_an_unsure_place_whatever_else_is_allowed(options: dict[str, Any]) -> None:
    questions: list[ApprovalQuestion] = []

    def answer(question: ApprovalQuestion) -> Verdict:
        questions.append(question)
        return Reject(reason="neither")

    _, desktop = run(agent(UNSURE, approver=asked(answer, **options)))
    assert [guess.words for question in questions for guess in question.doubt.guesses] == ["“Save as”", "“Saved”"]  # type: ignore[union-attr]
    assert questions[0].risk == "the nearest is “Save as” (62%)"
    assert desktop.performed == []


def test_the_guess_that_a_person_picks_is_acted_on() -> None:
    _, desktop = run(agent(UNSURE, approver=asked(lambda question: question.picked(2))))
    assert desktop.places == [(SECOND,)]


def test_a_number_beyond_the_guesses_picks_nothing() -> None:
    picked: list[Verdict | None] = []

    def answer(question: ApprovalQuestion) -> Verdict:
        picked.extend(question.picked(number) for number in (0, 3))
        return Approve()

    _, desktop = run(agent(UNSURE, approver=asked(answer)))
    assert (picked, desktop.places) == ([None, None], [(FIRST,)])


def test_an_unsure_place_that_nobody_answers_about_is_not_acted_on() -> None:
    _, desktop = run(agent(UNSURE, approver=asked(lambda _: None, risky_only=True)))
    assert desktop.performed == []


def test_the_doubt_is_in_the_events() -> None:
    events: list[Event] = []
    drive(agent(UNSURE), "click Save", events.append)
    doubts = [event.doubt for event in events if event.event == "grounded" and event.doubt]
    assert doubts
    assert doubts[0].guesses[0].location == UNSURE


def twins() -> tuple[DrawnReader, Screenshot]:
    reader = DrawnReader()
    return reader, reader.screen(Drawing().button("Open", 40, 60).button("Open", 240, 60).button("Help", 440, 60))


def drawn_agent(**parts: Any) -> tuple[Agent, FakeDesktop]:
    reader, screen = twins()
    grounder, control = EmbeddedGrounder(reader), Control()
    desktop = FakeDesktop(screen=lambda _: screen, control=control)
    decisions = [_decision(Click(target="Open")), _decision(Finish(success=True))]
    wired: dict[str, Any] = {"desktop": desktop, "control": control, "guesser": grounder, "min_confidence": 0.9}
    return fake_agent(ScriptedPlanner(decisions), grounder=grounder.strict(), **(wired | parts)), desktop


def test_of_two_that_fit_alike_a_person_picks_one_by_its_number() -> None:
    worker, desktop = drawn_agent(approver=asked(lambda question: question.picked(2)))
    drive(worker, "click Open")
    [(place,)] = desktop.places
    assert place.x == pytest.approx(285 / 640, abs=0.01)


def test_of_two_that_fit_alike_none_is_clicked_unattended() -> None:
    worker, desktop = drawn_agent()
    episode = drive(worker, "click Open")
    assert (desktop.performed, episode.steps[0].failure) == ([], "unsure")
    assert episode.steps[0].feedback.startswith("“Open” is there 2 times; say which")
