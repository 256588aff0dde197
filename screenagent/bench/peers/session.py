"""A tool's adapter as a process of its own, which is asked for one step after the other."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, Self

from screenagent.desktop.json_lines import Child
from screenagent.geometry import Value

Said = Literal["done", "sent", "unsure", "refused"]
"""What a tool says of a step: it looked and the step is done, it sent the input and says no more, it cannot tell, or it
refused or failed."""

READY_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 60.0


class PeerStep(Value):
    """One step as every tool is asked for it; `at` is the field that is typed into, the drop-down, or the row."""

    do: Literal["open", "click", "type", "check", "choose", "beside"]
    words: str
    role: Literal["button", "link"] = "button"
    at: str = ""


class AppNames(Value):
    """What an application is called: its window, its process, and itself on the accessibility bus."""

    title: str
    process: str
    application: str


class PeerAnswer(Value):
    """What a tool said, and when it was asked and had answered."""

    said: Said
    words: str = ""
    began: float = 0.0
    ended: float = 0.0


class PeerSession:
    """An adapter that runs while this is entered. One that dies or does not answer has refused what it was asked."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command, self._environment = command, environment
        self.version = ""

    def __enter__(self) -> Self:
        self.began, self._gone = time.time(), ""
        self._child = Child(self._command, environment=self._environment)
        if hello := self._hear(READY_SECONDS):
            self.version = hello["version"]
        return self

    def __exit__(self, broken_off: object, *_: object) -> None:
        (self._child.kill if self._gone or broken_off else self._child.end)()

    def ask(self, *steps: PeerStep, names: AppNames, point: tuple[int, int] = (0, 0)) -> PeerAnswer:
        """Have the steps done one after the other, up to the first that is refused."""
        began = time.time()
        if not self._gone:
            self._child.say(steps=[step.model_dump() for step in steps], **names.model_dump(), point=point)
        answer = self._hear(ANSWER_SECONDS) or {"said": "refused", "words": self._gone}
        return PeerAnswer(**answer, began=began, ended=time.time())

    def _hear(self, seconds: float) -> dict[str, Any] | None:
        if self._gone:
            return None
        try:
            heard = self._child.hear(seconds)
        except EOFError:
            heard, self._gone = None, "the adapter has ended; run it by hand to see why"
        except ValueError:
            heard, self._gone = None, "the adapter said something that is no answer"
        if heard is None and not self._gone:
            self._gone = f"no answer within {seconds:g} s"
        return heard
