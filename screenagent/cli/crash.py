"""Where the traceback of a mistake of ours goes: into a file of the user's, and not over the terminal."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from platformdirs import user_state_path

PRIVATE_FOLDER: Final = 0o700
PRIVATE_FILE: Final = 0o600
SHORTEST_SECRET: Final = 4
"""Letters; a shorter value stands in many words by chance, and blanking it would only show where."""


def crash_sentence(error: BaseException) -> str:
    """Keep the error's traceback, and return one line that says where; the traceback itself if it cannot be kept."""
    said = f"screenagent: this is a mistake in screenagent ({type(error).__name__})"
    written = _without_secrets("".join(traceback.format_exception(error)), os.environ)
    with suppress(OSError):
        return f"{said}; what happened is in {_kept(written)}, please report it"
    return f"{written}{said}, please report it"


def _kept(written: str) -> Path:
    """Write the text to a file of its own that nobody else can read."""
    folder = user_state_path("screenagent") / "crashes"
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    file = folder / f"{datetime.now():%Y-%m-%d_%H-%M-%S.%f}_{os.getpid()}.txt"  # several threads may fail at once
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as opened:
        opened.write(f"{' '.join(sys.argv[:2])}, Python {sys.version.split()[0]}, {sys.platform}\n{written}")
    return file


def _without_secrets(text: str, environment: Mapping[str, str]) -> str:
    for name, value in environment.items():
        if name.startswith(("SCREENAGENT_SECRET_", "SCREENAGENT_MODEL_KEY")) and len(value) >= SHORTEST_SECRET:
            text = text.replace(value, f"<{name}>")
    return text
