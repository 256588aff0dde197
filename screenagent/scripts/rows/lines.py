"""The lines of a results file, which is all that is known about rows: each is written, and on the disk, before the next
thing happens, so that a play may end at any moment."""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Any, Final, Literal

from filelock import lock_descriptor
from pydantic import AwareDatetime, Discriminator, Tag, TypeAdapter, ValidationError

from screenagent.errors import BadFile, WrongUsage
from screenagent.geometry import LATER, Value
from screenagent.scripts.replay.results import ReplayResult
from screenagent.showing import visible_json

PATIENCE: Final = 5.0
"""Seconds that an append waits for another one to end."""

Settlement = Literal["done", "skip", "again"]
"""What a person says of a row: it is done, it is not to be played, or it is to be played again."""


class InUse(WrongUsage):
    """Another play, or a person, is writing to the results file."""

    code = "results_in_use"


class RowWords(Value):
    """What a row is known by: its value in the key column, if there is one, and its values."""

    row: int
    values: Mapping[str, str]
    key: str = ""


class Planned(Value):
    """The rows that a play found. `given` are the parameters that a column or `--set` gave, `key` is the key column."""

    kind: Literal["planned"] = "planned"
    script: str
    source: str
    given: tuple[str, ...]
    key: str = ""
    rows: tuple[RowWords, ...]


class Begun(RowWords):
    """The first input of a row is about to be sent; `id` is the row's name in this file."""

    kind: Literal["begun"] = "begun"
    script: str
    id: str
    defaults: tuple[str, ...] = ()
    at: AwareDatetime


class Settled(RowWords):
    """A person has settled a row."""

    kind: Literal["settled"] = "settled"
    script: str
    id: str
    defaults: tuple[str, ...] = ()
    verdict: Settlement
    at: AwareDatetime


def now() -> datetime:
    return datetime.now().astimezone().replace(microsecond=0)


def _kind(line: Any) -> str:
    """Return the kind of a line; a result says none, as in version 0.1."""
    return str(line.get("kind", "ended")) if isinstance(line, dict) else str(getattr(line, "kind", "ended"))


Line = (
    Annotated[Planned, Tag("planned")]
    | Annotated[Begun, Tag("begun")]
    | Annotated[ReplayResult, Tag("ended")]
    | Annotated[Settled, Tag("settled")]
)
_LINE: Final[TypeAdapter[Planned | Begun | ReplayResult | Settled]] = TypeAdapter(
    Annotated[Line, Discriminator(_kind)], config=LATER
)


class ResultLines:
    """The lines that a results file has; `end` is where the last whole one ends, after they were read.

    A last line that was cut off, because the play was killed or the machine lost its power, is left out.
    """

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file, self._path = file, path
        self.end = 0
        self.is_cut_off = False

    def __iter__(self) -> Iterator[Planned | Begun | ReplayResult | Settled]:
        for number, raw in enumerate(self._file, start=1):
            try:
                line = _LINE.validate_json(raw)
            except ValidationError as error:
                if _is_cut_off(raw):
                    self.is_cut_off = True
                    return
                why = error.errors(include_url=False)[0]["msg"]
                raise BadFile(f"{self._path}, line {number} is no result: {why}; use another file") from error
            self.end += len(raw)
            yield line


def _is_cut_off(raw: bytes) -> bool:
    """Whether the line has no end; a disk that lost its power may have kept its length and no contents."""
    return not raw.endswith(b"\n") and (raw.startswith(b"{") or not raw.strip(b"\0"))


@contextmanager
def read_lines(path: Path) -> Iterator[ResultLines]:
    """Open a results file to be read."""
    with path.open("rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise BadFile(f"{path} is not a file")
        yield ResultLines(file, path)


class ResultsFile:
    """A results file that nobody else writes to; `lines` has to be read before the first line is appended."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file, self.path = file, path
        self._is_plain = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
        self._lines = ResultLines(file, path)
        self._ends_a_line = False

    @property
    def lines(self) -> Iterator[Planned | Begun | ReplayResult | Settled]:
        """Yield what is there."""
        if self._is_plain:
            yield from self._lines

    def append(self, line: Value) -> None:
        """Append a line, and see that it is on the disk. What is left of a last line that was cut off goes."""
        if self._is_plain and not self._ends_a_line:
            self._end_line()
        self._file.write(visible_json(line.model_dump_json().encode() + b"\n"))
        self._file.flush()
        if self._is_plain:
            os.fsync(self._file.fileno())

    def _end_line(self) -> None:
        """Let the file end where its last line does, with the line end that an editor may have left out."""
        self._ends_a_line = True
        if self._lines.is_cut_off:
            self._file.truncate(self._lines.end)
        if self._file.seek(0, os.SEEK_END):
            self._file.seek(-1, os.SEEK_END)
            if self._file.read(1) != b"\n":
                self._file.write(b"\n")


@contextmanager
def open_results(path: Path, *, seconds: float = 0.0) -> Iterator[ResultsFile]:
    """Open a results file to be written to; raise `InUse` if another process still does after these `seconds`.

    The lock ends with the process, however that ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    is_plain = path.is_file() or not path.exists()
    with path.open("ab+" if is_plain else "wb") as file:
        if is_plain:
            _lock(file, path, time.monotonic() + seconds)
            file.seek(0)
        yield ResultsFile(file, path)


def _lock(file: IO[bytes], path: Path, deadline: float) -> None:
    while not lock_descriptor(file.fileno(), blocking=False):
        if time.monotonic() >= deadline:
            raise InUse(f"{path} is being written to by another play; wait for its end, or use another --results")
        time.sleep(0.05)


def is_in_use(path: Path) -> bool:
    """Return whether a play is writing to a results file."""
    with path.open("rb") as file:
        return not lock_descriptor(file.fileno(), blocking=False)


def append_result(path: Path, result: ReplayResult) -> None:
    """Append the result of one play to a results file; several plays may do so at the same time."""
    with open_results(path, seconds=PATIENCE) as kept:
        deque(kept.lines, maxlen=0)
        kept.append(result)


def check_results(path: Path) -> None:
    """Raise `BadFile` if there is a file that is not a results file."""
    if path.is_file():
        with read_lines(path) as lines:
            deque(lines, maxlen=0)
