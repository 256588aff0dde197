"""Scripts in Python: each call plays a step at once, and raises if a replay would end there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from screenagent.actions import Button, Direction, Modifier, Visible, WaitFor
from screenagent.agent import Agent, Sink, drive
from screenagent.agent.fields import typed_texts
from screenagent.events import Effect, PlannedStep
from screenagent.geometry import Location
from screenagent.perception.reader import ScreenReader
from screenagent.protocols import Checker, TextReader, TypedText
from screenagent.screenshot import Screenshot
from screenagent.scripts import Anchors, Placed, Script, schema
from screenagent.scripts.replay.replay import Replay
from screenagent.scripts.schema import AnyStep, Expected, Vanished


class ScriptStepFailed(Exception):
    """A step did not come to its end; the text says why."""


@dataclass
class ScriptApi:
    """Carries out one step after the other with the parts of `agent`. What is expected after an input must be new.

    A target is words, or `Placed(target="the Save button", at=(412, 233))` for a pixel of the screen. `anchors` is the
    folder with the appearances of the targets.
    """

    agent: Agent
    reader: TextReader = field(default_factory=ScreenReader)
    anchors: Path | None = None
    sinks: Sequence[Sink] = field(default_factory=tuple)
    _before: Screenshot | None = field(init=False, repr=False, default=None)
    _typed: tuple[TypedText, ...] = field(init=False, repr=False, default=())

    def click(
        self,
        target: str | Placed,
        *,
        button: Button = "left",
        count: Literal[1, 2, 3] = 1,
        hold: tuple[Modifier, ...] = (),
        expect: Expected | None = None,
        may: Literal["nothing"] | None = None,
        anchor: str | None = None,
    ) -> None:
        self.do(
            schema.ClickStep(click=target, button=button, count=count, hold=hold, expect=expect, may=may, anchor=anchor)
        )

    def type(
        self,
        text: str,
        *,
        into: str | Placed | None = None,
        expect: Expected | None = None,
        may: Literal["nothing"] | None = None,
        window: str | None = None,
        anchor: str | None = None,
        literal: bool = False,
    ) -> None:
        """Type `text`; if it is `literal`, what looks like a secret or a parameter in it is typed as it stands, and
        for an empty text the field is only clicked."""
        if literal and not text:
            if into is not None:
                self.click(into, may="nothing", anchor=anchor)
            return
        places = {"into": into, "window": window, "anchor": anchor}
        typed = "{{text}}" if literal else text
        step = schema.TypeStep(type=typed, expect=expect, may=may, **places)
        self.do(step, values={"text": text} if literal else {})

    def press(
        self,
        chord: str,
        *,
        times: int = 1,
        expect: Expected | None = None,
        may: Literal["nothing"] | None = None,
        window: str | None = None,
    ) -> None:
        self.do(schema.PressStep(press=chord, times=times, expect=expect, may=may, window=window))

    def hold_keys(
        self, chord: str, *, seconds: float, expect: Expected | None = None, window: str | None = None
    ) -> None:
        self.do(schema.HoldStep(hold_keys=chord, seconds=seconds, expect=expect, window=window))

    def drag(
        self,
        target: str | Placed,
        *,
        to: str | Placed,
        via: tuple[str | Placed, ...] = (),
        button: Button = "left",
        hold: tuple[Modifier, ...] = (),
        expect: Expected | None = None,
        may: Literal["nothing"] | None = None,
        anchor: tuple[str, ...] | None = None,
    ) -> None:
        self.do(
            schema.DragStep(
                drag=target, to=to, via=via, button=button, hold=hold, expect=expect, may=may, anchor=anchor
            )
        )

    def scroll(
        self,
        direction: Direction,
        *,
        over: str | Placed | None = None,
        notches: int = 5,
        may: Literal["nothing"] | None = None,
        anchor: str | None = None,
    ) -> None:
        self.do(schema.ScrollStep(scroll=direction, over=over, notches=notches, may=may, anchor=anchor))

    def move(self, target: str | Placed, *, expect: Expected | None = None, anchor: str | None = None) -> None:
        self.do(schema.MoveStep(move=target, expect=expect, anchor=anchor))

    def open(self, *command: str, expect: Expected | None = None, timeout: float | None = None) -> None:
        """Start a program with these arguments, and wait until a window of it is in front."""
        values = {f"argument-{number}": argument for number, argument in enumerate(command)}
        places = " ".join(f"{{{{{name}}}}}" for name in values)
        self.do(schema.OpenStep(open=places, expect=expect, timeout=timeout), values=values)

    def focus(self, window: str, *, expect: Expected | None = None) -> None:
        self.do(schema.FocusStep(focus=window, expect=expect))

    def close(self, window: str, *, expect: Expected | None = None) -> None:
        self.do(schema.CloseStep(close=window, expect=expect))

    def wait_for(self, words: str, *, gone: bool = False, timeout: float | None = None) -> None:
        self.do(schema.WaitForStep(wait_for=Vanished(gone=words) if gone else words, timeout=timeout))

    def expect(self, words: str, *, gone: bool = False, timeout: float | None = None) -> None:
        self.do(schema.ExpectStep(expect=Vanished(gone=words) if gone else words, timeout=timeout))

    def task(self, task: str) -> None:
        self.do(schema.TaskStep(task=task))

    def approve(self, question: str) -> None:
        self.do(schema.ApproveStep(approve=question))

    def ask(self, question: str) -> None:
        self.do(schema.AskStep(ask=question))

    def sees(self, words: str) -> bool:
        """Whether `words` are on the settled screen."""
        screen = self.agent.desktop.settled()
        look = PlannedStep(action=WaitFor(words=words, seconds=0), expectation=Visible(words=words))
        return self.agent.checker.quick_check(look, None, screen).as_expected

    def do(self, step: AnyStep, *, values: Mapping[str, str] = MappingProxyType({})) -> None:
        """Play a step, in which `values` stand for the parameters of their names."""
        script = Script(name="a step", parameters=dict.fromkeys(values, schema.Parameter()), steps=(step,))
        replay = Replay(script, values, anchors=Anchors(self.anchors) if self.anchors else None)
        checker = CheckerSince(self.agent.checker, self._before, self._typed)
        episode = drive(replay.playing(replace(self.agent, checker=checker), self.reader), replay.task, *self.sinks)
        if (before := episode.before_last_input) is not None:
            self._before, self._typed = before, typed_texts(episode)
        if episode.ended is None or episode.ended.result != "done":
            raise ScriptStepFailed(episode.ended.message if episode.ended else "it was cut off")


@dataclass(frozen=True)
class CheckerSince:
    """A checker that remembers, in a run that has sent no input yet, the screen before the last input of an earlier."""

    checker: Checker
    before: Screenshot | None
    typed: tuple[TypedText, ...]

    def check(
        self,
        step: PlannedStep,
        before: Screenshot | None,
        after: Screenshot,
        *,
        at: tuple[Location, ...] = (),
        typed: tuple[TypedText, ...] = (),
    ) -> Effect:
        return self.checker.check(step, before or self.before, after, at=at, typed=typed or self._typed(before))

    def quick_check(
        self,
        step: PlannedStep,
        before: Screenshot | None,
        after: Screenshot,
        *,
        at: tuple[Location, ...] = (),
        typed: tuple[TypedText, ...] = (),
    ) -> Effect:
        return self.checker.quick_check(step, before or self.before, after, at=at, typed=typed or self._typed(before))

    def _typed(self, before: Screenshot | None) -> tuple[TypedText, ...]:
        return () if before else self.typed
