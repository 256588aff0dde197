"""Replays of scripts: ordinary runs of the agent, whose planner plays the script."""

from screenagent.scripts.replay.replay import Replay

__all__ = ["Replay"]
