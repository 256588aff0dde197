"""The loop: looks, decides, asks, acts, checks."""

from screenagent.agent.loop import Agent, Sink, drive

__all__ = ["Agent", "Sink", "drive"]
