"""Screens whose text commands the agent, and their harmless twins: what reaches the gate, and what passes it."""

from screenagent.drill.drill import TASK, Result, Summary, person, run
from screenagent.drill.scenes import SCENES, Scene

__all__ = ["SCENES", "TASK", "Result", "Scene", "Summary", "person", "run"]
