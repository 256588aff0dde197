"""What the console is told when it is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from screenagent.console.terminal import BLOCKS, Terminal
from screenagent.control import Control
from screenagent.settings import SettingInForce

IGNORE_KEYS_SECONDS: Final = 0.5
"""How long a question takes no answer: keys that were on their way to something else are not meant for it."""


@dataclass(frozen=True, kw_only=True)
class ConsoleOptions:
    """Where runs and scripts lie, how pictures are drawn, how long a question waits, and what the user stops."""

    runs: Path
    scripts: Path = Path()
    settings: Sequence[SettingInForce] = ()
    terminal: Terminal = BLOCKS
    ignore_keys_seconds: float = IGNORE_KEYS_SECONDS
    answer_seconds: float | None = None
    control: Callable[[], Control] = Control
