"""Where the loop meets a part: as few methods as the loop calls."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

from screenagent.actions import Action, Input, Move
from screenagent.episode import Episode
from screenagent.events import Approve, Decision, Effect, FailureCode, PlannedStep, Verdict
from screenagent.geometry import Absent, Box, Doubt, Location, Point
from screenagent.screenshot import ControlState, Element, Screenshot, Word

InputT_co = TypeVar("InputT_co", bound=Input, covariant=True)


class Retry(Exception):
    """Something the planner can be told about and recover from; its text is what it is told."""

    def __init__(self, text: str, code: FailureCode = "failed") -> None:
        super().__init__(text)
        self.code: FailureCode = code


class Outdated(Retry):
    """What was approved is no longer what would happen, and nothing was sent: it is looked for and reviewed anew."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "screen_changing")


class LateAnswer(Outdated):
    """The screen has changed since the last input was judged, and nothing was sent: it is judged anew first."""


@dataclass(frozen=True, kw_only=True)
class Approved(Generic[InputT_co]):
    """An input that a verdict let through, and what it was reviewed on. Only the loop makes one.

    `field` is where the field is that a text is for, if it was clicked just before and its bounds are known.
    """

    action: InputT_co
    locations: tuple[Location, ...]
    on: Screenshot
    verdict: Verdict
    field: Box | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.verdict, Approve):
            raise ValueError(f"{self.action.kind} was not approved: the verdict was {self.verdict.verdict}")


class Planner(Protocol):
    def decide(self, episode: Episode) -> Generator[str, None, Decision]:
        """Yield thoughts as they form; return the next planned step, or a new plan. `Retry` if nothing usable came."""
        ...


class Grounder(Protocol):
    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        """Find `target`, given in words. With `near`, look again and closer round an answer that did not help."""
        ...


class Approver(Protocol):
    def review(self, action: Action, locations: tuple[Location, ...], episode: Episode) -> Verdict: ...


class Desktop(Protocol):
    def screenshot(self) -> Screenshot: ...

    def settled(self, until: Callable[[Screenshot], bool] | None = None, *, seconds: float | None = None) -> Screenshot:
        """The screen once it is quiet; with `until`, once that holds too, or `seconds` have passed.

        With `seconds` alone, a late answer to the last input is waited for as long.
        """
        ...

    def perform(self, approved: Approved[Input]) -> Screenshot | None:
        """Send the input, or raise; `Retry` for what another plan could mend, `Stopped` between any two events.

        Return the screen just before the input, with the mouse already there and what it lit up at rest; None where
        the desktop has no such picture.
        """
        ...


@runtime_checkable
class WorkWatch(Protocol):
    """A desktop that knows whether the application in front takes its input."""

    def is_at_work(self) -> bool:
        """Whether the application in front is at work, and answers no input now."""
        ...


@runtime_checkable
class RestWatch(Protocol):
    """A desktop that may know that the application of the last input does nothing more by itself."""

    def rests_until(self) -> float:
        """Until when, by `time.monotonic`, it does nothing by itself; in the past if that is not known."""
        ...


class MayGoOn(Protocol):
    """Whether what comes next can begin on a screen; `shows` says whether the last input shows on it at all."""

    def __call__(self, screenshot: Screenshot, *, shows: bool) -> bool: ...


@runtime_checkable
class HurriedDesktop(Protocol):
    """A desktop that does not wait for what may yet follow an input once what comes next can begin."""

    def hurry(self, may_go_on: MayGoOn) -> None: ...


class SecondLook(Protocol):
    def confirm(self, target: str, screenshot: Screenshot, location: Location) -> Location:
        """The same place, surer or less sure than before. Done while a person thinks about an approval."""
        ...


class Guesser(Protocol):
    """What is asked about a place that is not sure enough to act on."""

    def look_closer(self, target: str, screenshot: Screenshot, found: Location) -> Location:
        """Return what a closer look round `found` is surer of, or `found` itself."""
        ...

    def doubt(self, target: str, screenshot: Screenshot, *, found: Location | None = None) -> Doubt | None:
        """Say what may be meant by `target`: beside `found`, which is not sure, or if several places fit alike.

        None if `found` was found in another way, whose confidence is not measured, or if nothing fits.
        """
        ...


class RestingMouse(Protocol):
    """The mouse, as it rests on one place after another; `start` is where it was before."""

    @property
    def start(self) -> Point: ...

    def rest(self, approved: Approved[Move]) -> Screenshot | None:
        """Move the mouse there and return a picture of the tooltip that comes; None if none does."""
        ...

    def leave(self, approved: Approved[Move]) -> None:
        """Move the mouse away and wait until the tooltip has gone."""
        ...


class Naming(Protocol):
    """What is known, and can be asked, of the names of buttons that show only a picture."""

    def unnamed(self, target: str, screenshot: Screenshot, found: Location | Absent) -> tuple[Location, ...] | None:
        """Return the buttons that may be meant and have no name yet, the likeliest first; None if the answer that was
        `found` by sight leaves nothing to ask."""
        ...

    def buttons(self, screenshot: Screenshot) -> tuple[Location, ...]:
        """Return the buttons of all tool bars that have no name yet."""
        ...

    def keep(self, screenshot: Screenshot, place: Location, tooltip: Screenshot | None) -> str:
        """Read a tooltip, keep what it says as the name of the button at `place`, and return it; empty if nothing is
        read, or if no tooltip came, and the button need not be asked again."""
        ...

    def keep_told(self, screenshot: Screenshot) -> None:
        """Keep the names that the program in front tells by itself."""
        ...

    def named(self, target: str, screenshot: Screenshot) -> Location | None:
        """Return the button whose name means `target`; None if none does likely enough."""
        ...

    def known(self, target: str, screenshot: Screenshot, found: Location | Absent) -> Location | None:
        """Return the button whose name means `target`, if it does so surely or there is no other left to ask."""
        ...


class TypedText(NamedTuple):
    """A text that the run has typed, where it clicked before that, and whether no other input came after it."""

    text: str
    place: Location | None = None
    is_last: bool = True


class Checker(Protocol):
    def check(
        self,
        step: PlannedStep,
        before: Screenshot | None,
        after: Screenshot,
        *,
        at: tuple[Location, ...] = (),
        typed: tuple[TypedText, ...] = (),
    ) -> Effect:
        """What `step`, done `at` these places, brought about: what is new since `before` counts, unless it stands only
        where the run has `typed` it. Without `before` no input was sent, and what is there counts."""
        ...

    def quick_check(
        self,
        step: PlannedStep,
        before: Screenshot | None,
        after: Screenshot,
        *,
        at: tuple[Location, ...] = (),
        typed: tuple[TypedText, ...] = (),
    ) -> Effect:
        """The same in milliseconds, `unknown` where that does not do: asked again and again while a screen settles."""
        ...


class TextReader(Protocol):
    def read(self, screenshot: Screenshot) -> list[Word]:
        """The words on the screenshot, in reading order."""
        ...


class Accessibility(Protocol):
    def elements(self, screenshot: Screenshot) -> Sequence[Element]:
        """What the window in front says of its controls, as far as it says it soon; of a picture in a file, nothing."""
        ...

    def is_current(self, screenshot: Screenshot, at: float) -> bool:
        """Whether the program in front is known to have told of no change since then, by `time.monotonic`."""
        ...

    def note_pace(self, screenshot: Screenshot, *, late: bool) -> None:
        """Note whether the answer came later than the picture could be read: a program that is late again and again is
        not asked any longer."""
        ...


class StateReader(Protocol):
    def ticked(self, screenshot: Screenshot, label: Location) -> ControlState | None:
        """The check box, radio button or switch that stands at `label` or in its row, if there is one."""
        ...

    def selectable(self, screenshot: Screenshot, label: Location) -> ControlState | None:
        """The tab, row or item of that label, if its program tells whether it is selected."""
        ...

    def slider(self, screenshot: Screenshot, label: Location | None) -> ControlState | None:
        """The slider at `label` or in its row; without a label the only slider."""
        ...

    def dropdown(self, screenshot: Screenshot, name: str) -> ControlState | None:
        """The closed drop-down of that name, as far as it is seen."""
        ...

    def folding(self, screenshot: Screenshot, label: Location) -> ControlState | None:
        """The section or tree row of that label, if it can be said whether it is expanded."""
        ...

    def handle(self, screenshot: Screenshot, box: Box) -> Box | None:
        """The handle of the slider that is or was in `box`, which may have moved in its row."""
        ...

    def state(self, screenshot: Screenshot, box: Box, *, valued: bool = False) -> ControlState:
        """The state of the control in `box`; with `valued` also what it shows."""
        ...

    def elements(self, screenshot: Screenshot) -> Sequence[Element]:
        """The controls that the program in front tells."""
        ...

    def words(self, screenshot: Screenshot, box: Box) -> list[Word]:
        """The words in `box`, read on their own: nothing beside the box belongs to them."""
        ...

    def opened(self, before: Screenshot, after: Screenshot, control: Box) -> Box | None:
        """Where a list came up at a control, if one did."""
        ...
