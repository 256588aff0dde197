"""What the adapters share: steps come as a JSON line on stdin, the tool's answer goes out as one on descriptor 3.

An adapter runs with the Python of its tool's environment, so this needs nothing but the standard library. `said` is
`done` (the tool looked and says that it is so), `sent` (the input was sent, and it says no more), `unsure` (it says
that it cannot tell) or `refused` (an error, not found, given up).
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

ANSWERS = 3
"""Libraries print on stdout."""
CLOSING_SECONDS = 5

PeerAsked = Mapping[str, Any]
ToolAnswer = tuple[str, str]


def answer_steps(
    perform: Callable[[PeerAsked], ToolAnswer], *, distribution: str = "", close: Callable[[], object] = int
) -> None:
    """Perform the steps of each line, to the first refusal, and say what the tool said; what it raises is a refusal."""
    answers = os.fdopen(ANSWERS, "w", buffering=1)
    print(json.dumps({"version": version(distribution) if distribution else ""}), file=answers)
    for line in sys.stdin:
        said, words = _performed(perform, json.loads(line))
        print(json.dumps({"said": said, "words": words[:300]}), file=answers)
    signal.alarm(CLOSING_SECONDS)  # a tool that does not end is ended
    close()


def _performed(perform: Callable[[PeerAsked], ToolAnswer], asked: dict[str, Any]) -> ToolAnswer:
    answer: ToolAnswer = ("refused", "no step")
    for step in asked["steps"]:
        try:
            answer = perform(asked | step)
        except Exception as error:  # noqa: BLE001 -- whatever a tool raises is its answer
            return "refused", f"{type(error).__name__}: {error}"
        if answer[0] == "refused":
            break
    return answer
