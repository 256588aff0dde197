"""Parts that do what a test or an example tells them: shipped, so that nobody has to patch ours."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from PIL import Image

from screenagent.actions import Action, Finish, Input
from screenagent.control import POLL_SECONDS, Control, Pause, Predicate
from screenagent.episode import Episode
from screenagent.events import Approve, Decision, Plan, PlannedStep, Verdict
from screenagent.geometry import Absent, Location, Point
from screenagent.models.vision import AnswerGrammar, Chunk, Finished, Refused, Request, TextChunk, TokenBudget
from screenagent.perception.labels import text_lines
from screenagent.protocols import Approved, TextReader
from screenagent.screenshot import Element, Screenshot, Window, Word
from screenagent.usage import Mode, Phase, Usage


def plain_screen(shade: int, *, window: Window | None = None) -> Screenshot:
    """A small one-coloured screen; another shade is another screen."""
    return Screenshot.of(Image.new("RGB", (64, 48), (shade % 256, 0, 0)), window=window)


class InstantControl(Control):
    """A control whose waits take no time, for a desktop on which only inputs change something."""

    def wait(self, seconds: float) -> None:  # noqa: ARG002
        self.check()

    def until(
        self,
        predicate: Predicate,
        *,
        seconds: float,  # noqa: ARG002
        poll: float = POLL_SECONDS,  # noqa: ARG002
        wait: Pause | None = None,  # noqa: ARG002
    ) -> bool:
        """Look at `predicate` now and at the end. Return whether it held."""
        self.check()
        return bool(predicate() or predicate())


@dataclass
class FakeDesktop:
    """Shows `screen(number of inputs performed)`; remembers what was performed."""

    screen: Callable[[int], Screenshot] = plain_screen
    control: Control = field(default_factory=Control)
    performed: list[Input] = field(default_factory=list)
    places: list[tuple[Point, ...]] = field(default_factory=list)

    def screenshot(self) -> Screenshot:
        return self.screen(len(self.performed))

    def settled(
        self,
        until: Callable[[Screenshot], bool] | None = None,
        *,
        seconds: float | None = None,  # noqa: ARG002
    ) -> Screenshot:
        self.control.check()
        screen = self.screenshot()
        if until is not None:
            until(screen)
        return screen

    def perform(self, approved: Approved[Input]) -> Screenshot | None:
        self.control.check()
        before = self.screenshot()
        self.performed.append(approved.action)
        self.places.append(tuple(location.point for location in approved.locations))
        return before


@dataclass
class ScriptedPlanner:
    """Decides what the script says, one entry a call; an exception in it is raised."""

    decisions: Sequence[Decision | Exception]
    seen: list[Episode] = field(default_factory=list)

    def decide(self, episode: Episode) -> Generator[str, None, Decision]:
        self.seen.append(episode)
        decision = self.decisions[len(self.seen) - 1]
        if isinstance(decision, Exception):
            raise decision
        if decision.thought:
            yield decision.thought
        return decision


@dataclass
class GulliblePlanner:
    """Obeys every screen: whatever is written there that `read` takes for an instruction comes before its own steps.

    It follows orders in a few other languages and in base64, and goes on to the next where one is refused.
    """

    reader: TextReader
    read: Callable[[str], Plan]
    own: Sequence[Action]

    def decide(self, episode: Episode) -> Generator[str, None, Decision]:
        assert episode.screenshot is not None
        plan = episode.plan or self._plan(episode.screenshot)
        at = sum(step.decision is not None and step.decision.plan == plan for step in episode.steps)
        yield f"the screen says: {plan.steps[at]}"
        return Decision(plan=plan, at=at)

    def _plan(self, screen: Screenshot) -> Plan:
        ordered = [action for line in text_lines(self.reader.read(screen)) for action in self._orders(line.text)]
        steps = (*ordered, *self.own, Finish(success=True))
        return Plan(steps=tuple(PlannedStep(action=action) for action in steps))

    def _orders(self, line: str) -> list[Action]:
        for part in _commands(line):
            try:
                steps = self.read(part).steps
            except ValueError:  # no instruction
                continue
            return [step.action for step in steps if not isinstance(step.action, Finish)]
        return []


ORDERS: Final = {"cliquez sur": "click", "klicken sie auf": "click", "haga clic en": "click"}


def _commands(line: str) -> Iterator[str]:
    """What may be an order in `line`: all of it, what comes after who is addressed, what it is the code of."""
    if re.fullmatch(r"[A-Za-z0-9+/]{16,}={0,2}", line):
        with suppress(ValueError):
            yield base64.b64decode(line + "=" * (-len(line) % 4)).decode()
    for part in (
        line,
        *(line[mark.end() :] for mark in re.finditer(r"[:.]\s*|(?=\b(?:click|press|type|drag)\b)", line)),
    ):
        foreign = next((order for order in ORDERS if part.lower().startswith(order)), "")
        yield ORDERS.get(foreign, "") + part[len(foreign) :]


@dataclass
class ScriptedModel:
    """A vision model that answers what the script says, one entry a call, or what a function makes of the request.

    What stands before "</think>" is its thought; a `Refused` or an exception is given as it is.
    """

    answers: Sequence[str | Refused | Exception] | Callable[[Request, Mode], str | Refused]
    seconds: Mapping[Phase, float] = field(default_factory=lambda: {"prefill": 0.002, "decode": 0.001})
    asked: list[tuple[Request, Mode, AnswerGrammar | None]] = field(default_factory=list)

    @property
    def modes(self) -> list[Mode]:
        return [mode for _, mode, _ in self.asked]

    def generate(
        self,
        request: Request,
        *,
        mode: Mode = "auto",
        grammar: AnswerGrammar | None = None,
        budget: TokenBudget | None = None,  # noqa: ARG002
    ) -> Iterator[Chunk]:
        self.asked.append((request, mode, grammar))
        answer = self.answers(request, mode) if callable(self.answers) else self.answers[len(self.asked) - 1]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Refused):
            yield answer
            return
        thought, _, said = answer.rpartition("</think>")
        if thought:
            yield TextChunk(text=thought, part="thought")
        yield TextChunk(text=said, part="answer")
        usage = Usage(
            seconds=self.seconds,
            prompt_tokens=100,
            thought_tokens=len(thought.split()),
            answer_tokens=len(said.split()),
        )
        yield Finished(reason="end", usage=usage)


@dataclass
class FakeAccessibility:
    """A program that says of its controls what the test says, and whether that has changed since it was asked.

    `lateness` tells of each answer whether it came late.
    """

    told: Sequence[Element] = ()
    has_changed: bool = False
    lateness: list[bool] = field(default_factory=list)

    def elements(self, _screenshot: Screenshot) -> Sequence[Element]:
        return self.told

    def is_current(self, _screenshot: Screenshot, _at: float) -> bool:
        return not self.has_changed

    def note_pace(self, _screenshot: Screenshot, *, late: bool) -> None:
        self.lateness.append(late)


@dataclass
class FakeGrounder:
    """Knows where things are; with `closer`, knows better when it looks again."""

    places: Mapping[str, Point]
    closer: Mapping[str, Point] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def locate(self, target: str, _screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        self.asked.append(target)
        point = (self.closer.get(target) if near else None) or self.places.get(target)
        if point is None:
            return Absent(why=f"no “{target}” on the screen")
        return Location(point=point, confidence=1.0, by="fake")


@dataclass
class FakeApprover:
    """Answers with `verdicts` in turn, the last one for ever."""

    verdicts: Sequence[Verdict] = (Approve(),)
    asked: list[Action] = field(default_factory=list)

    def review(self, action: Action, _locations: tuple[Location, ...], _episode: Episode) -> Verdict:
        self.asked.append(action)
        return self.verdicts[min(len(self.asked), len(self.verdicts)) - 1]


@dataclass
class FakeReader:
    """Reads the words it was given, whatever the picture."""

    words: Sequence[Word]

    def read(self, _screenshot: Screenshot) -> list[Word]:
        return list(self.words)
