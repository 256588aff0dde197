"""Fields of real programs, judged by what the programs hold."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from screenagent.agent import Agent, drive
from screenagent.approval import AllowAll
from screenagent.control import Control
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.episode import Episode

pytestmark = pytest.mark.display

FORM = """
import sys, tkinter

root = tkinter.Tk()
root.geometry("600x220+100+80")
entries = []
for row, (name, held) in enumerate((("Name", "Ada"), ("City", "London"))):
    tkinter.Label(root, text=name).place(x=30, y=30 + 50 * row)
    entry = tkinter.Entry(root, width=40)
    entry.insert(0, held)
    entry.place(x=120, y=30 + 50 * row)
    entries.append(entry)
said = tkinter.Label(root)
said.place(x=220, y=140)


def save():
    held = " ".join(entry.get() for entry in entries)
    open(sys.argv[1], "w").write(held)
    said.config(text=f"Stored {len(held)} letters")


tkinter.Button(root, text="Save", command=save).place(x=120, y=140)
entries[1].focus_force()
root.mainloop()
"""

PAGE = """<!doctype html><meta charset=utf-8><title>page</title><body style="font:18px sans-serif">
<p><label>Short code <input maxlength=5></label>
<p><label>Formula <input id=formula></label>
<script>
formula.onkeydown = event => {
  if (event.key != "(") return
  event.preventDefault()
  const at = formula.selectionStart
  formula.setRangeText("()))", at, formula.selectionEnd)
  formula.selectionStart = formula.selectionEnd = at + 1
}
</script>
"""


@contextmanager
def work_in(*command: str) -> Iterator[Agent]:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    control = Control()
    with VirtualDesktop(command, control=control) as virtual:
        yield Agent.embedded(virtual.desktop, approver=AllowAll(), control=control)


def ended(agent: Agent, task: str) -> tuple[str, Episode]:
    episode = drive(agent, task)
    assert episode.ended is not None
    return episode.ended.result, episode


def test_a_form_whose_ctrl_a_goes_to_the_beginning_is_filled(tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    with work_in(sys.executable, "-c", FORM, str(saved)) as agent:
        for task, holds in (
            ("set the Name field to Bob, click Save", "Bob London"),
            ("type 'by' into Name, click Save", "Bobby London"),
            ("clear the Name field, click Save", " London"),
        ):
            result, _ = ended(agent, task)
            assert (result, saved.read_text()) == ("done", holds)


def test_a_page_that_changes_what_is_typed_is_seen_to(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    flags = ("--no-sandbox", "--no-first-run", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}")
    with work_in("chromium", *flags, "--window-size=900,500", f"--app=file://{page}") as agent:
        result, episode = ended(agent, "wait until Formula appears, type 'f(1) + g(2)' into the Formula field")
        assert (result, [step.recoveries for step in episode.steps][-1]) == ("done", ("retype",))
        result, episode = ended(agent, "type 'ABCDEFGH' into the Short code field")
        assert result == "gave_up"
        assert episode.ended is not None
        assert "“ABCDE”" in episode.ended.message
