"""What a face says of a run, as lines of words with a tone: each face paints the tones in its own way. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from screenagent.actions import Click, Finish, KeyboardInput, Move, Unsent, describe
from screenagent.approval import ApprovalQuestion
from screenagent.episode import Episode, Step
from screenagent.events import Event, PlannedStep
from screenagent.geometry import Guess, Location, Value
from screenagent.runs.wording import (
    Status,
    effect_words,
    expectation_words,
    outcome_words,
    question_words,
    status_of,
    verdict_words,
    window_words,
)
from screenagent.screenshot import Screenshot
from screenagent.showing import LONGEST_NAME, abridged, visible
from screenagent.usage import Usage

State = Literal["asked", "paused", "taken over", "broken", "at work"]

Tone = Literal["plain", "quiet", "work", "good", "warn", "bad"]


class Toned(Value):
    """Words in one tone."""

    text: str
    tone: Tone = "plain"
    strong: bool = False


Line = tuple[Toned, ...]

SIGNS: Final[dict[Status, tuple[str, Tone]]] = {
    "confirmed": ("✓", "good"),
    "changed": ("~", "good"),
    "performed": ("·", "good"),
    "unchanged": ("?", "warn"),
    "unmet": ("?", "warn"),
    "unknown": ("?", "warn"),
    "contradicted": ("✗", "bad"),
    "refused": ("✗", "bad"),
    "failed": ("✗", "bad"),
    "finished": ("✓", "good"),
    "not done": ("–", "quiet"),
}

WHENCE: Final = {
    "text": "its words are read there",
    "place": "it was named by its place",
    "model": "the model points there",
    "region": "the model points there at full size",
    "zoom": "the model points there on a closer look",
    "patch": "it looks there as it did when it was recorded",
    "patch elsewhere": "it looks as it was recorded, but has moved",
    "tooltip": "its tooltip says so",
}

AT_WORK: Final = {
    "started": "looks at the screen",
    "observed": "decides",
    "thought": "thinks",
    "decided": "locates",
    "grounded": "waits for a word",
    "reviewed": "acts",
    "acted": "waits for the effect",
    "checked": "decides",
    "retried": "tries again",
    "failed": "decides",
    "user_message": "decides",
    "hover_reviewed": "reads tooltips",
    "rested": "reads tooltips",
    "paused": "paused",
    "resumed": "goes on",
}

RESULT_TONES: Final[dict[str, Tone]] = {"done": "good", "stopped": "warn"}


def state_words(episode: Episode, last: Event | None, how: State) -> Toned:
    """Say what the agent is doing, in one word or two."""
    if episode.ended is not None:
        tone = RESULT_TONES.get(episode.ended.result, "bad")
        return Toned(text=outcome_words(episode.ended), tone=tone, strong=True)
    match how:
        case "asked":
            return Toned(text="asks you", tone="warn", strong=True)
        case "taken over":
            return Toned(text="you have the desktop", tone="warn", strong=True)
        case "broken":
            return Toned(text="broke off", tone="bad", strong=True)
        case "paused":
            why = episode.paused.why if episode.paused else ""
            return Toned(text=f"paused: {abridged(why)}" if why else "paused", tone="warn", strong=True)
        case "at work":
            return Toned(text=AT_WORK[last.event] if last else "opens the desktop", tone="work")


def where(episode: Episode) -> str:
    """Say which window is in front."""
    window = episode.screenshot.window if episode.screenshot else None
    return abridged(f"in {window.app or 'a window'}: {window.title or 'untitled'}") if window else "no window in front"


def begun_steps(episode: Episode) -> str:
    return "1 step" if len(episode.begun) == 1 else f"{len(episode.begun)} steps"


def token_words(episode: Episode) -> str:
    """Say how many tokens it has cost; empty if none."""
    usage = sum((step.usage for step in episode.steps), Usage())
    tokens = usage.prompt_tokens + usage.thought_tokens + usage.answer_tokens
    return f"{tokens:,} tokens" if tokens else ""


def fact_words(episode: Episode, seconds: float) -> Line:
    """Say which window is in front, how long it has taken, what it cost."""
    parts = (where(episode), begun_steps(episode), f"{seconds:.1f} s", token_words(episode))
    said = Toned(text=" · ".join(filter(None, parts)), tone="quiet")
    unseen = episode.screenshot.unseen_words if episode.screenshot else ""
    return (Toned(text=f"{unseen} · ", tone="warn"), said) if unseen else (said,)


@dataclass(frozen=True, eq=False)
class Row:
    """A line of the log: a step that was or is under way, or one that is planned.

    Once it is over, a step that was planned has not been done.
    """

    number: int
    of: Step | PlannedStep
    over: bool = False

    def reads_as(self, other: Row) -> bool:
        """Steps are never changed, so that one and the same reads the same; comparing all they hold would take long."""
        return (self.number, self.over) == (other.number, other.over) and self.of is other.of

    @property
    def sign(self) -> Toned:
        """What became of it, in one letter."""
        if isinstance(self.of, PlannedStep):
            return Toned(text=SIGNS["not done"][0] if self.over else "○", tone="quiet")
        text, tone = SIGNS[status_of(self.of)] if self.over else ("▶", "work")
        return Toned(text=text, tone=tone)

    @property
    def status(self) -> str:
        """The same in words."""
        if isinstance(self.of, PlannedStep):
            return "not done" if self.over else "planned"
        return status_of(self.of) if self.over else "under way"

    @property
    def title(self) -> str:
        if isinstance(self.of, PlannedStep):
            return str(self.of)
        return describe(self.of.action) if self.of.action else visible(self.of.feedback) or "thinks"

    @property
    def took(self) -> str:
        """How long it took without the time for an approval; empty if that is next to nothing."""
        usage = self.of.usage if isinstance(self.of, Step) else Usage()
        spent = sum(seconds for phase, seconds in usage.seconds.items() if phase != "approve")
        return f"{spent:.1f} s" if spent >= 0.05 else ""

    @property
    def line(self) -> Line:
        number, sign = Toned(text=f"{self.number:>2} "), self.sign
        if isinstance(self.of, PlannedStep):
            return (Toned(text=f"{number.text}{sign.text} {self.title}", tone="quiet"),)
        took = (Toned(text=f"  {self.took}", tone="quiet"),) if self.took else ()
        return (number, sign, Toned(text=f" {self.title}"), *took)


def rows(episode: Episode) -> Iterator[Row]:
    """Yield the log and the plan in one: a row for each step that was, then one for each that is planned, or was
    left."""
    is_over = episode.ended is not None
    for number, step in enumerate(episode.steps, start=1):
        yield Row(number, step, over=step.closed or is_over)
    for number, planned in enumerate(_planned(episode), start=len(episode.steps) + 1):
        yield Row(number, planned, over=is_over)


def _planned(episode: Episode) -> tuple[PlannedStep, ...]:
    """The steps of the plan that are not begun. In the end, those of the plan that was given up; the end is not one."""
    decisions = [step.decision for step in episode.steps if step.decision]
    if episode.ended is not None:
        decisions = [decision for decision in decisions if decision.plan.length]
    left = decisions[-1].plan.steps[decisions[-1].at + 1 :] if decisions else ()
    return left if episode.ended is None else tuple(step for step in left if not isinstance(step.action, Finish))


def proposal_lines(
    step: Step, locations: tuple[Location, ...], *, risk: str | None = None, chosen: int = 0, note: str = ""
) -> tuple[Line, ...]:
    """Say what is to be done, where and how surely, what should come of it, and what came.

    A risk comes before the places, so that long words do not push it out of view.
    """
    careful = [Toned(text=f"careful: {abridged(risk, LONGEST_NAME)}", tone="warn")] if risk else []
    first, *intended = _intended(step, locations, chosen)
    said = [first, *careful, *intended, *_warnings(step, locations, note=note), *_result(step)]
    return tuple((part,) for part in said)


def _intended(step: Step, locations: tuple[Location, ...], chosen: int) -> Iterator[Toned]:
    yield Toned(text=question_words(step.action), strong=True) if step.action else Toned(text="…")
    for number, place in enumerate(locations):
        yield _place_words(place, step, number, chosen)
        if whence := whence_words(place.by):
            yield Toned(text=whence, tone="quiet")
    if isinstance(step.action, KeyboardInput) and (window := step.before.window) is not None:
        yield Toned(text=f"into {window_words(window)}")
    if step.expectation:
        yield Toned(text=f"then {abridged(expectation_words(step.expectation))}")


def _warnings(step: Step, locations: tuple[Location, ...], *, note: str) -> Iterator[Toned]:
    if any(place.point in box for place in locations for box in step.before.covered):
        yield Toned(text="this terminal lies there: move it aside first", tone="bad")
    if note and not step.acted:
        yield Toned(text=abridged(note), tone="warn")


def _result(step: Step) -> Iterator[Toned]:
    if step.verdict and not isinstance(step.action, Unsent):
        yield Toned(text=abridged(verdict_words(step.verdict)), tone="quiet")
    if step.effect:
        tone: Tone = "good" if step.effect.as_expected else "warn"
        evidence = f": {abridged(step.effect.evidence)}" if step.effect.evidence else ""
        yield Toned(text=f"{effect_words(step.effect)}{evidence}", tone=tone)
    if step.feedback:
        yield Toned(text=abridged(step.feedback), tone="bad")


def way_in(display: str) -> str:
    """Say how a person sees and reaches a virtual desktop."""
    if not display.startswith(":"):
        return f"the desktop is {display}: what is started with WAYLAND_DISPLAY={display} opens on it"
    return (
        f"the desktop is {display}: what is started with DISPLAY={display} opens on it; "
        f"`x11vnc -localhost -display {display}` shows it to a VNC viewer"
    )


def path_words(path: tuple[Click, ...]) -> str:
    """Say what is approved together with the step that opens a menu."""
    return "\n".join(f"and in the menu that opens, {question_words(entry)}" for entry in path)


def guess_words(guesses: Sequence[Guess], screen: Screenshot | None) -> str:
    """Say what may be meant, by the numbers that answer."""
    if screen is None:
        return ""
    return "\n".join(
        f"{number} {abridged(guess.words, LONGEST_NAME)} at {pixel_words(guess.location, screen)}, "
        f"{guess.location.confidence:.0%} sure"
        for number, guess in enumerate(guesses, start=1)
    )


def _place_words(place: Location, step: Step, number: int, chosen: int) -> Toned:
    found = step.locations[number] if number < len(step.locations) else None
    words = f"at {pixel_words(place, step.before)}, {place.confidence:.0%} sure, by {place.by}"
    if found is not None and found.point != place.point:
        words = f"at {pixel_words(place, step.before)}, moved from {pixel_words(found, step.before)}"
    pointer = "▸ " if len(step.locations) > 1 and number == chosen else ""
    return Toned(text=pointer + words)


def whence_words(by: str) -> str:
    """Say where the confidence in a place comes from; empty where no more is known than who says so."""
    said = [WHENCE[who] for who in by.split("+") if who in WHENCE]
    return " and ".join(said) + (": they agree" if len(said) > 1 else "")


def pixel_words(place: Location, screen: Screenshot) -> str:
    pixel = place.point.pixel(screen.size)
    return f"({pixel.x}, {pixel.y})"


def spent_words(usage: Usage) -> str:
    """Say where the time of a step went, and what models were asked."""
    spent = [f"{phase} {seconds * 1000:.0f}" for phase, seconds in usage.seconds.items() if seconds >= 0.0005]
    times = f"{' · '.join(spent)} ms" if spent else ""
    return "\n".join(part for part in (times, visible(usage.gears)) if part)


def no_hint(*, plans_anew: bool, can_reword: bool) -> str:
    """Say what a no does here, and what could be meant instead of it."""
    if plans_anew:
        return "Enter alone just says no"
    return f"Enter ends the run · or Esc, then {'e to reword, s to skip' if can_reword else 's to skip'}"


def as_asked(step: Step, asked: ApprovalQuestion) -> Step:
    """Return the step without an earlier answer, which is no answer to this. What is asked on the way to the step's
    own action stands in its place."""
    if isinstance(asked.action, Move) and asked.action != step.action:
        return step.model_copy(
            update={"verdict": None, "action": asked.action, "decision": None, "locations": asked.locations}
        )
    return step.model_copy(update={"verdict": None})


def note_words(asked: ApprovalQuestion) -> tuple[str, ...]:
    """Say what is approved with it, why it is asked again, and what to know about answering."""
    return tuple(filter(None, (path_words(asked.path), abridged(asked.again), abridged(asked.note))))
