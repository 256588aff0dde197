"""The keyboard: key presses and what of a text they can carry."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from screenagent.control import Control
from screenagent.desktop.sent_input import HeldInput
from screenagent.keys import NAMED, UserKeys
from screenagent.protocols import Retry

if TYPE_CHECKING:
    from screenagent.desktop.x11.input_devices import KeyboardLayout

LEVEL_3: Final = "level_3"
"""What AltGr is called here; no user presses it by name, as it only makes other characters."""
MANAGED: Final = frozenset(("alt", "super"))
MANAGED_SECONDS: Final = 0.05
"""A window manager takes the keyboard for itself when it hears such a chord, and misses one that is over by then."""


PIECE_SECONDS: Final = 0.05
"""Keys are sent for at most so long without a look at where they go."""


def _unwatched() -> None:
    """Where nobody looks at where the keys go, as for the modifiers of a click."""


def _unstirred() -> bool:
    return False


@dataclass(frozen=True)
class Stroke:
    """A key as the system takes it, the code by which it is held, and whether Shift or AltGr makes it the character."""

    key: Any
    code: int
    shifted: bool = False
    level_3: bool = False


class KeySender(Protocol):
    """The keyboard of a system: which of its keys has a name or makes a character, and what presses it."""

    is_sure: bool
    """Whether what `find` says holds for every character; elsewhere it does for those of ASCII only."""

    def named(self, name: str) -> Stroke | None:
        """Return the key that one of `keys.NAMED` means, or `LEVEL_3`."""
        ...

    def find(self, character: str) -> Stroke | None:
        """Return what types a character."""
        ...

    def chord_key(self, character: str) -> Stroke | None:
        """Return the key of a character that is pressed by itself or together with others."""
        ...

    def send(self, stroke: Stroke, *, pressed: bool) -> None: ...


class Keyboard:
    """Sends keys; `layout` is an X display's, by which a character is a key there, with or without Shift."""

    def __init__(
        self,
        sender: KeySender,
        *,
        control: Control,
        held: HeldInput,
        layout: KeyboardLayout | None,
        user_keys: UserKeys,
    ) -> None:
        self._control = control
        self._user_keys = user_keys
        self._held = held
        self._layout = layout
        self._sender = sender
        self._look: Callable[[], None] = _unwatched
        self._stirred: Callable[[], bool] = _unstirred
        self._looked_at = float("-inf")
        self._pause: Callable[[], None] = _unwatched
        self._typed: dict[str, Stroke] = {}  # how each character was typed since the last `watched`
        self.sent = 0

    @contextmanager
    def watched(
        self, look: Callable[[], None], *, stirred: Callable[[], bool], pause: Callable[[], None]
    ) -> Iterator[None]:
        """Meanwhile, `look` before the first and the second key, before each piece of keys, and before the next key
        once `stirred`; what it raises ends the input.

        `sent` counts the chords and characters from here on; `pause` is called after each character.
        """
        self._look, self._stirred, self._looked_at, self.sent = look, stirred, float("-inf"), 0
        self._pause = pause
        self._typed.clear()
        try:
            yield
            self._refuse_other_layout()
        finally:
            self._look, self._stirred, self._pause = _unwatched, _unstirred, _unwatched

    def hold(self, keys: Sequence[str], seconds: float) -> None:
        """Hold `keys` down, with a look at where they go before each piece of the time."""
        end = time.monotonic() + seconds
        with self.held(keys):
            while (left := end - time.monotonic()) > 0:
                self._control.hold(min(PIECE_SECONDS, left))
                self._before_piece()

    def _before_piece(self) -> None:
        due = time.monotonic() >= self._looked_at + PIECE_SECONDS
        if not (self._stirred() or due or self.sent == 1):
            return
        self._look()
        self._refuse_other_layout()
        self._looked_at = time.monotonic()

    def _refuse_other_layout(self) -> None:
        """`Retry` if a key that was sent makes another character now: its window may have read it so."""
        self._follow_layout()
        if any(self._sender.find(character) != stroke for character, stroke in self._typed.items()):
            raise Retry("the keyboard got another layout while a text was typed, so it may be spoilt", "interrupted")

    def press(self, keys: Sequence[str]) -> None:
        with self.held(keys):
            if not MANAGED.isdisjoint(keys):
                self._control.hold(MANAGED_SECONDS)

    @contextmanager
    def held(self, keys: Sequence[str]) -> Iterator[None]:
        """The keys are down, pressed in this order and lifted in the reverse one."""
        self._refuse_the_users(frozenset(keys))
        self._before_piece()
        self._follow_layout()
        strokes = [self._named(key) for key in keys]
        if any(stroke.shifted for stroke in strokes) and "shift" not in keys:
            strokes.insert(0, self._named("shift"))
        with ExitStack() as stack:
            for stroke in {stroke.code: stroke for stroke in strokes}.values():  # a key can only be down once
                stack.enter_context(self._down(stroke))
            self.sent += 1
            yield
            self._control.check_input()

    def _refuse_the_users(self, keys: frozenset[str]) -> None:
        """The agent neither stops itself nor answers for the user."""
        for chord in filter(None, (self._user_keys.stop, self._user_keys.yes, self._user_keys.no)):
            if keys.issuperset(chord):
                stops = chord == self._user_keys.stop
                why = f"{'+'.join(chord)} is how the user {'stops' if stops else 'answers'} the agent"
                raise Retry(f"{why}, so the agent does not press it", "stop_keys" if stops else "answer_keys")

    def type(self, text: Iterable[str], *, caps_lock: bool) -> None:
        """Send characters that `can_type` said yes to."""
        self._follow_layout()
        for character in text:
            self._before_piece()
            stroke = self._typed.setdefault(character, self._character(character))
            self.sent += 1
            shift = stroke.shifted != (caps_lock and self._sender.is_sure and character.isalpha())
            level_3 = self._level_3() if stroke.level_3 else nullcontext()
            with level_3, self._down(self._named("shift")) if shift else nullcontext(), self._down(stroke):
                pass
            self._pause()

    def can_type(self, text: str) -> bool:
        self._follow_layout()
        return all(
            character.isprintable() and (character.isascii() or self._sender.is_sure) and self._sender.find(character)
            for character in text
        )

    def lend_keys(self, text: str) -> None:
        """Let keys that mean nothing make the characters of `text` that this keyboard has no keys for."""
        if self._layout is None or not text.isprintable():
            raise Retry("the text has characters that this keyboard has no keys for", "no_key")
        self._layout.lend(text, self._control.wait)

    def _level_3(self) -> AbstractContextManager[None]:
        stroke = self._sender.named(LEVEL_3)
        assert stroke is not None, "a character is found on a third level only if a key leads there"
        return self._down(stroke)

    def _follow_layout(self) -> None:
        if self._layout:
            self._layout.follow()

    @contextmanager
    def _down(self, stroke: Stroke) -> Iterator[None]:
        self._control.check_input()
        self._held.down("key", stroke.code, lambda: self._sender.send(stroke, pressed=False))
        try:
            self._sender.send(stroke, pressed=True)
            yield
        finally:
            self._held.up("key", stroke.code)

    def _named(self, name: str) -> Stroke:
        if name not in NAMED:
            return self._chord_key(name)
        stroke = self._sender.named(name)
        if stroke is None:
            raise Retry(f"this keyboard has no {name!r} key", "no_key")
        return stroke

    def _character(self, character: str) -> Stroke:
        if (stroke := self._sender.find(character)) is None:
            raise _no_key(character)
        return stroke

    def _chord_key(self, character: str) -> Stroke:
        stroke = self._sender.chord_key(character)
        if stroke is None or stroke.level_3:
            raise _no_key(character)
        return stroke


def _no_key(character: str) -> Retry:
    return Retry(f"this keyboard has no key for {character!r}; type it as text instead", "no_key")
