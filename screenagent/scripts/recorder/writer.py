"""A script from a run that went well: its steps in words, and an anchor for each target from the screens of the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, count
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
    PressStep,
    ScrollStep,
    TypeStep,
    Vanished,
    WaitForStep,
)


class Done(NamedTuple):
    """A step that was carried out, and the screen that it was carried out on."""

    action: Action
    locations: tuple[Location, ...]
    on: Screenshot
    expectation: Expectation | None = None


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
        step = self._step(done, names)
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
            self._kept(*taken(target.words, done.on, location.point, words=words, box=location.box))
            for target, location in zip(targets(done.action), done.locations, strict=False)
        )

    def _kept(self, anchor: Anchor, picture: Image.Image) -> str:
        """The name of the anchor; one that looks just the same is kept once."""
        plain = slug(anchor.target)
        for name in chain((plain,), (f"{plain}-{number}" for number in count(2))):
            if name not in self.looks or _alike(self.looks[name], (anchor, picture)):
                self.looks.setdefault(name, (anchor, picture))
                return name
        raise AssertionError("there is always another number")

    def _step(self, done: Done, names: tuple[str, ...]) -> AnyStep | None:
        expect = _expected(done.expectation)
        anchor = _anchor(names, done.action)
        match done.action:
            case Click(target=target, button=button, count=times, modifiers=hold):
                return ClickStep(
                    click=target.words, button=button, count=times, hold=hold, expect=expect, anchor=anchor
                )
            case Move(target=target):
                return MoveStep(move=target.words, expect=expect, anchor=anchor)
            case Drag(path=(first, *via, last), button=button, modifiers=hold):
                return DragStep(
                    drag=first.words,
                    via=tuple(target.words for target in via),
                    to=last.words,
                    button=button,
                    hold=hold,
                    expect=expect,
                    anchor=anchor,
                )
            case Scroll(direction=direction, target=over, notches=notches):
                return ScrollStep(
                    scroll=direction, over=over.words if over else None, notches=notches, expect=expect, anchor=anchor
                )
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


def _anchor(names: tuple[str, ...], action: Action) -> str | tuple[str, ...] | None:
    """What the step has to say about its anchors: nothing where they bear the names of its targets."""
    if names == tuple(slug(target.words) for target in targets(action)):
        return None
    return names[0] if len(names) == 1 else names


def _alike(one: tuple[Anchor, Image.Image], other: tuple[Anchor, Image.Image]) -> bool:
    """Whether an anchor serves for both: the same place, text and looks."""
    same_place = one[0].model_copy(update={"beside": ()}) == other[0].model_copy(update={"beside": ()})
    return same_place and bool(np.array_equal(np.asarray(one[1]), np.asarray(other[1])))
