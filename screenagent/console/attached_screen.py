"""The screen of a run that this console is attached to: what happens, who holds the yes, and how it is steered."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message

from screenagent.console import wording
from screenagent.console.options import ConsoleOptions
from screenagent.console.own_run import OwnRun
from screenagent.console.run_screen import EventHappened, RunScreen
from screenagent.control import Control
from screenagent.errors import UserError
from screenagent.runs import telling
from screenagent.screenshot import Screenshot
from screenagent.sessions.attachment import Attachment, News
from screenagent.sessions.messages import EventTold, HolderTold, OverTold, Steering, SteeringTold, WantedTold
from screenagent.sessions.messages import Message as Told
from screenagent.showing import abridged

STEERING: Final = frozenset(("pause", "one_step", "tell", "stop", "take_over"))
"""What a key can do about a run that is not over."""

STEERING_KEYS: Final[list[BindingType]] = [
    Binding("space", "pause", "Pause", key_display="␣", tooltip="wait after what it is at; again: go on"),
    Binding("full_stop", "one_step", "One step", key_display=".", tooltip="one step, then pause again"),
    Binding("m", "tell", "Tell", tooltip="tell the agent something for its next decision"),
    Binding("h", "hold", "Hold", tooltip="take the yes, which one face has; again: give it back"),
    Binding("k", "keep", "Keep", tooltip="keep the yes that another face asks for"),
    Binding("escape", "stop", "Stop", tooltip="stop for good: nothing more is sent"),
]

TICK_SECONDS: Final = 1.0
PICTURES: Final = 4
PICTURE_SECONDS: Final = 0.1
"""A picture that does not come within this is drawn when it comes."""


class NewsCame(Message):
    """The run has told something."""


class PictureCame(Message):
    """A picture is here that was not there in time to be drawn."""


@dataclass
class RunBroke(Message):
    """The run that this console carries out came to its end by an error."""

    error: Exception


class AttachedScreen(RunScreen):
    def __init__(
        self, attach: Callable[[News], Attachment], options: ConsoleOptions, *, own: OwnRun | None = None
    ) -> None:
        """`own` is the run that this console carries out; one that it only attaches to goes on without it."""
        super().__init__(options.terminal)
        self.own = own
        self._news_is_coming = True  # it is read as soon as this is mounted; before that nothing can be posted
        self.run_is_over = False
        self.broke: Exception | None = None
        self._holder = HolderTold(number=0)
        self._wanted: WantedTold | None = None
        self._steering = SteeringTold(number=0, paused=False)
        self._heard_at = time.monotonic()
        self._kept_pictures: OrderedDict[str, Screenshot] = OrderedDict()
        # What is asked of the run is asked in a thread of its own: a run that hangs must not hang its console.
        self._asks = ThreadPoolExecutor(max_workers=1, thread_name_prefix="face")
        self._fetches = ThreadPoolExecutor(max_workers=1, thread_name_prefix="face pictures")
        self.attachment = attach(self._has_news)

    @property
    def control(self) -> Control:
        """The control of the run that this console carries out."""
        assert self.own is not None
        return self.own.control

    def on_mount(self) -> None:
        if self.own is not None:
            self.work(self.own)
        self.call_after_refresh(self.read_news)
        self.set_interval(TICK_SECONDS, self.tick)

    def tick(self) -> None:
        """Let the clock be seen to go, where nothing else happens for a while."""
        if not self.is_over:
            self._say("facts", wording.facts(self.episode, self.seconds))

    @property
    def seconds(self) -> float:
        since = 0.0 if self.is_over or self.last is None else time.monotonic() - self._heard_at
        return super().seconds + since

    def on_unmount(self) -> None:
        if self.own is not None:
            self.own.control.stop()
        self._asks.shutdown(wait=False)
        self._fetches.shutdown(wait=False, cancel_futures=True)
        self.attachment.detach()

    @work(thread=True)
    def work(self, own: OwnRun) -> None:
        try:
            own.carry_out()
        except Exception as error:  # noqa: BLE001 - shown here, and raised where the console was opened
            self.post_message(RunBroke(error))

    def _has_news(self) -> None:
        """Said in any thread, mostly the agent's."""
        if not self._news_is_coming:
            self._news_is_coming = True
            self.post_message(NewsCame())

    @on(NewsCame)
    def read_news(self) -> None:
        self._news_is_coming = False
        self.folder = Path(self.attachment.about.folder) if self.attachment.about.folder else None
        for message in self.attachment.read():
            self.heed(message)

    @on(PictureCame)
    def show_picture(self) -> None:
        self.show_soon()

    def heed(self, message: Told) -> None:
        """Take up one message of the run."""
        match message:
            case EventTold(event=event):
                self._heard_at = time.monotonic()
                self.fold(EventHappened(event))
            case HolderTold():
                was_ours, self._holder, self._wanted = self.holds, message, None
                if not message.id and not was_ours:  # another face has left
                    self._asks.submit(self._take_free)
                self.hold_changed()
            case WantedTold():
                self._wanted = message
                self._say_wanted(message)
            case SteeringTold():
                self._steering = message
                self.show()
            case OverTold(error=error):
                self.run_is_over = True
                if error and self.own is None:
                    self.broke = UserError(error)
                self.show()

    @on(RunBroke)
    def break_off(self, message: RunBroke) -> None:
        self.broke = message.error
        self.show()

    @property
    def holds(self) -> bool:
        """Whether what is answered here counts."""
        return self._holder.id == self.attachment.id

    def hold_changed(self) -> None:
        """Said when another face holds the yes than before, or none."""
        self.show()

    def _say_wanted(self, wanted: WantedTold) -> None:
        if self.holds:
            said = f"{abridged(wanted.name)} gets it in {wanted.seconds:g} s; k keeps it here"
            self.notify(said, title="Another face asks for the yes", timeout=wanted.seconds)
            self.show()

    def ask_run(self, ask: Callable[[], object], *, refused: Callable[[], object] = lambda: None) -> None:
        """Ask something of the run; what it refuses is told, and then `refused` is called here."""
        self._asks.submit(self._asked, ask, refused)

    def _asked(self, ask: Callable[[], object], refused: Callable[[], object]) -> None:
        try:
            ask()
        except (UserError, OSError) as error:
            if self.is_attached:
                self.app.call_from_thread(self.notify, str(error), severity="warning")
                self.app.call_from_thread(refused)

    def steer(self, what: Steering, text: str = "") -> None:
        self.ask_run(lambda: self.attachment.steer(what, text))

    @property
    def opening(self) -> str:
        return self.attachment.about.task

    @property
    def how(self) -> telling.State:
        if self.broke is not None and self.episode.ended is None:
            return "broken"
        if self.taken_over:
            return "taken over"
        return "paused" if self.paused else "at work"

    @property
    def paused(self) -> bool:
        return self.own.control.paused if self.own is not None else self._steering.paused

    @property
    def taken_over(self) -> bool:
        """Whether a person works on the desktop."""
        return self._steering.taken_over

    @property
    def plight(self) -> str:
        return super().plight or (str(self.broke) if self.broke and self.episode.ended is None else "")

    @property
    def mode(self) -> tuple[object, ...]:
        return *super().mode, self._holder.id, self._wanted is not None, self._steering

    def _kept(self, screen: Screenshot) -> Screenshot:
        """Return the screenshot with its picture, if that is here by now; a run that hangs has time to send it."""
        if screen.digest not in self._kept_pictures:
            asked = self._fetches.submit(self._fetch, screen)
            try:
                asked.result(PICTURE_SECONDS)
            except TimeoutError:
                asked.add_done_callback(lambda _: self.post_message(PictureCame()))
        return self._kept_pictures.get(screen.digest, screen)

    def _fetch(self, screen: Screenshot) -> None:
        """Get a picture of the run, in a thread of its own: answers do not wait for it."""
        if screen.digest in self._kept_pictures:
            return
        try:
            image = self.attachment.picture(screen.digest)
        except (UserError, OSError, ValueError):
            image = None
        self._kept_pictures[screen.digest] = screen.model_copy(update={"image": image})
        while len(self._kept_pictures) > PICTURES:
            self._kept_pictures.popitem(last=False)

    def action_take_over(self) -> None:
        """The user works on the desktop, and hands it back with the same key."""
        self.steer("hand_back" if self.taken_over else "take_over")

    def action_pause(self) -> None:
        self.steer("resume" if self.paused else "pause")

    def action_one_step(self) -> None:
        self.steer("one_step")

    def action_stop(self) -> None:
        self.stop_at_once()
        self.show()

    def stop_at_once(self) -> None:
        """Stop the run; may be called from any thread and from a signal handler."""
        if self.own is not None:
            self.own.control.stop()
        else:
            self.steer("stop")

    def action_hold(self) -> None:
        """Take the yes, or ask who holds it; with it, let another face have it."""
        self.ask_run(self.attachment.release if self.holds else self._take)

    def _take(self) -> None:
        if not self.attachment.take():
            said = f"{abridged(self._holder.name)} is asked for it, and may refuse"
            self.app.call_from_thread(self.notify, said, title="Asked for the yes")

    def _take_free(self) -> None:
        """Take the yes that another face has left, unless this console only watches or a third one was quicker."""
        with suppress(UserError, OSError):
            self.attachment.take(if_free=True)

    def action_keep(self) -> None:
        """Keep the yes that another face asks for."""
        self._wanted = None
        self.ask_run(self.attachment.refuse)
        self.show()

    @property
    def is_over(self) -> bool:
        return self.run_is_over or self.episode.ended is not None or self.broke is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in STEERING:
            return self._can_steer(action)
        match action:
            case "leave":
                return self.is_over or self.own is None
            case "hold":
                return not self.is_over and (not self.holds or self.own is None)
            case "keep":
                return not self.is_over and self._wanted is not None and self.holds
        return super().check_action(action, parameters)

    def _can_steer(self, action: str) -> bool:
        if self.is_over or not (self.holds or action in ("pause", "stop")):
            return False
        if action == "one_step":
            return self.paused and not self.taken_over
        if action == "pause":
            return not self.taken_over
        return True
