"""OpenComputer: tasks in `task_generator/tasks/NAME/task.json`, judged by the programs in `verifiers/`.

Their desktop has a user with the home `/home/user`. Here each task has a folder instead, and whatever a task or its
program says of that home is read as that folder.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from screenagent.bench.suites import program_check
from screenagent.bench.suites.listed import LeftOut, ListedSuite, is_installed, licence_of, needs_network
from screenagent.bench.suites.program_check import THEIR_HOME
from screenagent.bench.tasks import ShellCheck, Task
from screenagent.errors import BadFile

LAUNCHED: Final[Mapping[str, str]] = {
    "galculator": "galculator",
    "pcmanfm": "pcmanfm {parent}",
    "gedit": "gedit {first}",
    "inkscape": "inkscape {first}",
    "libreoffice_calc": "soffice --calc --norestore --nologo {port} {first}",
    "libreoffice_writer": "soffice --writer --norestore --nologo {port} {first}",
    "libreoffice_impress": "soffice --impress --norestore --nologo {port} {first}",
    "libreoffice_draw": "soffice --draw --norestore --nologo {port} {first}",
    "vlc": "vlc --no-qt-privacy-ask {first}",
}
"""How an application is started: `{first}` is the task's first file, `{parent}` the folder of its files."""

PORT: Final = "--accept=socket,host=localhost,port=2002;urp;"
"""Where their programs ask LibreOffice."""

_DOTTED: Final = re.compile(rf"({THEIR_HOME}|~)/\.")
"""A hidden file right in the home. Applications here keep theirs in the home of the desktop, not in the task's folder."""


class TaskFile(BaseModel):
    """A file that lies there before the task begins."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    filename: str
    sandbox_path: str


class TaskEnvironment(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    files: tuple[TaskFile, ...] = ()


class OpenTask(BaseModel):
    """What is read of a `task.json`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    app: str
    task: str
    env: TaskEnvironment = Field(default_factory=TaskEnvironment)
    verification: tuple[Mapping[str, object], ...]


def read_opencomputer(folder: Path, launched: Mapping[str, str] = LAUNCHED) -> ListedSuite:
    """Return the tasks of a checkout; `launched` says how applications are started."""
    files = sorted((folder / "task_generator" / "tasks").glob("*/task.json"))
    if not files:
        raise BadFile(f"{folder} is no checkout of OpenComputer: it has no task_generator/tasks/*/task.json")
    tasks: list[Task] = []
    left_out: list[LeftOut] = []
    for file in files:
        found = _read(file, folder, launched)
        (tasks if isinstance(found, Task) else left_out).append(found)  # type: ignore[arg-type]  # one list each
    return ListedSuite(name="opencomputer", tasks=tuple(tasks), left_out=tuple(left_out), licence=licence_of(folder))


def _read(file: Path, folder: Path, launched: Mapping[str, str]) -> Task | LeftOut:
    try:
        read = OpenTask.model_validate_json(file.read_bytes())
    except (ValidationError, OSError) as error:
        said = str(error).splitlines()[0]
        return LeftOut(id=file.parent.name, app="unknown", why=f"its task.json cannot be read: {said}")
    told = _Told(read, file, folder, launched)
    why = told.why_not()
    return LeftOut(id=read.id, app=read.app, why=why) if why else told.task()


@dataclass(frozen=True)
class _Told:
    """A task as its file tells it."""

    read: OpenTask
    file: Path
    folder: Path
    launched: Mapping[str, str]

    @property
    def program(self) -> Path:
        return self.folder / "verifiers" / self.read.app / f"{self.read.app}.py"

    def why_not(self) -> str:
        """Return why the task cannot be tried here; empty if it can."""
        checks = json.dumps([dict(check) for check in self.read.verification])
        command = self.launched.get(self.read.app, "")
        files = self.read.env.files
        reasons = {
            "how its application is started is not known": not command,
            f"{_program(command)} is not installed": bool(command) and not is_installed(_program(command)),
            "its program of checks is missing": not self.program.is_file(),
            "it has no checks": not self.read.verification,
            "a model would have to judge it": any("judge" in check for check in self.read.verification),
            "it needs the network": needs_network(self.read.task, checks),
            "it is about settings in the user's home": bool(_DOTTED.search(self.read.task + checks)),
            "it has a file outside of its home": any(_inside(file.sandbox_path) is None for file in files),
            "one of its files is missing": not all(self._source(file).is_file() for file in files),
        }
        return next((why for why, is_so in reasons.items() if is_so), "")

    def task(self) -> Task:
        copied = {str(_inside(file.sandbox_path)): str(self._source(file).resolve()) for file in self.read.env.files}
        words = (_python(), program_check.__file__, str(self.program.resolve()), str(self.file.resolve()))
        return Task(
            id=self.read.id,
            app=self._started(list(copied)),
            group=self.read.app,
            task=self.read.task.replace(THEIR_HOME, "{dir}"),
            check=ShellCheck(shell=f"{shlex.join(words)} {{dir}}"),
            files={"Documents/.keep": ""},
            copied=copied,
        )

    def _source(self, file: TaskFile) -> Path:
        return self.file.parent / "env" / file.filename

    def _started(self, copied: list[str]) -> str:
        first = shlex.quote(f"{{dir}}/{copied[0]}") if copied else ""
        parents = {str(PurePosixPath(path).parent) for path in copied}
        parent = f"{{dir}}/{_common(parents)}" if parents else "{dir}/Documents"
        command = self.launched[self.read.app]
        for name, value in {"{first}": first, "{parent}": shlex.quote(parent), "{port}": shlex.quote(PORT)}.items():
            command = command.replace(name, value)
        return command.strip()


def _common(parents: set[str]) -> str:
    parts = [PurePosixPath(parent).parts for parent in sorted(parents)]
    shared = [each[0] for each in zip(*parts, strict=False) if len(set(each)) == 1]
    return "/".join(shared) or "Documents"


def _inside(path: str) -> PurePosixPath | None:
    """Return where a file lies below their home; None if it would lie elsewhere."""
    place = PurePosixPath(path)
    if ".." in place.parts or not place.is_relative_to(THEIR_HOME):
        return None
    return place.relative_to(THEIR_HOME)


def _program(command: str) -> str:
    return shlex.split(command)[0] if command else ""


def _python() -> str:
    """Return the system's Python, which has the bindings that their programs need."""
    return shutil.which("python3", path="/usr/bin:/usr/local/bin") or "python3"
