"""A desk as a desktop: to be worked on by one agent at a time, and looked at while none does."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import PurePath
from typing import Final, Self

from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.desktop.at_work import at_work
from screenagent.desktop.desk import Desk
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.pictures import MssPictures
from screenagent.desktop.screen import ScreenCapture
from screenagent.desktop.session_programs import APP_SECONDS, SessionPrograms, program_words
from screenagent.desktop.x11.connection import GONE
from screenagent.desktop.x11.driver_selection import AskedServer
from screenagent.desktop.x11.windows import X11Windows
from screenagent.geometry import Size, Value
from screenagent.keys import ONLY_STOP, UserKeys
from screenagent.perception.named_window import belongs_to
from screenagent.protocols import Retry, TextReader
from screenagent.screenshot import Screenshot, Window
from screenagent.secrets import Secrets

ANSWER_SECONDS: Final = 1.0
"""A desk that does not answer within this is not waited for."""


class DeskDesktop:
    """While it is entered, `desktop` is that of a desk. What is opened there stays when it is left."""

    def __init__(
        self,
        desk: Desk,
        *,
        control: Control | None = None,
        secrets: Secrets | None = None,
        reader: TextReader | None = None,
        user_keys: UserKeys = ONLY_STOP,
    ) -> None:
        self.desk = desk
        self.control = control or Control()
        self._programs = SessionPrograms(desk.folder, desk.environment, control=self.control)
        self._open = partial(LocalDesktop, control=self.control, secrets=secrets, reader=reader, user_keys=user_keys)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._windows = stack.enter_context(closing(X11Windows(self.desk.display)))
            self.desktop = stack.enter_context(self._open(display=self.desk.display, start=self._programs.start))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self._programs.leave()

    def launch(self, app: str | Sequence[str], *, seconds: float = APP_SECONDS) -> Window:
        """Start an application there, and wait until its first window is up, and mostly in front."""
        return self._programs.launch(app, self._windows, seconds=seconds)

    def bring_to_front(self, app: str | Sequence[str]) -> bool:
        """Bring a window of an application to the front; return whether it has one."""
        program = PurePath((*program_words(app), "")[0]).name
        window = next((window for window in self._windows.all() if belongs_to(window, program)), None)
        if window is None:
            return False
        with suppress(Retry):  # it stays where it is, and the agent sees that
            self.desktop.activate(window)
        return True


class DeskStatus(Value):
    """What is to be known of a desk now; `programs` is None if its display does not answer."""

    name: str
    display: str
    size: Size
    since: str
    shared: str
    programs: tuple[str, ...] | None
    at_work: str | None
    """The task of the agent that is at work there."""


def launch_apps(desk: Desk, apps: Sequence[str], control: Control) -> None:
    """Open applications on a desk, one after the other."""
    programs = SessionPrograms(desk.folder, desk.environment, control=control)
    with closing(X11Windows(desk.display)) as windows:
        for app in apps:
            programs.launch(app, windows)
    programs.leave()


def task_at_work(desk: Desk) -> str | None:
    """Return the task of the agent that is at work on a desk; None if none is."""
    with at_work(desk.display) as found:
        return next((run.driver.task for run in found.runs), None)


def desk_status(desk: Desk) -> DeskStatus:
    """Return what is open on a desk, and who is at work there."""
    server = AskedServer(desk.display)
    try:
        programs = server.ask(lambda _: _open_programs(desk.display)).result(ANSWER_SECONDS)
    except (NoDesktop, TimeoutError):
        programs = None
    finally:
        server.close()
    return DeskStatus(
        name=desk.name,
        display=desk.display,
        size=desk.size,
        since=desk.since.isoformat(timespec="seconds"),
        shared=str(desk.shared),
        programs=programs,
        at_work=task_at_work(desk),
    )


def desk_screenshot(desk: Desk) -> Screenshot:
    """Return what a desk shows while no agent is at work there.

    While one is, its own pictures are to be looked at: what is a secret is blank in those alone.
    """
    if (task := task_at_work(desk)) is not None:
        raise NoDesktop(f"an agent is at work on the desk {desk.name!r} (“{task}”); look at the pictures of its run")
    try:
        with (
            closing(X11Windows(desk.display)) as windows,
            closing(ScreenCapture(partial(MssPictures, desk.display))) as screen,
        ):
            front = windows.foreground()
            edges = windows.edges(front) if front else None
            return screen.screenshot(screen.grab(), screen.placed(front, edges) if front and edges else front)
    except GONE as reason:
        raise NoDesktop(f"the desk {desk.name!r} has just ended") from reason


def _open_programs(display: str) -> tuple[str, ...]:
    with closing(X11Windows(display)) as windows:
        return tuple(dict.fromkeys(window.app or window.title for window in windows.all()))
