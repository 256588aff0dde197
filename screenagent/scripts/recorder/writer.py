"""Writes the script of a run that went well: its steps in words, and the appearance of each target."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, count, zip_longest
from typing import Literal, NamedTuple, Self

import numpy as np

from screenagent import actions
from screenagent.actions import usual_expectation
from screenagent.events import (
    Acted,
    AnswerAsk,
    Checked,
    Decided,
    Effect,
    Ended,
    Event,
    Failed,
    Observed,
    Reviewed,
    Started,
    UserMessage,
    Verdict,
)
from screenagent.geometry import Box, Location
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot
from screenagent.scripts import Placed, Script, schema
from screenagent.scripts.file import in_flow
from screenagent.scripts.parameters import PLACE
from screenagent.scripts.recorder.answers import ScreenAnswers
from screenagent.scripts.recorder.data_values import last_varied, varied
from screenagent.scripts.recorder.results import FOCUS, SELECTS_ALL, ResultReader
from screenagent.scripts.replay.appearance import Appearance
from screenagent.scripts.replay.typed_places import TypedPlaces
from screenagent.scripts.schema import AnyStep, Expected, New, Vanished, slug, words_for
from screenagent.scripts.upgrade import with_places

Expecting = Literal["none", "last", "each"]
"""Which steps expect what the screen showed in answer to them."""


class PerformedStep(NamedTuple):
    """An action that was carried out, and the screenshots before and after it; `silent` if nothing changed."""

    action: actions.Action
    locations: tuple[Location, ...]
    before: Screenshot
    expectation: actions.Expectation | None = None
    silent: bool = False
    after: Screenshot | None = None

    @property
    def is_by_hand(self) -> bool:
        """Whether a person did it who was watched."""
        return self.is_focus or any(location.by == "hand" for location in self.locations)

    @property
    def is_focus(self) -> bool:
        """Whether it stands for a field that had the focus, and that nobody clicked."""
        return any(location.by == FOCUS for location in self.locations)

    @property
    def targets(self) -> tuple[str | Placed, ...]:
        """The targets as a script has them: with a pixel if the run had a point for them."""
        located = zip_longest(actions.targets(self.action), self.locations[: len(actions.targets(self.action))])
        return tuple(_script_target(target, location, self.before) for target, location in located)


@dataclass
class ScriptWriter:
    """Writes a script, step by step, and keeps the appearances of its targets by the names of their anchors."""

    reader: TextReader
    steps: list[AnyStep] = field(default_factory=list)
    appearances: dict[str, Appearance] = field(default_factory=dict)
    parameters: dict[str, schema.Parameter] = field(default_factory=dict)
    windows: list[str] = field(default_factory=list)
    proposals: dict[int, New | Vanished] = field(default_factory=dict)
    watched: bool = False
    untargeted: list[tuple[str, str]] = field(default_factory=list)
    """The fields that had the focus as a text was typed, and that a click would not have filled, with the texts."""

    def __post_init__(self) -> None:
        self._answers = ScreenAnswers(self.reader)
        self._typed = TypedPlaces()
        self._results = ResultReader(self.reader)
        self._recent: deque[tuple[AnyStep, PerformedStep]] = deque(maxlen=3)

    @classmethod
    def of_run(cls, events: Iterable[Event], reader: TextReader) -> Self:
        """Return the writer that has written what the run did.

        Raise `ValueError` if the run did not end well, or its screenshots are not there.
        """
        writer = cls(reader)
        for performed in _performed(events):
            if isinstance(performed, UserMessage):
                writer.vary()
            else:
                writer.add(performed)
        return writer

    def add(self, performed: PerformedStep) -> None:
        """Append the step that does the same as `performed`."""
        window = performed.before.window
        if isinstance(performed.action, actions.KeyboardInput) and window is not None and window.app:
            self.windows.append(window.app)
        step = self._step(performed, self._anchors(performed))
        if step is not None:
            self._propose(performed)
            self.steps.append(step)
            self._recent.append((step, performed))
            self._recognize()
            self._leave_focus()
        self.watched = self.watched or performed.is_by_hand

    def vary(self) -> None:
        """Make the value that was entered last a parameter, with that value as its default."""
        value = last_varied(self.steps, self.parameters)
        if value is not None:
            self.parameters[value.name] = schema.Parameter(default=value.text)
            self.steps[value.step] = varied(self.steps[value.step], value.name)
            self._recent.clear()

    def script(self, name: str, *, app: str | None = None, expect: Expecting = "none") -> Script:
        """Return the script, which expects the answers to its steps as `expect` says; raise `ValueError` if it has no
        step."""
        if not self.steps:
            raise ValueError("nothing was done that could be done again")
        return Script(
            name=name,
            app=app,
            window=self.windows[0] if len(set(self.windows)) == 1 else None,
            parameters=self.parameters,
            steps=tuple(self._expecting(number, step, expect) for number, step in enumerate(self.steps)),
        )

    @property
    def last_answerable(self) -> int | None:
        """The last step whose answer the screen may show; None if no step is such a one."""
        kinds = (schema.ClickStep, schema.DragStep, schema.PressStep, schema.TickStep, schema.UntickStep)
        return next((number for number, step in reversed([*enumerate(self.steps)]) if isinstance(step, kinds)), None)

    @property
    def anchors(self) -> dict[str, Appearance]:
        """The appearances that steps name."""
        named = {name for step in self.steps if isinstance(step, schema.TargetStep) for name in step.anchors}
        return {name: appearance for name, appearance in self.appearances.items() if name in named}

    @property
    def comments(self) -> dict[int, str]:
        """What each step could expect, as a comment below it."""
        return {number: f"expect: {in_flow(proposal)}" for number, proposal in self.proposals.items()}

    def _propose(self, performed: PerformedStep) -> None:
        """Note what the screen showed in answer to the step that is written next."""
        match performed.action:
            case actions.TypeText(text=text):
                self._note_typed(PLACE.sub(" ", text), performed, area=self._area())
            case actions.Click() | actions.Drag() | actions.PressKeys() if performed.after and not performed.is_focus:
                answer = self._answers.of(performed.before, performed.after)
                if answer is not None:
                    self.proposals[len(self.steps)] = answer

    def _area(self) -> Box | None:
        """The bounds of the field that was clicked last, as far as they are known."""
        clicked = (each.locations[0] for _, each in reversed(self._recent) if each.locations)
        return next((location.box for location in clicked), None)

    def _recognize(self) -> None:
        """Write what a person's last gestures were for in their place, if that is seen."""
        recent = tuple(self._recent)
        if not any(performed.is_by_hand for _, performed in recent) or not (result := self._results.of(recent)):
            return
        first = len(self.steps) - result.replaced
        proposed = self.proposals.get(len(self.steps) - 1)
        self.steps[first:] = [result.step]
        self.proposals = {number: proposal for number, proposal in self.proposals.items() if number < first}
        if isinstance(result.step, schema.ChooseStep):
            proposed = None  # what it shows is the option, which a replay looks for anyway
            self._note_typed(result.step.choose, recent[-1][1], area=recent[-2][1].locations[0].box)
        if proposed is not None:
            self.proposals[first] = proposed
        self._recent.clear()

    def _leave_focus(self) -> None:
        """Write no click into a field that nobody clicked, unless it was seen that a click does the same."""
        recent = tuple(self._recent)
        kept = next((number for number, (_, performed) in enumerate(recent) if performed.is_focus), None)
        if kept is None or kept == len(recent) - 1:
            return
        (click, _), (last, _) = recent[kept], recent[-1]
        if isinstance(last, schema.PressStep) and last.press == SELECTS_ALL:
            return
        first = len(self.steps) - (len(recent) - kept)
        del self.steps[first]
        self.proposals = {number: one for number, one in self.proposals.items() if number < first}
        if isinstance(click, schema.ClickStep) and isinstance(last, schema.TypeStep):
            self.untargeted.append((words_for(click.click), last.type))
        self._recent.clear()

    def _note_typed(self, text: str, performed: PerformedStep, *, area: Box | None) -> None:
        self._answers.typed.append(text)
        if performed.after is not None:
            read = self.reader.read(performed.after)
            self._typed.note(text, performed.before, performed.after, read, area=area)

    def _expecting(self, number: int, step: AnyStep, expect: Expecting) -> AnyStep:
        wanted = expect == "each" or (expect == "last" and number == self.last_answerable)
        if not wanted or number not in self.proposals or schema.expected_of(step) is not None:
            return step
        return step.model_copy(update={"expect": self.proposals[number]})

    def _anchors(self, performed: PerformedStep) -> tuple[str, ...]:
        """Keep the appearances of the targets, and return the names of their anchors."""
        screen = performed.before
        read = self.reader.read(screen) if performed.locations else []
        words = self._typed.without(read)
        return tuple(
            self._kept(slug(str(target)), self._typed.unknowing(appearance, read))
            for target, location in zip(performed.targets, performed.locations, strict=False)
            for appearance in (
                Appearance.capture(words_for(target), screen, location.point, words=words, box=location.box),
            )
        )

    def _kept(self, plain: str, appearance: Appearance) -> str:
        """Keep `appearance`, once, under the name `plain` or that with a number, and return the name."""
        names = chain((plain,), (f"{plain}-{number}" for number in count(2)))
        kept = self.appearances
        name = next(name for name in names if name not in kept or _is_same(kept[name], appearance))
        kept.setdefault(name, appearance)
        return name

    def _step(self, performed: PerformedStep, names: tuple[str, ...]) -> AnyStep | None:
        targets = performed.targets
        expect = _expected(performed.expectation)
        may: Literal["nothing"] | None = "nothing" if performed.silent else None
        anchor = _anchor(names, targets)
        match performed.action:
            case actions.Click(button=button, count=times, modifiers=hold):
                return schema.ClickStep(
                    click=targets[0], button=button, count=times, hold=hold, expect=expect, may=may, anchor=anchor
                )
            case actions.Move():
                return schema.MoveStep(move=targets[0], expect=expect, anchor=anchor)
            case actions.Drag(button=button, modifiers=hold, slowly=slowly):
                first, *via, last = targets
                ways = {"button": button, "hold": hold, "slowly": slowly}
                return schema.DragStep(
                    drag=first, via=tuple(via), to=last, expect=expect, may=may, anchor=anchor, **ways
                )
            case actions.Scroll(direction=direction, notches=notches):
                over = next(iter(targets), None)
                return schema.ScrollStep(
                    scroll=direction, over=over, notches=notches, expect=expect, may=may, anchor=anchor
                )
            case actions.TypeText(text=text, literal=literal):
                return schema.TypeStep(type=self._literal(text, is_value=literal), expect=expect, may=may)
            case actions.PressKeys(keys=pressed, times=times):
                return schema.PressStep(press="+".join(pressed), times=times, expect=expect, may=may)
            case actions.HoldKeys(keys=held, seconds=seconds):
                return schema.HoldStep(hold_keys="+".join(held), seconds=seconds, expect=expect)
            case actions.OpenProgram(command=command):
                return schema.OpenStep(open=command, expect=expect)
            case actions.FocusWindow(window=words):
                return schema.FocusStep(focus=words, expect=expect)
            case actions.CloseWindow(window=words):
                return schema.CloseStep(close=words, expect=expect)
            case actions.WaitFor(words=words, gone=gone, seconds=seconds):
                wanted: Expected = Vanished(gone=words) if gone else words
                if seconds == 0:
                    return schema.ExpectStep(expect=wanted)
                return schema.WaitForStep(wait_for=wanted, timeout=seconds)
            case actions.Ask(question=question):
                return schema.AskStep(ask=question)
            case _:
                return None  # a pause: a replay waits for what it needs, not for so long

    def _literal(self, text: str, *, is_value: bool) -> str:
        """Return the text as a script says it: as a parameter if its braces would be read as one, or as a secret."""
        if not is_value and all(place[1] for place in PLACE.finditer(text)):
            return text
        name = f"text-{len(self.parameters) + 1}"
        self.parameters[name] = schema.Parameter(default=text)
        return f"{{{{{name}}}}}"


def _performed(events: Iterable[Event]) -> Iterator[PerformedStep | UserMessage]:
    """Yield each step that was carried out and had its effect, and where a person said that its value varies."""
    screen: Screenshot | None = None
    pending: PerformedStep | None = None
    decided: Decided | None = None
    verdict: Verdict | None = None
    for event in events:
        match event:
            case Observed(screenshot=screenshot):
                screen = screenshot
                pending = pending._replace(after=screenshot) if pending else None
            case Decided():
                if pending is not None:
                    yield pending
                pending, decided, verdict = None, event, None
            case Reviewed(verdict=said):
                verdict = said
            case Acted(action=action, locations=locations):
                assert screen is not None
                if screen.image is None:
                    raise ValueError(f"the screen {screen.digest} of the run is not there; a script needs them all")
                expectation = decided.decision.step.expectation if decided else None
                pending = PerformedStep(action, locations, screen, expectation)
            case Checked(effect=effect) if effect.outcome in ("unmet", "contradicted"):
                pending = None
            case Checked(effect=effect) if pending and _is_silent(effect):
                pending = pending._replace(silent=usual_expectation(pending.action) is not None)
            case UserMessage(code="varies"):
                if pending is not None:
                    yield pending
                yield event
                pending = None
            case Failed():
                pending = pending if isinstance(verdict, AnswerAsk) else None
            case Ended(result=outcome, message=message):
                if outcome != "done":
                    raise ValueError(f"the run did not end well ({outcome.replace('_', ' ')}: {message})")
            case _:
                pass


def _is_silent(effect: Effect) -> bool:
    return effect.outcome == "unchanged" or effect.code in ("unchanged", "changed_elsewhere")


def task_of(events: Iterable[Event]) -> str:
    """Return the task of a run; empty if it never started."""
    return next((event.task for event in events if isinstance(event, Started)), "")


def _expected(expectation: actions.Expectation | None) -> Expected | None:
    match expectation:
        case actions.Visible(words=words):
            return words
        case actions.Gone(words=words):
            return Vanished(gone=words)
        case _:
            return None


def _script_target(target: actions.Target, location: Location | None, screen: Screenshot) -> str | Placed:
    """Return `target` as a script has it: with its pixel if the run was given a point for it.

    In runs of version 0.1 the pixel is in the target's words.
    """
    if location is not None and target.at is not None:
        pixel = location.point.pixel(screen.size)
        return Placed(target=target.words, at=(pixel.x, pixel.y))
    if location is not None and location.by == "place":
        return with_places(target.words) or target.words
    return target.words


def _anchor(names: tuple[str, ...], places: tuple[str | Placed, ...]) -> str | tuple[str, ...] | None:
    """Return what the step says about its anchors: nothing if they have the names of its targets."""
    if names == tuple(slug(str(target)) for target in places):
        return None
    return names[0] if len(names) == 1 else names


def _is_same(one: Appearance, other: Appearance) -> bool:
    """Whether one anchor is enough for both: the same place, text and picture."""
    first, second = (each.anchor.model_copy(update={"beside": ()}) for each in (one, other))
    return first == second and bool(np.array_equal(one.pixels, other.pixels))
