"""Judges a task by the suite's own program: `python3 program_check.py PROGRAM TASK.json HOME`.

It runs beside the desktop, with the system's Python and without this package, since such programs need the system's
bindings, and since what a suite says is carried out in a process of its own. Exit code 0 if every check holds.
"""

import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

THEIR_HOME = "/home/user"
SECONDS = 20


def main(program: str, task: str, home: str) -> int:
    """Run all checks of the task file. What it says of the suite's home is read as `home`."""
    checks = json.loads(Path(task).read_text("utf-8"))["verification"]
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / Path(program).name
        own.write_text(Path(program).read_text("utf-8").replace(THEIR_HOME, home), "utf-8")
        held = [_holds(check, own, home) for check in checks]
    print(json.dumps({"held": held}))
    return 0 if held and all(held) else 1


def _holds(check: dict[str, object], program: Path, home: str) -> bool:
    command = str(check["command"]).replace(THEIR_HOME, home)
    try:
        done = subprocess.run(
            [sys.executable, str(program), *shlex.split(command)],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
        result = json.loads(done.stdout)
    except (ValueError, OSError, subprocess.TimeoutExpired):
        return False
    if not isinstance(result, dict):
        return False
    if "eval" not in check:
        return bool(result.get(str(check["key"])) == check.get("expected"))
    try:
        expression = str(check["eval"]).replace(THEIR_HOME, home)
        return bool(eval(expression, {"result": result}))
    except Exception:  # noqa: BLE001 -- an expression that cannot be evaluated does not hold
        return False


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
