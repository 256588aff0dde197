"""A desktop of its own for an application to be driven on: X server, window manager, D-Bus, accessibility, the app."""

from __future__ import annotations

import fcntl
import os
import select
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Final, Self

from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.desktop.json_lines import needed_environment, without_secrets
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.x11.windows import POLL_SECONDS, X11Windows
from screenagent.errors import BadFile
from screenagent.files import is_ours, open_inside
from screenagent.geometry import Size
from screenagent.keys import ONLY_STOP, UserKeys
from screenagent.protocols import TextReader
from screenagent.screenshot import Window
from screenagent.secrets import Secrets

PACKAGES: Final = {
    "Xvfb": "xvfb",
    "openbox": "openbox",
    "dbus-daemon": "dbus-daemon",
    "at-spi-bus-launcher": "at-spi2-core",
}
HD: Final = Size(width=1280, height=720)
SERVICE_SECONDS: Final = 20.0  # a service starts in under 1 s, but an overloaded machine may take its time
APP_SECONDS: Final = 60.0  # an office suite on a cold disk takes half of that
GONE_SECONDS: Final = 1.0  # what the guard has killed is gone by then
FRONT_SECONDS: Final = 2.0
ARRANGED_SECONDS: Final = 2.0  # a window that is there already does not go
LAUNCHER_SECONDS: Final = 5.0  # a command that has ended well may have left the window to another process

# What belongs to the user's own session and would lead an application away from this desktop, and what is for us only.
FOREIGN: Final = tuple(
    "XDG_ DBUS_ WAYLAND_ DESKTOP_ GNOME_ KDE_ GTK_ GDK_ QT_ AT_SPI_ SESSION_ SCREENAGENT_SECRET_ SSH_ GPG_".split()
)

DOUBLE_CLICK_MS: Final = 200
"""Five times as long as the agent leaves between the presses of a double click."""

PREFIX: Final = "screenagent-desktop-"
LOCK: Final = "guard.lock"
LEFT_SECONDS: Final = 60.0  # a folder of that age without a lock has no desktop: one is locked as soon as it is made


class VirtualDesktop:
    """While it is entered there is an X display with a window manager, and `app` open on it where one is named.

    Everything runs in a home and runtime folder of its own, and is gone when this is left, or when we are killed.
    """

    def __init__(
        self,
        app: str | Sequence[str] = (),
        *,
        control: Control | None = None,
        size: Size = HD,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        secrets: Secrets | None = None,
        reader: TextReader | None = None,
        user_keys: UserKeys = ONLY_STOP,
    ) -> None:
        self.control = control or Control()
        self._app, self._size, self._cwd = app, size, cwd
        self._extra = dict(environment or {})
        self._open = partial(
            LocalDesktop, control=self.control, secrets=secrets, reader=reader, user_keys=user_keys, start=self._spawn
        )
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._start(stack)
            if self._app:
                self.launch(self._app)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def launch(self, app: str | Sequence[str], *, seconds: float = APP_SECONDS) -> Window:
        """Start an application here, and wait until its first window is up, and mostly in front."""
        argv = _argv(app)
        if not argv or shutil.which(argv[0], path=self.environment.get("PATH")) is None:
            raise NoDesktop(f"there is no application {shlex.join(argv) or app!r}; is it installed and spelled right?")
        earlier = {window.id for window in self._windows.all()}

        def opened() -> list[Window]:
            return [window for window in self._windows.all() if window.id not in earlier]

        process = self._spawn(argv)
        self._until(lambda: opened() or process.poll() is not None, seconds=seconds)
        if (status := process.poll()) == 0:
            self._until(opened, seconds=min(LAUNCHER_SECONDS, seconds))
        if not (windows := opened()):
            ended = f"ended (status {status}) without a window"
            why = f"opened no window within {seconds:g} s" if status is None else ended
            raise NoDesktop(f"{shlex.join(argv)!r} {why}{self._tail(argv[0])}")
        # A window manager puts a window up first and gives it the keys then; some windows it never does.
        self._until(self._windows.foreground, seconds=FRONT_SECONDS)
        return windows[0]

    def opened_again(self, control: Control) -> LocalDesktop:
        """Open the display once more, for a run that `control` steers; whoever asks closes it."""
        return self._open(display=self.display, control=control)

    def arrange(self, window: Window, edges: tuple[int, int, int, int]) -> None:
        """Put the window there, and wait until it has gone: left, top, right and bottom in pixels."""
        before = self._windows.edges(window)
        self._windows.arrange(window, edges)
        self._until(lambda: self._windows.edges(window) != before, seconds=ARRANGED_SECONDS)

    def _until(self, predicate: Callable[[], object], *, seconds: float) -> bool:
        return self.control.until(predicate, seconds=seconds, poll=POLL_SECONDS, wait=self._windows.changed)

    def _start(self, stack: ExitStack) -> None:
        programs = {name: _program(name) for name in PACKAGES}
        _remove_left_behind()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._processes: list[subprocess.Popen[bytes]] = []
        stack.callback(_take_down, _guard(self.folder), self._processes)
        for private in ("home", "run", "log"):
            (self.folder / private).mkdir(mode=0o700)
        _settle_gtk(self.folder / "home" / ".config")
        self.environment = _environment(self.folder)

        screen = f"{self._size.width}x{self._size.height}x24"
        server = [programs["Xvfb"], "-screen", "0", screen, "-noreset", "-nolisten", "tcp", "-dpi", "96", "-displayfd"]
        display = self._speaking(server, lambda fd: [str(fd)])
        bus = self._speaking([programs["dbus-daemon"], "--session", "--nofork"], lambda fd: [f"--print-address={fd}"])
        self.display = f":{display()}"
        self.environment |= {"DISPLAY": self.display, "DBUS_SESSION_BUS_ADDRESS": bus()}
        openbox = self._spawn([programs["openbox"], "--sm-disable"])
        launcher = self._spawn([programs["at-spi-bus-launcher"], "--launch-immediately", "--a11y=1"])
        self._windows = windows = stack.enter_context(closing(X11Windows(self.display)))
        self.desktop = stack.enter_context(self._open(display=self.display))
        self._await(openbox, windows.managed)
        self._await(launcher, lambda: bool(windows.root_text("AT_SPI_BUS")))
        self.environment["AT_SPI_BUS_ADDRESS"] = windows.root_text("AT_SPI_BUS")
        self.environment |= self._extra

    def _spawn(self, argv: Sequence[str], *, pass_fds: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        with self._log(argv[0]).open("wb") as log:
            process = subprocess.Popen(
                argv,
                env=self.environment,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _speaking(self, argv: Sequence[str], option: Callable[[int], list[str]]) -> Callable[[], str]:
        """Start a service that says on a file descriptor when it is there; what is returned waits for its word."""
        ear, mouth = os.pipe()
        try:
            self._spawn([*argv, *option(mouth)], pass_fds=[mouth])
        finally:
            os.close(mouth)

        def word() -> str:
            with os.fdopen(ear, "rb") as said:
                ready, _, _ = select.select([said], [], [], SERVICE_SECONDS)
                line = said.readline().decode().strip() if ready else ""
            if not line:
                raise NoDesktop(f"{Path(argv[0]).name} did not start{self._tail(argv[0])}")
            return line

        return word

    def _await(self, service: subprocess.Popen[bytes], is_up: Callable[[], bool]) -> None:
        self._until(lambda: is_up() or service.poll() is not None, seconds=SERVICE_SECONDS)
        if not is_up():
            program = str(service.args[0])  # type: ignore[index] # always started with a list
            raise NoDesktop(f"{Path(program).name} did not start{self._tail(program)}")

    def _log(self, program: str) -> Path:
        return self.folder / "log" / Path(program).name

    def _tail(self, program: str) -> str:
        """The last thing it said, to end a sentence with."""
        said = self._log(program).read_text(errors="replace").strip().splitlines()
        return f"; it said: {said[-1]}" if said else ""


def _argv(app: str | Sequence[str]) -> list[str]:
    if not isinstance(app, str):
        return list(app)
    try:
        return shlex.split(app)
    except ValueError as error:
        raise NoDesktop(f"the command {app!r} cannot be read as a shell would: {error}") from error


def missing_programs() -> tuple[str, ...]:
    """The Debian packages that a virtual desktop needs and that are not installed."""
    return tuple(package for name, package in PACKAGES.items() if _found(name) is None)


def _program(name: str) -> str:
    if (found := _found(name)) is None:
        raise NoDesktop(f"a virtual desktop needs {name}, which is not installed: apt-get install {PACKAGES[name]}")
    return found


def _found(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/libexec:/usr/lib/at-spi2-core")


def _environment(folder: Path) -> dict[str, str]:
    own = without_secrets(os.environ)
    return {name: value for name, value in own.items() if not name.startswith(FOREIGN)} | {
        "SCREENAGENT_DESKTOP": str(folder),
        "HOME": str(folder / "home"),
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "LANG": "C.UTF-8",
        "GDK_BACKEND": "x11",
        "GTK_MODULES": "gail:atk-bridge",
        "NO_AT_BRIDGE": "0",
        "GNOME_ACCESSIBILITY": "1",
        "QT_ACCESSIBILITY": "1",
        "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
    }


def _settle_gtk(settings: Path) -> None:
    """Let GTK wait for the second press of a double click no longer than it takes here, instead of 0.4 s.

    For so long after a click it cannot be told whether a program will do more by itself.
    """
    for version in ("gtk-3.0", "gtk-4.0"):
        (settings / version).mkdir(parents=True, mode=0o700)
        (settings / version / "settings.ini").write_text(f"[Settings]\ngtk-double-click-time={DOUBLE_CLICK_MS}\n")


def _guard(folder: Path) -> subprocess.Popen[bytes]:
    """Start a process that ends what runs on the desktop and removes its folder when we have ended."""
    script = files("screenagent.desktop").joinpath("guard.sh").read_text()
    with (folder / LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the guard inherits it, and holds it for as long as it lives
        return subprocess.Popen(
            ["sh", "-c", script, "guard", str(folder)],
            env=needed_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[lock.fileno()],
            start_new_session=True,
        )


def _remove_left_behind() -> None:
    """Folders whose guard was killed too, as when a machine goes down, or that a straggler made anew after it."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError, BadFile):  # its guard lives, or it is not ours: anybody may make such a name there
            if is_ours(folder):
                _remove_if_left(folder)


def _remove_if_left(folder: Path) -> None:
    try:
        held = open_inside(folder, LOCK)
    except FileNotFoundError:
        if folder.lstat().st_mtime < time.time() - LEFT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
        return
    with held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)


def _take_down(guard: subprocess.Popen[bytes], processes: Sequence[subprocess.Popen[bytes]]) -> None:
    guard.communicate()
    if guard.returncode < 0:  # it was killed, and has taken nothing down
        for process in processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    for process in processes:
        try:
            process.wait(GONE_SECONDS)
        except subprocess.TimeoutExpired:
            # Without an environment to be known by, as a process has that is just ending, the guard passed it over.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
