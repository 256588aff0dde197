"""What the pictures on an application's buttons are called: told by tooltips and by programs, and kept in a file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pydantic import AwareDatetime, TypeAdapter, ValidationError
from rapidfuzz import fuzz

from screenagent.errors import BadFile
from screenagent.files import read_whole
from screenagent.geometry import LATER, Box, Value
from screenagent.screenshot import Screenshot

LOCK_SECONDS: Final = 5
MOST_NAMES: Final = 4  # of one picture; the oldest is forgotten
SAME_NAME: Final = 90  # from this likeness on, of 100, a text is the same one, read a little differently

Teller = Literal["tooltip", "accessibility"]


class KeptName(Value):
    """A name of a picture, who told it, and when it was told last."""

    name: str
    by: Teller
    at: AwareDatetime


class ToldName(NamedTuple):
    """A name that was told just now of the picture with this key."""

    key: str
    name: str
    by: Teller


_Kept = Mapping[str, Mapping[str, tuple[KeptName, ...]]]
_KEPT: Final = TypeAdapter(dict[str, dict[str, tuple[KeptName, ...]]], config=LATER)


def picture_key(screenshot: Screenshot, box: Box) -> str:
    """Return what names a picture: its size and every pixel of the tight box. Another theme is another picture."""
    edges = box.pixels(screenshot.size)
    part = screenshot.pixels.crop(edges)
    size = f"{part.width}x{part.height}".encode()
    return hashlib.blake2b(part.tobytes(), digest_size=12, key=size).hexdigest()


class IconNames:
    """The names of pictures by application, kept in `file` for later runs; without a file only for this one.

    A picture may have several names, as small arrows do: nobody can tell then which one is meant.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._kept: _Kept = _read(file)  # replaced as a whole, so that several threads can look
        self._silent: set[tuple[str, str]] = set()

    def of(self, app: str, key: str) -> tuple[str, ...]:
        """Return the names of a picture."""
        return tuple(kept.name for kept in self._kept.get(app, {}).get(key, ()))

    def knows(self, app: str) -> bool:
        """Return whether a picture of the application has a name."""
        return app in self._kept

    def all(self) -> _Kept:
        return self._kept

    def keep(self, app: str, told: Sequence[ToldName]) -> None:
        """Remember what was told. A text that is read anew takes the place of the same text read before."""
        if told:
            self._change(lambda kept: {**kept, app: _with_all(kept.get(app, {}), told)})

    def keep_silent(self, app: str, key: str) -> None:
        """Remember for this run that no tooltip names a picture."""
        self._silent.add((app, key))

    def is_silent(self, app: str, key: str) -> bool:
        return (app, key) in self._silent

    def forget(self, app: str | None = None) -> int:
        """Forget the names of an application, in whatever case it is written, or all; return of how many pictures."""

        def is_meant(name: str) -> bool:
            return app is None or name.casefold() == app.casefold()

        gone = sum(len(named) for name, named in self._kept.items() if is_meant(name))
        self._change(lambda kept: {name: named for name, named in kept.items() if not is_meant(name)})
        return gone

    def _change(self, changed: Callable[[_Kept], _Kept]) -> None:
        if self._file is None:
            self._kept = changed(self._kept)
            return
        from filelock import FileLock, Timeout

        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(f"{self._file}.lock", timeout=LOCK_SECONDS):
                self._kept = changed(_read(self._file))
                _write(self._file, self._kept)
        except (OSError, Timeout):
            self._kept = changed(self._kept)  # it cannot be written: known for this run


def _read(file: Path | None) -> _Kept:
    try:
        return _KEPT.validate_json(read_whole(file)) if file else {}
    except (OSError, BadFile, ValidationError):  # missing or damaged: the screen is asked again
        return {}


def _write(file: Path, kept: _Kept) -> None:
    """Write the file for its owner's eyes alone, since tooltips may name files."""
    part = file.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
        written.write(_KEPT.dump_json({app: dict(names) for app, names in kept.items()}, indent=1))
    part.replace(file)


def _with_all(kept: Mapping[str, tuple[KeptName, ...]], told: Sequence[ToldName]) -> dict[str, tuple[KeptName, ...]]:
    names, now = dict(kept), datetime.now(UTC).replace(microsecond=0)
    for key, name, by in told:
        others = [known for known in names.get(key, ()) if not _is_same(known.name, name)]
        names[key] = (*others, KeptName(name=name, by=by, at=now))[-MOST_NAMES:]
    return names


def _is_same(one: str, other: str) -> bool:
    return fuzz.ratio(one.casefold(), other.casefold()) >= SAME_NAME
