"""Replays of scripts: ordinary runs of the agent, whose planner walks the script."""

from screenagent.play.ladder import AnchorGrounder
from screenagent.play.planner import ScriptPlanner
from screenagent.play.replay import Replay

__all__ = ["AnchorGrounder", "Replay", "ScriptPlanner"]
