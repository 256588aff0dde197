"""Carry out plain instructions in an editor on a virtual desktop, and watch the events go by."""

from screenagent.agent import Agent
from screenagent.approval import AllowAll
from screenagent.desktop.virtual import VirtualDesktop

with VirtualDesktop("mousepad") as virtual:  # unattended, in sight: nobody is asked on this desktop of its own
    agent = Agent.embedded(virtual.desktop, approver=AllowAll())
    for event in agent.run("type 'Dear Ada,', press enter, open the Edit menu, click Select All"):
        print(f"{event.at:6.2f} s  {event.event}")
