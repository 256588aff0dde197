"""Tasks of OpenComputer's form, written here by hand: read, mapped to a folder, and judged by a program."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from screenagent.bench.suites.listed import LeftOut, needs_network
from screenagent.bench.suites.opencomputer import read_opencomputer
from screenagent.bench.suites.program_check import main
from screenagent.bench.suites.untouched import unproven
from screenagent.bench.tasks import ShellCheck, Task
from screenagent.errors import BadFile
from screenagent.fleet.jobs import Attempted, planned_jobs
from screenagent.fleet.results_folder import KeptAttempt
from tests.bench.suites_kept import AT

PROGRAM = """
import json, sys
from pathlib import Path
home, (command, *words) = Path("/home/user"), sys.argv[1:]
if command == "check-file-contains":
    file = Path(words[0])
    print(json.dumps({"contains": file.is_file() and words[1] in file.read_text(), "home": str(home)}))
elif command == "broken":
    print("no json")
else:
    print(json.dumps({"count": len(list(Path(words[0]).iterdir()))}))
"""
CONTAINS = {
    "command": 'check-file-contains /home/user/Documents/a.txt "two words"',
    "key": "contains",
    "expected": True,
}
LAUNCHED = {"sh": "sh -c 'cat' {first}", "folders": "sh {parent}", "absent": "no-such-program-here"}


def checkout(folder: Path, **tasks: dict[str, object]) -> Path:
    for name, more in tasks.items():
        task: dict[str, Any] = {"id": name, "app": "sh", "task": "write /home/user/Documents/a.txt"}
        task |= {"env": {"files": []}, "verification": [CONTAINS]} | more
        place = folder / "task_generator" / "tasks" / name
        (place / "env").mkdir(parents=True)
        (place / "env" / "a.bin").write_bytes(b"\xff\x00")
        (place / "task.json").write_text(json.dumps(task))
    for app in ("sh", "folders", "absent"):
        (folder / "verifiers" / app).mkdir(parents=True, exist_ok=True)
        (folder / "verifiers" / app / f"{app}.py").write_text(PROGRAM)
    (folder / "LICENSE").write_text("   Apache License\n Version 2.0")
    return folder


def file_at(path: str) -> dict[str, object]:
    return {"env": {"files": [{"filename": "a.bin", "sandbox_path": path}]}}


def test_a_task_has_its_folder_for_their_home(tmp_path: Path) -> None:
    folder = checkout(tmp_path, one=file_at("/home/user/Documents/in/a.bin"))
    found = read_opencomputer(folder, LAUNCHED)
    assert found.licence == "Apache-2.0"
    task = found.tasks[0].within(Path("/t"))
    assert (task.id, task.group, task.task) == ("one", "sh", "write /t/Documents/a.txt")
    assert shlex.split(task.app) == ["sh", "-c", "cat", "/t/Documents/in/a.bin"]
    assert task.copied == {"Documents/in/a.bin": str(folder / "task_generator" / "tasks" / "one" / "env" / "a.bin")}


def test_an_application_may_be_given_the_folder_of_the_files(tmp_path: Path) -> None:
    told = file_at("/home/user/Documents/in/a.bin") | {"app": "folders"}
    (task,) = read_opencomputer(checkout(tmp_path, one=told), LAUNCHED).tasks
    assert shlex.split(task.within(Path("/t")).app) == ["sh", "/t/Documents/in"]


LEFT_OUT: dict[str, tuple[dict[str, object], str]] = {
    "network": ({"task": "open https://example.org/form"}, "it needs the network"),
    "judge": ({"verification": [{"judge": "llm", "prompt": "Is it so?"}]}, "a model would have to judge it"),
    "absent": ({"app": "absent"}, "no-such-program-here is not installed"),
    "unknown": ({"app": "blender"}, "how its application is started is not known"),
    "outside": (file_at("/home/user/../../etc/a.bin"), "it has a file outside of its home"),
    "elsewhere": (file_at("/etc/a.bin"), "it has a file outside of its home"),
    "missing": (
        {"env": {"files": [{"filename": "b.bin", "sandbox_path": "/home/user/b.bin"}]}},
        "one of its files is missing",
    ),
    "dotted": ({"task": "write ~/.config/a"}, "it is about settings in the user's home"),
    "unchecked": ({"verification": []}, "it has no checks"),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_cannot_be_tried_here_is_left_out_by_name(tmp_path: Path, name: str) -> None:
    told, why = LEFT_OUT[name]
    found = read_opencomputer(checkout(tmp_path, good={}, **{name: told}), LAUNCHED)
    assert [task.id for task in found.tasks] == ["good"]
    assert [(one.id, one.why) for one in found.left_out] == [(name, why)]


def test_a_broken_task_stops_no_other(tmp_path: Path) -> None:
    folder = checkout(tmp_path, good={}, broken={})
    (folder / "task_generator" / "tasks" / "broken" / "task.json").write_text("{")
    found = read_opencomputer(folder, LAUNCHED)
    assert [task.id for task in found.tasks] == ["good"]
    assert found.left_out[0].id == "broken"
    with pytest.raises(BadFile):
        read_opencomputer(tmp_path / "nothing")


def test_only_some_applications_are_meant(tmp_path: Path) -> None:
    found = read_opencomputer(checkout(tmp_path, a={}, b={"app": "folders"}), LAUNCHED)
    assert [task.id for task in found.only((), ["FOLDERS"]).tasks] == ["b"]
    assert [task.id for task in found.only(["a"], ()).tasks] == ["a"]


def test_the_check_fails_on_the_untouched_start_and_holds_afterwards(tmp_path: Path) -> None:
    checks = [CONTAINS, {"command": "count /home/user/Documents", "eval": "result['count'] >= 1"}]
    folder = checkout(tmp_path / "suite", one={"verification": checks})
    (task,) = read_opencomputer(folder, LAUNCHED).tasks
    home = tmp_path / "home"
    (home / "Documents").mkdir(parents=True)
    check = task.within(home).check
    assert isinstance(check, ShellCheck)
    assert not check.holds(home, {"PATH": "/usr/bin:/bin"})
    (home / "Documents" / "a.txt").write_text("these two words")
    assert check.holds(home, {"PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize(
    "check",
    [
        {"command": "broken", "key": "contains", "expected": True},
        {"command": "count /nowhere", "key": "count", "expected": 0},
        {"command": "count /home/user", "eval": "result['other']"},
        {"command": "count 'unclosed", "key": "count", "expected": 0},
    ],
)
def test_a_check_that_cannot_be_run_does_not_hold(tmp_path: Path, check: dict[str, object]) -> None:
    folder = checkout(tmp_path, one={"verification": [check]})
    program = folder / "verifiers" / "sh" / "sh.py"
    task = folder / "task_generator" / "tasks" / "one" / "task.json"
    assert main(str(program), str(task), str(tmp_path)) == 1


def test_a_task_counts_only_if_doing_nothing_fails() -> None:
    tasks = [Task(id=name, app="sh", task="t", check=ShellCheck(shell="true")) for name in ("a", "b", "c", "d")]
    outcomes = {
        "a": Attempted(outcome="passed", detail={}),
        "b": Attempted(outcome="failed", detail={"id": "b"}),
        "c": Attempted(outcome="infra", cause="application", message="no window"),
        "d": Attempted(outcome="failed", message="cannot be read"),
    }
    jobs = {job.task: job for job in planned_jobs(dict.fromkeys(outcomes, None))}
    kept = [KeptAttempt.of(jobs[name], 1, outcome, AT) for name, outcome in outcomes.items()]
    assert unproven(tasks, kept) == [
        LeftOut(id="a", app="sh", why="its check holds on the untouched start"),
        LeftOut(id="c", app="sh", why="it cannot be started here: no window"),
        LeftOut(id="d", app="sh", why="it cannot be carried out here: cannot be read"),
    ]


def test_addresses_of_this_machine_need_no_network() -> None:
    assert needs_network("see http://example.org")
    assert not needs_network("see http://localhost:8000/a and http://127.0.0.1/")
