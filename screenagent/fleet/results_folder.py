"""The folder of results: one process appends to it, an attempt a line, and each is on the disk before the next is kept.

`results.jsonl` begins with a header that says what was asked. Whatever ends the run, at whatever moment, the same
command goes on from there: a last line that was cut off is dropped. Other files of the run lie beside it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Literal

from filelock import lock_descriptor
from pydantic import AwareDatetime, JsonValue, ValidationError

import screenagent
from screenagent.errors import BadFile, UserError, WrongUsage
from screenagent.fleet.jobs import Attempted, Job, Work
from screenagent.geometry import Value
from screenagent.showing import visible_json

FORMAT: Final = 1
RESULTS: Final = "results.jsonl"
OPENING: Final = b'{"kind":"header"'
"""What every file of results begins with, also one that was cut off in its first line."""


class FolderInUse(WrongUsage):
    """Another run is writing to the folder of results."""

    code = "results_in_use"


class OtherResults(WrongUsage):
    """The folder holds the results of another version, or of something else that was asked."""

    code = "other_results"


class ResultsNotWritten(UserError):
    """The results cannot be written; what was written before is whole."""

    code = "results_not_written"


class Header(Value):
    """The first line. `asked` is what decides the results: the suite, its tasks, the epochs, the seed, the model."""

    kind: Literal["header"] = "header"
    format: int = FORMAT
    version: str = screenagent.__version__
    asked: Mapping[str, JsonValue]


class KeptAttempt(Attempted):
    """One attempt as a line of the file; `number` counts the attempts at the same job from 1."""

    kind: Literal["attempt"] = "attempt"
    job: str
    task: str
    epoch: int
    seed: int
    number: int
    at: AwareDatetime

    @classmethod
    def of(cls, job: Job[Work], number: int, attempted: Attempted, at: AwareDatetime) -> KeptAttempt:
        return cls(
            job=job.id, task=job.task, epoch=job.epoch, seed=job.seed, number=number, at=at, **attempted.model_dump()
        )


class ResultsFolder:
    """A folder that nobody else writes to; `kept` are the attempts so far, in the order in which they ended."""

    def __init__(self, folder: Path, file: IO[bytes], kept: list[KeptAttempt]) -> None:
        self.folder, self._file, self.kept = folder, file, kept

    @property
    def artefacts(self) -> Path:
        """Where the runs are recorded."""
        return self.folder / "runs"

    def keep(self, attempt: KeptAttempt) -> None:
        """Append an attempt, and see that it is on the disk."""
        _append(self._file, self.folder, attempt)
        self.kept.append(attempt)


@contextmanager
def open_results_folder(folder: Path, asked: Mapping[str, JsonValue]) -> Iterator[ResultsFolder]:
    """Open the folder to go on with what is `asked`. Raise `FolderInUse` or `OtherResults` if that cannot be.

    The lock ends with the process, however that ends.
    """
    header = Header(asked=asked)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = (folder / RESULTS).open("ab+")
    except OSError as error:
        raise ResultsNotWritten(f"cannot write results to {folder}: {error.strerror}") from error
    with opened as file:
        if not lock_descriptor(file.fileno(), blocking=False):
            raise FolderInUse(f"{folder} is being written to by another run; wait for its end, or use another folder")
        file.seek(0)
        kept = _whole(file, folder, header)
        yield ResultsFolder(folder, file, kept)


def read_results_folder(folder: Path) -> tuple[Header, list[KeptAttempt]]:
    """Return what a folder of results says so far, whether or not a run still writes to it."""
    try:
        content = (folder / RESULTS).read_bytes()
    except OSError as error:
        raise BadFile(f"{folder} is not a folder of results: {RESULTS}: {error.strerror}") from error
    lines = _lines(content)
    if not lines:
        raise BadFile(f"{folder} holds no results yet")
    return _header(lines[0], folder), _attempts(lines[1:], folder)


def _whole(file: IO[bytes], folder: Path, header: Header) -> list[KeptAttempt]:
    """Return the attempts in the file, which then ends with its last whole line, or begins with the header."""
    content = file.read()
    lines = _lines(content)
    if not lines and content[: len(OPENING)] != OPENING[: len(content)]:
        raise BadFile(f"{folder / RESULTS} is not a file of results; use another folder")
    file.truncate(sum(map(len, lines)))
    if not lines:
        _append(file, folder, header)
        return []
    _check_same(_header(lines[0], folder), header, folder)
    return _attempts(lines[1:], folder)


def _lines(content: bytes) -> list[bytes]:
    return content[: content.rfind(b"\n") + 1].splitlines(keepends=True)


def _header(line: bytes, folder: Path) -> Header:
    try:
        said = json.loads(line)
        if isinstance(said, dict) and isinstance(said.get("format"), int) and said["format"] != FORMAT:
            raise OtherResults(
                f"{folder} holds results in the form {said['format']}, and this version writes {FORMAT};"
                " use another folder"
            )
        return Header.model_validate(said)
    except (ValueError, ValidationError) as error:
        raise BadFile(f"{folder / RESULTS}, line 1 is not the header of results; use another folder") from error


def _attempts(lines: list[bytes], folder: Path) -> list[KeptAttempt]:
    kept = []
    for number, line in enumerate(lines, start=2):
        try:
            kept.append(KeptAttempt.model_validate_json(line))
        except ValidationError as error:
            why = error.errors(include_url=False)[0]["msg"]
            raise BadFile(f"{folder / RESULTS}, line {number} is no attempt: {why}; use another folder") from error
    return kept


def _check_same(there: Header, header: Header, folder: Path) -> None:
    if there.version != header.version:
        raise OtherResults(
            f"{folder} was begun by screenagent {there.version}, and this is {header.version}; use another folder"
        )
    wanted = json.loads(header.model_dump_json())["asked"]
    known = json.loads(there.model_dump_json())["asked"]
    if other := [name for name in sorted({*wanted, *known}) if wanted.get(name) != known.get(name)]:
        name = other[0]
        raise OtherResults(
            f"{folder} holds results for another {name} ({_shown(known.get(name))}, now {_shown(wanted.get(name))});"
            " ask for the same, or use another folder"
        )


def _shown(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _append(file: IO[bytes], folder: Path, line: Value) -> None:
    try:
        file.write(visible_json(line.model_dump_json().encode() + b"\n"))
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        raise ResultsNotWritten(
            f"cannot write results to {folder}: {error.strerror}; what is there is whole, and the same command goes on"
        ) from error
