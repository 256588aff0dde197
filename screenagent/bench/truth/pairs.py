"""The pairs: a page or a program in two twins, the task, and what shows that it was truly done."""

from __future__ import annotations

import importlib.util
import shlex
import shutil
import sys
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import yaml
from pydantic import Field, StringConstraints, model_validator

from screenagent.actions import Words
from screenagent.bench.tasks import FileCheck, ShellCheck
from screenagent.events import Outcome
from screenagent.geometry import Value
from screenagent.scripts import Script

Twin = Literal["works", "broken"]
TWINS: Final[tuple[Twin, ...]] = ("works", "broken")

HOME: Final = Path(str(files("screenagent.bench.truth")))
PAGES: Final = HOME / "pages"
PROGRAMS: Final = HOME / "programs"

SLIP: Final = "other "
"""What a page or a program reports begins so if the task did not mean it: another button, another row."""


class Report(Value):
    """A line that the page or the program reports when the task was truly done.

    A later line that begins with the same word says that it is so no longer, as of a field that is typed into.
    """

    line: Words

    def holds(self, reports: Sequence[str]) -> bool:
        same = [line for line in reports if line.split()[:1] == self.line.split()[:1]]
        return bool(same) and same[-1] == self.line


class TruthPair(Value):
    """One task in two twins: in `works` it can be done, in `broken` it silently cannot.

    `page` is a file in `pages/`, whose part with the pair's id is shown. `app` is a command; in it and in the task
    `{dir}` stands for the attempt's own folder, `{twin}` for the twin, `{programs}` for `programs/` and `{python}` for
    a Python with Tk. `files` are there in both twins, `works` and `broken` in one. `outcome` is what may become of the
    broken twin's last step; empty if anything but "done" is right.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    kind: Words
    page: str | None = None
    app: str | None = None
    needs: tuple[str, ...] = ()
    files: dict[str, str] = Field(default_factory=dict)
    works: dict[str, str] = Field(default_factory=dict)
    broken: dict[str, str] = Field(default_factory=dict)
    task: Words | None = None
    script: Script | None = None
    truth: Report | FileCheck | ShellCheck
    outcome: tuple[Outcome, ...] = ()

    @model_validator(mode="after")
    def _one_place_and_one_task(self) -> Self:
        if (self.page is None) == (self.app is None):
            raise ValueError("a pair has either a page or an app")
        if (self.task is None) == (self.script is None):
            raise ValueError("a pair has either a task or a script")
        return self

    def within(self, folder: Path, twin: Twin) -> TruthPair:
        """Return the pair as it is attempted in `folder`."""
        places = {"{dir}": str(folder), "{twin}": twin, "{programs}": str(PROGRAMS), "{python}": tk_python() or ""}
        text = self.model_dump_json(by_alias=True, exclude_defaults=True)
        for name, place in places.items():
            text = text.replace(name, place)
        return TruthPair.model_validate_json(text)

    def files_of(self, twin: Twin) -> dict[str, str]:
        return self.files | (self.works if twin == "works" else self.broken)

    @property
    def missing(self) -> str:
        """What has to be installed first; empty if everything is there."""
        programs = ("chromium", *self.needs) if self.page else (*self.needs, *shlex.split(self.app or "")[:1])
        if "{python}" in programs and tk_python() is None:
            return "a Python with Tk"
        return ", ".join(name for name in programs if name != "{python}" and shutil.which(name) is None)


@cache
def all_pairs() -> tuple[TruthPair, ...]:
    return tuple(TruthPair.model_validate(pair) for pair in yaml.safe_load((HOME / "pairs.yaml").read_text("utf-8")))


def chosen_pairs(names: Sequence[str]) -> list[TruthPair]:
    """Return the pairs with these ids, or all if none is named."""
    return [pair for pair in all_pairs() if not names or pair.id in names]


@cache
def tk_python() -> str | None:
    """Return a Python that can open windows: this one, or the system's."""
    if importlib.util.find_spec("tkinter"):
        return sys.executable
    system = Path("/usr/bin/python3")
    return str(system) if list(Path("/usr/lib").glob("python3*/tkinter/__init__.py")) and system.exists() else None
