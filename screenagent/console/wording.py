"""What the console says of a run, as functions of its episode. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import ValidationError
from textual.content import Content

from screenagent.actions import Click, Finish, KeyboardInput, Unsent, describe
from screenagent.episode import Episode, Step
from screenagent.events import Event, PlannedStep
from screenagent.geometry import Guess, Location
from screenagent.runs.wording import (
    effect_words,
    expectation_words,
    outcome_words,
    question_words,
    status_of,
    verdict_words,
    window_words,
)
from screenagent.screenshot import Screenshot
from screenagent.showing import LONGEST_NAME, LONGEST_TYPED, abridged, visible
from screenagent.usage import Usage

State = Literal["asked", "paused", "taken over", "broken", "at work"]

MARKS: Final = {
    "confirmed": ("✓", "$text-success"),
    "changed": ("~", "$text-success"),
    "performed": ("·", "$text-success"),
    "unchanged": ("?", "$text-warning"),
    "unmet": ("?", "$text-warning"),
    "unknown": ("?", "$text-warning"),
    "contradicted": ("✗", "$text-error"),
    "refused": ("✗", "$text-error"),
    "failed": ("✗", "$text-error"),
    "finished": ("✓", "$text-success"),
    "not done": ("–", "$foreground 60%"),
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


def state(episode: Episode, last: Event | None, how: State) -> Content:
    """What the agent is doing, in one word or two."""
    if episode.ended is not None:
        tone = {"done": "$text-success", "stopped": "$text-warning"}.get(episode.ended.result, "$text-error")
        return Content.styled(outcome_words(episode.ended), f"bold {tone}")
    match how:
        case "asked":
            return Content.styled("asks you", "bold $text-warning")
        case "taken over":
            return Content.styled("you have the desktop", "bold $text-warning")
        case "broken":
            return Content.styled("broke off", "bold $text-error")
        case "paused":
            why = episode.paused.why if episode.paused else ""
            return Content.styled(f"paused: {abridged(why)}" if why else "paused", "bold $text-warning")
        case "at work":
            return Content.styled(AT_WORK[last.event] if last else "opens the desktop", "$text-accent")


def facts(episode: Episode, seconds: float) -> Content:
    """The window in front, how long it has taken, what it cost."""
    window = episode.screenshot.window if episode.screenshot else None
    usage = sum((step.usage for step in episode.steps), Usage())
    tokens = usage.prompt_tokens + usage.thought_tokens + usage.answer_tokens
    parts = [
        abridged(f"in {window.app or 'a window'}: {window.title or 'untitled'}") if window else "no window in front",
        "1 step" if len(episode.begun) == 1 else f"{len(episode.begun)} steps",
        f"{seconds:.1f} s",
        *([f"{tokens:,} tokens"] if tokens else []),
    ]
    said = Content.styled(" · ".join(parts), "$foreground 60%")
    covered = episode.screenshot.covered_words if episode.screenshot else ""
    return Content.assemble((f"{covered} · ", "$text-warning"), said) if covered else said


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
    def content(self) -> Content:
        if isinstance(self.of, PlannedStep):
            mark = MARKS["not done"][0] if self.over else "○"
            return Content.styled(f"{self.number:>2} {mark} {self.of}", "$foreground 60%")
        mark, tone = MARKS[status_of(self.of)] if self.over else ("▶", "$text-accent")
        title = describe(self.of.action) if self.of.action else visible(self.of.feedback) or "thinks"
        spent = sum(seconds for phase, seconds in self.of.usage.seconds.items() if phase != "approve")
        took = f"  {spent:.1f} s" if spent >= 0.05 else ""
        return Content.assemble(f"{self.number:>2} ", (mark, tone), f" {title}", (took, "$foreground 60%"))


def rows(episode: Episode) -> Iterator[Row]:
    """The log and the plan in one: a row for each step that was, then one for each that is planned, or was left."""
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


def proposal(
    step: Step, locations: tuple[Location, ...], *, risk: str | None = None, chosen: int = 0, note: str = ""
) -> Content:
    """Say what is to be done, where and how surely, what should come of it, and what came.

    A risk comes before the places, so that long words do not push it out of view.
    """
    careful = [Content.styled(f"careful: {abridged(risk, LONGEST_NAME)}", "$text-warning")] if risk else []
    first, *intended = _intended(step, locations, chosen)
    return Content("\n").join([first, *careful, *intended, *_warnings(step, locations, note=note), *_result(step)])


def _intended(step: Step, locations: tuple[Location, ...], chosen: int) -> Iterator[Content]:
    yield Content.styled(question_words(step.action), "bold") if step.action else Content("…")
    for number, place in enumerate(locations):
        yield _where(place, step, number, chosen)
        if whence := whence_words(place.by):
            yield Content.styled(whence, "$foreground 60%")
    if isinstance(step.action, KeyboardInput) and (window := step.before.window) is not None:
        yield Content(f"into {window_words(window)}")
    if step.expectation:
        yield Content(f"then {abridged(expectation_words(step.expectation))}")


def _warnings(step: Step, locations: tuple[Location, ...], *, note: str) -> Iterator[Content]:
    if any(place.point in box for place in locations for box in step.before.covered):
        yield Content.styled("this terminal lies there: move it aside first", "$text-error")
    if note and not step.acted:
        yield Content.styled(abridged(note), "$text-warning")


def _result(step: Step) -> Iterator[Content]:
    if step.verdict and not isinstance(step.action, Unsent):
        yield Content.styled(abridged(verdict_words(step.verdict)), "$foreground 60%")
    if step.effect:
        tone = "$text-success" if step.effect.as_expected else "$text-warning"
        evidence = f": {abridged(step.effect.evidence)}" if step.effect.evidence else ""
        yield Content.styled(f"{effect_words(step.effect)}{evidence}", tone)
    if step.feedback:
        yield Content.styled(abridged(step.feedback), "$text-error")


def with_plight(said: Content, plight: str) -> Content:
    """What is said of a step, and below it why the run came to no good end."""
    told = abridged(plight, LONGEST_TYPED)
    if not told or told in said.plain:
        return said
    return Content("\n").join(part for part in (said, Content.styled(told, "$text-error")) if part.plain)


def way_in(display: str) -> str:
    """How a person sees and reaches a virtual desktop."""
    return (
        f"the desktop is {display}: what is started with DISPLAY={display} opens on it; "
        f"`x11vnc -localhost -display {display}` shows it to a VNC viewer"
    )


def path_words(path: tuple[Click, ...]) -> str:
    """What is approved together with the step that opens a menu."""
    return "\n".join(f"and in the menu that opens, {question_words(entry)}" for entry in path)


def guess_words(guesses: Sequence[Guess], screen: Screenshot | None) -> str:
    """What may be meant, by the numbers that answer."""
    if screen is None:
        return ""
    return "\n".join(
        f"{number} {abridged(guess.words, LONGEST_NAME)} at {pixel_words(guess.location, screen)}, "
        f"{guess.location.confidence:.0%} sure"
        for number, guess in enumerate(guesses, start=1)
    )


def with_hint(said: Content, hint: str) -> Content:
    """What is asked, and below it what a key would do next."""
    return Content("\n").join((said, Content.styled(hint, "bold $text-warning"))) if hint else said


def _where(place: Location, step: Step, number: int, chosen: int) -> Content:
    found = step.locations[number] if number < len(step.locations) else None
    words = f"at {pixel_words(place, step.before)}, {place.confidence:.0%} sure, by {place.by}"
    if found is not None and found.point != place.point:
        words = f"at {pixel_words(place, step.before)}, moved from {pixel_words(found, step.before)}"
    pointer = "▸ " if len(step.locations) > 1 and number == chosen else ""
    return Content(pointer + words)


def whence_words(by: str) -> str:
    """Where the confidence in a place comes from; empty where no more is known than who says so."""
    said = [WHENCE[who] for who in by.split("+") if who in WHENCE]
    return " and ".join(said) + (": they agree" if len(said) > 1 else "")


def pixel_words(place: Location, screen: Screenshot) -> str:
    pixel = place.point.pixel(screen.size)
    return f"({pixel.x}, {pixel.y})"


def cost_words(usage: Usage) -> Content:
    """Where the time of a step went, and what models were asked."""
    spent = [f"{phase} {seconds * 1000:.0f}" for phase, seconds in usage.seconds.items() if seconds >= 0.0005]
    times = f"{' · '.join(spent)} ms" if spent else ""
    return Content.styled("\n".join(part for part in (times, visible(usage.gears)) if part), "$foreground 60%")


def why_not(error: ValueError) -> str:
    """The reason in a refusal, without the machinery round it."""
    return error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
