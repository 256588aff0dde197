"""The user's own screen, mouse and keyboard, or those of any X display."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Final, Self

from pydantic import SecretStr

from screenagent import keys
from screenagent.actions import Click, Drag, HoldKeys, Input, Move, PressKeys, Scroll, TypeText
from screenagent.control import Control, Interrupted
from screenagent.desktop import BY_THE_DESKTOP, NoDesktop, WaylandWay
from screenagent.desktop.aim import Aim, app_of
from screenagent.desktop.ambient_changes import AmbientChanges, IdleWatch
from screenagent.desktop.busy import InputAnswers
from screenagent.desktop.clipboard import NotLent, shows_other_machine
from screenagent.desktop.early_end import EarlyEnd
from screenagent.desktop.floating import Floating
from screenagent.desktop.frames import CapturedFrame, Patch, ScreenFrame
from screenagent.desktop.keyboard import Keyboard
from screenagent.desktop.mouse import Mouse
from screenagent.desktop.pending_work import PendingWork, never_rests, program_of
from screenagent.desktop.platform import DisplayName, System, open_system
from screenagent.desktop.programs import ProgramStarter, StartProgram
from screenagent.desktop.receiver import Receiver
from screenagent.desktop.screen import ScreenCapture, how_changed
from screenagent.desktop.secret_masking import SecretMasking, withheld
from screenagent.desktop.sent_input import HeldInput, SentInput
from screenagent.desktop.settle import TYPED_QUIET_SECONDS, GoesOn, SentAction, Settling, sent_now
from screenagent.desktop.typing_watch import TypingWatch
from screenagent.desktop.window_inputs import WindowInputs
from screenagent.geometry import Display, Pixel
from screenagent.protocols import Approved, MayGoOn, Retry, TextReader
from screenagent.screenshot import Screenshot, Window
from screenagent.secrets import Secrets, TextPiece, placeholder, typed_pieces

MENU_HAS_KEYS: Final = "an open menu takes what you type: click in here first, and the menu is opened again"
CLEARING: Final = (("ctrl", "a"), ("delete",), ("end",), ("shift", "home"), ("delete",))
TYPED_AT_MOST: Final = 200  # characters; a longer line is sooner there by the clipboard


class LocalDesktop:
    """One of the monitors: the primary one, or the one that `displays` lists as `monitor`.

    `display` is an X server's name or a Wayland session, by default the user's, and `start` starts programs there.
    Without `secrets` none is typed; `reader` finds what is shown of them. `reads_ahead`, which may be set later, is
    told of each screen that will be asked about once it has settled, and must not keep the caller waiting.
    """

    def __init__(
        self,
        *,
        control: Control | None = None,
        display: DisplayName = None,
        monitor: str | None = None,
        secrets: Secrets | None = None,
        reader: TextReader | None = None,
        user_keys: keys.UserKeys = keys.ONLY_STOP,
        away: Callable[[], str | None] = lambda: None,
        start: StartProgram | None = None,
        wayland: WaylandWay = BY_THE_DESKTOP,
    ) -> None:
        self._away = away
        self.ledger = SentInput()
        self.control = control or Control()
        self._secrets = secrets
        self._traces = SecretMasking(self._pixels_of, reader)
        self.know_secret = self._traces.know
        self._ambient, self._pending = AmbientChanges(), PendingWork()
        self._early = EarlyEnd(self._ambient, lambda frame: self._shown(frame, self._front()))
        self._action: SentAction | None = None
        self.reads_ahead: Callable[[Screenshot], object] = lambda _: None
        self._last_action: SentAction | None = None  # and the screen it was first answered with; more may follow late
        with ExitStack() as stack:
            system = open_system(stack, control=self.control, display=display, wayland=wayland)
            self._open(stack, system, monitor=monitor, user_keys=user_keys)
            self._stack = stack.pop_all()
        self._agreed, starter = self._screen.display, start or ProgramStarter(self.x_display)
        self._window_inputs = WindowInputs(self._windows, self.control, starter, self._traces.masked)
        self._receiver = Receiver(
            self._windows,
            control=self.control,
            foreground=self.foreground,
            screen=self._screen_as_agreed,
            answers=self._aim.answers,
            typing=TypingWatch(grab=lambda: self._screen.grab().pixels, moving=self._moving, control=self.control),
        )

    def _open(self, stack: ExitStack, system: System, *, monitor: str | None, user_keys: keys.UserKeys) -> None:
        """Open the parts, each of which may need those before it. They are closed in the reverse order."""
        self.display_name, self.x_display, self.listen = system.display, system.x_display, system.listen
        self.accessibility = self._traces.accessibility(system.accessibility)
        self.rests_until = self._pending.none_until if system.x_display else never_rests
        self._windows, self._clipboard = system.windows, system.clipboard
        self._ping, self._gone, self._system_floating = system.ping, system.gone, system.floating
        pictures, blanked, monitors = system.pictures, self._traces.blanked, system.monitors
        screen = ScreenCapture(pictures, monitor=monitor, own=system.own, blanked=blanked, monitors=monitors)
        self._screen = stack.enter_context(closing(screen))
        self._watch = stack.enter_context(closing(IdleWatch(self._idle_frame, self._ambient)))
        held = stack.enter_context(closing(HeldInput(system.watchdog, ledger=self.ledger)))
        self._mouse = Mouse(system.pointer, control=self.control, held=held, ledger=self.ledger)
        self._aim = Aim(
            screen=screen,
            mouse=self._mouse,
            control=self.control,
            ambient=self._ambient,
            own=system.own,
            under_pointer=lambda: self._traces.masked(system.windows.under_pointer()),
            floating=self._floating,
            answers=InputAnswers(control=self.control, ping=system.ping),
        )
        self._keyboard = Keyboard(
            system.keys, control=self.control, held=held, layout=system.layout, user_keys=user_keys
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lift what is held, and let go of the display."""
        self._stack.close()

    @property
    def display(self) -> Display:
        return self._screen.display

    def displays(self) -> tuple[Display, ...]:
        return self._screen.displays()

    def foreground(self) -> Window | None:
        """The window that gets the keys."""
        return self._traces.masked(self._windows.foreground())

    def pointer(self) -> Pixel:
        """Where the mouse is, in the input space of all displays."""
        return self._mouse.position

    def screenshot(self) -> Screenshot:
        with self._display_there():
            self._screen.follow()
            frame, window = self._screen.grab(), self._front()
            if self._action is None:
                self._watch.begin(frame.pixels, app=app_of(window))
            return self._shown(frame, window)

    def settled(self, until: Callable[[Screenshot], bool] | None = None, *, seconds: float | None = None) -> Screenshot:
        late = self._action is None and until is None and seconds is not None
        with self._display_there():
            self._screen.follow()
            if late:
                self._watch.pause()
            action = self._last_action if late else self._action
            frame = self._quiet(action, until=until, seconds=seconds, goes_on=self._early.goes_on)
            if self._action:
                if until is None:
                    self._watch.watched_through(since=self._action.at, app=app_of(self._front()))
                self._last_action = replace(self._action, before=frame.pixels)
            self._action, window = None, self._front()
            self._watch.begin(frame.pixels, app=app_of(window))
            return self._shown(frame, window)

    def is_at_work(self) -> bool:
        """Return whether the application in front answers no input now, as it works on something or is stopped."""
        with self._display_there():
            return not self._aim.answers.come_soon(self._front())

    def hurry(self, may_go_on: MayGoOn) -> None:
        self._early.may_go_on = may_go_on

    def look_away(self) -> None:
        """What changes until the next look is another's doing, and does not change by itself."""
        self._watch.look_away()
        self._action = self._last_action = None

    def activate(self, window: Window) -> None:
        """Bring `window` to the front, and wait until it is there."""
        with self._display_there():
            self._windows.activate(window)

    @contextmanager
    def terminal_in_front(self) -> Iterator[str]:
        """While the user is asked, the terminal that we run in is in front, and afterwards the window worked in again.

        Yields what keeps keys from the terminal, for the user; mostly nothing. A window that the user went to meanwhile
        stays in front.
        """
        with self._display_there():
            worked_in, note = self._windows.worked_in(), self._to_terminal()
        try:
            yield note
        finally:
            with self._display_there():
                self._back_to(worked_in)

    def _to_terminal(self) -> str:
        front, terminal = self._windows.foreground(), self._windows.own_terminal()
        if terminal is None or (front and front.own):
            return ""
        with suppress(Retry):  # then the user has to go there, as to any other window
            self._windows.activate(terminal)
        return MENU_HAS_KEYS if self._windows.has_grabbed_keys() else ""

    def _back_to(self, worked_in: Window | None) -> None:
        front = self._windows.foreground()
        if self.control.stopped or worked_in is None or worked_in.own or not (front and front.own):
            return
        with suppress(Retry):  # it has closed; what was to go there finds out by itself
            self._windows.activate(worked_in)
            self._quiet(None)

    def perform(self, approved: Approved[Input]) -> Screenshot:
        self.control.check()
        with self._display_there():
            return self._perform(approved)

    @contextmanager
    def _display_there(self) -> Iterator[None]:
        try:
            yield
        except self._gone as reason:
            raise NoDesktop("the display has ended while it was worked on") from reason

    def _idle_frame(self) -> ScreenFrame:
        with self._display_there():
            return self._screen.grab().pixels

    def _quiet(
        self,
        action: SentAction | None,
        *,
        until: Callable[[Screenshot], bool] | None = None,
        seconds: float | None = None,
        goes_on: GoesOn | None = None,
    ) -> CapturedFrame:
        settling = Settling(
            look=self._screen.grab,
            now=time.monotonic,
            wait=self.control.wait,
            ambient=self._ambient,
            action=action,
            until=until and (lambda frame: until(self._screen.screenshot(frame, self._front()))),
            ping=self._ping,
            meanwhile=lambda frame: self.reads_ahead(self._screen.screenshot(frame)),
            goes_on=goes_on if self._ping else None,
            seconds=seconds,
            rests_until=self.rests_until,
        )
        return self._early.ended(settling.frame())

    def _perform(self, approved: Approved[Input]) -> Screenshot:
        front = self._front()
        if self._action is None:
            self._watch.wait(self.control.wait_until, app=app_of(front))
        before, mouse, watched = self._screen.grab(), self._aim.place, self._watch.seconds(app=app_of(front))
        self._watch.end(before.pixels)
        self._traces.end(before.pixels)
        sent: int | None = None
        try:
            self._as_it_was(approved.on)
            before, as_it_came = self._aim.take(approved, before), before
            self.ledger.looked(before.at)
            self._early.refuse_late(before, mouse=(mouse, self._aim.place))
            floating = self._floating()
            if len(floating.popups) > len(approved.on.popups):
                before = as_it_came  # a submenu opens as the mouse comes, and is what the click is for
            sent = self.ledger.sent
            self._pending.begin(program_of(approved))
            self._send(approved)
        except Interrupted as interruption:
            partly = sent is not None and self.ledger.sent > sent
            raise Interrupted(str(interruption), partly=partly) from None
        finally:
            places = (mouse, self._aim.place)
            times = {"watched": watched, "idle": self._watch.idle(app=app_of(front))}
            self._action = sent_now(approved.action, before=before.pixels, mouse=places, **times)
        shown = self._shown(before, front, floating)
        self.reads_ahead(shown)
        return shown

    def _as_it_was(self, reviewed: Screenshot) -> None:
        """Nothing is sent to a screen that is locked, or that has become another than the user knows it to be."""
        self._screen_as_agreed()
        self._receiver.refuse_held()
        if reviewed.display != (now := self.display):
            moved = f"the screen was at {reviewed.display.name!r} when this was reviewed, and is at {now.name!r}"
            raise Retry(moved, "display_changed")

    def _screen_as_agreed(self) -> None:
        if why := self._away():
            raise Interrupted(why)
        self._screen.follow()
        if (now := self.display) != (before := self._agreed):
            self._agreed = now  # the user is told of it once
            raise Interrupted(how_changed(before, now))

    def _send(self, approved: Approved[Input]) -> None:
        pixels = [approved.on.display.pixel(location.point) for location in approved.locations]
        match approved.action:
            case Click(button=button, count=count, modifiers=modifiers):
                with self._keyboard.held(modifiers):
                    again = partial(self._aim.check_again, approved)
                    self._mouse.click(pixels[0], button=button, count=count, again=again)
            case Move():
                self._mouse.hover(pixels[0])
            case Drag(button=button, modifiers=modifiers, slowly=slowly):
                with self._keyboard.held(modifiers):
                    self._mouse.drag(pixels, button=button, slowly=slowly)
            case Scroll(direction=direction, notches=notches):
                self._mouse.scroll(direction, notches=notches)
            case TypeText() | PressKeys() | HoldKeys() as action:
                self._send_keys(action, approved)
            case action:
                self._window_inputs.send(action, approved.on)

    def _send_keys(self, action: TypeText | PressKeys | HoldKeys, approved: Approved[Input]) -> None:
        self.ledger.looked(time.monotonic())
        reviewed = approved.on.window
        with self._receiver.watched(self._keyboard, action, approved):
            match action:
                case TypeText(text=text, afresh=True):
                    self._clear_field(reviewed)
                    self._paste(text, self._receiver.still_in_front(reviewed))
                case TypeText():
                    self._type_pieces(typed_pieces(action), reviewed)
                case PressKeys(keys=keys, times=times):
                    for _ in range(times):
                        self._keyboard.press(keys)
                case HoldKeys(keys=keys, seconds=seconds):
                    self._keyboard.hold(keys, seconds)

    def _front(self) -> Window | None:
        """The window that is worked in, and where it is on this display."""
        window = self._traces.masked(self._windows.worked_in())
        edges = self._windows.edges(window) if window else None
        return self._screen.placed(window, edges) if window and edges else window

    def _shown(self, frame: CapturedFrame, window: Window | None, floating: Floating | None = None) -> Screenshot:
        floating = floating or self._floating()
        focus = self._traces.masked(self._windows.focused())
        elsewhere = focus if focus and not focus.own and window and focus.id != window.id else None
        return self._screen.screenshot(
            frame,
            window,
            moving=self._moving(),
            floating=floating,
            focus=elsewhere,
            pointer=self.display.point(self._mouse.position),
        )

    def _floating(self) -> Floating:
        """What lies on the display, with titles that name secrets instead of quoting them."""
        return self._system_floating().masked(self._traces.masked)

    def _moving(self) -> tuple[Patch, ...]:
        return self._ambient.moving(at=time.monotonic())

    def _pixels_of(self, window: Window) -> Patch | None:
        """What `window` takes of the pictures of the display; None where it is closed or that is not known."""
        edges = self._windows.edges(window)
        return self._screen.patch(edges) if edges else None

    def _type_pieces(self, parts: list[TextPiece], reviewed: Window | None) -> None:
        values = {part.text: self._revealed(part.text, reviewed) for part in parts if part.is_secret}
        for part in parts:
            if part.is_secret:
                self._type_secret(part.text, values[part.text], reviewed)
            elif values:  # what is still drawn while a secret is typed is masked with it
                before = self._screen.grab().pixels
                self._type(part.text, reviewed)
                self._once_typed(before)
            else:
                self._type(part.text, reviewed)

    def _revealed(self, name: str, reviewed: Window | None) -> SecretStr:
        if self._secrets is None:
            raise Retry(f"there are no secrets on this desktop, so {placeholder(name)} cannot be typed", "secret")
        return self._secrets.reveal(name, self._receiver.still_in_front(reviewed))

    def _type_secret(self, name: str, value: SecretStr, reviewed: Window | None) -> None:
        """By keys only, so that it never lies on a clipboard; what becomes visible of it is blank from here on."""
        guarded = partial(withheld, name, gone=self._gone)
        if self._windows.other_script() or not guarded(lambda: self._keyboard.can_type(value.get_secret_value())):
            lacking = f"the secret {name!r} has characters that this keyboard has no keys for as it is switched now"
            raise Retry(f"{lacking}; a secret is not pasted", "secret")
        window, before = self._receiver.still_in_front(reviewed), self._screen.grab().pixels
        self._traces.begin(name, value, before=before, window=window)
        caps_lock = self._windows.caps_lock()
        guarded(lambda: self._keyboard.type(self._characters(value, window), caps_lock=caps_lock))
        self._traces.end(self._once_typed(before))

    def _once_typed(self, before: ScreenFrame) -> ScreenFrame:
        """The screen once it is quiet after keys that were typed on it as it was `before`."""
        mouse = (self._aim.place,)
        return self._quiet(
            SentAction(before=before, at=time.monotonic(), mouse=mouse, quiet=TYPED_QUIET_SECONDS)
        ).pixels

    def _characters(self, value: SecretStr, window: Window | None) -> Iterator[str]:
        """One after the other, for as long as `window` stays in front."""
        for character in value.get_secret_value():
            self._receiver.still_in_front(window)
            yield character

    def _type(self, text: str, reviewed: Window | None) -> None:
        first, *rest = lines = text.replace("\r\n", "\n").split("\n")
        if any(line[:1].isspace() for line in lines[:-1]):
            # After an indented line an editor indents the next by itself, if it is begun by an Enter.
            self._paste("\n".join(lines), self._receiver.still_in_front(reviewed))
            return
        self._type_line(first, self._receiver.still_in_front(reviewed))
        for line in rest:
            self._keyboard.press(("enter",))
            self._type_line(line, self._receiver.still_in_front(reviewed))

    def _clear_field(self, reviewed: Window | None) -> None:
        """Delete what is in the field; where Ctrl+A does something else, the line is selected by its ends."""
        for chord in CLEARING:
            self._receiver.still_in_front(reviewed)
            self._keyboard.press(chord)

    def _type_line(self, line: str, window: Window | None) -> None:
        caps_lock = self._windows.caps_lock()
        sure = not self._windows.other_script() and (line.isascii() or not caps_lock)
        if len(line) <= TYPED_AT_MOST and sure and self._keyboard.can_type(line):
            self._keyboard.type(line, caps_lock=caps_lock)
        elif shows_other_machine(window):
            self._type_by_lent_keys(line)
        else:
            try:
                self._paste(line, window)
            except NotLent:
                self._type_by_lent_keys(line)

    def _type_by_lent_keys(self, line: str) -> None:
        """Without the clipboard; by keys that are given a character where the keyboard lacks one."""
        self._keyboard.lend_keys(line)
        self._keyboard.type(line, caps_lock=self._windows.caps_lock())

    def _paste(self, text: str, window: Window | None) -> None:
        if text:
            other_script = self._windows.other_script() or not self._keyboard.can_type("v")
            self._clipboard.paste(text, into=window, press=self._keyboard.press, other_script=other_script)
