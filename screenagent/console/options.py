"""What a console is opened with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from screenagent.approval import Asker
from screenagent.approval.answers import QUIET_SECONDS
from screenagent.assembly.supervised import SupervisedWork
from screenagent.console.terminal import BLOCKS, Terminal
from screenagent.control import Control
from screenagent.sessions.session import Session
from screenagent.settings import SettingInForce

Begin = Callable[[Control, Asker], AbstractContextManager[SupervisedWork]]
"""Opens the desktop and builds the agent, for as long as the run lasts."""


@dataclass(frozen=True, kw_only=True)
class ConsoleOptions:
    """Where runs and scripts lie, how pictures are drawn, how long a question waits, and what the user stops."""

    runs: Path
    scripts: Path = Path()
    settings: Sequence[SettingInForce] = ()
    terminal: Terminal = BLOCKS
    ignore_keys_seconds: float = QUIET_SECONDS
    answer_seconds: float | None = None
    answer_keys: str = ""
    """What the keys are that answer from anywhere on the desktop, in words."""
    desktop: str = "your own desktop"
    """Where tasks are done, in words."""
    save: Callable[[Path, Path], Sequence[str]] | None = None
    """Writes the run in a folder as a script, and returns what to say of it; raises `ValueError` or `OSError`."""
    plans_anew: bool = False
    """Whether a model looks for another way after a no, which ends a run without one."""
    control: Callable[[], Control] = Control
    serve: Callable[[Session], AbstractContextManager[object]] | None = None
    """Lets other faces attach to a run that this console carries out."""
