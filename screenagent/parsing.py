"""What a model says, as data; text that says nothing usable is an error that quotes it."""

from __future__ import annotations

import re

from screenagent.geometry import Box

NUMBER = r"\s*([01]?\.\d+|[01])\s*"
BOX = re.compile(rf"\[{NUMBER},{NUMBER},{NUMBER},{NUMBER}\]")


class Unparsable(ValueError):
    """The text holds nothing of what was asked for."""


def box(text: str) -> Box:
    """The first `[x1, y1, x2, y2]` in `text`, in fractions of the picture; which corner comes first does not matter."""
    found = BOX.search(text)
    if found is None:
        raise Unparsable(f"no box in {text!r}; expected [x1, y1, x2, y2] with numbers from 0 to 1")
    x1, y1, x2, y2 = (min(float(number), 1.0) for number in found.groups())
    return Box(left=min(x1, x2), top=min(y1, y2), right=max(x1, x2), bottom=max(y1, y2))
