"""What one client has here: the frames that it was shown, what it asked for, and the run that has the desktop."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING, Final, Protocol

from screenagent.agent.guard import same_window
from screenagent.approval import Asker
from screenagent.assembly.client_desktop import ClientWork
from screenagent.assembly.supervised import SupervisedWork
from screenagent.control import Control
from screenagent.desktop.lock import TakenDesktop
from screenagent.episode import Step
from screenagent.events import Approve, Revise
from screenagent.mcp.arguments import StepAsked, WrongArguments
from screenagent.mcp.client_run import PERSON_STOPPED, ClientRun, MakesLive, Opens, RunAsked
from screenagent.mcp.going_on import GoingOn
from screenagent.mcp.outcomes import ClientTexts, Told, run_told, steps_told
from screenagent.mcp.planner import LEASE_SECONDS, Batch, ClientPlanner
from screenagent.mcp.sight import Sight, Viewed
from screenagent.screenshot import Screenshot
from screenagent.showing import abridged

if TYPE_CHECKING:
    from screenagent.scripts import Script

MOST_KEPT: Final = 500
"""Calls and runs that are remembered."""
MOST_FRAMES: Final = 6
"""Frames that can be acted on. Their pictures are kept, to be compared with the screen as it is then."""
OPEN_SECONDS: Final = 60.0
"""A desktop that opens later than that is not waited for."""
UNNAMED: Final = "unnamed"


class DesktopOffered(Protocol):
    """The desktop of a connection."""

    def view(self) -> Viewed: ...

    def without_secrets(self, text: str) -> str:
        """Return a text with the names of the secrets that were typed here instead of their values."""
        ...

    def task(self, task: str, client: str) -> ClientWork:
        """Return the work of a task; raise `Unreadable` if it is not plain instructions and no model plans."""
        ...

    def scripts(self) -> Mapping[str, Script]:
        """Return the recorded scripts by their names."""
        ...

    def script(self, name: str, given: Mapping[str, str], client: str) -> ClientWork:
        """Return the work of a script with these values for its parameters; raise `WrongUsage` if it cannot be."""
        ...

    def open(self, control: Control, ask: Asker, work: ClientWork) -> AbstractContextManager[SupervisedWork]:
        """Open the desktop and the agent for a run; raise `TakenDesktop` if another agent drives it."""
        ...


ActKey = tuple[str, tuple[StepAsked, ...]]
"""A frame, and the steps that were planned on it: together they are one proposal."""


@dataclass
class Act:
    """A call of `act`, which the same call finds again, the screen of its frame, and the result once there is one."""

    key: ActKey
    seen: Screenshot
    run: ClientRun
    done: Future[Told] = field(default_factory=Future)

    @property
    def steps(self) -> tuple[StepAsked, ...]:
        return self.key[1]


class ClientConnection:
    """All methods may be called from any thread; those that look at the screen or open the desktop take their time."""

    def __init__(self, desktop: DesktopOffered, makes_live: MakesLive, *, lease_seconds: float = LEASE_SECONDS) -> None:
        self._desktop, self._makes_live, self.lease_seconds = desktop, makes_live, lease_seconds
        self.texts = ClientTexts(desktop.without_secrets)
        self._looking = threading.Lock()  # one thread at a time looks at the desktop
        self._lock = threading.RLock()  # protects what follows
        self._frames: OrderedDict[str, Screenshot] = OrderedDict()
        self._acts: OrderedDict[ActKey, Act] = OrderedDict()
        self._runs: OrderedDict[str, ClientRun] = OrderedDict()
        self._token = token_hex(3)  # a frame of another connection is none of ours
        self._looks = self._begun = 0
        self._holding: ClientRun | None = None
        self._planner: ClientPlanner | None = None
        self._open_act: Act | None = None
        self._is_stopped = False
        self._going_on = GoingOn(makes_live)
        self._is_closed = False

    # Looking

    def look(self) -> tuple[str, Screenshot]:
        """Return the screen, and the id of this look."""
        screen = self.look_now()
        return self._kept(screen), screen

    def look_now(self) -> Screenshot:
        """Return the screen, without a frame to act on."""
        sight = self.sight
        with self._looking:
            return sight.look()

    @property
    def sight(self) -> Sight:
        return Sight(self._desktop.view(), self.texts)

    def _kept(self, screen: Screenshot) -> str:
        with self._lock:
            self._looks += 1
            frame = f"f{self._looks}-{self._token}"
            self._frames[frame] = self._sharing(screen)
            while len(self._frames) > MOST_FRAMES:
                self._frames.popitem(last=False)
            return frame

    def _sharing(self, screen: Screenshot) -> Screenshot:
        """Let looks at a screen that stays the same keep one picture."""
        alike = next((kept for kept in self._frames.values() if kept.digest == screen.digest), screen)
        return screen.model_copy(update={"image": alike.image})

    # Acting

    def act(self, client: str, key: ActKey, given_up: threading.Event) -> Act | Told:
        """Begin these steps, or find the call that has begun them; what cannot begin is told why.

        Nothing begins once the client has `given_up`.
        """
        frame, _ = key
        with self._lock:
            if (known := self._acts.get(key)) is not None:
                return known
            refused = self._why_not(client) or self._stale(frame)
        if refused is not None:
            return refused
        now = self.look_now()
        with self._lock:
            if (known := self._acts.get(key)) is not None:
                return known
            seen = self._frames.get(frame)
            refused = self._why_not(client) or self._stale(frame) or self._changed(seen, now)
            if given_up.is_set():
                return Told(outcome="stopped", by="you", reason="the call was cancelled")
            return refused or self._begin(client, key, self._frames[frame])

    def _why_not(self, client: str) -> Told | None:
        """Return why nothing may begin now."""
        if self._is_closed:
            return Told(outcome="stopped", reason="the server is going down")
        if self._is_stopped:
            self._going_on.ask(client, self._go_on)
            return Told(outcome="stopped", by="person", reason=PERSON_STOPPED)
        if self._open_act is not None and not self._open_act.done.done():
            question = self._open_act.run.waits_for
            return Told(
                outcome="busy", by="you", question=question, reason="repeat the call that is open, or call stop"
            )
        for handle, run in self._runs.items():
            if not run.over.is_set():
                reason = f"your run {handle} has the desktop; wait with run_status, or call run_stop"
                return Told(outcome="busy", by="you", handle=handle, reason=reason)
        return None

    def _stale(self, frame: str) -> Told | None:
        if frame in self._frames:
            return None
        what = "has been acted on or is too old" if frame.endswith(f"-{self._token}") else "was never shown to you"
        reason = f"the frame {abridged(frame, 40)} {what}; call see and plan on what it shows"
        return Told(outcome="refused", by="guard", reason=reason)

    def _changed(self, seen: Screenshot | None, now: Screenshot) -> Told | None:
        if seen is not None and seen.size == now.size and same_window(seen, now):
            return None
        return Told(outcome="refused", by="guard", reason="another window is in front than on that frame; call see")

    def _begin(self, client: str, key: ActKey, seen: Screenshot) -> Act:
        """Hand the steps to the run that holds the desktop, or to a new one. All earlier frames are old from here."""
        batch = Batch([step.planned() for step in key[1]], seen)
        if self._planner is None or not self._planner.give(batch):
            self._hold(client, batch)
        assert self._holding is not None
        act = Act(key, seen, self._holding)
        self._frames.clear()
        self._acts[key] = self._open_act = act
        while len(self._acts) > MOST_KEPT:
            self._acts.popitem(last=False)
        batch.done.add_done_callback(lambda done: self._finish(act, done.result()))
        return act

    def _hold(self, client: str, first: Batch) -> None:
        """Begin the run that holds the desktop from these steps on until the client asks for nothing more."""
        earlier, control = self._holding, Control()
        planner = ClientPlanner(control, seconds=self.lease_seconds)
        planner.give(first)
        work = ClientWork(task="step by step", client=client, step_by_step=True)
        says = f"for {client}, over MCP"
        asked = RunAsked(work.task, client, self._opens(work, earlier), planner, says)
        self._planner = planner
        self._holding = run = ClientRun(asked, control, self._makes_live, lambda: self._let_go(run, planner))
        run.start()

    def _opens(self, work: ClientWork, earlier: ClientRun | None) -> Opens:
        over = earlier.over if earlier else None

        def opens(control: Control, ask: Asker) -> AbstractContextManager[SupervisedWork]:
            if over is not None:
                control.until(over.is_set, seconds=OPEN_SECONDS)
            return self._desktop.open(control, ask, work)

        return opens

    def _go_on(self) -> None:
        with self._lock:
            self._is_stopped = False

    def _note_stop(self, run: ClientRun) -> None:
        if run.stopped_by_person:
            with self._lock:
                self._is_stopped = True

    def _let_go(self, run: ClientRun, planner: ClientPlanner) -> None:
        self._note_stop(run)
        planner.end(run.episode)

    def _finish(self, act: Act, steps: Sequence[Step]) -> None:
        """Tell what became of the steps of a call. One that was given up before anything was sent may be made again."""
        run, screen = act.run, act.run.episode.screenshot
        with self._lock:
            self._frames.clear()  # what was seen before an input is old
            if not any(map(_may_have_sent, steps)) and (run.stopped_by_client or run.broke):
                self._acts.pop(act.key, None)
                self._frames[act.key[0]] = act.seen
            act.seen = act.seen.model_copy(update={"image": None})  # the call is remembered without its picture
            frame = self._kept(screen) if screen is not None else ""
        if run.broke is None or steps:
            cut_short = run.is_stopped or (run.is_ending and len(steps) < len(act.steps))
            told = steps_told(steps, len(act.steps), stopped=run.why_ended if cut_short else "")
            by = "person" if cut_short and run.stopped_by_person else told.by
            act.done.set_result(told.model_copy(update={"frame": frame, "by": by}))
        elif isinstance(run.broke, TakenDesktop):
            act.done.set_result(_busy(run.broke))
        else:
            act.done.set_exception(run.broke)

    # Whole tasks

    def run(self, client: str, task: str) -> Told:
        """Begin a task."""
        return self._begin_run(client, self._desktop.task(task, client))

    def scripts(self) -> Mapping[str, Script]:
        return self._desktop.scripts()

    def play(self, client: str, name: str, given: Mapping[str, str]) -> Told:
        """Begin to play a script."""
        return self._begin_run(client, self._desktop.script(name, given, client))

    def run_status(self, handle: str) -> Told:
        """Tell how a run stands, or what became of it."""
        run = self._run(handle)
        if not run.over.is_set():
            return Told(outcome="running", handle=handle, question=run.question, reason=run.pause)
        if isinstance(run.broke, TakenDesktop):
            return _busy(run.broke)
        if run.broke is not None:
            raise run.broke
        if run.episode.ended is None:
            return Told(outcome="stopped", handle=handle, reason=run.why_ended)
        return run_told(run.episode).model_copy(update={"handle": handle})

    def run_stop(self, handle: str) -> Told:
        return Told(outcome="stopped" if self._run(handle).stop() else "unchanged", handle=handle)

    def _run(self, handle: str) -> ClientRun:
        with self._lock:
            if (run := self._runs.get(handle)) is None:
                raise WrongArguments(f"there is no run {abridged(handle, 40)!r}; run and play return handles")
            return run

    def _begin_run(self, client: str, work: ClientWork) -> Told:
        with self._lock:
            if (refused := self._why_not(client)) is not None:
                return refused
            self._finish_run()
            earlier, control, handle = self._holding, Control(), f"r{self._begun + 1}-{self._token}"
            self._begun += 1
            self._frames.clear()
            opens, says = self._opens(work, earlier), f"for {client}, over MCP"
            asked = RunAsked(work.task, client, opens, says=says)
            self._runs[handle] = self._holding = run = ClientRun(
                asked, control, self._makes_live, lambda: self._note_stop(run)
            )
            while len(self._runs) > MOST_KEPT:
                self._runs.popitem(last=False)
            run.start()
        return Told(outcome="running", handle=handle)

    # Ending

    def stop(self) -> bool:
        """Stop what the client has under way, and let the desktop go; return whether there was anything to stop."""
        with self._lock:
            act = self._open_act
            stopped = act is not None and not act.done.done() and act.run.stop()
            for run in self._runs.values():
                stopped = run.stop() or stopped
            self._finish_run()
            return stopped

    def stop_for_person(self) -> None:
        """Stop what is under way for the person at the machine: nothing more begins until they say go on."""
        with self._lock:
            self._is_stopped = True
        for run in self._under_way():
            run.control.stop()

    def resume(self) -> None:
        """Let what waits for the person's hand on the desktop go on."""
        for run in self._under_way():
            run.control.resume()

    def _under_way(self) -> Sequence[ClientRun]:
        with self._lock:
            runs = (self._holding, *self._runs.values())
            return [run for run in runs if run is not None and not run.over.is_set()]

    def withdraw(self, key: ActKey) -> None:
        """Stop this call, which its client has given up."""
        with self._lock:
            if (act := self._acts.get(key)) is not None and not act.done.done():
                act.run.stop()
                self._finish_run()

    def _finish_run(self) -> None:
        """Let the run that takes steps take no more."""
        if self._planner is not None:
            self._planner.finish()

    def close(self, seconds: float) -> None:
        """End everything, and wait at most so long until what is held is released."""
        with self._lock:
            self._is_closed = True
            self._going_on.stop()
            runs = [run for run in (self._holding, *self._runs.values()) if run is not None]
        for run in runs:
            run.stop()
        for run in runs:
            run.over.wait(seconds)


def _may_have_sent(step: Step) -> bool:
    """Whether a step sent something, or may have: one that was stopped in the middle of its input has only its yes."""
    return step.sent or isinstance(step.verdict, Approve | Revise)


def _busy(taken: TakenDesktop) -> Told:
    holder = taken.driver.task if taken.driver else "another agent"
    return Told(outcome="busy", by=holder, reason=str(taken))
