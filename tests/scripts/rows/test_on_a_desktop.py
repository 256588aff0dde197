"""Rows on a real display: a play that is killed in the middle of a row enters no customer twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from screenagent.scripts.rows.ledger import Ledger
from screenagent.scripts.rows.lines import read_lines
from screenagent.scripts.rows.summary import summaries
from tests.builders import eventually

FORM = """\
import sys, tkinter
root = tkinter.Tk()
root.geometry("500x260")
tkinter.Label(root, text="Name").place(x=30, y=40)
name = tkinter.Entry(root, width=30)
name.place(x=120, y=40)
said = tkinter.Label(root, text="")
said.place(x=120, y=180)
def save():
    with open(sys.argv[1], "a") as log:
        log.write(repr(name.get()) + "\\n")
    said.config(text="Customer saved")
tkinter.Button(root, text="Save", command=save).place(x=120, y=110)
root.mainloop()
"""
SCRIPT = """\
version: 2
name: Enter customers
parameters:
  customer: {}
steps:
  - type: "{{customer}}"
    into: the Name field
  - click: the Save button
    expect: Customer saved
"""


@pytest.mark.display
@pytest.mark.slow
@pytest.mark.parametrize("workers", [[], ["--workers", "1"]])
def test_a_play_that_is_killed_enters_nobody_twice(tmp_path: Path, workers: list[str]) -> None:
    log, results = tmp_path / "log", tmp_path / "customers.results.jsonl"
    (tmp_path / "form.py").write_text(FORM)
    (tmp_path / "script.yaml").write_text(SCRIPT)
    (tmp_path / "customers.csv").write_text('id;customer\n1;{{secret:BANK}}\n2;Ben\n3;""\n')
    app = f"{sys.executable} {tmp_path}/form.py {log}"
    words = ["play", "script.yaml", "--rows", "customers.csv", "--virtual", "--app", app, "--approve", "never"]
    command = [sys.executable, "-m", "screenagent", *words, "--plain", "--no-record", *workers]
    environment = {**os.environ, "SCREENAGENT_SECRET_BANK": "hidden"}

    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE) as playing:
        eventually(lambda: results.exists() and results.read_text().count('"begun"') == 2, seconds=60)
        playing.send_signal(signal.SIGKILL)
    before = log.read_text().splitlines()
    assert before[0] == "'{{secret:BANK}}'"

    again = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 1, again.stderr
    assert "row 2 is not played: it was cut off after its first input" in again.stderr
    assert log.read_text().splitlines() == [*before, "''"]
    with read_lines(results) as lines:
        assert [row.status for row in summaries(Ledger.of(lines))] == ["done", "to_settle", "done"]
