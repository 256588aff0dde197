"""What a node of a Ray cluster needs to carry out jobs: this version of the project, and the folder of results."""

from __future__ import annotations

import os
import platform
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import screenagent
from screenagent.fleet.results_folder import ResultsNotWritten

PREFIX: Final = "SCREENAGENT_"
TURNS: Final = "SCREENAGENT_MODEL_TURNS"
DESKTOP: Final = "SCREENAGENT_DESKTOP"
"""What a guard knows its own by. It is no setting, and stays with its process."""


@dataclass(frozen=True)
class NodePlace:
    """What is the same wherever a job is carried out. `mark` is a file that is there if the folder is shared, and
    `environment` holds the settings of who asked."""

    mark: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    version: str = screenagent.__version__

    def lacks(self) -> str:
        """Return what this node lacks, in a sentence; empty if it can carry out jobs."""
        node = platform.node()
        if screenagent.__version__ != self.version:
            return f"{node} has screenagent {screenagent.__version__}, and {self.version} asks; install the same there"
        if not self.mark.is_file():
            return f"{node} does not see {self.mark.parent}; give --results a folder that all nodes share"
        return ""

    def cannot_write(self) -> str:
        """Return why this node cannot write into the folder, in a sentence; empty if it can."""
        try:
            _write_whole(self.mark.with_name(f"{self.mark.name}-{secrets.token_hex(4)}"))
        except OSError as error:
            return f"{platform.node()} cannot write to {self.mark.parent}: {error.strerror}"
        return ""

    def adopt(self) -> None:
        """Give this process the settings of who asked, instead of its node's."""
        for name in _settings():
            del os.environ[name]
        os.environ.update(self.environment)


def asker_environment(folder: Path) -> dict[str, str]:
    """Return the settings that this process has from its environment, for those that carry out its jobs.

    They take turns at a model server by files in the shared folder, unless these settings name another place.
    """
    return {TURNS: str(folder.resolve() / "model_turns"), **_settings()}


def _settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(PREFIX) and name != DESKTOP}


@contextmanager
def marked(folder: Path, environment: Mapping[str, str]) -> Iterator[NodePlace]:
    """Mark the folder, so that a node can tell whether it sees the same. Raise `ResultsNotWritten` if it is full."""
    place = NodePlace(folder.resolve() / f".seen-{secrets.token_hex(8)}", environment)
    try:
        place.mark.touch()
    except OSError as error:
        raise ResultsNotWritten(f"cannot write results to {folder}: {error.strerror}") from error
    try:
        yield place
    finally:
        with suppress(OSError):
            place.mark.unlink()


def _write_whole(file: Path) -> None:
    """Write a page to the disk and remove it; a file without content fits on a disk that is full."""
    try:
        with file.open("wb") as opened:
            opened.write(bytes(4096))
            opened.flush()
            os.fsync(opened.fileno())
    finally:
        file.unlink(missing_ok=True)
