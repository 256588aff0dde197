"""Reads runs from disk: their events with the pictures, what they were made with, and a glance at each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from os import SEEK_END
from pathlib import Path
from typing import Final

from PIL import Image
from pydantic import AwareDatetime, Field, JsonValue, ValidationError

from screenagent.errors import BadFile
from screenagent.events import Ended, Event, Observed, Paused, Resumed, Retried, Started, UserMessage
from screenagent.files import LARGEST, open_inside
from screenagent.geometry import Value
from screenagent.runs.plans import PlanLog
from screenagent.runs.upgrade import read_event
from screenagent.runs.wording import outcome_words
from screenagent.screenshot import Screenshot

LONGEST_END: Final = 65536
"""The last event of a log is in its last bytes, at most this many."""


class Run(Value):
    """What a run was made with: the contents of `run.json`. Secrets were masked before it was written."""

    version: str
    python: str
    platform: str
    started: AwareDatetime
    settings: Mapping[str, JsonValue] = Field(default_factory=dict)
    prompts: Mapping[str, str] = Field(default_factory=dict, description="the digest of each prompt template, by name")
    screens: bool = Field(default=True, description="whether pictures of the screen were kept")


class Glance(Value):
    """A run in a line: its task, how it ended, and when its log was last written."""

    folder: Path
    task: str
    outcome: str
    when: str


def read_events(folder: Path, *, pictures: bool = True) -> Iterator[Event]:
    """Yield the events of a run with the pictures that were kept; a last line that was cut off is left out.

    Without `pictures`, none is read.
    """
    path = folder / "events.jsonl"
    if not path.is_file():
        raise FileNotFoundError(f"no run in {folder}: it has no {path.name}; name a folder that a run was recorded to")
    plans, order = PlanLog(), _Order()
    with open_inside(folder, path.name) as log:
        for number, line in enumerate(log, start=1):
            try:
                event = read_event(line, plans)
            except ValueError as error:
                if not line.endswith(b"\n"):
                    return
                raise BadFile(f"{path}, line {number} is not an event: {_first(error)}") from error
            if why := order.why_not(event):
                raise BadFile(f"{path}, line {number} comes too early: {why}")
            yield _with_picture(event, folder) if pictures else event


class _Order:
    """Knows which events can come next. Lines that are lost or in another order leave some that belong to nothing."""

    def __init__(self) -> None:
        self._looked = self._has_step = False

    def why_not(self, event: Event) -> str:
        """Return why `event` cannot come here; empty if it can."""
        match event:
            case Started():
                self._looked = self._has_step = False
            case Observed():
                self._looked = True
            case Paused() | Resumed() | UserMessage() | Ended():
                pass
            case _ if not self._looked:
                return "no screen was looked at before it"
            case Retried() if not self._has_step:
                return "nothing was tried before it"
            case _:
                self._has_step = True
        return ""


def read_run(folder: Path) -> Run:
    """Return what the run in `folder` was made with."""
    path = folder / "run.json"
    try:
        return Run.model_validate_json(_whole(folder, path.name))
    except ValidationError as error:
        raise BadFile(f"{path} does not describe a run: {_first(error)}") from error


def glance(folder: Path) -> Glance:
    """Return the run in `folder` in a line, from the first and the last event of its log."""
    first, last = _ends(folder)
    return Glance(
        folder=folder,
        task=first.task if isinstance(first, Started) else "",
        outcome=outcome_words(last if isinstance(last, Ended) else None),
        when=f"{datetime.fromtimestamp((folder / 'events.jsonl').stat().st_mtime):%Y-%m-%d %H:%M}",
    )


def recorded_runs(root: Path) -> list[Path]:
    """Return the folders of the runs below `root`, newest first."""
    return sorted((log.parent for log in root.glob("*/events.jsonl")), key=lambda run: run.name, reverse=True)


def _whole(folder: Path, name: str) -> bytes:
    with open_inside(folder, name) as file:
        return file.read(LARGEST)


def _ends(folder: Path) -> tuple[Event | None, Event | None]:
    """Return the first and the last event of a log; None for a line that is not an event."""
    with open_inside(folder, "events.jsonl") as log:
        first = log.readline()
        log.seek(max(0, log.seek(0, SEEK_END) - LONGEST_END))
        last = log.read().rpartition(b"\n")[0].rpartition(b"\n")[2] or first
    return _event(first), _event(last)


def _event(line: bytes) -> Event | None:
    try:
        return read_event(line)
    except ValueError:
        return None


def with_picture(screenshot: Screenshot, folder: Path) -> Screenshot:
    """Return `screenshot` with the picture that the run in `folder` kept of it, if any; none from elsewhere."""
    if not has_picture(folder, screenshot.digest):
        return screenshot
    image = kept_picture(folder, screenshot.digest)
    if image.size != (screenshot.size.width, screenshot.size.height):
        size = f"{image.width}x{image.height}"
        raise BadFile(f"{_picture(folder, screenshot.digest)} is {size}, and the log names another size; remove it")
    return screenshot.model_copy(update={"image": image})


def has_picture(folder: Path, digest: str) -> bool:
    """Return whether a run kept a picture; a name that would lead out of the run's folder is none of its."""
    return digest.isalnum() and os.path.lexists(_picture(folder, digest))


def kept_picture(folder: Path, digest: str) -> Image.Image:
    """Return a picture that a run kept. Raises `BadFile` if its file is not a picture, or not one of the run's."""
    path = _picture(folder, digest)
    try:
        with open_inside(folder, "screens", path.name) as kept, Image.open(kept) as file:
            return file.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadFile(f"{path} is not a readable picture: {error}; remove it to read the run without it") from error


def _picture(folder: Path, digest: str) -> Path:
    return folder / "screens" / f"{digest}.png"


def _with_picture(event: Event, folder: Path) -> Event:
    if not isinstance(event, Observed):
        return event
    return event.model_copy(update={"screenshot": with_picture(event.screenshot, folder)})


def _first(error: ValueError) -> str:
    return error.errors(include_url=False)[0]["msg"] if isinstance(error, ValidationError) else str(error)
