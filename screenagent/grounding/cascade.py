"""Asks several grounders, the cheapest first."""

from __future__ import annotations

from dataclasses import dataclass

from screenagent.geometry import Absent, Location
from screenagent.grounding.agreement import agree, compared
from screenagent.protocols import Grounder, Retry
from screenagent.screenshot import Screenshot


@dataclass(frozen=True)
class CascadeStage:
    """A grounder, and how sure its answer has to be for nobody else to be asked."""

    grounder: Grounder
    sure: float = 0.0


@dataclass(frozen=True)
class Cascade:
    """Asks the cheapest first, and the next where that is not sure; two that agree are surer than each alone.

    Where two disagree, or an earlier answer did not help, the last rung looks again and closer.
    """

    rungs: tuple[CascadeStage, ...]

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        if near is not None:
            return self._elsewhere(target, screenshot, near)
        found: Location | None = None
        absent: list[str] = []
        for rung in self.rungs:
            answer = _tried(rung.grounder, target, screenshot)
            if isinstance(answer, Absent):
                absent.append(answer.why)
                continue
            found = compared(answer, found)
            if found.confidence >= rung.sure:
                return found
        if found is None:
            return Absent(why="; ".join(dict.fromkeys(absent)))
        last = self.rungs[-1].grounder
        return compared(found, _tried(last, target, screenshot, near=found), other_wins=True)

    def confirm(self, target: str, screenshot: Screenshot, location: Location) -> Location:
        """The same place, as sure as those make it who did not find it themselves."""
        for rung in self.rungs:
            answer = _tried(rung.grounder, target, screenshot, near=location)
            if isinstance(answer, Location) and not set(answer.by.split("+")) <= set(location.by.split("+")):
                location = compared(location, answer)
        return location

    def _elsewhere(self, target: str, screenshot: Screenshot, near: Location) -> Location | Absent:
        """Another place, since acting on `near` did not help: the last rung looks at all of the screen unless it has,
        then each looks closer."""
        answer: Location | Absent = near
        for rung in reversed(self.rungs):
            if rung is self.rungs[-1] and "model" not in near.by.split("+"):
                answer = _tried(rung.grounder, target, screenshot)
                if isinstance(answer, Location) and not agree(answer, near):
                    return answer
            answer = _tried(rung.grounder, target, screenshot, near=near)
            if isinstance(answer, Location) and not agree(answer, near):
                return answer
        return near


def _tried(
    grounder: Grounder, target: str, screenshot: Screenshot, *, near: Location | None = None
) -> Location | Absent:
    """One that gives no usable answer has not found it; another may."""
    try:
        return grounder.locate(target, screenshot, near=near)
    except Retry as retry:
        return Absent(why=str(retry))
