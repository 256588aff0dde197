"""A hand that is not the agent's, for benches and tests, with a mouse and a keyboard of its own in a Wayland session.

As a process of its own it does what a JSON line says ({"act": "tap", "words": ["ctrl", "shift", "escape"]}) and answers
when it began.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any, Final, Self

from screenagent.desktop.json_lines import Child, module_command
from screenagent.desktop.keyboard import Stroke
from screenagent.desktop.wayland.send_clock import SendClock
from screenagent.desktop.wayland.session import WaylandSession, session_from
from screenagent.desktop.wayland.wlroots_hand import WlrootsKeys, WlrootsPointer
from screenagent.geometry import Pixel

MOTION_SECONDS: Final = 0.003
ANSWER_SECONDS: Final = 60.0  # an overloaded machine may take its time to start a process


class WaylandPerson:
    """A hand in a process of its own, as long as this is entered."""

    def __init__(self, session: WaylandSession) -> None:
        self._session = session

    def __enter__(self) -> Self:
        command = module_command("screenagent.desktop.testing.wayland_person", self._session.as_argument())
        self._child = Child(command)
        self._answer()
        return self

    def __exit__(self, *_: object) -> None:
        self._child.end()

    def does(self, act: str, *words: str) -> float:
        """Have it done, and return when it began, by the monotonic clock."""
        self._child.say(act=act, words=words)
        return float(self._answer()["began"])

    def _answer(self) -> dict[str, Any]:
        if answer := self._child.hear(ANSWER_SECONDS):
            return answer
        raise TimeoutError(f"the hand in the session {self._session.name} did not answer in {ANSWER_SECONDS:g} s")


class _Hand:
    def __init__(self, mouse: WlrootsPointer, keys: WlrootsKeys) -> None:
        self._mouse, self._keys = mouse, keys

    def down(self, *names: str) -> None:
        for name in names:
            self._keys.send(self._stroke(name), pressed=True)

    def up(self, *names: str) -> None:
        for name in reversed(names):
            self._keys.send(self._stroke(name), pressed=False)

    def tap(self, *names: str) -> None:
        self.down(*names)
        self.up(*names)

    def move(self, x: str, y: str) -> None:
        self._mouse.move(Pixel(x=int(x), y=int(y)))

    def wander(self, x: str, y: str, motions: str) -> None:
        """Move as a hand does, which a mouse tells of a few hundred times a second."""
        for number in range(int(motions)):
            self._mouse.move(Pixel(x=int(x) + number, y=int(y)))
            time.sleep(MOTION_SECONDS)

    def click(self) -> None:
        self._mouse.button(1, pressed=True)
        self._mouse.button(1, pressed=False)

    def _stroke(self, name: str) -> Stroke:
        stroke = self._keys.named(name) or self._keys.chord_key(name)
        assert stroke is not None, f"there is no key {name!r}"
        return stroke


def main() -> None:
    session, clock = session_from(sys.argv[1]), SendClock()
    with ExitStack() as stack:
        mouse = stack.enter_context(closing(WlrootsPointer(session, clock)))
        hand = _Hand(mouse, stack.enter_context(closing(WlrootsKeys(session, clock))))
        listed: list[Callable[..., None]] = [hand.tap, hand.down, hand.up, hand.move, hand.wander, hand.click]
        acts = {act.__name__: act for act in listed}
        _say(began=time.monotonic())
        for line in sys.stdin:
            told = json.loads(line)
            began = time.monotonic()
            acts[told["act"]](*told["words"])
            _say(began=began)


def _say(**words: object) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    main()
