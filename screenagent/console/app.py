"""The Textual app: a start screen, a run that is supervised, or one that is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import Screen

from screenagent.console.keys import KeysScreen
from screenagent.console.past_screen import PastScreen
from screenagent.console.picture import ScreenPicture
from screenagent.console.prompt import PromptScreen
from screenagent.console.run_screen import RunScreen
from screenagent.console.start_screen import StartScreen
from screenagent.console.stop_keys import telling_driver
from screenagent.console.supervise_screen import DEAF_SECONDS, Begin, SuperviseScreen
from screenagent.console.terminal import BLOCKS, Terminal
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.scripts import Script
from screenagent.settings import SettingInForce

Play = Callable[[Path, Script, Mapping[str, str]], tuple[str, Begin]]
"""A script and its parameters' values, as a task and how it is begun; `ValueError` where it cannot be."""


class Console(App[Episode]):
    """Opens with `task` under way, with the run in `past`, or with the start screen."""

    TITLE = "screenagent"
    CSS_PATH = "console.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012 - to mypy the base class's is no ClassVar
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "keys", "Keys", key_display="?", tooltip="this list"),
        Binding("d", "shade", "Light/dark", show=False, tooltip="another theme"),
        Binding("ctrl+p", "command_palette", "Commands", show=False, priority=True, tooltip="all of this by name"),
        Binding("ctrl+c", "stop", "Stop", show=False, priority=True, tooltip="stop wherever you are; again: leave"),
    ]

    def __init__(
        self,
        *,
        begin: Callable[[str], Begin],
        play: Play | None = None,
        runs: Path,
        scripts: Path | None = None,
        task: str | None = None,
        past: Path | None = None,
        settings: Sequence[SettingInForce] = (),
        terminal: Terminal = BLOCKS,
        deaf_seconds: float = DEAF_SECONDS,
        answer_seconds: float | None = None,
        control: Callable[[], Control] = Control,
    ) -> None:
        super().__init__()
        self.supervising: SuperviseScreen | None = None
        self._begin, self._play, self._first_task, self._past = begin, play, task, past
        self._runs, self._scripts = runs, scripts or Path()
        self._settings, self._terminal, self._deaf_seconds = settings, terminal, deaf_seconds
        self._answer_seconds, self._control = answer_seconds, control

    def on_mount(self) -> None:
        self.theme = "textual-dark"
        if self._first_task is not None:
            self.supervise(self._first_task, self._begin(self._first_task))
        elif self._past is not None:
            self.push_screen(PastScreen(self._past, self._terminal))
        else:
            self.push_screen(StartScreen(self._runs, self._scripts, self._settings))

    def get_driver_class(self) -> type[Driver]:
        return telling_driver(super().get_driver_class(), self._stop_at_once)

    def _stop_at_once(self, key: str) -> None:
        """What these keys do when their turn comes, but for what stands on the screen."""
        run = self.supervising
        if run is not None and (key == "ctrl+c" or (key == "escape" and self.screen_stack[-1:] == [run])):
            run.control.stop()

    def stop(self) -> None:
        """From any thread and from a signal handler."""
        if self.supervising is not None:
            self.supervising.control.stop()

    def resume(self) -> None:
        """Likewise."""
        if self.supervising is not None:
            self.supervising.control.resume()

    @on(StartScreen.Entered)
    def begin_task(self, message: StartScreen.Entered) -> None:
        try:
            begin = self._begin(message.task)
        except ValueError as error:
            self.notify(str(error), title="That cannot be read", severity="error", timeout=15)
            return
        self.supervise(message.task, begin)

    @on(StartScreen.Chosen)
    @work
    async def play_script(self, message: StartScreen.Chosen) -> None:
        """Each parameter that has no value is asked for first."""
        given: dict[str, str] = {}
        for name, parameter in message.script.parameters.items():
            if parameter.default is None and not parameter.secret:
                value = await self.push_screen_wait(PromptScreen(name, hint=parameter.about))
                if value is None:
                    return
                given[name] = value
        if self._play is None:
            return
        try:
            task, begin = self._play(message.file, message.script, given)
        except ValueError as error:
            self.notify(str(error), title="That cannot be played", severity="error", timeout=15)
            return
        self.supervise(task, begin)

    @on(StartScreen.Picked)
    def open_run(self, message: StartScreen.Picked) -> None:
        self.push_screen(PastScreen(message.folder, self._terminal))

    def supervise(self, task: str, begin: Begin) -> None:
        self.supervising = SuperviseScreen(
            task,
            begin,
            self._control(),
            terminal=self._terminal,
            deaf_seconds=self._deaf_seconds,
            answer_seconds=self._answer_seconds,
        )
        self.push_screen(self.supervising)

    @on(RunScreen.Left)
    def go_back(self, message: RunScreen.Left) -> None:
        if any(isinstance(screen, StartScreen) for screen in self.screen_stack):
            self.pop_screen()
        else:
            self.exit(message.episode)

    def action_stop(self) -> None:
        if self.supervising is not None and not self.supervising.is_over:
            self.supervising.action_stop()
        else:
            self.exit(self.supervising.episode if self.supervising else None)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every key that does something here and now, by what it does."""
        explained = {
            active.binding.tooltip: active
            for active in screen.active_bindings.values()
            if active.binding.tooltip and active.enabled and active.binding.action != "command_palette"
        }
        for what, active in explained.items():
            key = active.binding.key_display or self.get_key_display(active.binding)
            run = partial(self.run_action, active.binding.action, active.node)
            yield SystemCommand(what[0].upper() + what[1:], f"key {key}", run)
        yield SystemCommand("Choose a theme", "light, dark, and others", self.action_change_theme)

    def action_shade(self) -> None:
        self.theme = "textual-light" if self.current_theme.dark else "textual-dark"

    def action_keys(self) -> None:
        places = (*type(self.screen).mro(), ScreenPicture, type(self))
        self.push_screen(KeysScreen([key for place in places for key in vars(place).get("BINDINGS", ())]))
