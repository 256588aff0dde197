"""An approver of your own: it lets typing through, moves a click elsewhere, and refuses the rest. No display needed."""

from screenagent.actions import Action, Click, Finish, PressKeys, Target, TypeText
from screenagent.agent import Agent, drive
from screenagent.agent.checker import ScreenChecker
from screenagent.episode import Episode
from screenagent.events import Approve, Reject, Revise, Verdict
from screenagent.fakes import FakeDesktop, FakeGrounder, FakeReader
from screenagent.geometry import Location, Point
from screenagent.planning import InstructionPlanner


class Careful:
    def review(self, action: Action, locations: tuple[Location, ...], episode: Episode) -> Verdict:
        match action:
            case TypeText() | Finish() | Click(target=Target(words="Save a copy")):
                return Approve()
            case Click():
                return Revise(action=Click(target="Save a copy"))
            case PressKeys(keys=keys):
                return Reject(reason=f"no {'+'.join(keys)} here")
            case _:
                return Reject(reason="this approver has never heard of it")


grounder = FakeGrounder({"Save": Point(x=0.2, y=0.1), "Save a copy": Point(x=0.3, y=0.1)})
desktop = FakeDesktop()
agent = Agent(
    planner=InstructionPlanner(),
    grounder=grounder,
    approver=Careful(),
    desktop=desktop,
    checker=ScreenChecker(FakeReader([])),
)
episode = drive(agent, "type 'hello', click Save, press ctrl+q")
for action in desktop.performed:
    print("sent", action)
assert episode.ended is not None
print(episode.ended.result, "-", episode.ended.message)
