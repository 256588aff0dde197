"""A suite as it was read: its tasks, and by name what is left out of it and why."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from screenagent.bench.tasks import Task
from screenagent.geometry import Value

LICENCES: Final = {"Apache License": "Apache-2.0", "MIT License": "MIT", "BSD": "BSD"}
"""The licences by a word of their texts."""

_ADDRESS: Final = re.compile(r"https?://(?!localhost\b|127\.0\.0\.1\b|\[::1\])[\w.-]+")


class LeftOut(Value):
    """A task that is not tried, and why in a few words."""

    id: str
    app: str
    why: str


class ListedSuite(Value):
    """The tasks that can be tried on this machine, and those that cannot."""

    name: str
    tasks: tuple[Task, ...]
    left_out: tuple[LeftOut, ...] = ()
    licence: str = ""

    def only(self, ids: Iterable[str], apps: Iterable[str]) -> ListedSuite:
        """Return the suite with these ids and applications alone; with none given, with all."""
        wanted, known = set(ids), {app.lower() for app in apps}

        def is_meant(task: Task | LeftOut) -> bool:
            return (not wanted or task.id in wanted) and (not known or bool(known & _names(task)))

        return self.model_copy(
            update={
                "tasks": tuple(task for task in self.tasks if is_meant(task)),
                "left_out": tuple(one for one in self.left_out if is_meant(one)),
            }
        )

    def without(self, excluded: Sequence[LeftOut]) -> ListedSuite:
        """Return the suite without these tasks, which are named among those left out."""
        ids = {one.id for one in excluded}
        kept = tuple(task for task in self.tasks if task.id not in ids)
        return self.model_copy(update={"tasks": kept, "left_out": (*self.left_out, *excluded)})


def _names(task: Task | LeftOut) -> set[str]:
    """Return the names that an application goes by: "calc" is enough for "libreoffice_calc"."""
    name = (task.group or task.app.split()[0]) if isinstance(task, Task) else task.app
    return {name.lower(), *name.lower().split("_")}


def needs_network(*texts: str) -> bool:
    """Whether a task names an address on another machine."""
    return any(_ADDRESS.search(text) for text in texts)


def is_installed(command: str) -> bool:
    return shutil.which(command) is not None


def licence_of(folder: Path) -> str:
    """Return the licence of a checkout, by the LICENSE beside it or in the folders above; empty if none is known."""
    for place in (folder, *folder.resolve().parents[:3]):
        file = next(
            (place / name for name in ("LICENSE", "LICENSE.txt", "LICENSE.md") if (place / name).is_file()), None
        )
        if file is not None:
            text = file.read_text("utf-8", errors="replace")[:2000]
            return next((name for words, name in LICENCES.items() if words in text), "another")
    return ""
