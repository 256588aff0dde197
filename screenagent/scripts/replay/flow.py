"""The way of a replay through a script: its branches, its loops, the scripts that it runs, and what may fail."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from screenagent.events import Decision
from screenagent.protocols import Retry
from screenagent.screenshot import Screenshot
from screenagent.scripts.comparison import Incomparable, comparison
from screenagent.scripts.file import texts
from screenagent.scripts.linked import Linked
from screenagent.scripts.parameters import filled, given
from screenagent.scripts.replay.actions import Binding, ScriptAction
from screenagent.scripts.replay.claims import Claims
from screenagent.scripts.replay.notes import Notes
from screenagent.scripts.replay.plain_values import filled_task
from screenagent.scripts.rows.csv_file import read_csv
from screenagent.scripts.schema import (
    AnyStep,
    ApproveStep,
    AskStep,
    AttemptStep,
    ForEachStep,
    IfSeenStep,
    IfStep,
    KeyPath,
    Popup,
    ReadStep,
    RunStep,
    Steps,
    TaskStep,
    VerifyStep,
    WhileSeenStep,
    paths,
)

Row = Mapping[str, str]

Course = Generator[str | Decision | Retry, None, None]
"""What the planner says next: a part of its thought, a decision, or why the planner of a goal has to try again."""

POPUPS: Final = 20
"""How many popups may come up before one step."""


class StepFailed(Exception):
    """A step of the script failed; the text says which, and why. An `attempt` round it goes on."""


class SetAside(StepFailed):
    """What is played is to be set aside for a person."""


class ReplayEnded(Exception):
    """The user ended the replay."""


@dataclass
class Frame:
    """A script that is being played: the values that are known in it, and the tables that were read."""

    linked: Linked
    at: KeyPath
    values: dict[str, str]
    tables: dict[str, Sequence[Row]] = field(default_factory=dict)

    def fill(self, text: str) -> str:
        return filled(text, self.values)

    def value(self, text: str) -> str:
        """Return `text` with its values in place; `StepFailed` if one is not known, which is then no value at all."""
        if why := Binding(self.values).missing(text):
            raise StepFailed(why)
        return self.fill(text)

    def words(self, text: str) -> str:
        """Return `text` with its values in place, as words to look for; `StepFailed` if that leaves nothing."""
        if why := Binding(self.values).unfilled(text):
            raise StepFailed(why)
        return self.fill(text)

    def task(self, text: str) -> str:
        """Return a task with its values in place, each of which stays a text; `StepFailed` if one would not."""
        try:
            return filled_task(text, self.values)
        except ValueError as error:
            raise StepFailed(f"task: {error}") from error

    @contextmanager
    def with_values(self, values: Mapping[str, str]) -> Iterator[None]:
        """Know these values, too, for as long as it lasts."""
        before = {name: self.values[name] for name in values if name in self.values}
        self.values.update(values)
        try:
            yield
        finally:
            for name in values:
                del self.values[name]
            self.values.update(before)


class StepPlayer(Protocol):
    """Plays a step that holds no others."""

    @property
    def steps_so_far(self) -> int:
        """How many steps the run has had."""

    def delegate(self, task: str) -> Course:
        """Let the configured planner carry out a task."""

    def question(self, step: AskStep | ApproveStep, path: KeyPath, frame: Frame) -> Course:
        """Ask the user, who may give a value."""

    def read(self, step: ReadStep, frame: Frame) -> Course:
        """Read a value off the screen into the frame's values."""

    def sees(self, words: str) -> Generator[str | Decision, None, bool]:
        """Look whether the words are on the settled screen; `StepFailed` if that cannot be said."""

    def has_changed(self) -> bool:
        """Whether the screen is another than when this was asked last."""

    def carry_out(self, step: AnyStep, path: KeyPath, frame: Frame) -> Course:
        """Carry out the actions that the step at that path is made of."""


@dataclass
class Flow:
    """Plays steps in their order. `play` yields what the planner says; what fails is raised as `StepFailed`."""

    player: StepPlayer
    notes: Notes
    claims: Claims
    frames: list[Frame] = field(default_factory=list)
    _attempts: int = 0
    _is_in_popup: bool = False
    _sought: Sequence[str] = ()

    def whole(self, linked: Linked, values: Mapping[str, str], at: KeyPath, *, first: bool, last: bool) -> Course:
        """Play a script: what comes before the first row only if this is the `first` one, and so for the `last`."""
        frame = Frame(linked, at, dict(values))
        script = linked.script
        self.frames.append(frame)
        try:
            if first:
                yield from self.play(script.before_all, frame, (*at, "before_all"))
            yield from self.play(script.before_row, frame, (*at, "before_row"))
            yield from self.play(script.steps, frame, (*at, "steps"))
        except StepFailed as failed:
            self._note_failure()
            yield from self._ended(frame, at, last=last, failed=failed)
            raise
        else:
            yield from self._ended(frame, at, last=last)
        finally:
            self.frames.pop()

    def _ended(self, frame: Frame, at: KeyPath, *, last: bool, failed: StepFailed | None = None) -> Course:
        """Play what comes after a row; after one that failed, what fails here is only noted."""
        script = frame.linked.script
        for key, steps in (("after_row", script.after_row), ("after_all", script.after_all if last else ())):
            try:
                yield from self.play(steps, frame, (*at, key))
            except StepFailed as then:
                if failed is None:
                    raise
                self.notes.remark(f"{key}: {then}")

    def play(self, steps: Steps, frame: Frame, at: KeyPath) -> Course:
        """Play `steps`, which stand at that path."""
        for number, step in enumerate(steps):
            path = (*at, number)
            yield from self._popups_closed()
            match step:
                case IfSeenStep(if_seen=words, then=then, otherwise=otherwise):
                    is_seen = yield from self.player.sees(frame.words(words))
                    yield from self._branch(is_seen, then, otherwise, frame, path)
                case IfStep(condition=condition, then=then, otherwise=otherwise):
                    yield from self._branch(self._holds(condition, frame), then, otherwise, frame, path)
                case ForEachStep():
                    yield from self._for_each(step, frame, path)
                case WhileSeenStep():
                    yield from self._while_seen(step, frame, path)
                case AttemptStep():
                    yield from self._attempt(step, frame, path)
                case RunStep():
                    inner = frame.linked.runs[step.run]
                    yield from self.whole(inner, self._given(inner, step, frame), (*path, "run"), first=True, last=True)
                case ReadStep():
                    yield from self.player.read(step, frame)
                case VerifyStep():
                    yield from self._verify(step, frame)
                case TaskStep(task=task):
                    yield from self.player.delegate(frame.task(task))
                case AskStep() | ApproveStep():
                    yield from self.player.question(step, path, frame)
                case _:
                    yield from self.player.carry_out(step, path, frame)

    def _branch(self, holds: bool, then: Steps, otherwise: Steps, frame: Frame, at: KeyPath) -> Course:
        if holds:
            yield from self.play(then, frame, (*at, "then"))
        else:
            yield from self.play(otherwise, frame, (*at, "else"))

    def _holds(self, condition: str, frame: Frame) -> bool:
        try:
            return comparison(condition).holds(frame.value)
        except Incomparable as error:
            raise StepFailed(str(error)) from error

    def _verify(self, step: VerifyStep, frame: Frame) -> Course:
        if self._holds(step.verify, frame):
            return
        why = f"verify {step.verify}: {comparison(step.verify).in_words(frame.fill)} does not hold"
        if not step.soft:
            raise StepFailed(why)
        self.notes.remark(why)
        yield f"{why}; "

    def _for_each(self, step: ForEachStep, frame: Frame, at: KeyPath) -> Course:
        for number, row in enumerate(self._rows(step, frame), start=1):
            yield f"row {number} of {step.for_each}; "
            with frame.with_values(row):
                yield from self.play(step.do, frame, (*at, "do"))

    def _rows(self, step: ForEachStep, frame: Frame) -> Sequence[Row]:
        name = frame.words(step.for_each)
        if name in frame.tables:
            return frame.tables[name]
        folder = frame.linked.file.parent if frame.linked.file else Path()
        try:
            return [row.cells for row in read_csv(folder / name).rows]
        except (OSError, ValueError) as error:
            raise StepFailed(f"for_each {name}: {error}") from error

    def _while_seen(self, step: WhileSeenStep, frame: Frame, at: KeyPath) -> Course:
        words = frame.words(step.while_seen)
        for _ in range(step.at_most):
            if not (yield from self.player.sees(words)):
                return
            yield from self.play(step.do, frame, (*at, "do"))
        if (yield from self.player.sees(words)):
            raise StepFailed(f"“{words}” is still seen after {step.at_most} times")

    def _attempt(self, step: AttemptStep, frame: Frame, at: KeyPath) -> Course:
        for tries_left in reversed(range(step.retries + 1)):
            self._attempts += 1
            begun = self.player.steps_so_far
            try:
                yield from self.play(step.attempt, frame, (*at, "attempt"))
                return
            except StepFailed as failed:
                why = failed
                self._note_failure()
                self.claims.forget()
                self.notes.foreseen.extend(range(begun, self.player.steps_so_far))
            finally:
                self._attempts -= 1
            self.notes.remark(f"an attempt failed: {why}")
            yield f"it failed: {why}; "
            yield from self.play(step.on_failure, frame, (*at, "on_failure"))
            if tries_left:
                self.notes.failed_after = None
                continue
            if step.afterwards == "stop":
                raise why
            if step.afterwards == "set_aside":
                raise SetAside(str(why)) from why
            self.notes.failed_after = None
            self.notes.gone_on_from.append(str(why))

    def _note_failure(self) -> None:
        if self.notes.failed_after is None:
            self.notes.failed_after = self.player.steps_so_far

    def _given(self, inner: Linked, step: RunStep, frame: Frame) -> dict[str, str]:
        try:
            return given(inner.script, step, frame.value)
        except ValueError as error:
            raise StepFailed(f"run {step.run}: {error}") from error

    def check_claims(self, screen: Screenshot) -> None:
        """`StepFailed` if a field or a box shows another thing than a step has left in it."""
        if why := self.claims.broken(screen):
            raise StepFailed(why)

    @property
    def asks(self) -> bool:
        """Whether the user is asked about what fails: not where an attempt says what is to be done then."""
        return self._attempts == 0

    def templates(self, action: ScriptAction | None) -> Sequence[str]:
        """Return the texts of an action's step as they stand in the script; without one, those of all tasks."""
        if action:
            return [text for _, text in texts(action.step)]
        every = (step for frame in self.frames for _, step in paths(frame.linked.script))
        return [text for step in every if isinstance(step, TaskStep) for _, text in texts(step)]

    def popup_closed(self) -> Generator[str | Decision | Retry, None, bool]:
        """Do what is to be done about the first popup that is seen; return whether there was one."""
        if self._is_in_popup:
            return False
        for frame, path, popup in self._popups():
            if (yield from self.player.sees(frame.words(popup.seen))):
                self._is_in_popup = True
                try:
                    yield from self.play(popup.do, frame, path)
                finally:
                    self._is_in_popup = False
                return True
        return False

    def _popups_closed(self) -> Course:
        """Do what is to be done about popups until none is seen; a screen is not looked at again for the same ones."""
        sought = [frame.words(popup.seen) for frame, _, popup in self._popups()]
        if self._is_in_popup or not sought:
            return
        are_others, self._sought = sought != list(self._sought), sought
        for _ in range(POPUPS):
            if not (self.player.has_changed() or are_others) or not (yield from self.popup_closed()):
                return
            are_others = False
        raise StepFailed(f"more than {POPUPS} popups came up one after the other")

    def _popups(self) -> Iterator[tuple[Frame, KeyPath, Popup]]:
        """Those that the scripts being played know of, the outermost first, and where their steps stand.

        One that is called by a value which is not known yet is not among them.
        """
        for frame in self.frames:
            for number, popup in enumerate(frame.linked.script.on_popup):
                if Binding(frame.values).unfilled(popup.seen):
                    continue
                yield frame, (*frame.at, "on_popup", number, "do"), popup
