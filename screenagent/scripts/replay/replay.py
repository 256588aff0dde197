"""One replay: a script with values, and the agent that plays it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from screenagent.agent import Agent
from screenagent.protocols import TextReader
from screenagent.scripts import Anchors, Script
from screenagent.scripts.replay.anchor_grounder import AnchorGrounder, PointedGrounder
from screenagent.scripts.replay.focus_approver import FocusApprover
from screenagent.scripts.replay.planner import ScriptPlanner


@dataclass(frozen=True)
class Replay:
    """A script and the values of its parameters, ready to be played once; `file` is where it was read from."""

    script: Script
    values: Mapping[str, str] = field(default_factory=dict)
    anchors: Anchors | None = None
    file: Path | None = None

    @property
    def told(self) -> dict[str, str]:
        """The values that may be told."""
        return {name: value for name, value in self.values.items() if not self.script.parameters[name].secret}

    @property
    def task(self) -> str:
        """What the run is called: the script's name, and what it was given."""
        told = [f"{name} {value}" for name, value in self.told.items()]
        return f"{self.script.name} ({', '.join(told)})" if told else self.script.name

    def playing(self, agent: Agent, reader: TextReader) -> Agent:
        """Return the agent that plays it: `agent`, with what it would do and see otherwise as a last resort."""
        recorded = frozenset(self.anchors.names()) if self.anchors else frozenset[str]()
        planner = ScriptPlanner(self.script, self.values, agent.planner, agent.checker, recorded)
        grounder = agent.grounder
        if self.anchors is not None:
            pointed = PointedGrounder(lambda: planner.points, grounder)
            grounder = AnchorGrounder(self.anchors, lambda: planner.anchor_names, reader, pointed)
        approver = FocusApprover(agent.approver, lambda: planner.window)
        return replace(agent, planner=planner, grounder=grounder, approver=approver)
