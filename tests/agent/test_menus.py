"""A menu and its entry: asked about as one, and opened again if it has closed while its entry was asked about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from PIL import ImageDraw

from screenagent.actions import Action, Change, Click, Finish, Input, TypeText
from screenagent.agent import drive
from screenagent.approval import ApprovalQuestion, PolicyApprover
from screenagent.control import Control, Interrupted
from screenagent.events import Approve, Decision, Event, Plan, PlannedStep, Reject, Verdict
from screenagent.fakes import ScriptedPlanner
from screenagent.geometry import Absent, Box, Location
from screenagent.protocols import Approved
from screenagent.screenshot import Screenshot, Window
from tests.builders import Drawing, DrawnReader, fake_agent

FILE, SAVE_AS, RECENT, NOTES = (Click(target=words) for words in ("File", "Save As", "Recent", "notes.txt"))
DONE = Finish(success=True, message="done")
MENU = (10, 30, 150, 200)
SUBMENU = (150, 60, 300, 200)
PLACES = {"File": (20, 5), "Save As": (20, 40), "Recent": (20, 80), "notes.txt": (160, 80), "Delete": (20, 120)}


@dataclass
class Menus:
    """An editor with a menu and a menu in that one; it draws, finds and reads what is open."""

    control: Control = field(default_factory=Control)
    reader: DrawnReader = field(default_factory=DrawnReader)
    window: int = 1
    whole_screen: bool = False
    is_menu: bool = True
    open: list[str] = field(default_factory=list)
    performed: list[Input] = field(default_factory=list)
    interrupt: bool = False

    def screenshot(self) -> Screenshot:
        drawing = Drawing(window=Window(id=self.window, title="notes", app="editor"))
        self._write(drawing, "File")
        drawing.text("some words of the document", 200, 300)
        menus = []
        if "File" in self.open:
            menus.append(self._panel(drawing, (0, 30, 640, 400) if self.whole_screen else MENU))
            for words in ("Save As", "Recent", "Delete"):
                self._write(drawing, words)
        if "Recent" in self.open:
            menus.append(self._panel(drawing, SUBMENU))
            self._write(drawing, "notes.txt")
        shown = self.reader.screen(drawing)
        return shown.model_copy(update={"menus": tuple(menus) if self.is_menu else ()})

    def _write(self, drawing: Drawing, words: str) -> None:
        drawing.text(words, *PLACES[words])

    def close(self) -> None:
        self.open = []

    def _panel(self, drawing: Drawing, edges: tuple[int, int, int, int]) -> Box:
        ImageDraw.Draw(drawing.image).rectangle(edges, fill="#dde6f0", outline="#708090")
        return Box.of_pixels(edges, drawing.screenshot.size)

    def settled(self, until: Callable[[Screenshot], bool] | None = None, *, seconds: float | None = None) -> Screenshot:
        self.control.check()
        screen = self.screenshot()
        if until:
            until(screen)
        return screen

    def perform(self, approved: Approved[Input]) -> None:
        if self.interrupt:
            raise Interrupted("you touched the mouse")
        self.performed.append(approved.action)
        words = approved.action.target.words if isinstance(approved.action, Click) else ""
        self.open = [*self.open, words] if words in ("File", "Recent") else []

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        for line in {word.line for word in self.reader.drawings[screenshot.digest]}:
            words = [word for word in self.reader.drawings[screenshot.digest] if word.line == line]
            if " ".join(word.text for word in words) == target:
                box = Box(
                    left=words[0].box.left, top=words[0].box.top, right=words[-1].box.right, bottom=words[-1].box.bottom
                )
                return Location(point=box.center, box=box, confidence=1.0, by="text")
        return Absent(why=f"no “{target}”")


@dataclass
class Person:
    """Says yes to all that is asked; what `meanwhile` does comes before each answer."""

    meanwhile: Callable[[], object] = lambda: None
    asked: list[ApprovalQuestion] = field(default_factory=list)
    answers: dict[str, Verdict] = field(default_factory=dict)

    def __call__(self, question: ApprovalQuestion) -> Verdict:
        self.asked.append(question)
        self.meanwhile()
        words = question.action.target.words if isinstance(question.action, Click) else ""
        return self.answers.get(words, Approve())

    @property
    def questions(self) -> list[tuple[Action, ...]]:
        return [(question.action, *question.path) for question in self.asked]


def carried_out(desktop: Menus, person: Person, *plans: tuple[Action, ...]) -> list[Event]:
    decisions = [
        Decision(plan=Plan(steps=tuple(PlannedStep(action=action, expectation=Change()) for action in plan)), at=at)
        for plan in plans
        for at in range(len(plan))
    ]
    approver = PolicyApprover(person, reader=desktop.reader)
    agent = fake_agent(
        ScriptedPlanner(decisions), grounder=desktop, control=desktop.control, desktop=desktop, approver=approver
    )
    happened: list[Event] = []
    drive(agent, "task", happened.append)
    return happened


def carried_out_until_paused(desktop: Menus, person: Person) -> list[Event]:
    plans = [Decision(plan=Plan(steps=(PlannedStep(action=action),))) for action in (FILE, SAVE_AS, DONE)]
    approver = PolicyApprover(person, reader=desktop.reader)
    agent = fake_agent(
        ScriptedPlanner(plans), grounder=desktop, control=desktop.control, desktop=desktop, approver=approver
    )
    happened: list[Event] = []
    for event in agent.run("task"):
        happened.append(event)
        if event.event == "paused":
            break
    return happened


class TestOneQuestion:
    @pytest.mark.parametrize("path", [(FILE, SAVE_AS), (FILE, RECENT, NOTES)])
    def test_a_path_through_a_menu_is_asked_about_as_one(self, path: tuple[Click, ...]) -> None:
        desktop, person = Menus(), Person()
        carried_out(desktop, person, (*path, DONE))
        assert person.questions == [path]
        assert desktop.performed == [*path]

    def test_only_the_plan_says_what_comes_next(self) -> None:
        desktop, person = Menus(), Person()
        carried_out(desktop, person, (FILE,), (SAVE_AS,), (DONE,))
        assert person.questions == [(FILE,), (SAVE_AS,)]

    def test_what_is_on_the_screen_already_is_asked_about_by_itself(self) -> None:
        desktop, person = Menus(open=["File"]), Person()
        carried_out(desktop, person, (RECENT, SAVE_AS, DONE))
        assert person.questions == [(RECENT,), (SAVE_AS,)]

    def test_what_is_risky_is_asked_about_by_itself(self) -> None:
        desktop, person = Menus(), Person()
        carried_out(desktop, person, (FILE, Click(target="Delete"), DONE))
        assert person.questions == [(FILE,), (Click(target="Delete"),)]

    @pytest.mark.parametrize("change", ["window", "whole_screen"])
    def test_what_comes_up_in_another_window_or_all_over_the_screen_is_asked_about_again(self, change: str) -> None:
        desktop, person = Menus(), Person()
        perform = desktop.perform

        def opens_something_else(approved: Approved[Input]) -> None:
            perform(approved)
            setattr(desktop, change, 2)

        desktop.perform = opens_something_else  # type: ignore[method-assign]
        carried_out(desktop, person, (FILE, SAVE_AS, DONE))
        assert person.questions == [(FILE, SAVE_AS), (SAVE_AS,)]

    def test_a_no_to_the_path_is_a_no(self) -> None:
        desktop, person = Menus(), Person(answers={"File": Reject(reason="no")})
        carried_out(desktop, person, (FILE, DONE))
        assert desktop.performed == []

    def test_only_clicks_are_entries(self) -> None:
        desktop, person = Menus(), Person()
        carried_out(desktop, person, (FILE, TypeText(text="s"), DONE))
        assert person.questions == [(FILE,), (TypeText(text="s"),)]


class TestOpenedAgain:
    def test_a_menu_that_closed_while_its_entry_was_asked_about_is_opened_again(self) -> None:
        desktop = Menus()
        person = Person(meanwhile=desktop.close)
        happened = carried_out(desktop, person, (FILE,), (SAVE_AS,), (DONE,))
        assert desktop.performed == [FILE, FILE, SAVE_AS]
        assert person.questions == [(FILE,), (SAVE_AS,)]
        assert [event.recovery for event in happened if event.event == "retried"] == ["reopen"]
        assert [event.action for event in happened if event.event == "acted"] == [FILE, FILE, SAVE_AS]

    def test_so_are_the_menus_that_it_lies_in(self) -> None:
        desktop = Menus()
        person = Person(meanwhile=desktop.close)
        carried_out(desktop, person, (FILE,), (RECENT,), (NOTES,), (DONE,))
        assert desktop.performed == [FILE, FILE, RECENT, FILE, RECENT, NOTES]

    def test_what_was_no_menu_is_not_brought_back(self) -> None:
        """A message that has gone may be the answer to something that was sent, which must not be sent twice."""
        desktop = Menus(is_menu=False)
        person = Person(meanwhile=desktop.close)
        carried_out(desktop, person, (FILE,), (SAVE_AS,), (DONE,))
        assert desktop.performed == [FILE]

    def test_nothing_is_opened_again_after_a_no(self) -> None:
        desktop = Menus()
        person = Person(meanwhile=desktop.close, answers={"Save As": Reject(reason="no")})
        carried_out(desktop, person, (FILE,), (SAVE_AS,), (DONE,))
        assert desktop.performed == [FILE]

    def test_a_menu_that_cannot_be_opened_again_is_given_up(self) -> None:
        desktop = Menus()
        person = Person(meanwhile=desktop.close)

        def elsewhere(target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
            found = locate(target, screenshot, near=near)
            return Absent(why="gone") if target == "File" and desktop.performed else found

        locate, desktop.locate = desktop.locate, elsewhere  # type: ignore[method-assign]
        happened = carried_out(desktop, person, (FILE,), (SAVE_AS,), (DONE,))
        assert desktop.performed == [FILE]
        assert [event.code for event in happened if event.event == "failed"] == ["screen_changing"]

    def test_a_hand_at_the_mouse_keeps_the_menu_closed_and_pauses(self) -> None:
        desktop = Menus()

        def close() -> None:
            desktop.close()
            desktop.interrupt = bool(desktop.performed)

        happened = carried_out_until_paused(desktop, Person(meanwhile=close))
        assert desktop.performed == [FILE]
        assert [event.code for event in happened if event.event == "failed"] == ["interrupted"]
        assert happened[-1].event == "paused"
