"""One replay: a script with values, and the agent that plays it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from screenagent.actions import Action, KeyboardInput
from screenagent.agent import Agent
from screenagent.episode import Episode
from screenagent.events import Reject, Verdict
from screenagent.geometry import Location
from screenagent.planning import InstructionPlanner
from screenagent.protocols import Approver, HurriedDesktop, TextReader, WorkWatch
from screenagent.screenshot import Window
from screenagent.scripts import Anchors, Script
from screenagent.scripts.linked import Linked
from screenagent.scripts.replay.accepted import AcceptedSteps, accepting
from screenagent.scripts.replay.anchor_grounder import AnchorGrounder, AnchorGuesser, CloserGrounder, PointedGrounder
from screenagent.scripts.replay.claims import Claims
from screenagent.scripts.replay.decisions import is_front
from screenagent.scripts.replay.notes import Notes
from screenagent.scripts.replay.planner import ScriptPlanner
from screenagent.scripts.replay.rest import RestJudge
from screenagent.scripts.replay.screen_readout import ScreenReadout


@dataclass(frozen=True)
class Replay:
    """A script and the values of its parameters, ready to be played once; `file` is where it was read from.

    `runs` are the scripts that it runs. `is_first` and `is_last` say whether this is the first row of several, and the
    last. `notes` are written while it is played. `began` is the time from which on a file counts as made by it, by
    default when it begins. `accepted` are the steps that a person has said yes to before.
    """

    script: Script
    values: Mapping[str, str] = field(default_factory=dict)
    anchors: Anchors | None = None
    file: Path | None = None
    runs: Mapping[str, Linked] = field(default_factory=dict)
    is_first: bool = True
    is_last: bool = True
    notes: Notes = field(default_factory=Notes)
    began: float | None = None
    accepted: AcceptedSteps | None = None

    @property
    def public_values(self) -> dict[str, str]:
        """The values of the parameters that are not secret."""
        return {name: value for name, value in self.values.items() if not self.script.parameters[name].secret}

    @property
    def task(self) -> str:
        """The task of the run: the script's name, and the values of its parameters."""
        values = [f"{name} {value}" for name, value in self.public_values.items()]
        return f"{self.script.name} ({', '.join(values)})" if values else self.script.name

    def playing(self, agent: Agent, reader: TextReader) -> Agent:
        """Return the agent that plays it: `agent`, with what it would do and see otherwise as a last resort."""
        is_at_work = agent.desktop.is_at_work if isinstance(agent.desktop, WorkWatch) else lambda: False
        rest = RestJudge(reader, is_at_work)
        linked = Linked(self.script, self.file, self.runs)
        planner = ScriptPlanner(
            linked,
            self.values,
            agent.planner,
            agent.checker,
            rest,
            ScreenReadout(reader, agent.grounder, agent.states),
            recorded=frozenset(self.anchors.names() if self.anchors else ()).union(
                *(run.recorded for run in self.runs.values())
            ),
            notes=self.notes,
            claims=Claims(agent.states),
            is_first=self.is_first,
            is_last=self.is_last,
        )
        planner.began = self.began or planner.began
        grounder, guesser, asking = agent.grounder, agent.guesser, agent.asking
        if self.anchors is not None:
            grounder = CloserGrounder(grounder, guesser)
            pointed = PointedGrounder(lambda: planner.points, grounder)
            grounder = recorder = AnchorGrounder(self.anchors, lambda: planner.anchor_names, reader, grounder, pointed)
            planner.seen, planner.instead = recorder.seen, recorder.instead
            guesser = guesser and AnchorGuesser(grounder, guesser)
            asking = asking and replace(asking, may_help=lambda words: not recorder.shows_its_name(words))
        if isinstance(agent.desktop, HurriedDesktop):
            agent.desktop.hurry(planner.may_go_on)
        asking_once = accepting(agent.approver, self.accepted, linked, lambda: planner.attended)
        approver = FocusApprover(asking_once, lambda: planner.window)
        parts = replace(agent, planner=planner, grounder=grounder, guesser=guesser, approver=approver)
        planner.skilled = lambda instructions: InstructionPlanner(
            reader=reader, grounder=grounder, states=agent.states, instructions=instructions
        )
        may_ask = asking.may_help if asking else lambda _: False
        return replace(parts, asking=asking, lateness=lambda: planner.lateness(may_ask))


@dataclass(frozen=True)
class FocusApprover:
    """Lets keys go to no other window than the one that they were recorded for.

    `wanted` gives words for the window that has to be in front for the current step. `approver` reviews the rest.
    """

    approver: Approver
    wanted: Callable[[], str | None]

    def review(self, action: Action, locations: tuple[Location, ...], episode: Episode) -> Verdict:
        words = self.wanted()
        front = episode.screenshot.window if episode.screenshot else None
        if isinstance(action, KeyboardInput) and words is not None and not is_front(words, front):
            return Reject(reason=f"“{words}” is to be in front for it, but {_called(front)} is")
        return self.approver.review(action, locations, episode)


def _called(window: Window | None) -> str:
    return f"“{window.title or window.app}”" if window else "nothing"
