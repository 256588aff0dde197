"""What every face says of an entry: how old it is, and its particulars. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from screenagent.sessions.entries import Entry


def age(at: datetime | None) -> str:
    """Return how long ago it was, in the largest unit: 40s, 12m, 5h, 3d."""
    if at is None:
        return ""
    seconds = max(0, int((datetime.now().astimezone() - at).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def particulars(entry: Entry) -> Iterator[str]:
    """Yield what is known of an entry of this kind, a line each."""
    match entry.kind:
        case "row":
            if entry.step:
                yield f"it failed at: {entry.step}"
            yield f"script: {entry.play.script}"
            yield f"table: {entry.play.table}, row {entry.row}"
            yield f"results: {entry.play.results}"
        case "live":
            if entry.points:
                yield "at " + ", ".join(f"({point.x:.3f}, {point.y:.3f})" for point in entry.points)
            yield f"{entry.holder} holds the yes" if entry.holder else "nobody holds the yes"
            if entry.seconds is not None:
                yield f"without an answer it is a no in {entry.seconds:.0f} s"
        case "question":
            yield f"nobody answered it {age(entry.at)} ago, which was a no"
