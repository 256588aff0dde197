"""Planners say what to do next: `InstructionPlanner` carries out plain instructions, `ModelPlanner` asks a model."""

from screenagent.planning.instruction_planner import InstructionPlanner
from screenagent.planning.instructions.parser import plan_of, read_instructions
from screenagent.planning.instructions.refusals import UNDERSTOOD, Unreadable
from screenagent.planning.model_planner import ModelPlanner
from screenagent.planning.skills.skill import Instructions

__all__ = [
    "UNDERSTOOD",
    "InstructionPlanner",
    "Instructions",
    "ModelPlanner",
    "Unreadable",
    "plan_of",
    "read_instructions",
]
