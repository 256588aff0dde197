"""Planners: who says what to do next. `DirectPlanner` carries out plain instructions without a model, `ModelPlanner`
thinks."""

from screenagent.planning.instruction_planner import DirectPlanner
from screenagent.planning.instructions.parser import plan_of, read
from screenagent.planning.instructions.refusals import UNDERSTOOD, Unreadable
from screenagent.planning.model_planner import ModelPlanner
from screenagent.planning.skills.skill import Instructions

__all__ = ["UNDERSTOOD", "DirectPlanner", "Instructions", "ModelPlanner", "Unreadable", "plan_of", "read"]
