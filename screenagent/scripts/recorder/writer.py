"""A script from a run that went well: its steps in words, and an anchor for each target from the screens of the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, count, zip_longest
from typing import NamedTuple

import numpy as np
from PIL import Image

from screenagent.actions import (
    Action,
    Ask,
    Click,
    Drag,
    Expectation,
    Gone,
    HoldKeys,
    Move,
    PressKeys,
    Scroll,
    Target,
    TypeText,
    Visible,
    WaitFor,
    targets,
)
from screenagent.events import (
    Acted,
    AnswerAsk,
    Checked,
    Decided,
    Ended,
    Event,
    Failed,
    Observed,
    Reviewed,
    Started,
    Verdict,
)
from screenagent.geometry import Location
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot
from screenagent.scripts import Anchor, AnyStep, Parameter, Script, slug
from screenagent.scripts.parameters import PLACE
from screenagent.scripts.replay.appearance import taken
from screenagent.scripts.schema import (
    AskStep,
    ClickStep,
    DragStep,
    Expected,
    ExpectStep,
    HoldStep,
    MoveStep,
    Placed,
    PressStep,
    ScrollStep,
    TypeStep,
    Vanished,
    WaitForStep,
    words_for,
)
from screenagent.scripts.upgrade import placed


class Done(NamedTuple):
    """A step that was carried out, and the screen that it was carried out on."""

    action: Action
    locations: tuple[Location, ...]
    on: Screenshot
    expectation: Expectation | None = None

    @property
    def targets(self) -> tuple[str | Placed, ...]:
        """The targets as a script has them, with a pixel where the run had a point."""
        located = zip_longest(targets(self.action), self.locations[: len(targets(self.action))])
        return tuple(_script_target(target, location, self.on) for target, location in located)


@dataclass
class Saved:
    """A script under construction. The recorder makes one of what it watched, `saved` of what a run did."""

    reader: TextReader
    steps: list[AnyStep] = field(default_factory=list)
    looks: dict[str, tuple[Anchor, Image.Image]] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    windows: list[str] = field(default_factory=list)

    def add(self, done: Done) -> None:
        """One step more."""
        names = self._anchors(done)
        step = self._step(done, names, done.targets)
        if step is not None:
            self.steps.append(step)

    def script(self, name: str, *, app: str | None = None) -> Script:
        if not self.steps:
            raise ValueError("nothing was done that could be done again")
        return Script(
            name=name,
            app=app,
            window=self.windows[0] if len(set(self.windows)) == 1 else None,
            parameters=self.parameters,
            steps=tuple(self.steps),
        )

    def _anchors(self, done: Done) -> tuple[str, ...]:
        words = self.reader.read(done.on) if done.locations else []
        return tuple(
            self._kept(
                slug(str(target)), *taken(words_for(target), done.on, location.point, words=words, box=location.box)
            )
            for target, location in zip(done.targets, done.locations, strict=False)
        )

    def _kept(self, plain: str, anchor: Anchor, picture: Image.Image) -> str:
        """Keep an anchor that is called `plain`, and return its name; one that looks just the same is kept once."""
        for name in chain((plain,), (f"{plain}-{number}" for number in count(2))):
            if name not in self.looks or _alike(self.looks[name], (anchor, picture)):
                self.looks.setdefault(name, (anchor, picture))
                return name
        raise AssertionError("there is always another number")

    def _step(self, done: Done, names: tuple[str, ...], places: tuple[str | Placed, ...]) -> AnyStep | None:
        expect = _expected(done.expectation)
        anchor = _anchor(names, places)
        match done.action:
            case Click(button=button, count=times, modifiers=hold):
                return ClickStep(click=places[0], button=button, count=times, hold=hold, expect=expect, anchor=anchor)
            case Move():
                return MoveStep(move=places[0], expect=expect, anchor=anchor)
            case Drag(button=button, modifiers=hold):
                first, *via, last = places
                return DragStep(
                    drag=first,
                    via=tuple(via),
                    to=last,
                    button=button,
                    hold=hold,
                    expect=expect,
                    anchor=anchor,
                )
            case Scroll(direction=direction, notches=notches):
                over = next(iter(places), None)
                return ScrollStep(scroll=direction, over=over, notches=notches, expect=expect, anchor=anchor)
            case TypeText(text=text):
                self._in_window(done)
                return TypeStep(type=self._literal(text), expect=expect)
            case PressKeys(keys=pressed, times=times):
                self._in_window(done)
                return PressStep(press="+".join(pressed), times=times, expect=expect)
            case HoldKeys(keys=held, seconds=seconds):
                self._in_window(done)
                return HoldStep(hold_keys="+".join(held), seconds=seconds, expect=expect)
            case WaitFor(words=words, gone=gone, seconds=seconds):
                wanted: Expected = Vanished(gone=words) if gone else words
                return ExpectStep(expect=wanted) if seconds == 0 else WaitForStep(wait_for=wanted, timeout=seconds)
            case Ask(question=question):
                return AskStep(ask=question)
            case _:
                return None  # a pause: a replay waits for what it needs, not for so long

    def _in_window(self, done: Done) -> None:
        if done.on.window is not None and done.on.window.app:
            self.windows.append(done.on.window.app)

    def _literal(self, text: str) -> str:
        """What was typed, as a script says it: where it has braces that would be read as a parameter, it is one."""
        if all(place[1] for place in PLACE.finditer(text)):
            return text
        name = f"text-{len(self.parameters) + 1}"
        self.parameters[name] = Parameter(default=text)
        return f"{{{{{name}}}}}"


def saved(events: Iterable[Event], reader: TextReader) -> Saved:
    """What the run did; `ValueError` where it did not come to a good end."""
    found = Saved(reader)
    for done in _done(events):
        found.add(done)
    return found


def _done(events: Iterable[Event]) -> Iterator[Done]:
    """Each step that was carried out and not found wanting, in order."""
    screen: Screenshot | None = None
    pending: Done | None = None
    decided: Decided | None = None
    verdict: Verdict | None = None
    for event in events:
        match event:
            case Observed(screenshot=screenshot):
                screen = screenshot
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
                pending = Done(action, locations, screen, decided.decision.step.expectation if decided else None)
            case Checked(effect=effect) if effect.outcome == "unmet":
                pending = None
            case Failed():
                pending = pending if isinstance(verdict, AnswerAsk) else None
            case Ended(result=outcome, message=message):
                if outcome != "done":
                    raise ValueError(f"the run did not end well ({outcome.replace('_', ' ')}: {message})")
            case _:
                pass


def task_of(events: Iterable[Event]) -> str:
    return next((event.task for event in events if isinstance(event, Started)), "")


def _expected(expectation: Expectation | None) -> Expected | None:
    match expectation:
        case Visible(words=words):
            return words
        case Gone(words=words):
            return Vanished(gone=words)
        case _:
            return None


def _script_target(target: Target, location: Location | None, screen: Screenshot) -> str | Placed:
    """Return `target` as a script has it: with its pixel if the run was given a point for it.

    In runs of version 0.1 the pixel is in the target's words.
    """
    if location is not None and target.at is not None:
        pixel = location.point.pixel(screen.size)
        return Placed(target=target.words, at=(pixel.x, pixel.y))
    if location is not None and location.by == "place":
        return placed(target.words) or target.words
    return target.words


def _anchor(names: tuple[str, ...], places: tuple[str | Placed, ...]) -> str | tuple[str, ...] | None:
    """Return what the step says about its anchors: nothing if they have the names of its targets."""
    if names == tuple(slug(str(target)) for target in places):
        return None
    return names[0] if len(names) == 1 else names


def _alike(one: tuple[Anchor, Image.Image], other: tuple[Anchor, Image.Image]) -> bool:
    """Whether an anchor serves for both: the same place, text and looks."""
    same_place = one[0].model_copy(update={"beside": ()}) == other[0].model_copy(update={"beside": ()})
    return same_place and bool(np.array_equal(np.asarray(one[1]), np.asarray(other[1])))
