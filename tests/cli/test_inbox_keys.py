"""Going through the inbox in a real terminal: a key for each entry."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime
from pathlib import Path

import pytest

from screenagent.sessions.entries import MissedQuestion, entry_id
from screenagent.sessions.inbox import Inbox
from screenagent.sessions.waiting import kept_waiting
from tests.builders import becomes
from tests.cli.terminal import Terminal
from tests.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not shutil.which("tmux"), reason="needs tmux")]


def test_each_entry_is_answered_with_a_key(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    now = datetime.now().astimezone()
    for name in ("first", "second", "third"):
        inbox.put(MissedQuestion(id=entry_id("question", name), at=now, what="click “Save”", task=f"do the {name}"))
    environment = {"SCREENAGENT_INBOX": str(tmp_path), "PYTHONPATH": str(ROOT), "XDG_RUNTIME_DIR": str(tmp_path)}
    with Terminal([sys.executable, "-m", "screenagent", "inbox"], environment=environment) as terminal:
        terminal.wait_for("[d] dismiss")
        terminal.press("d", "d", "d")  # too soon: these were on their way to something else
        assert not becomes(lambda: len(kept_waiting(inbox).entries) < 3, seconds=0.4)
        pressed(terminal, "Enter", shows="\n2\n")
        pressed(terminal, "d", shows="is put away")
        [gone] = {"first", "second", "third"} - {entry.task.split()[-1] for entry in tasks(inbox)}
        assert terminal.text().split("\n2\n")[1].startswith(f"do the {gone}\n")
        pressed(terminal, "q", shows="leave:")
        assert len(tasks(inbox)) == 2


def tasks(inbox: Inbox) -> list[MissedQuestion]:
    return [entry for entry in kept_waiting(inbox).entries if isinstance(entry, MissedQuestion)]


def pressed(terminal: Terminal, key: str, *, shows: str) -> None:
    """Press a key until it counts, as it does once the quiet time is over."""

    def is_heard() -> bool:
        terminal.press(key)
        return terminal.shows(shows, seconds=1.0)

    assert becomes(is_heard), terminal.text()
