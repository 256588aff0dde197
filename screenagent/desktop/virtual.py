"""A desktop of its own for an application to be driven on: a session, and the app in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final, Self

from screenagent.control import Control
from screenagent.desktop import VirtualKind
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.platform import DisplayName
from screenagent.desktop.session_programs import APP_SECONDS
from screenagent.desktop.virtual_session import HD, VirtualSession
from screenagent.geometry import Size
from screenagent.keys import ONLY_STOP, UserKeys
from screenagent.protocols import TextReader
from screenagent.screenshot import Window
from screenagent.secrets import Secrets

ARRANGED_SECONDS: Final = 2.0  # a window that is there already does not go


class VirtualDesktop:
    """While it is entered there is a session of its own, of this `kind`, and `app` is open there where one is named.

    Everything runs in a home and runtime folder of its own, and is gone when this is left, or when we are killed.
    """

    def __init__(
        self,
        app: str | Sequence[str] = (),
        *,
        kind: VirtualKind = "xvfb",
        control: Control | None = None,
        size: Size = HD,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        secrets: Secrets | None = None,
        reader: TextReader | None = None,
        user_keys: UserKeys = ONLY_STOP,
    ) -> None:
        self.control = control or Control()
        self._app = app
        self.session = VirtualSession(kind, control=self.control, size=size, cwd=cwd, environment=environment)
        self._open = partial(LocalDesktop, control=self.control, secrets=secrets, reader=reader, user_keys=user_keys)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            session = stack.enter_context(self.session)
            self.folder, self.display, self.environment = session.folder, session.display, session.environment
            # Before any program: on Wayland one loses the first click and key if it began without mouse and keyboard.
            opened = self._open(display=self.place, start=session.programs.start)
            self.desktop = stack.enter_context(opened)
            session.wait_until_ready()
            if self._app:
                self.launch(self._app)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def place(self) -> DisplayName:
        """What opens this desktop; `display` is the X server that is there, too."""
        return self.session.server.opened_as()

    def launch(self, app: str | Sequence[str], *, seconds: float = APP_SECONDS) -> Window:
        """Start an application here, and wait until its first window is up, and mostly in front."""
        return self.session.programs.launch(app, self.session.windows, seconds=seconds)

    def opened_again(self, control: Control) -> LocalDesktop:
        """Open the display once more, for a run that `control` steers; whoever asks closes it."""
        return self._open(display=self.place, control=control, start=self.session.programs.start)

    def arrange(self, window: Window, edges: tuple[int, int, int, int]) -> None:
        """Put the window there, and wait until it has gone: left, top, right and bottom in pixels."""
        windows = self.session.windows
        before = windows.edges(window)
        windows.arrange(window, edges)
        self.session.programs.until(lambda: windows.edges(window) != before, windows, seconds=ARRANGED_SECONDS)
