"""Screens whose text commands the agent, and their harmless twins: what reaches the gate, and what passes it."""

from screenagent.diagnostics.drill.drill import TASK, Result, Summary, person, run
from screenagent.diagnostics.drill.scenes import SCENES, Scene

__all__ = ["SCENES", "TASK", "Result", "Scene", "Summary", "person", "run"]
