"""The desktop of another agent that is connected to us: looked at at any time, and opened anew for each of its runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from screenagent.approval import Asker
from screenagent.assembly.parts import build_grounder, build_reader, build_vault, new_virtual_desktop, open_desktop
from screenagent.assembly.supervised import MOST_REPLAY_STEPS, SupervisedWork, Supervision, build_replay, record_run
from screenagent.control import Control
from screenagent.errors import WrongUsage
from screenagent.protocols import Accessibility, TextReader
from screenagent.screenshot import Window
from screenagent.secrets import Secrets, with_secrets_named
from screenagent.settings import Settings

if TYPE_CHECKING:
    from screenagent.desktop.local import LocalDesktop
    from screenagent.desktop.virtual import VirtualDesktop
    from screenagent.grounding.embedded import EmbeddedGrounder
    from screenagent.perception.reader import ScreenReader
    from screenagent.planning import Instructions
    from screenagent.scripts import Script
    from screenagent.scripts.replay import Replay

MOST_SCRIPTS: Final = 200


@dataclass(frozen=True)
class ViewedDesktop:
    """A desktop that is only looked at, and what reads it."""

    desktop: LocalDesktop
    grounder: EmbeddedGrounder
    accessibility: Accessibility | None
    reader: TextReader


@dataclass(frozen=True, kw_only=True)
class ClientWork:
    """What a run does, `task`, as a client asked for it: all of it planned by a model or by these instructions, as a
    replay, or step by step as the client goes on."""

    task: str
    client: str
    instructions: Instructions | None = None
    replay: Replay | None = None
    step_by_step: bool = False


class ClientDesktop:
    """Opened when it is first needed. A virtual desktop stays for as long as the client is connected, a desk longer.

    Secrets that a run has typed are blank in every later picture, too.
    """

    def __init__(self, where: Supervision) -> None:
        self._where = where
        self._opening = threading.Lock()  # protects the opening of the desktop and of the view
        self._stack = ExitStack()
        self._control = Control()
        self._virtual: VirtualDesktop | None = None
        self._viewed: ViewedDesktop | None = None
        self._reader: ScreenReader | None = None
        self._secrets: TypedSecrets | None = None

    def close(self) -> None:
        """Let go of the desktop; a virtual one is gone then."""
        self._control.stop()
        with self._opening:
            self._stack.close()

    def view(self) -> ViewedDesktop:
        """Return the desktop to look at."""
        with self._opening:
            if self._viewed is None:
                self._control.check()
                self._viewed = self._opened_view()
            return self._viewed

    def without_secrets(self, text: str) -> str:
        """Return a text with the names of the secrets that were typed here instead of their values."""
        return self._secrets.named_in(text) if self._secrets else text

    def task(self, task: str, client: str) -> ClientWork:
        """Return the work of a task; raise `Unreadable` if it is not plain instructions and no model plans."""
        return ClientWork(task=task, client=client, instructions=self._where.task(task).instructions)

    def scripts(self) -> Mapping[str, Script]:
        """Return the recorded scripts in the folder that the settings name; files that are none are left out."""
        from screenagent.scripts import ScriptError, read_script

        found = {}
        for file in sorted(self._where.settings.scripts.glob("*.yaml"))[:MOST_SCRIPTS]:
            with suppress(ScriptError, OSError):
                found[file.stem] = read_script(file)
        return found

    def script(self, name: str, given: Mapping[str, str], client: str) -> ClientWork:
        """Return the work of a script; raise `WrongUsage` if there is none of that name, or its values do not fit."""
        if (script := self.scripts().get(name)) is None:
            raise WrongUsage(f"there is no script {name!r}; call scripts for those that there are")
        file = self._where.settings.scripts / f"{name}.yaml"
        supervised = self._where.replay(build_replay(file, script, given))
        return ClientWork(task=supervised.task, client=client, replay=supervised.replay)

    def _settings(self, work: ClientWork) -> Settings:
        """The settings of a run: only a task is bounded, and only a task may need a model that plans."""
        settings = self._where.settings
        if work.step_by_step:
            settings = settings.model_copy(update={"model": None})
        if work.step_by_step or work.replay:
            settings = settings.model_copy(update={"max_steps": MOST_REPLAY_STEPS})
        return settings

    @contextmanager
    def open(self, control: Control, ask: Asker, work: ClientWork) -> Iterator[SupervisedWork]:
        """Open the desktop and the agent for a run; raise `TakenDesktop` if another agent drives it."""
        from screenagent.assembly.agent import build_agent

        self.view()
        where, settings, reader = self._where, self._settings(work), self._reader
        shown_as = f"{work.client} over MCP: {work.task}"
        with ExitStack() as stack:
            opening = open_desktop(
                settings,
                control,
                virtual=where.virtual,
                app=work.replay.script.app if work.replay and where.desk else None,
                desk=where.desk,
                task=shown_as,
                reader=reader,
                on=self._virtual,
                secrets=self._secrets,
                outlives=True,
            )
            desktop = stack.enter_context(opening)
            if self._secrets is not None:
                stack.enter_context(self._secrets.shared_with(desktop))
            if self._virtual and work.replay and work.replay.script.app:
                self._virtual.launch(work.replay.script.app)
            control.while_asking(lambda: nullcontext(f"asked for by {work.client}, over MCP"))
            recording = record_run(settings, work.task, replay=work.replay) if where.record else nullcontext()
            recorder = stack.enter_context(recording)
            if recorder:
                control.on_leave(recorder.end)
            agent = build_agent(
                settings, control, desktop, ask=ask, instructions=work.instructions, replay=work.replay, reader=reader
            )
            display = str(desktop.display_name) if where.virtual else ""
            sinks, folder = ([recorder], recorder.folder) if recorder else ([], None)
            yield SupervisedWork(agent, sinks, folder, display)

    def _opened_view(self) -> ViewedDesktop:
        settings = self._where.settings
        self._reader = reader = self._reader or build_reader(settings)
        self._secrets = secrets = self._secrets or TypedSecrets(build_vault(settings))
        with ExitStack() as stack:
            desktop = self._opened_desktop(stack, secrets, reader)
            stack.enter_context(secrets.shared_with(desktop))
            self._stack = stack.pop_all()
        accessibility = desktop.accessibility if settings.accessibility else None
        return ViewedDesktop(desktop, build_grounder(settings, reader=reader, desktop=desktop), accessibility, reader)

    def _opened_desktop(self, stack: ExitStack, secrets: Secrets, reader: ScreenReader) -> LocalDesktop:
        from screenagent.desktop.local import LocalDesktop

        where, settings, control = self._where, self._where.settings, self._control
        if where.desk is not None:
            from screenagent.assembly.desks import viewed_desk

            return stack.enter_context(viewed_desk(where.desk, control, secrets=secrets, reader=reader))
        if where.virtual:
            started = new_virtual_desktop(settings, where.app, control, secrets=secrets, reader=reader)
            self._virtual = stack.enter_context(started)
            return started.desktop
        own = LocalDesktop(
            control=control, monitor=settings.display, secrets=secrets, reader=reader, wayland=settings.wayland
        )
        return stack.enter_context(own)


class TypedSecrets:
    """Gives secrets out as `source` does, and lets every open desktop know them, so that none shows them."""

    def __init__(self, source: Secrets) -> None:
        self._source = source
        self._sharing = threading.Lock()  # protects both lists
        self._given: dict[str, SecretStr] = {}
        self._desktops: list[LocalDesktop] = []

    def reveal(self, name: str, window: Window | None) -> SecretStr:
        value = self._source.reveal(name, window)
        with self._sharing:
            self._given[name] = value
            for desktop in self._desktops:
                desktop.know_secret(name, value)
        return value

    def named_in(self, text: str) -> str:
        """Return a text with the names of the secrets that were given out instead of their values."""
        with self._sharing:
            return with_secrets_named(text, tuple(self._given.items()))

    @contextmanager
    def shared_with(self, desktop: LocalDesktop) -> Iterator[None]:
        """Meanwhile the desktop knows every secret that is given out, and those that were."""
        with self._sharing:
            self._desktops.append(desktop)
            for name, value in self._given.items():
                desktop.know_secret(name, value)
        try:
            yield
        finally:
            with self._sharing:
                self._desktops.remove(desktop)
