"""Carry out plain steps in an editor on a virtual desktop, and watch the events go by."""

from screenagent.agent import Agent
from screenagent.agent.checker import SightChecker
from screenagent.approval import AllowAll
from screenagent.control import Control
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.grounding.embedded import LiteGrounder
from screenagent.perception.reader import LiteReader
from screenagent.planning import DirectPlanner

control = Control()
grounder = LiteGrounder(LiteReader())
with VirtualDesktop("mousepad", control=control) as virtual:
    agent = Agent(
        planner=DirectPlanner(),
        grounder=grounder,
        approver=AllowAll(),  # unattended, in sight: nobody is asked on this desktop of its own
        desktop=virtual.desktop,
        checker=SightChecker(grounder),
        control=control,
    )
    for event in agent.run("type 'Dear Ada,', press enter, open the Edit menu, click Select All"):
        print(f"{event.at:6.2f} s  {event.event}")
