"""Asks several grounders in turn, the cheapest first."""

from __future__ import annotations

from dataclasses import dataclass

from screenagent.geometry import Absent, Location
from screenagent.grounding.agreement import agree, compared
from screenagent.protocols import Grounder, Retry
from screenagent.screenshot import Screenshot


@dataclass(frozen=True)
class CascadeStage:
    """A grounder, and the confidence from which on the next stage is not asked."""

    grounder: Grounder
    sure: float = 0.0


@dataclass(frozen=True)
class Cascade:
    """Asks the next stage while the answer is not sure enough. Two answers that agree raise the confidence.

    If two disagree, or if acting on an earlier answer did not help, the last stage looks again and closer.
    """

    stages: tuple[CascadeStage, ...]

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        if near is not None:
            return self._elsewhere(target, screenshot, near)
        found: Location | None = None
        absent: list[str] = []
        for stage in self.stages:
            answer = _tried(stage.grounder, target, screenshot)
            if isinstance(answer, Absent):
                absent.append(answer.why)
                continue
            found = compared(answer, found)
            if found.confidence >= stage.sure:
                return found
        if found is None:
            return Absent(why="; ".join(dict.fromkeys(absent)))
        last = self.stages[-1].grounder
        return compared(found, _tried(last, target, screenshot, near=found), other_wins=True)

    def confirm(self, target: str, screenshot: Screenshot, location: Location) -> Location:
        """Return the same place with the confidence that the other stages leave it: those that did not find it."""
        for stage in self.stages:
            answer = _tried(stage.grounder, target, screenshot, near=location)
            if isinstance(answer, Location) and not set(answer.by.split("+")) <= set(location.by.split("+")):
                location = compared(location, answer)
        return location

    def _elsewhere(self, target: str, screenshot: Screenshot, near: Location) -> Location | Absent:
        """Return another place than `near`, since acting on that did not help, or `near` if no stage knows one.

        The last stage looks at the whole screen, unless it has done so, then each stage looks closer.
        """
        answer: Location | Absent = near
        for stage in reversed(self.stages):
            if stage is self.stages[-1] and "model" not in near.by.split("+"):
                answer = _tried(stage.grounder, target, screenshot)
                if isinstance(answer, Location) and not agree(answer, near):
                    return answer
            answer = _tried(stage.grounder, target, screenshot, near=near)
            if isinstance(answer, Location) and not agree(answer, near):
                return answer
        return near


def _tried(
    grounder: Grounder, target: str, screenshot: Screenshot, *, near: Location | None = None
) -> Location | Absent:
    """Return the grounder's answer. An unusable answer counts as absent, since another grounder may find the target."""
    try:
        return grounder.locate(target, screenshot, near=near)
    except Retry as retry:
        return Absent(why=str(retry))
