"""The Textual app: a start screen, a run that is supervised, or one that is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual import events, on, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.driver import Driver
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.screen import Screen

from screenagent.console.dialogs import KeysScreen, PromptScreen
from screenagent.console.options import Begin, ConsoleOptions
from screenagent.console.own_run import OwnRun
from screenagent.console.past_screen import PastScreen
from screenagent.console.picture import ScreenPicture
from screenagent.console.run_screen import RunScreen
from screenagent.console.start_screen import StartScreen
from screenagent.console.stop_keys import driver_that_reports_keys
from screenagent.console.supervise_screen import SuperviseScreen
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.scripts import Script
from screenagent.sessions.attachment import Attachment, News
from screenagent.showing import CODE, LONGEST_TYPED, visible_lines

Play = Callable[[Path, Script, Mapping[str, str]], tuple[str, Begin]]
"""Turns a script and the values of its parameters into a task and how it is begun; raises `ValueError` if it cannot."""


class CodesRemoved(LineFilter):
    """Blanks a code that a widget was given all the same; words have theirs made visible before they come here."""

    def apply(self, segments: list[Segment], _background: Color) -> list[Segment]:
        return [self._plain(segment) if CODE.search(segment.text) else segment for segment in segments]

    def _plain(self, segment: Segment) -> Segment:
        return Segment(CODE.sub(lambda code: " " * cell_len(code[0]), segment.text), segment.style)


CODES_REMOVED: Final = CodesRemoved()


class Console(App[Episode]):
    """Opens with `task` under way, attached to a run, with the run in `past`, or with the start screen."""

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
        begin: Callable[[str], Begin],
        options: ConsoleOptions,
        *,
        play: Play | None = None,
        task: str | None = None,
        past: Path | None = None,
        attach: Callable[[News], Attachment] | None = None,
        takes: bool = False,
    ) -> None:
        """With `takes` it asks for the yes of the run that it attaches to, if another face has it."""
        super().__init__()
        self._attach_to_run, self._takes = attach, takes
        self.supervising: SuperviseScreen | None = None
        self._begin, self._play, self._first_task, self._past = begin, play, task, past
        self._options = options
        self._watch: Callable[[Control], object] = lambda _: None

    def watch_runs(self, watch: Callable[[Control], object]) -> None:
        """Call `watch` with the control of each run that begins from here on."""
        self._watch = watch

    def get_line_filters(self) -> Sequence[LineFilter]:
        return *super().get_line_filters(), CODES_REMOVED

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Tell something as it is: neither codes nor markup in it do anything."""
        said = visible_lines(message[:LONGEST_TYPED])
        super().notify(said, title=title, severity=severity, timeout=timeout, markup=markup)

    def on_mount(self) -> None:
        self.theme = "textual-dark"
        if self._attach_to_run is not None:
            self.supervising = SuperviseScreen(self._attach_to_run, self._options)
            self.push_screen(self.supervising)
            if self._takes:
                self.supervising.action_hold()
        elif self._first_task is not None:
            self.supervise(self._first_task, self._begin(self._first_task))
        elif self._past is not None:
            self.push_screen(PastScreen(self._past, self._options))
        else:
            self.push_screen(StartScreen(self._options))

    def get_driver_class(self) -> type[Driver]:
        return driver_that_reports_keys(super().get_driver_class(), self._stop_at_once)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded and self.supervising is not None:
            self.supervising.heed_key(event)
        await super().on_event(event)

    def _stop_at_once(self, key: str) -> None:
        """Stop the agent, if this key does, before the key gets its turn in the app; the app then shows it.

        Ctrl-C only leaves a run that this console is attached to.
        """
        run = self.supervising
        if run is None:
            return
        if (key == "ctrl+c" and run.own is not None) or (key == "escape" and self.screen_stack[-1:] == [run]):
            run.stop_at_once()

    def stop(self) -> None:
        """Stop the agent of this console; may be called from any thread and from a signal handler."""
        if self.supervising is not None and self.supervising.own is not None:
            self.supervising.stop_at_once()

    def resume(self) -> None:
        """Let a paused agent go on; may be called from any thread and from a signal handler."""
        if self.supervising is not None and self.supervising.own is not None:
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
        values = await self._asked_for_values(message.script)
        if self._play is None or values is None:
            return
        try:
            task, begin = self._play(message.file, message.script, values)
        except ValueError as error:
            self.notify(str(error), title="That cannot be played", severity="error", timeout=15)
            return
        self.supervise(task, begin)

    async def _asked_for_values(self, script: Script) -> dict[str, str] | None:
        """Ask for each parameter that has no default; None if the person goes back."""
        values: dict[str, str] = {}
        for name, parameter in script.parameters.items():
            if parameter.default is None and not parameter.secret:
                value = await self.push_screen_wait(PromptScreen(name, hint=parameter.about))
                if value is None:
                    return None
                values[name] = value
        return values

    @on(StartScreen.Picked)
    def open_run(self, message: StartScreen.Picked) -> None:
        self.push_screen(PastScreen(message.folder, self._options))

    def supervise(self, task: str, begin: Begin) -> None:
        own = OwnRun(task, begin, self._options)
        self.supervising = SuperviseScreen(own.attach, self._options, own=own)
        self._watch(own.control)
        self.push_screen(self.supervising)

    @on(RunScreen.Left)
    def go_back(self, message: RunScreen.Left) -> None:
        if any(isinstance(screen, StartScreen) for screen in self.screen_stack):
            self.pop_screen()
        else:
            self.exit(message.episode)

    def action_stop(self) -> None:
        if self.supervising is not None and self.supervising.own is not None and not self.supervising.is_over:
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
