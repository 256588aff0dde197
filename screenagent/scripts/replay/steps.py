"""Scripts in Python: each call plays a step at once, and raises if a replay would end there."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final, Literal

from screenagent.actions import Button, Direction, Modifier, Visible, WaitFor
from screenagent.agent import Agent, Sink, drive
from screenagent.agent.fields import typed_texts
from screenagent.events import Effect, PlannedStep
from screenagent.geometry import Location
from screenagent.perception.reader import ScreenReader
from screenagent.protocols import Checker, TextReader, TypedText
from screenagent.screenshot import Screenshot
from screenagent.scripts import Anchors, Placed, Script, schema
from screenagent.scripts.comparison import SINGLES, Incomparable, ValueComparison
from screenagent.scripts.linked import linked_script
from screenagent.scripts.replay.notes import Notes
from screenagent.scripts.replay.replay import Replay
from screenagent.scripts.rows.csv_file import read_csv
from screenagent.scripts.schema import AnyStep, Expected, ReadAs, Vanished

NO_VALUES: Final[Mapping[str, str]] = MappingProxyType({})
READ: Final = "value"
"""What a value is called in the step that reads it."""


class ScriptStepFailed(Exception):
    """A step did not come to its end; the text says why."""


class ScriptEnded(ScriptStepFailed):
    """The user stopped the program, or said no. No attempt goes on after it."""


class ScriptSetAside(ScriptStepFailed):
    """What the program works on is to be set aside for a person."""


@dataclass
class Attempt:
    """Steps that may fail, in a `with`: `failed` says afterwards why they did, and is empty if they did not."""

    script: ScriptApi
    failed: str = ""

    def __enter__(self) -> Attempt:
        self.script.attempts += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> bool:
        self.script.attempts -= 1
        if not isinstance(error, ScriptStepFailed) or isinstance(error, ScriptEnded):
            return False
        self.failed = str(error)
        self.script.remarks.append(f"an attempt failed: {error}")
        return True


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
    remarks: list[str] = field(default_factory=list)
    """What did not hold, or failed, and did not end the program."""
    attempts: int = field(init=False, default=0)
    """How many attempts are under way: in one, nobody is asked about what fails."""
    _popups: tuple[schema.Popup, ...] = field(init=False, repr=False, default=())
    _values: dict[str, str] = field(init=False, repr=False, default_factory=dict)
    _began: float = field(init=False, repr=False, default_factory=time.time)
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
        values: Mapping[str, str] = NO_VALUES,
    ) -> None:
        """Type `text`, in which `values` stand for the parameters of their names.

        If it is `literal`, what looks like a secret or a parameter in it is typed as it stands, and for an empty text
        the field is only clicked.
        """
        if literal and not text:
            if into is not None:
                self.click(into, may="nothing", anchor=anchor)
            return
        places = {"into": into, "window": window, "anchor": anchor}
        typed = "{{text}}" if literal else text
        step = schema.TypeStep(type=typed, expect=expect, may=may, **places)
        self.do(step, values={"text": text} if literal else values)

    def fill(
        self,
        target: str | Placed,
        *,
        text: str,
        expect: Expected | None = None,
        may: Literal["nothing"] | None = None,
        window: str | None = None,
        anchor: str | None = None,
        literal: bool = False,
        values: Mapping[str, str] = NO_VALUES,
    ) -> None:
        """Leave a field holding `text` and nothing else; `literal` and `values` are as for `type`."""
        filled = "{{text}}" if literal else text
        step = schema.FillStep(fill=target, text=filled, expect=expect, may=may, window=window, anchor=anchor)
        self.do(step, values={"text": text} if literal else values)

    def choose(
        self,
        option: str,
        *,
        place: str | Placed,
        expect: Expected | None = None,
        may: Literal["nothing"] | None = None,
        anchor: str | None = None,
    ) -> None:
        self.do(schema.ChooseStep(choose=option, place=place, expect=expect, may=may, anchor=anchor))

    def tick(
        self,
        target: str | Placed,
        *,
        expect: Expected | None = None,
        may: Literal["nothing"] | None = None,
        anchor: str | None = None,
    ) -> None:
        self.do(schema.TickStep(tick=target, expect=expect, may=may, anchor=anchor))

    def untick(
        self,
        target: str | Placed,
        *,
        expect: Expected | None = None,
        may: Literal["nothing"] | None = None,
        anchor: str | None = None,
    ) -> None:
        self.do(schema.UntickStep(untick=target, expect=expect, may=may, anchor=anchor))

    def turn_on(
        self,
        target: str | Placed,
        *,
        expect: Expected | None = None,
        may: Literal["nothing"] | None = None,
        anchor: str | None = None,
    ) -> None:
        self.do(schema.TurnOnStep(turn_on=target, expect=expect, may=may, anchor=anchor))

    def turn_off(
        self,
        target: str | Placed,
        *,
        expect: Expected | None = None,
        may: Literal["nothing"] | None = None,
        anchor: str | None = None,
    ) -> None:
        self.do(schema.TurnOffStep(turn_off=target, expect=expect, may=may, anchor=anchor))

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

    def wait_for(self, expected: Expected, *, gone: bool = False, timeout: float | None = None) -> None:
        self.do(schema.WaitForStep(wait_for=_expected(expected, gone=gone), timeout=timeout))

    def expect(self, expected: Expected, *, gone: bool = False, timeout: float | None = None) -> None:
        self.do(schema.ExpectStep(expect=_expected(expected, gone=gone), timeout=timeout))

    def read(self, what: str, *, kind: ReadAs = "text") -> str:
        """Return a value that is on the screen, as in `read("the number right of Total", kind="number")`."""
        return self.do(schema.ReadStep(read=what, kind=kind, into=READ)).outputs[READ]

    def read_table(self, what: str) -> Sequence[Mapping[str, str]]:
        """Return the rows of a table that is on the screen, each by its headings."""
        return self.do(schema.ReadStep(read=what, kind="table", into=READ)).tables[READ]

    def holds(self, left: str, said: str, right: str = "") -> bool:
        """Whether two values compare as `said`, as in `holds(total, ">=", "10")` and `holds(note, "is empty")`."""
        try:
            return ValueComparison(left, said, right).holds(str)
        except Incomparable as error:
            raise ScriptStepFailed(str(error)) from error

    def verify(self, left: str, said: str, right: str = "", *, soft: bool = False) -> None:
        """Raise unless two values compare as `said`; if it is `soft`, only remark it."""
        if self.holds(left, said, right):
            return
        why = f"verify: “{left}” {said}{'' if said in SINGLES else f' “{right}”'} does not hold"
        if not soft:
            raise ScriptStepFailed(why)
        self.remarks.append(why)

    def rows(self, csv_file: str) -> Sequence[Mapping[str, str]]:
        """Return the rows of a CSV file, which is beside the anchors unless it says otherwise."""
        try:
            return [row.cells for row in read_csv(self._file.parent / csv_file).rows]
        except (OSError, ValueError) as error:
            raise ScriptStepFailed(f"for_each {csv_file}: {error}") from error

    def while_seen(self, words: str, *, at_most: int = 100) -> Iterator[int]:
        """Count as long as `words` are on the settled screen; raise if they still are `at_most` times later."""
        for number in range(1, at_most + 1):
            if not self.sees(words):
                return
            yield number
        if self.sees(words):
            raise ScriptStepFailed(f"“{words}” is still seen after {at_most} times")

    def attempt(
        self, *, retries: int = 0, afterwards: Literal["stop", "go_on", "set_aside"] = "stop"
    ) -> Iterator[Attempt]:
        """Yield an attempt until one succeeds, at most one more than `retries`:

        for attempt in script.attempt(retries=2, afterwards="go_on"):
            with attempt:
                script.click("Save", expect="Saved")
            if attempt.failed:
                script.click("Cancel")
        """
        attempt = Attempt(self)
        for _ in range(retries + 1):
            attempt = Attempt(self)
            yield attempt
            if not attempt.failed:
                return
        if afterwards == "set_aside":
            raise ScriptSetAside(attempt.failed)
        if afterwards == "stop":
            raise ScriptStepFailed(attempt.failed)

    def on_popup(self, popup: schema.Popup, *, values: Mapping[str, str] = NO_VALUES) -> None:
        """Do this wherever the popup is seen, from now on."""
        self._popups += (popup,)
        self._values |= values

    def run(self, script: str, values: Mapping[str, str] = NO_VALUES) -> None:
        """Play another script, which is beside the anchors unless it says otherwise."""
        places = {name: f"{{{{{name}}}}}" for name in values}
        self.do(schema.RunStep(run=script, values=dict(places)), values=values)

    def task(self, task: str, *, values: Mapping[str, str] = NO_VALUES) -> None:
        """Carry out a task in words, in which `values` stand for the parameters of their names."""
        self.do(schema.TaskStep(task=task), values=values)

    def approve(self, question: str) -> None:
        try:
            self.do(schema.ApproveStep(approve=question))
        except ScriptStepFailed as failed:
            raise ScriptEnded(str(failed)) from failed

    def ask(self, question: str) -> None:
        self.do(schema.AskStep(ask=question))

    def sees(self, words: str) -> bool:
        """Whether `words` are on the settled screen; raise if nobody can say."""
        screen = self.agent.desktop.settled()
        look = PlannedStep(action=WaitFor(words=words, seconds=0), expectation=Visible(words=words))
        effect = self.agent.checker.quick_check(look, None, screen)
        if effect.outcome == "unknown":
            raise ScriptStepFailed(f"whether “{words}” is seen: {effect.evidence}")
        return effect.as_expected

    def do(self, step: AnyStep, *, values: Mapping[str, str] = NO_VALUES) -> Notes:
        """Play a step, in which `values` stand for the parameters of their names; return what it leaves."""
        values, steps = {**self._values, **values}, (schema.AttemptStep(attempt=(step,)) if self.attempts else step,)
        parameters = dict.fromkeys(values, schema.Parameter())
        script = Script(name="a step", parameters=parameters, steps=steps, on_popup=self._popups)
        notes = Notes()
        replay = Replay(
            script,
            values,
            anchors=Anchors(self.anchors) if self.anchors else None,
            file=self._file,
            runs=linked_script(script, self._file).runs,
            notes=notes,
            began=self._began,
        )
        checker = CheckerSince(self.agent.checker, self._before, self._typed)
        episode = drive(replay.playing(replace(self.agent, checker=checker), self.reader), replay.task, *self.sinks)
        if (before := episode.before_last_input) is not None:
            self._before, self._typed = before, typed_texts(episode)
        ended = episode.ended
        if ended is None or ended.result != "done":
            failed = ScriptEnded if ended is None or ended.result == "stopped" else ScriptStepFailed
            raise (ScriptSetAside if notes.set_aside else failed)(ended.message if ended else "it was cut off")
        return notes

    @property
    def _file(self) -> Path:
        """Where the script would be, whose anchors these are."""
        return (self.anchors or Path("script.anchors")).with_suffix(".yaml")


def _expected(expected: Expected, *, gone: bool) -> Expected:
    return Vanished(gone=expected) if gone and isinstance(expected, str) else expected


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
