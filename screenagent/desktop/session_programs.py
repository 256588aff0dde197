"""Programs that are started in a session of our own, and the windows that come of them."""

from __future__ import annotations

import os
import select
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Final, Protocol

from screenagent.control import Control, Pause
from screenagent.desktop import NoApplication, NoDesktop
from screenagent.screenshot import Window

POLL_SECONDS: Final = 0.05  # how often windows are looked at that nothing was said of
SERVICE_SECONDS: Final = 20.0  # a service starts in under 1 s, but an overloaded machine may take its time
APP_SECONDS: Final = 60.0  # an office suite on a cold disk takes half of that
FRONT_SECONDS: Final = 2.0
LAUNCHER_SECONDS: Final = 5.0  # a command that has ended well may have left the window to another process


class SessionWindows(Protocol):
    """The windows of a session, as far as starting a program there needs them."""

    def all(self) -> tuple[Window, ...]: ...

    def foreground(self) -> Window | None: ...

    def changed(self, seconds: float, /) -> object:
        """Wait until a window came, went, or came to the front, or until `seconds` have passed."""
        ...

    def edges(self, window: Window) -> tuple[int, int, int, int] | None: ...

    def arrange(self, window: Window, edges: tuple[int, int, int, int]) -> None:
        """Ask for the window to be put there: left, top, right and bottom in pixels."""
        ...


@dataclass(frozen=True)
class SessionPrograms:
    """Starts programs in a session of ours, whose folder has their logs and whose environment leads them to it."""

    folder: Path
    environment: dict[str, str]
    _: KW_ONLY
    control: Control
    cwd: Path | None = None
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(
        self,
        argv: Sequence[str],
        *,
        through: Sequence[str] = (),
        more: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a program, in a process session of its own.

        `through` is a command that becomes the program, and `more` is for its environment alone.
        """
        with self._log(argv[0]).open("wb") as log:
            process = subprocess.Popen(
                [*through, *argv],
                env={**self.environment, **(more or {})},
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def start_service(
        self,
        argv: Sequence[str],
        option: Callable[[int], Sequence[str]],
        *,
        through: Sequence[str] = (),
        more: Mapping[str, str] | None = None,
    ) -> Callable[[], str]:
        """Start a service that says on a file descriptor when it is there; what is returned waits for its word.

        `option` makes of the descriptor what the service is told it by.
        """
        ear, mouth = os.pipe()
        try:
            self.start([*argv, *option(mouth)], through=through, more=more, pass_fds=[mouth])
        finally:
            os.close(mouth)

        def word() -> str:
            with os.fdopen(ear, "rb") as said:
                ready, _, _ = select.select([said], [], [], SERVICE_SECONDS)
                line = said.readline().decode().strip() if ready else ""
            if not line:
                raise self._not_started(argv[0])
            return line

        return word

    def await_service(
        self, service: subprocess.Popen[bytes], is_up: Callable[[], bool], *, poll: float, wait: Pause | None = None
    ) -> None:
        """Wait until a service is up. Raise `NoDesktop` with its last words if it ends, or takes too long."""
        ended_or_up = lambda: is_up() or service.poll() is not None  # noqa: E731
        self.control.until(ended_or_up, seconds=SERVICE_SECONDS, poll=poll, wait=wait)
        if not is_up():
            raise self._not_started(str(service.args[0]))  # type: ignore[index] # always started with a list

    def _not_started(self, program: str) -> NoDesktop:
        return NoDesktop(f"{Path(program).name} did not start{self.last_words(program)}")

    def launch(self, app: str | Sequence[str], windows: SessionWindows, *, seconds: float = APP_SECONDS) -> Window:
        """Start an application, and wait until its first window is up, and mostly in front."""
        argv = program_words(app)
        if not argv or shutil.which(argv[0], path=self.environment.get("PATH")) is None:
            raise NoApplication(
                f"there is no application {shlex.join(argv) or app!r}; is it installed and spelled right?"
            )
        earlier = {window.id for window in windows.all()}

        def opened() -> list[Window]:
            return [window for window in windows.all() if window.id not in earlier]

        process = self.start(argv)
        self.until(lambda: opened() or process.poll() is not None, windows, seconds=seconds)
        if (status := process.poll()) == 0:
            self.until(opened, windows, seconds=min(LAUNCHER_SECONDS, seconds))
        if not (found := opened()):
            ended = f"ended (status {status}) without a window"
            why = f"opened no window within {seconds:g} s" if status is None else ended
            raise NoApplication(f"{shlex.join(argv)!r} {why}{self.last_words(argv[0])}")
        # A window manager puts a window up first and gives it the keys then; some windows it never does.
        self.until(windows.foreground, windows, seconds=FRONT_SECONDS)
        return found[0]

    def leave(self) -> None:
        """Leave what was started to itself."""
        for process in self.started:
            if process.poll() is None:
                process.returncode = 0  # so that nothing waits for it any more

    def until(self, predicate: Callable[[], object], windows: SessionWindows, *, seconds: float) -> bool:
        return self.control.until(predicate, seconds=seconds, poll=POLL_SECONDS, wait=windows.changed)

    def last_words(self, program: str) -> str:
        """Return the last thing that a program said, to end a sentence with."""
        said = self._log(program).read_text(errors="replace").strip().splitlines()
        return f"; it said: {said[-1]}" if said else ""

    def _log(self, program: str) -> Path:
        return self.folder / "log" / Path(program).name


def program_words(app: str | Sequence[str]) -> list[str]:
    """Return the words of a command, read as a shell would."""
    if not isinstance(app, str):
        return list(app)
    try:
        return shlex.split(app)
    except ValueError as error:
        raise NoDesktop(f"the command {app!r} cannot be read as a shell would: {error}") from error
