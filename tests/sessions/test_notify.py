"""The user's own command is told what waits: its words, what it never gets, and that it can do a run no harm."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from screenagent.errors import WrongUsage
from screenagent.scripts.rows.lines import now
from screenagent.sessions.entries import MissedQuestion, entry_id
from screenagent.sessions.notify import LONGEST, Notifier, sentence
from screenagent.settings import Settings
from tests.builders import becomes

WRITES = "import json, os, sys; json.dump([sys.argv[1:], dict(os.environ)], open(sys.argv[1], 'w'))"


def entry(what: str = "click “Send”", task: str = "send it") -> MissedQuestion:
    return MissedQuestion(id=entry_id("question", "1"), at=now(), what=what, task=task)


@pytest.fixture
def said() -> list[str]:
    return []


def test_the_command_gets_the_sentence_as_one_word(tmp_path: Path, said: list[str]) -> None:
    script, out = tmp_path / "told.py", tmp_path / "out; $(touch x)"
    script.write_text(WRITES)
    with Notifier(f"'{sys.executable}' '{script}' '{out}' 'two words'", said.append) as tell:
        tell(entry("$(reboot) `id` ; rm"))
    words, _ = json.loads(out.read_text())
    assert words == [str(out), "two words", "Nobody answered: send it: $(reboot) `id` ; rm"]
    assert (said, [path.name for path in tmp_path.iterdir() if path.name == "x"]) == ([], [])


def test_the_command_gets_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    monkeypatch.setenv("SCREENAGENT_SECRET_PIN", "4711")
    script, out = tmp_path / "told.py", tmp_path / "out"
    script.write_text(WRITES)
    with Notifier(f"'{sys.executable}' '{script}' '{out}'", said.append) as tell:
        tell(entry())
    assert "4711" not in out.read_text()


def test_the_sentence_is_short_and_safe() -> None:
    told = sentence(entry("<b>x</b> & \x1b[2J\u202e" + "y" * 400, task="--help\n" + "z" * 400))
    assert told.startswith("Nobody answered: --help⏎z")
    assert len(told) <= LONGEST + 30
    assert not set(told) & set("<>&\x1b\u202e\n")


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("/nowhere/at-all", "No such file or directory"),
        (f"'{sys.executable}' -c 'raise SystemExit(3)'", "it ended with code 3"),
        (f"'{sys.executable}' -c 'import time; time.sleep(60)'", "it did not end within 0.3 s"),
    ],
)
def test_a_command_that_fails_is_told_of_once(command: str, why: str, said: list[str]) -> None:
    began = time.monotonic()
    with Notifier(command, said.append, seconds=0.3 if "within" in why else 30) as tell:
        tell(entry())
        tell(entry())
    assert (len(said), said[0].endswith(why)) == (1, True), said
    assert time.monotonic() - began < 10


def test_what_a_late_command_has_started_ends_with_it(tmp_path: Path, said: list[str]) -> None:
    script, alive = tmp_path / "told.sh", tmp_path / "alive"
    script.write_text(f"(while true; do date +%N > '{alive}'; sleep 0.02; done) & wait\n")
    with Notifier(f"sh '{script}'", said.append, seconds=0.5) as tell:
        tell(entry())
    assert alive.exists()
    before = alive.read_text()
    assert not becomes(lambda: alive.read_text() != before, seconds=0.2)


def test_not_many_run_at_a_time(said: list[str]) -> None:
    with Notifier(f"'{sys.executable}' -c 'import time; time.sleep(60)'", said.append, seconds=0.5) as tell:
        for _ in range(20):
            tell(entry())
        assert len(said) == 1
        assert said[0].endswith("8 of it are running already")


def test_without_a_command_nothing_is_called(said: list[str]) -> None:
    with Notifier(None, said.append) as tell:
        tell(entry())
    assert said == []


@pytest.mark.parametrize("command", ["'", "", "   "])
def test_a_setting_that_names_no_command_is_refused(command: str) -> None:
    with pytest.raises((WrongUsage, ValueError)):
        Settings.model_validate({"notify": command})
