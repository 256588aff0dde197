"""`bench hover`: buttons asked for in other words than their tooltips', by sight, with five asked, and once learned."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Literal

from rapidfuzz import fuzz

from screenagent.actions import Click, Move, Target
from screenagent.agent.eyes import Eyes
from screenagent.agent.inquiry import Inquiry, ScreenAsking
from screenagent.agent.timeline import Timeline
from screenagent.approval import AllowAll
from screenagent.bench.results import percentile
from screenagent.control import Control
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.tooltips import resting_mouse
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.events import Decided, Decision, Plan, PlannedStep, Rested, Started, Verdict
from screenagent.geometry import Absent, Location, PixelBox, Value
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.tooltip_match import TooltipNaming
from screenagent.perception.icon_names import IconNames
from screenagent.perception.reader import ScreenReader
from screenagent.protocols import Approved
from screenagent.screenshot import Screenshot
from screenagent.usage import Meter
from screenagent.yaml_file import read_yaml

OPENED_SECONDS: Final = 4.0  # until a program has drawn all of its window
SAME_TEXT: Final = 85  # of 100: a tooltip that was read a little differently
AROUND: Final = 6  # pixels of a button round its picture

How = Literal["sight", "asked", "learned"]


class HoverApp(Value):
    """A program, and phrases for its buttons by what their tooltips say."""

    name: str
    command: str | tuple[str, ...]
    buttons: Mapping[str, tuple[str, ...]]

    @property
    def phrases(self) -> frozenset[str]:
        return frozenset(phrase for tooltip, others in self.buttons.items() for phrase in (tooltip, *others))


class HoverFile(Value):
    apps: tuple[HoverApp, ...]


class HoverAnswer(Value):
    """What came of one phrase in one of three ways."""

    app: str
    tooltip: str
    phrase: str
    own: bool
    """The phrase is what the tooltip says."""
    how: How
    found: Literal["right", "wrong", "absent"]
    confidence: float = 0.0
    rests: int = 0
    seconds: float = 0.0


class HoverSummary(Value):
    """Shares of the phrases, by whose words they are and the way, as "other words, asked"."""

    n: Mapping[str, int]
    right: Mapping[str, float]
    wrong: Mapping[str, float]
    asked_seconds_p50: float | None
    asked_seconds_p95: float | None
    asked_rests: float
    without_tooltip: tuple[str, ...]


class HoverDesk:
    """One program on a virtual desktop: its screen, and the ways to ask about it. Programs are not asked."""

    def __init__(self, desktop: LocalDesktop, reader: ScreenReader, *, min_confidence: float) -> None:
        self._desktop, self._reader = desktop, reader
        self._grounder = EmbeddedGrounder(reader)
        self._bound = min_confidence
        self.learned = IconNames()

    def learn(self) -> Mapping[str, list[PixelBox]]:
        """Ask all buttons; return where each name stands."""
        inquiry = self._inquiry(self.learned)
        rests = [event for event in inquiry.learned() if isinstance(event, Rested) and event.told]
        size = self._screen.size
        told: dict[str, list[PixelBox]] = {}
        for rest in rests:
            assert rest.location.box is not None
            told.setdefault(rest.told, []).append(rest.location.box.exact_pixels(size).grown(AROUND))
        return told

    def answers(self, phrase: str) -> Iterator[tuple[How, Location | Absent, int, float]]:
        """Yield what each way finds, how often the mouse rested, and how much longer it took than sight alone."""
        self._screen = self._desktop.settled()
        found = self._grounder.strict().locate(phrase, self._screen)
        sure = found if isinstance(found, Location) and found.confidence >= self._bound else Absent(why="not sure")
        yield "sight", sure, 0, 0.0
        ways: tuple[tuple[How, IconNames], ...] = (("asked", IconNames()), ("learned", self.learned))
        for how, names in ways:
            if isinstance(sure, Location):
                yield how, sure, 0, 0.0
                continue
            began = time.monotonic()
            events, told = self._told(phrase, found, names)
            yield how, told or sure, events, time.monotonic() - began

    def _told(self, phrase: str, found: Location | Absent, names: IconNames) -> tuple[int, Location | None]:
        click = Click(target=Target(words=phrase))
        asking, rests = self._inquiry(names, click).found(click, found), 0
        while True:
            try:
                rests += isinstance(next(asking), Rested)
            except StopIteration as end:
                return rests, end.value

    def _inquiry(self, names: IconNames, action: Click | None = None) -> Inquiry:
        timeline = Timeline(Meter())
        timeline.happened(Started(task="find a button"))
        eyes = Eyes(timeline, self._grounder, self._desktop, self._desktop.control)
        self._screen = eyes.look().screenshot
        if action:
            timeline.happened(Decided(decision=Decision(plan=Plan(steps=(PlannedStep(action=action),)))))
        asking = ScreenAsking(TooltipNaming(self._grounder, names, self._reader), partial(resting_mouse, self._desktop))

        def approved(move: Move, place: Location, verdict: Verdict) -> Approved[Move]:
            return Approved(action=move, locations=(place,), on=timeline.screen, verdict=verdict)

        return Inquiry(timeline, eyes, AllowAll(), self._desktop.control, asking, approved)

    _screen: Screenshot


def read_hover_file(file: Path) -> tuple[HoverApp, ...]:
    return read_yaml(file, HoverFile, what="a file of buttons").apps


def run_hover(
    app: HoverApp,
    control: Control,
    *,
    min_confidence: float,
    done: Container[tuple[str, str]],
    progress: Callable[[str], None],
) -> Iterator[HoverAnswer]:
    """Open the program, learn its buttons, and ask for each in other words and in its own, but for phrases that are
    `done`, each with its application."""
    with VirtualDesktop(app.command, control=control) as virtual:
        control.wait(OPENED_SECONDS)
        desk = HoverDesk(virtual.desktop, ScreenReader(), min_confidence=min_confidence)
        told = desk.learn()
        progress(f"{app.name}: {sum(map(len, told.values()))} buttons told their names")
        for tooltip, phrases in app.buttons.items():
            places = [place for name, where in told.items() if _is_same(name, tooltip) for place in where]
            for phrase in (tooltip, *phrases) if places else ():
                if (app.name, phrase) in done:
                    continue
                for how, found, rests, seconds in desk.answers(phrase):
                    yield HoverAnswer(
                        app=app.name,
                        tooltip=tooltip,
                        phrase=phrase,
                        own=phrase == tooltip,
                        how=how,
                        found=_judged(found, places, virtual.desktop.screenshot()),
                        confidence=found.confidence if isinstance(found, Location) else 0.0,
                        rests=rests,
                        seconds=round(seconds, 3),
                    )


def _is_same(name: str, tooltip: str) -> bool:
    return fuzz.ratio(name.casefold(), tooltip.casefold()) >= SAME_TEXT


def _judged(
    found: Location | Absent, places: Iterable[PixelBox], screen: Screenshot
) -> Literal["right", "wrong", "absent"]:
    if isinstance(found, Absent):
        return "absent"
    at = found.point.pixel(screen.size)
    return "right" if any(place.holds(at.x, at.y) for place in places) else "wrong"


def summed_hover(apps: Sequence[HoverApp], answers: Sequence[HoverAnswer]) -> HoverSummary:
    kinds: dict[str, list[HoverAnswer]] = {}
    for answer in answers:
        kinds.setdefault(f"{'own' if answer.own else 'other'} words, {answer.how}", []).append(answer)
    asked = [answer for answer in answers if answer.rests]
    told = {(answer.app, answer.tooltip) for answer in answers}
    wanted = [(app.name, tooltip) for app in apps for tooltip in app.buttons]
    silent = tuple(f"{app}: {tooltip}" for app, tooltip in wanted if (app, tooltip) not in told)
    return HoverSummary(
        n={kind: len(found) for kind, found in kinds.items()},
        right={kind: _share(found, "right") for kind, found in kinds.items()},
        wrong={kind: _share(found, "wrong") for kind, found in kinds.items()},
        asked_seconds_p50=percentile([answer.seconds for answer in asked], 50),
        asked_seconds_p95=percentile([answer.seconds for answer in asked], 95),
        asked_rests=round(sum(answer.rests for answer in asked) / max(1, len(asked)), 2),
        without_tooltip=silent,
    )


def _share(answers: Sequence[HoverAnswer], found: str) -> float:
    return round(sum(answer.found == found for answer in answers) / len(answers), 4)
