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
    def public_values(self) -> dict[str, str]:
        """The values of the parameters that are not secret."""
        return {name: value for name, value in self.values.items() if not self.script.parameters[name].secret}

    @property
    def task(self) -> str:
        """The task of the run: the script's name, and the values of its parameters."""
        values = [f"{name} {value}" for name, value in self.public_values.items()]
        return f"{self.script.name} ({', '.join(values)})" if values else self.script.name

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
