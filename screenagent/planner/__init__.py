"""Planners: who says what to do next. `DirectPlanner` carries out plain instructions without a model, `ModelPlanner`
thinks."""

from screenagent.planner.direct import DirectPlanner
from screenagent.planner.model import ModelPlanner
from screenagent.planner.reading import plan_of, read
from screenagent.planner.refusals import UNDERSTOOD, Unreadable
from screenagent.planner.skill import Instructions

__all__ = ["UNDERSTOOD", "DirectPlanner", "Instructions", "ModelPlanner", "Unreadable", "plan_of", "read"]
