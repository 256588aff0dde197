"""A hand that is not the agent's, for benches and tests, in a process of its own.

The process does what a JSON line says ({"act": "tap", "words": ["ctrl", "shift", "escape"]}), and answers when it
began.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Self

from screenagent.desktop.json_lines import Child

ANSWER_SECONDS: Final = 60.0  # an overloaded machine may take its time to start a process


class Person:
    """The process that `command` starts, as long as this is entered; `where` is the display or session it acts in."""

    def __init__(self, command: Sequence[str], where: str) -> None:
        self._command, self._where = command, where

    def __enter__(self) -> Self:
        self._child = Child(self._command)
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
        raise TimeoutError(f"the hand on {self._where} did not answer within {ANSWER_SECONDS:g} s")


def serve_acts(*listed: Callable[..., None]) -> None:
    """Do what the lines on the standard input say, each by the function of that name, until they end."""
    acts = {act.__name__: act for act in listed}
    _say(began=time.monotonic())
    for line in sys.stdin:
        told = json.loads(line)
        if told["act"] not in acts:
            raise SystemExit(f"unknown act {told['act']!r}; there are {', '.join(acts)}")
        began = time.monotonic()
        acts[told["act"]](*told["words"])
        _say(began=began)


def _say(**words: object) -> None:
    print(json.dumps(words), flush=True)
