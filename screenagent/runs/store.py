"""A run on disk: `events.jsonl`, one event a line, the screens that they name, and `run.json`, what it ran with."""

from __future__ import annotations

import errno
import platform
import re
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from importlib import metadata
from itertools import chain, count
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from PIL import Image, UnidentifiedImageError
from pydantic import AwareDatetime, Field, JsonValue, ValidationError

from screenagent.errors import BadFile
from screenagent.events import Ended, Event, Observed, Started
from screenagent.geometry import Value
from screenagent.runs.upgrade import EVENT, read_event
from screenagent.screenshot import Screenshot

PRIVATE: Final = 0o700

LONGEST_END: Final = 65536
"""In so many last bytes of a log its last event is to be found."""

# Pictures waiting for the encoder, 2.8 MB each at 1280x720; beyond that the loop waits for the disk.
WAITING: Final = 8


class Run(Value):
    """What a run was made with: the contents of `run.json`. Secrets are masked before they get here."""

    version: str
    python: str
    platform: str
    started: AwareDatetime
    settings: Mapping[str, JsonValue] = Field(default_factory=dict)
    prompts: Mapping[str, str] = Field(default_factory=dict, description="the digest of each prompt template, by name")
    screens: bool = Field(default=True, description="whether pictures of the screen were kept")


class Glance(Value):
    """A run in a line: what it was to do, how it ended, when it began."""

    folder: Path
    task: str
    outcome: str
    when: str


class Recorder:
    """A sink that has written an event before the next one happens, so that a crash loses nothing.

    Without `screens` no picture is kept, and a reader has the events alone.
    What cannot be written is an `OSError` at that event; a picture that cannot, at the next one or at the end.
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
        with _explained(folder):
            _claim(folder)
            # First of all, so that whatever has a log also says what made it.
            (folder / "run.json").write_text(
                _run(settings or {}, prompts or {}, screens=screens).model_dump_json(indent=2) + "\n", "utf-8"
            )
            self._pictures = _Pictures(folder / "screens")
            self._log = _Log(folder / "events.jsonl")
        self.folder = folder

    def __call__(self, event: Event) -> None:
        self._log.append(EVENT.dump_json(event))
        self._pictures.complain()
        if isinstance(event, Observed) and self._screens:
            self._pictures.keep(event.screenshot)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        try:
            self._pictures.close()
        finally:
            self._log.close()
        if kind is None:
            self._pictures.complain()


def read_events(folder: Path) -> Iterator[Event]:
    """The events of a run, with such pictures as were kept; a last line cut off in the middle is left out."""
    path = folder / "events.jsonl"
    if not path.is_file():
        raise FileNotFoundError(f"no run in {folder}: it has no {path.name}; name a folder that a run was recorded to")
    with path.open("rb") as log:
        for number, line in enumerate(log, start=1):
            try:
                event = read_event(line)
            except ValidationError as error:
                if not line.endswith(b"\n"):
                    return
                raise BadFile(f"{path}, line {number} is not an event: {_first(error)}") from error
            yield _with_picture(event, folder)


def read_run(folder: Path) -> Run:
    """What the run in `folder` was made with."""
    path = folder / "run.json"
    try:
        return Run.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise BadFile(f"{path} does not describe a run: {_first(error)}") from error


def glance(folder: Path) -> Glance:
    """The run in `folder` by its first line and its last, without what lies between and its pictures."""
    first, last = _ends(folder / "events.jsonl")
    return Glance(
        folder=folder,
        task=first.task if isinstance(first, Started) else "",
        outcome=last.result.replace("_", " ") if isinstance(last, Ended) else "cut off",
        when=f"{datetime.fromtimestamp((folder / 'events.jsonl').stat().st_mtime):%Y-%m-%d %H:%M}",
    )


def new_run_folder(root: Path, task: str) -> Path:
    """Make a folder for a run below `root`, named by the time and the task."""
    with _explained(root):
        root.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        name = f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{_slug(task)}"
        names = chain((name,), (f"{name}-{again}" for again in count(2)))
        while True:
            folder = root / next(names)
            with suppress(FileExistsError):
                folder.mkdir(mode=PRIVATE)
                return folder


def recorded_runs(root: Path) -> list[Path]:
    """The runs below `root`, newest first."""
    return sorted((log.parent for log in root.glob("*/events.jsonl")), key=lambda run: run.name, reverse=True)


class _Log:
    """Whole lines only: what the disk took half of is cut off again, and nothing follows a line that is missing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("xb", buffering=0)
        self._failed = False

    def append(self, line: bytes) -> None:
        with _explained(self._path):
            if self._failed:
                raise OSError(errno.EIO, "an earlier event could not be written")
            whole = self._file.tell()
            try:
                self._write(line + b"\n")
            except OSError:
                self._failed = True
                self._file.truncate(whole)
                raise

    def _write(self, rest: bytes) -> None:
        while rest:
            rest = rest[self._file.write(rest) :]

    def close(self) -> None:
        self._file.close()


class _Pictures:
    """Encodes pictures one after the other in a thread of its own, each digest once."""

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
        """Raise what went wrong with a picture; wait if as many are still to be encoded as may wait."""
        while self._encoding and (self._encoding[0].done() or len(self._encoding) >= WAITING):
            self._encoding.popleft().result()

    def close(self) -> None:
        """Have all pictures on disk; what went wrong with them is `complain`'s to say."""
        self._encoder.shutdown(wait=True)


def _encode(image: Image.Image, path: Path) -> None:
    """Write a picture so that under its name it is either whole or not there."""
    part = path.with_suffix(".part")
    with _explained(path):
        try:
            # Level 1: a screen of 1280x720 takes 20 ms, level 6 four times as long for a few percent.
            image.save(part, format="PNG", compress_level=1)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _claim(folder: Path) -> None:
    """Make `folder`, or take an empty one, for its owner's eyes only."""
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(errno.EEXIST, "it is not empty")
    folder.chmod(PRIVATE)


def _run(settings: Mapping[str, JsonValue], prompts: Mapping[str, str], *, screens: bool) -> Run:
    return Run(
        version=_version(),
        python=platform.python_version(),
        platform=platform.platform(),
        started=datetime.now().astimezone(),
        settings=settings,
        prompts=prompts,
        screens=screens,
    )


def _version() -> str:
    try:
        return metadata.version("screenagent")
    except metadata.PackageNotFoundError:
        return "not installed"


def _ends(path: Path) -> tuple[Event | None, Event | None]:
    """The first event of a log and the last; None for a line that is none."""
    with path.open("rb") as log:
        first = log.readline()
        log.seek(max(0, path.stat().st_size - LONGEST_END))
        last = log.read().rpartition(b"\n")[0].rpartition(b"\n")[2] or first
    return _event(first), _event(last)


def _event(line: bytes) -> Event | None:
    try:
        return read_event(line)
    except ValidationError:
        return None


def with_picture(screenshot: Screenshot, folder: Path) -> Screenshot:
    """`screenshot` with the picture that the run in `folder` kept of it, if it did."""
    path = folder / "screens" / f"{screenshot.digest}.png"
    try:
        with Image.open(path) as file:
            image = file.convert("RGB")
    except FileNotFoundError:
        return screenshot
    except (OSError, UnidentifiedImageError) as error:
        raise BadFile(f"{path} is not a readable picture: {error}; remove it to read the run without it") from error
    return screenshot.model_copy(update={"image": image})


def _with_picture(event: Event, folder: Path) -> Event:
    if not isinstance(event, Observed):
        return event
    return event.model_copy(update={"screenshot": with_picture(event.screenshot, folder)})


def _slug(task: str) -> str:
    words = re.findall(r"\w+", task.lower())
    return "-".join(words)[:40].rstrip("-") or "run"


def _first(error: ValidationError) -> str:
    return error.errors(include_url=False)[0]["msg"]


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Give an error of the file system its sentence: what could not be written, why, and what to do."""
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
