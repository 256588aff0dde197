"""Writes a run to disk: `events.jsonl`, one event a line, the screens that they name, and `run.json`."""

from __future__ import annotations

import errno
import os
import platform
import re
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from PIL import Image
from pydantic import JsonValue

import screenagent
from screenagent.events import Ended, Event, Observed
from screenagent.runs.plans import PlanLog
from screenagent.runs.store import Run
from screenagent.screenshot import Screenshot
from screenagent.showing import visible_json

PRIVATE: Final = 0o700
WAITING: Final = 8
"""Pictures that wait for the encoder, 2.8 MB each at 1280x720; beyond that the loop waits for the disk."""


class Recorder:
    """A sink that has written each event before the next one happens, so that a crash loses nothing.

    Without `screens` only the events are kept. An event that cannot be written raises `OSError` at once; a picture that
    cannot be written raises it at the next event or at the end.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, JsonValue] | None = None,
        prompts: Mapping[str, str] | None = None,
        screens: bool = True,
    ) -> None:
        self._screens = screens
        self._plans = PlanLog()
        made_with = Run(
            version=screenagent.__version__,
            python=platform.python_version(),
            platform=platform.platform(),
            started=datetime.now().astimezone(),
            settings=settings or {},
            prompts=prompts or {},
            screens=screens,
        )
        with _explained(folder):
            _claim(folder)
            # Written first, so that every folder with a log also says what made it.
            (folder / "run.json").write_bytes(visible_json(made_with.model_dump_json(indent=2).encode() + b"\n"))
            self._pictures = _Pictures(folder / "screens")
            self._log = _Log(folder / "events.jsonl")
        self.folder = folder
        self._writing = threading.Lock()  # protects the log from an ending that is written while the run hangs
        self._ended = False
        self._at, self._since = 0.0, time.monotonic()

    def __call__(self, event: Event) -> None:
        with self._writing:
            if self._ended:
                return  # this process is leaving
            self._log.append(visible_json(self._plans.written(event)))
            self._ended = isinstance(event, Ended)
            self._at, self._since = event.at, time.monotonic()
        self._pictures.complain()
        if isinstance(event, Observed) and self._screens:
            self._pictures.keep(event.screenshot)

    def end(self, ended: Ended) -> None:
        """Write the ending of a run that hangs, from another thread. One that has ended by itself has one already."""
        with self._writing:
            if not self._ended:
                self._ended = True
                at = round(self._at + time.monotonic() - self._since, 6)
                self._log.append(visible_json(self._plans.written(ended.model_copy(update={"at": at}))))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        try:
            self._pictures.close()
        finally:
            self._log.close()
        if kind is None:
            self._pictures.complain()


def new_run_folder(root: Path, task: str) -> Path:
    """Make a folder for a run below `root`, named after the time and the task."""
    with _explained(root):
        root.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        name = run_name(datetime.now(), task)
        names = chain((name,), (f"{name}-{again}" for again in count(2)))
        while True:
            folder = root / next(names)
            with suppress(FileExistsError):
                folder.mkdir(mode=PRIVATE)
                return folder


def run_name(when: datetime, task: str) -> str:
    """Return the name of a run of `task` that began at `when`."""
    return f"{when:%Y-%m-%d_%H-%M-%S}_{_slug(task)}"


def _slug(task: str) -> str:
    return "-".join(re.findall(r"\w+", task.lower()))[:40].rstrip("-") or "run"


class _Log:
    """The log file. It holds whole lines only: half a line is cut off again, and nothing follows a missing line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("xb", buffering=0)
        self._failed = False

    def append(self, line: bytes) -> None:
        with _explained(self._path):
            if self._failed:
                raise OSError(errno.EIO, "an earlier event could not be written")
            self._check_untouched()
            whole = self._file.tell()
            try:
                self._write(line + b"\n")
            except OSError:
                self._failed = True
                self._file.truncate(whole)
                raise

    def _check_untouched(self) -> None:
        """Raise if what was written is gone: a log without its beginning cannot be read."""
        found = os.fstat(self._file.fileno())
        if found.st_nlink == 0:
            raise OSError(errno.ENOENT, "another program has deleted it")
        if found.st_size != self._file.tell():
            raise OSError(errno.EIO, "another program has changed it")

    def _write(self, rest: bytes) -> None:
        while rest:
            rest = rest[self._file.write(rest) :]

    def close(self) -> None:
        self._file.close()


class _Pictures:
    """Encodes pictures in a thread of its own, one after the other and each digest once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=PRIVATE)
        self._folder = folder
        self._kept: set[str] = set()
        self._encoder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorder")
        self._encoding: deque[Future[None]] = deque()

    def keep(self, screenshot: Screenshot) -> None:
        if screenshot.image is None or screenshot.digest in self._kept:
            return
        self._kept.add(screenshot.digest)
        path = self._folder / f"{screenshot.digest}.png"
        self._encoding.append(self._encoder.submit(_encode, screenshot.image, path))

    def complain(self) -> None:
        """Raise what went wrong with a picture; wait if `WAITING` pictures are still to be encoded."""
        while self._encoding and (self._encoding[0].done() or len(self._encoding) >= WAITING):
            self._encoding.popleft().result()

    def close(self) -> None:
        """Wait until all pictures are on disk; `complain` then raises what went wrong."""
        self._encoder.shutdown(wait=True)


def _encode(image: Image.Image, path: Path) -> None:
    """Write a picture so that the file is either whole or not there."""
    part = path.with_suffix(".part")
    with _explained(path):
        try:
            # Level 1: a screen of 1280x720 takes 20 ms, level 6 four times as long for a few percent.
            image.save(part, format="PNG", compress_level=1)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _claim(folder: Path) -> None:
    """Make `folder`, or take an empty one, and let only its owner read it."""
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(errno.EEXIST, "it is not empty")
    folder.chmod(PRIVATE)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn an error of the file system into a sentence: what could not be written, why, and what to do."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        explained = OSError(f"cannot record to {path}: {why}; {_remedy(error)}")
        explained.errno = error.errno
        raise explained from error


def _remedy(error: OSError) -> str:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return "make room on that disk, or record to another folder"
        case errno.EEXIST:
            return "record to a folder that does not exist yet"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return "record to a folder that you may write to"
        case _:
            return "record to another folder"
