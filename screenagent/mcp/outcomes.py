"""What became of a call, as its result tells it: data for programs, and a text that is enough alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import Field

from screenagent.actions import describe
from screenagent.episode import Episode, Step
from screenagent.events import REFUSED
from screenagent.geometry import Value
from screenagent.showing import LONGEST, LONGEST_NAME, abridged

By = Literal["", "policy", "person", "guard", "client"]


class StepTold(Value):
    step: str
    outcome: str
    by: By = ""
    reason: str = ""

    def __str__(self) -> str:
        by = f" by the {self.by}" if self.by and self.outcome == "refused" else ""
        return f"{self.step}: {self.outcome}{by}" + (f" ({self.reason})" if self.reason else "")


def _is_empty(value: object) -> bool:
    return value in ("", (), None)


class Told(Value):
    """The result of a call: `outcome` first, and what belongs to it."""

    outcome: str
    by: str = Field(default="", exclude_if=_is_empty)
    reason: str = Field(default="", exclude_if=_is_empty)
    steps: tuple[StepTold, ...] = Field(default=(), exclude_if=_is_empty)
    left: int | None = Field(default=None, exclude_if=_is_empty)
    frame: str = Field(default="", exclude_if=_is_empty)
    handle: str = Field(default="", exclude_if=_is_empty)
    question: str = Field(default="", exclude_if=_is_empty)
    places: tuple[str, ...] = Field(default=(), exclude_if=_is_empty)
    scripts: tuple[str, ...] = Field(default=(), exclude_if=_is_empty)
    said: tuple[str, ...] = Field(default=(), exclude_if=_is_empty)

    @property
    def _by_whom(self) -> str:
        """Who refused or has the desktop, in words: a part of this agent, the client itself, or another by its name."""
        article = "the " if self.by in get_args(By) else ""
        return f" by {article}{self.by}" if self.by else ""

    @property
    def text(self) -> str:
        """The whole result in lines."""
        lines = [f"outcome: {self.outcome}{self._by_whom}"]
        lines += [f"{number}. {step}" for number, step in enumerate(self.steps, start=1)]
        for name in ("reason", "left", "frame", "handle", "question"):
            if (value := getattr(self, name)) not in ("", None):
                lines.append(f"{_LABELS.get(name, name)}: {value}")
        lines += [f"place: {place}" for place in self.places]
        lines += [f"script: {script}" for script in self.scripts]
        lines += [f"the person says: {words}" for words in self.said]
        return "\n".join(lines)


@dataclass(frozen=True)
class ClientTexts:
    """What a text becomes before a client may have it: secrets go by their names, codes are visible, long ones are cut.

    Every text that leaves goes through here, but our own: outcomes, ids and places.
    """

    without_secrets: Callable[[str], str] = str

    def __call__(self, text: str, most: int = LONGEST) -> str:
        return abridged(self.without_secrets(text), most)

    def told(self, told: Told) -> Told:
        """Return the result of a call as a client may have it."""
        texts = {name: self(getattr(told, name)) for name in ("reason", "question")}
        lists = {name: tuple(map(self, getattr(told, name))) for name in ("scripts", "said")}
        steps = tuple(
            step.model_copy(update={"step": self(step.step), "reason": self(step.reason)}) for step in told.steps
        )
        return told.model_copy(update={**texts, **lists, "steps": steps, "by": self(told.by, LONGEST_NAME)})


_LABELS = {"left": "steps not begun", "question": "a person is asked"}


def step_told(step: Step) -> StepTold:
    """Return what became of one step of the loop."""
    described = describe(step.action) if step.action else "nothing"
    outcome = step.outcome or "unknown"
    reason = step.feedback or (step.effect.evidence if step.effect else "")
    return StepTold(step=described, outcome=outcome, by=_by(step), reason=reason)


def _by(step: Step) -> By:
    if step.failure not in REFUSED or step.acted:
        return ""
    match step.failure:
        case "refused_by_policy" | "secret":
            return "policy"
        case "refused_by_person" | "skipped" | "unanswered":
            return "person"
        case _:
            return "guard"


def steps_told(steps: Sequence[Step], asked: int, *, stopped: str = "") -> Told:
    """Return what became of `asked` steps, of which these were begun; `stopped` says why they were cut short."""
    told = tuple(map(step_told, steps))
    said = tuple(words for step in steps for words in step.heard)
    last = told[-1] if told else None
    left = asked - len(told)
    if stopped or last is None:
        reason = stopped or "nothing was begun"
        return Told(outcome="stopped" if stopped else "unknown", reason=reason, steps=told, left=left, said=said)
    return Told(outcome=last.outcome, by=last.by, reason=last.reason, steps=told, left=left, said=said)


def run_told(episode: Episode) -> Told:
    """Return what became of a whole run."""
    steps = tuple(map(step_told, episode.begun))
    ended = episode.ended
    assert ended is not None
    last = steps[-1] if steps else StepTold(step="", outcome="unknown")
    outcome = {"done": last.outcome, "stopped": "stopped"}.get(ended.result) or _failed(last)
    return Told(outcome=outcome, by=last.by if outcome == last.outcome else "", reason=ended.message, steps=steps)


def _failed(last: StepTold) -> str:
    """A run that gave up did not reach what it was for, however well its last step went."""
    return "unmet" if last.outcome in ("confirmed", "changed") else last.outcome
