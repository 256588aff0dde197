"""Opens the desktop and builds the parts of an agent that need no model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from screenagent.assembly.departure import Departure, on_signals
from screenagent.control import Control
from screenagent.keys import ONLY_STOP, UserKeys
from screenagent.protocols import Accessibility, Approver, Desktop, StateReader, TextReader
from screenagent.secrets import Secrets
from screenagent.settings import Settings

if TYPE_CHECKING:
    from screenagent.agent.inquiry import ScreenAsking
    from screenagent.approval import Asker, Policy
    from screenagent.approval.vault import Vault
    from screenagent.assembly.desks import DeskUse
    from screenagent.desktop import VirtualKind
    from screenagent.desktop.local import LocalDesktop
    from screenagent.desktop.virtual import VirtualDesktop
    from screenagent.grounding.embedded import EmbeddedGrounder
    from screenagent.perception.icon_names import IconNames
    from screenagent.perception.reader import ScreenReader
    from screenagent.perception.timing import Timing


@contextmanager
def stoppable_control() -> Iterator[Control]:
    """A control that Ctrl-C, other signals and the terminal's end stop. Whatever hangs, the process then leaves."""
    with Departure() as departure:
        control = departure.watch(Control())
        suspended = partial(control.interrupt, "the agent was suspended, so it waits")
        with on_signals(stop=control.stop, resume=control.resume, suspended=suspended):
            try:
                yield control
            finally:
                control.over.set()


@contextmanager
def open_desktop(
    settings: Settings,
    control: Control,
    *,
    virtual: bool,
    app: str | None,
    desk: DeskUse | None = None,
    task: str | None = None,
    reader: ScreenReader | None = None,
    on: VirtualDesktop | None = None,
    secrets: Secrets | None = None,
    outlives: bool = False,
) -> Iterator[LocalDesktop]:
    """The user's own desktop, or a virtual one with `app` on it that is gone afterwards; for a task, ours alone, by a
    process that `outlives` the task or ends with it.

    With `desk` the virtual one is that desk, which stays, as does `on`, a virtual desktop that is there already.
    A `reader` begins to read what the user's own desktop shows.
    """
    from screenagent.desktop.local import LocalDesktop
    from screenagent.desktop.lock import driving
    from screenagent.desktop.user_input import MonitorOptions, UserInputMonitor

    secrets, traces = secrets or build_vault(settings), reader or build_reader(settings)
    users = user_keys(settings, virtual=virtual)
    pauses = settings.pause_on_user_input == "on" or (settings.pause_on_user_input == "auto" and not virtual)

    def locked() -> str | None:
        return lock.result()()

    away = ended_if_away(locked, control) if nobody_is_there(settings) else locked
    with ExitStack() as stack:
        lock = _screen_lock(stack, asked=not virtual)
        if on is not None:
            desktop = stack.enter_context(on.opened_again(control))
        elif desk is not None:
            from screenagent.assembly.desks import opened_desk

            opened = opened_desk(
                desk, app, control, task=task, secrets=secrets, reader=traces, user_keys=users, outlives=outlives
            )
            desktop = stack.enter_context(opened)
        elif virtual:
            opening = new_virtual_desktop(settings, app, control, secrets=secrets, reader=traces, user_keys=users)
            desktop = stack.enter_context(opening).desktop
        else:
            own = partial(LocalDesktop, monitor=settings.display, wayland=settings.wayland, away=away)
            desktop = stack.enter_context(own(control=control, secrets=secrets, reader=traces, user_keys=users))
            control.while_asking(desktop.terminal_in_front)
        first = desktop.screenshot()  # from here on it is watched for what changes by itself
        if reader and not virtual:  # where an application has just been started, this is not yet what will be asked for
            reader.read_soon(first)
        if task is not None and desk is None:
            stack.enter_context(driving(desktop.display_name, task, control, outlives=outlives))
        heeds = MonitorOptions(keys=users, corner=settings.stop_corner, touch=pauses)
        stack.enter_context(UserInputMonitor(desktop, control=control, heeds=heeds))
        lock.result()
        yield desktop


def new_virtual_desktop(
    settings: Settings,
    app: str | None,
    control: Control,
    *,
    secrets: Secrets,
    reader: TextReader,
    user_keys: UserKeys = ONLY_STOP,
) -> VirtualDesktop:
    """Return a virtual desktop with `app` on it, of the kind and size that the settings say, to be entered."""
    from screenagent.desktop.virtual import VirtualDesktop

    kind, size = settings.virtual_kind, settings.virtual_size
    return VirtualDesktop(
        app or (), kind=kind, size=size, control=control, secrets=secrets, reader=reader, user_keys=user_keys
    )


def build_vault(settings: Settings) -> Vault:
    """Build what gives secrets as the policy says. A policy in a file is read at once, so an error in it is told."""
    from screenagent.approval.vault import Vault

    policy = settings.policy
    if policy is not None:
        return Vault(read_policy(policy).why_not)
    return Vault(lambda secret, window: read_policy(None).why_not(secret, window))


def user_keys(settings: Settings, *, virtual: bool) -> UserKeys:
    """The keys by which the user steers the agent. Where nobody is asked, or nobody sits, none of them answers."""
    all_keys = settings.user_keys
    return replace(all_keys, yes=(), no=()) if virtual or settings.approve == "never" else all_keys


def nobody_is_there(settings: Settings) -> bool:
    """Whether nobody can unlock the screen, as in a run by schedule: nobody is asked, or there is no terminal."""
    return settings.approve == "never" or not any(map(os.isatty, (0, 2)))


def ended_if_away(away: Callable[[], str | None], control: Control) -> Callable[[], str | None]:
    """Return `away`, which says why nothing can be done on the screen now; if it does, the run ends."""

    def ended() -> str | None:
        if why := away():
            from screenagent.desktop import NoDesktop

            said = why.partition(",")[0]
            control.end(NoDesktop(f"{said}, and nobody is there to change that; unlock it, or play on --virtual"))
        return why

    return ended


def _screen_lock(stack: ExitStack, *, asked: bool) -> Future[Callable[[], str | None]]:
    """Begin to open what says why nothing can be done on the screen: those whom it asks may be slow to answer."""
    pool = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="screen lock"))
    return pool.submit(_opened_lock, stack, asked=asked)


def _opened_lock(stack: ExitStack, *, asked: bool) -> Callable[[], str | None]:
    if not asked:
        return lambda: None
    from screenagent.desktop.platform import open_lock

    return open_lock(stack)


@contextmanager
def open_empty(control: Control, kind: VirtualKind = "xvfb") -> Iterator[VirtualDesktop]:
    """A virtual desktop with nothing on it."""
    from screenagent.desktop.virtual import VirtualDesktop

    with VirtualDesktop(kind=kind, control=control) as started:
        yield started


@contextmanager
def reading_prepared(settings: Settings) -> Iterator[None]:
    """Meanwhile load the networks that read the screen, in a thread; what is wrong with them is said when they read."""
    with ThreadPoolExecutor(1, thread_name_prefix="networks") as pool:
        pool.submit(lambda: build_reader(settings).prepare())
        yield


def build_reader(settings: Settings, stages: Timing | None = None) -> ScreenReader:
    """Build the OCR reader; `stages` counts the time that it takes."""
    from screenagent.perception.reader import ScreenReader

    return ScreenReader(letters=settings.ocr_alphabet, stages=stages)


def let_read_ahead(desktop: Desktop, reader: ScreenReader) -> None:
    """Have `reader` read what the desktop sees while an input is waited for. Other desktops than ours do not tell."""
    if hasattr(desktop, "reads_ahead"):
        desktop.reads_ahead = reader.read_ahead


def build_grounder(
    settings: Settings,
    *,
    reader: ScreenReader | None = None,
    desktop: Desktop | None = None,
    told: Accessibility | None = None,
    stages: Timing | None = None,
) -> EmbeddedGrounder:
    """Build the embedded grounder. It asks the programs on `desktop` for their controls, or `told` what they have told,
    if the settings allow it."""
    from screenagent.grounding.embedded import EmbeddedGrounder

    accessibility = told or program_controls(desktop) if settings.accessibility else None
    return EmbeddedGrounder(reader or build_reader(settings, stages), accessibility=accessibility, stages=stages)


def build_states(settings: Settings, reader: TextReader, desktop: Desktop | None) -> StateReader:
    """Build what reads the states of controls; it asks their programs under the same setting as the grounder."""
    from screenagent.perception.states import ControlStateReader

    return ControlStateReader(reader, program_controls(desktop) if settings.accessibility else None)


def build_asking(
    settings: Settings, desktop: Desktop, grounder: EmbeddedGrounder, names: IconNames, reader: TextReader
) -> ScreenAsking | None:
    """Build what asks the screen for the names of buttons; None if that is off, or if tooltips are not windows."""
    from screenagent.agent.inquiry import ScreenAsking

    if settings.ask_tooltips == "off" or getattr(desktop, "x_display", None) is None:
        return None
    from screenagent.desktop.local import LocalDesktop
    from screenagent.desktop.tooltips import resting_mouse
    from screenagent.grounding.tooltip_match import TooltipNaming

    assert isinstance(desktop, LocalDesktop)
    naming = TooltipNaming(grounder, names, reader, in_pages=settings.ask_tooltips == "everywhere")
    return ScreenAsking(naming, partial(resting_mouse, desktop))


def program_controls(desktop: Desktop | None) -> Accessibility | None:
    """Return what asks the programs of an X desktop for their controls; other desktops have none here."""
    return getattr(desktop, "accessibility", None)


def build_approver(settings: Settings, ask: Asker, reader: TextReader) -> Approver:
    """Build the approver: everything is allowed under `approve = "never"`, otherwise the policy decides what to ask."""
    from screenagent.approval import AllowAll, PolicyApprover

    if settings.approve == "never":
        return AllowAll()
    policy = read_policy(settings.policy)
    return PolicyApprover(ask, risky_only=settings.approve == "risky", policy=policy, reader=reader)


def read_policy(path: Path | None) -> Policy:
    """Return the policy in the file, or the default one."""
    from screenagent.approval import Policy, default_policy

    return default_policy() if path is None else Policy.read(path)
