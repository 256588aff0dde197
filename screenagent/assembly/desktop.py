"""Opens the desktop that a run works on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

from screenagent import keys
from screenagent.approval.vault import Vault
from screenagent.assembly.parts import build_reader, read_policy
from screenagent.control import Control
from screenagent.settings import Settings

if TYPE_CHECKING:
    from screenagent.desktop.local import LocalDesktop


@contextmanager
def open_desktop(
    settings: Settings, control: Control, *, virtual: bool, app: str | None, task: str | None = None
) -> Iterator[LocalDesktop]:
    """The user's own desktop, or a virtual one with `app` on it that is gone afterwards; for a task, ours alone."""
    from screenagent.desktop.local import LocalDesktop
    from screenagent.desktop.lock import driving
    from screenagent.desktop.user_input import MonitorOptions, UserInputMonitor
    from screenagent.desktop.virtual import VirtualDesktop

    secrets, reading = Vault(read_policy(settings.policy).why_not), build_reader(settings)
    stop_keys = keys.chord(settings.stop_keys)
    pauses = settings.pause_on_user_input == "on" or (settings.pause_on_user_input == "auto" and not virtual)
    with ExitStack() as stack:
        if virtual:
            app_on_it = VirtualDesktop(
                app or (),
                size=settings.virtual_size,
                control=control,
                secrets=secrets,
                reader=reading,
                stop_keys=stop_keys,
            )
            opened = stack.enter_context(app_on_it).desktop
        else:
            opened = stack.enter_context(
                LocalDesktop(
                    control=control,
                    monitor=settings.display,
                    secrets=secrets,
                    reader=reading,
                    stop_keys=stop_keys,
                    away=_screen_lock(stack),
                )
            )
        if task is not None:
            stack.enter_context(driving(opened.x_display, task))
        heeds = MonitorOptions(stop_keys=stop_keys, corner=settings.stop_corner, touch=pauses)
        stack.enter_context(UserInputMonitor(opened, control=control, heeds=heeds))
        yield opened


def _screen_lock(stack: ExitStack) -> Callable[[], str | None]:
    if sys.platform != "linux":  # elsewhere a locked screen takes no input
        return lambda: None
    from screenagent.desktop.x11.screen_lock import ScreenLock

    return stack.enter_context(closing(ScreenLock()))


@contextmanager
def open_display(control: Control) -> Iterator[str]:
    """The name of an X display of its own, with nothing on it."""
    from screenagent.desktop.virtual import VirtualDesktop

    with VirtualDesktop(control=control) as started:
        yield started.display
