"""Opens all that a supervised run needs: the desktop, the recorder and the agent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import KW_ONLY, dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from screenagent.assembly.parts import build_reader, open_desktop, reading_prepared
from screenagent.control import Control
from screenagent.errors import UserError, WrongUsage
from screenagent.settings import Settings
from screenagent.showing import tell

if TYPE_CHECKING:
    from screenagent.agent import Agent, Sink
    from screenagent.approval import ApprovalQuestion, Asker
    from screenagent.assembly.desks import DeskUse
    from screenagent.assembly.models import Models
    from screenagent.events import Event, Verdict
    from screenagent.planning import Instructions
    from screenagent.runs.log import Recorder
    from screenagent.scripts import Script
    from screenagent.scripts.replay import Replay
    from screenagent.sessions.missed import MissedQuestions

MOST_REPLAY_STEPS: Final = 10_000
"""A script ends by itself, so this bounds only one whose tasks never end."""


@dataclass(frozen=True)
class SupervisedWork:
    """An agent, what else receives its events, the folder that the run is recorded in, and the display that a virtual
    desktop has."""

    agent: Agent
    sinks: Sequence[Sink] = ()
    folder: Path | None = None
    virtual_display: str = ""


class MoreSteps(WrongUsage, ValueError):
    """A task has more steps than a run may take, which is known before the first."""

    code = "more_steps"

    def __init__(self, steps: int, most: int) -> None:
        cure = f"add --max-steps {steps}, or set `max_steps` in the settings"
        super().__init__(f"the task has {steps} steps, and a run gives up after {most}; {cure}")


@dataclass(frozen=True)
class Supervision:
    """Where runs take place, and whether they are recorded. A `desk` is virtual, too, and stays.

    `told` hears how far the removal of older ones is.
    """

    settings: Settings
    _: KW_ONLY
    virtual: bool
    app: str | None
    desk: DeskUse | None = None
    record: bool = True
    told: Callable[[str], object] = str

    @property
    def is_new_each_time(self) -> bool:
        """Whether each run has a desktop that no other run has touched."""
        return self.virtual and self.desk is None

    def task(self, task: str) -> Supervised:
        """Prepare a run of `task`. If no model plans, this raises `Unreadable` for a task that is not plain
        instructions, and `MoreSteps` for one that a run would leave in the middle."""
        if self.settings.model is not None:
            return Supervised(self, task)
        from screenagent.planning import read_instructions

        instructions = read_instructions(task)
        if (steps := instructions.length) > self.settings.max_steps:
            raise MoreSteps(steps, self.settings.max_steps)
        return Supervised(self, task, instructions=instructions)

    def unread(self, task: str) -> Supervised:
        """Prepare a run of `task` that reads it, as `task` does, while the screen is read."""
        return Supervised(self, task, is_read=False)

    def replay(self, replay: Replay) -> Supervised:
        """Prepare a replay; the script's own app is opened unless another one is named."""
        from screenagent.scripts.replay.accepted import AcceptedSteps

        app = self.app or replay.script.app if self.virtual else None
        replay = replace(replay, accepted=AcceptedSteps(self.settings.accepted_steps))
        endless = self.settings.with_options(max_steps=MOST_REPLAY_STEPS)
        return Supervised(replace(self, settings=endless, app=app), replay.task, replay=replay)


@dataclass(frozen=True)
class Supervised:
    """One run under supervision: of a task or, with `replay`, of a script."""

    supervision: Supervision
    task: str
    _: KW_ONLY
    instructions: Instructions | None = None
    replay: Replay | None = None
    is_read: bool = True

    @contextmanager
    def open(self, control: Control, ask: Asker) -> Iterator[SupervisedWork]:
        """Open the desktop, the recorder and the agent for as long as the run lasts.

        What reads the screen is loaded while the desktop opens; the first screen is read, and watched for what changes
        by itself, while the task is read and the agent is built.
        """
        where, settings = self.supervision, self.supervision.settings
        with ExitStack() as stack:
            unanswered = stack.enter_context(KeepsUnanswered(ask, settings, self.task))  # what it waits for comes last
            stack.enter_context(reading_prepared(settings))
            models = self._models(control) if settings.model or settings.grounder_model else None
            reader = build_reader(settings)
            try:
                opening = open_desktop(
                    settings,
                    control,
                    virtual=where.virtual,
                    app=where.app,
                    desk=where.desk,
                    task=self.task,
                    reader=reader,
                )
                desktop = stack.enter_context(opening)
            except UserError:
                self._read()  # what is wrong with the task is said first
                raise
            instructions = self._read().instructions
            recording = (
                record_run(settings, self.task, replay=self.replay, told=where.told) if where.record else nullcontext()
            )
            recorder = stack.enter_context(recording)
            sinks: list[Sink] = []
            if recorder:
                control.on_leave(recorder.end)
                unanswered.folder, sinks = recorder.folder, [recorder, unanswered]
            from screenagent.assembly.agent import build_agent

            agent = build_agent(
                settings,
                control,
                desktop,
                ask=unanswered.asked,
                models=models,
                instructions=instructions,
                replay=self.replay,
                reader=reader,
            )
            display = str(desktop.display_name) if where.virtual else ""
            yield SupervisedWork(agent, sinks, recorder.folder if recorder else None, display)

    def _read(self) -> Supervised:
        return self if self.is_read else self.supervision.task(self.task)

    def _models(self, control: Control) -> Models:
        from screenagent.assembly.models import Models

        return Models.of(self.supervision.settings, control)


class KeepsUnanswered:
    """Asks with `ask`, and keeps in the inbox what nobody answers in a run that is recorded. What that takes is loaded
    when it first happens. It is a sink of the run's events."""

    def __init__(self, ask: Asker, settings: Settings, task: str) -> None:
        self._ask, self._settings, self._task = ask, settings, task
        self.folder: Path | None = None
        self._missed: MissedQuestions | None = None
        self._stack = ExitStack()

    def asked(self, question: ApprovalQuestion) -> Verdict | None:
        verdict = self._ask(question)
        if verdict is None and self.folder is not None:
            self._missed = self._missed or self._opened(self.folder)
            self._missed.keep(question)
        return verdict

    def __call__(self, event: Event) -> None:
        if self._missed is not None:
            self._missed(event)

    def _opened(self, folder: Path) -> MissedQuestions:
        from screenagent.sessions.missed import MissedQuestions, kept_inbox

        return MissedQuestions(self._stack.enter_context(kept_inbox(self._settings, tell)), self._task, folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._stack.close()


def build_replay(file: Path, script: Script, given: Mapping[str, str]) -> Replay:
    """Build a replay of the script in `file` with the parameters' values; raises `Unbound` if they don't fit."""
    from screenagent.scripts import Anchors, bound
    from screenagent.scripts.linked import linked_script
    from screenagent.scripts.replay import Replay

    file = file.resolve()
    return Replay(script, bound(script, given), Anchors.of(file), file, linked_script(script, file).runs)


@contextmanager
def record_run(
    settings: Settings, task: str, *, replay: Replay | None = None, told: Callable[[str], object] = str
) -> Iterator[Recorder]:
    """Record a run of `task`; afterwards older runs go, if the settings say so, and progress is `told`."""
    from screenagent.models import prompts
    from screenagent.runs.log import Recorder, new_run_folder

    folder = new_run_folder(settings.runs, task)
    played = {"script": str(replay.file)} if replay and replay.file else {}
    # How the user is told may hold the address of a service that only they should know.
    written = settings.model_dump(mode="json", exclude={"notify"}) | played
    with Recorder(folder, settings=written, prompts=prompts.digests(), screens=settings.keep_screens) as recorder:
        yield recorder
    if settings.keep_days or settings.keep_runs:
        _remove_older(settings, folder, told)


def _remove_older(settings: Settings, latest: Path, told: Callable[[str], object]) -> None:
    from screenagent.runs.retention import outdated, remove, stored_runs, why_not_ours

    older_than = timedelta(days=settings.keep_days) if settings.keep_days else None
    kept = [run for run in stored_runs(settings.runs, told=told) if run.folder != latest]
    keep = settings.keep_runs and settings.keep_runs - 1  # the latest one is kept
    going = outdated(kept, older_than=older_than, keep=keep)
    for number, run in enumerate(going, start=1):
        if why_not_ours(run.folder) is None:
            remove(run.folder)
        told(f"removed {number} of {len(going)} older runs")
