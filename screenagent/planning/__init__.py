"""Turns a task into the next step: `InstructionPlanner` without a model, `model_planner` with one."""

from screenagent.planning.instruction_planner import InstructionPlanner
from screenagent.planning.instructions.parser import plan_of, read_instructions
from screenagent.planning.instructions.refusals import UNDERSTOOD, RefusalCode, Unreadable
from screenagent.planning.skills.skill import Instructions

__all__ = [
    "UNDERSTOOD",
    "InstructionPlanner",
    "Instructions",
    "RefusalCode",
    "Unreadable",
    "plan_of",
    "read_instructions",
]
