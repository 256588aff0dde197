"""Replays of scripts: ordinary runs of the agent, whose planner plays the script."""

from screenagent.scripts.replay.anchor_grounder import AnchorGrounder
from screenagent.scripts.replay.planner import ScriptPlanner
from screenagent.scripts.replay.replay import Replay

__all__ = ["AnchorGrounder", "Replay", "ScriptPlanner"]
