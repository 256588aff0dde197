"""What the console says of a run: the words of every face, in the colours of its theme. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pydantic import ValidationError
from textual.content import Content

from screenagent.episode import Episode, Step
from screenagent.events import Event
from screenagent.geometry import Location
from screenagent.runs import telling
from screenagent.runs.telling import Line, State, Tone
from screenagent.showing import LONGEST_TYPED, abridged
from screenagent.usage import Usage

STYLES: Final[dict[Tone, str]] = {
    "plain": "",
    "quiet": "$foreground 60%",
    "work": "$text-accent",
    "good": "$text-success",
    "warn": "$text-warning",
    "bad": "$text-error",
}


def styled(line: Line) -> Content:
    """Return a line in the colours of its tones."""
    parts = [(part.text, f"{'bold ' if part.strong else ''}{STYLES[part.tone]}".strip()) for part in line]
    return Content("").join(Content.styled(text, style) if style else Content(text) for text, style in parts)


def styled_lines(lines: Iterable[Line]) -> Content:
    return Content("\n").join(map(styled, lines))


def state(episode: Episode, last: Event | None, how: State) -> Content:
    """What the agent is doing, in one word or two."""
    return styled((telling.state_words(episode, last, how),))


def facts(episode: Episode, seconds: float) -> Content:
    """The window in front, how long it has taken, what it cost."""
    return styled(telling.fact_words(episode, seconds))


def proposal(
    step: Step, locations: tuple[Location, ...], *, risk: str | None = None, chosen: int = 0, note: str = ""
) -> Content:
    """What is to be done, where and how surely, what should come of it, and what came."""
    return styled_lines(telling.proposal_lines(step, locations, risk=risk, chosen=chosen, note=note))


def with_plight(said: Content, plight: str) -> Content:
    """What is said of a step, and below it why the run came to no good end."""
    told = abridged(plight, LONGEST_TYPED)
    if not told or told in said.plain:
        return said
    return Content("\n").join(part for part in (said, Content.styled(told, STYLES["bad"])) if part.plain)


def with_hint(said: Content, hint: str) -> Content:
    """What is asked, and below it what a key would do next."""
    return Content("\n").join((said, Content.styled(hint, f"bold {STYLES['warn']}"))) if hint else said


def cost_words(usage: Usage) -> Content:
    """Where the time of a step went, and what models were asked."""
    return Content.styled(telling.spent_words(usage), STYLES["quiet"])


def why_not(error: ValueError) -> str:
    """The reason in a refusal, without the machinery round it."""
    return error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
