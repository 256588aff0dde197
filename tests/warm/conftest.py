"""A warm process of our own, and commands that meet it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from screenagent.desktop.process_stat import stat_fields
from tests.builders import becomes
from tests.paths import ROOT


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Here:
    """A place that a warm process can be met at, with an environment and a folder to work in."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "XDG_RUNTIME_DIR": str(self.folder),
            **self.variables,
        }

    @property
    def socket(self) -> Path:
        return self.folder / "screenagent" / "warm-desktop.sock"

    @property
    def picture(self) -> Path:
        return self.folder / "screen.png"

    def open(
        self, *words: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, first: str = ""
    ) -> subprocess.Popen[str]:
        """Start a command as a shell at a terminal does, whatever the tests were started by; `first` is done by the
        shell that becomes it."""
        heard = ("env", "--default-signal=INT,HUP,QUIT,TSTP") if sys.platform == "linux" else ()
        return subprocess.Popen(
            [*heard, "sh", "-c", f'{first} exec "$@"', "sh", sys.executable, "-m", "screenagent", *words],
            process_group=0,
            cwd=cwd or self.folder,
            env=env or self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, first: str = "") -> Said:
        with self.open(*words, cwd=cwd, env=env, first=first) as process:
            out, err = process.communicate(timeout=60)
        return Said(process.returncode, out, err)

    def without(self) -> Mapping[str, str]:
        """An environment in which no warm process is met."""
        return self.environment | {"XDG_RUNTIME_DIR": str(self.folder / "nowhere")}

    def status(self) -> dict[str, Any]:
        said = self.run("warm", "status", "--json")
        assert said.code == 0, said.err
        found: dict[str, Any] = json.loads(said.out)
        return found

    def begun(self, process: int) -> int:
        """Return the process that carries out a command for the warm process, once there is one."""
        found: list[int] = []

        def is_there() -> bool:
            found[:] = [run for keeper in children(process) for run in children(keeper)]
            return bool(found)

        assert becomes(is_there, seconds=20)
        return found[0]


def children(pid: int) -> list[int]:
    processes = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [process for process in processes if stat_fields(process)[1:2] == [str(pid)]]


def has_gone(pid: int, *, seconds: float = 10) -> bool:
    return becomes(lambda: stat_fields(pid)[:1] in ([], ["Z"]), seconds=seconds)


@contextmanager
def placed(variables: Mapping[str, str] | None = None) -> Iterator[Here]:
    with tempfile.TemporaryDirectory(prefix="warm-") as folder:
        place = Here(Path(folder), variables or {})
        draw(place.picture)
        try:
            yield place
        finally:
            place.run("warm", "stop")


def draw(file: Path) -> None:
    picture = Image.new("RGB", (320, 200), "white")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((40, 40, 140, 80), fill="#dddddd", outline="black")
    pen.text((70, 52), "Save", fill="black")
    picture.save(file)


@pytest.fixture
def here() -> Iterator[Here]:
    """A place where no warm process is."""
    with placed() as place:
        yield place


@pytest.fixture(scope="module")
def warm() -> Iterator[Here]:
    """A place where a warm process is."""
    with placed() as place:
        assert place.run("warm", "start").code == 0
        yield place
