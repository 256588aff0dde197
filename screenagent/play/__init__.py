"""Replays of scripts: ordinary runs of the agent, whose planner walks the script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from screenagent.play.planner import ScriptPlanner
from screenagent.protocols import Checker, Planner
from screenagent.script import Script

__all__ = ["Replay", "ScriptPlanner"]


@dataclass(frozen=True)
class Replay:
    """A script and the values of its parameters, ready to be played once."""

    script: Script
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def task(self) -> str:
        """What the run is called: the script's name, and what it was given."""
        told = [f"{name} {value}" for name, value in self.values.items() if not self.script.parameters[name].secret]
        return f"{self.script.name} ({', '.join(told)})" if told else self.script.name

    def planner(self, configured: Planner, checker: Checker) -> ScriptPlanner:
        return ScriptPlanner(self.script, self.values, configured, checker)
