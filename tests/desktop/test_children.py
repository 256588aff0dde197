"""What the processes that we start get of us: what they need, and no more."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import pytest

from screenagent.desktop import session_folder
from screenagent.desktop.json_lines import Child, without_secrets

SAYS: str = (
    "import json, os, sys; sys.stdin.readline(); "
    "print(json.dumps({'env': sorted(os.environ), 'fds': [os.path.realpath(f'/proc/self/fd/{n}') for n in (0, 1, 2)], "
    "'open': len(os.listdir('/proc/self/fd'))}), flush=True)"
)


def test_a_helper_process_gets_no_secret_and_none_of_our_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SCREENAGENT_SECRET_BANK", "SCREENAGENT_MODEL_KEY", "OPENAI_API_KEY", "SSH_AUTH_SOCK", "WHATEVER"):
        monkeypatch.setenv(name, "Kuh7Wolke")
    with open(os.devnull, "rb") as kept:
        os.set_inheritable(kept.fileno(), True)
        child = Child([sys.executable, "-c", SAYS])
        child.say(go=True)
        told = child.hear(10)
        child.end()
    assert told is not None
    ours = set(told["env"]) & {"SCREENAGENT_SECRET_BANK", "SCREENAGENT_MODEL_KEY", "OPENAI_API_KEY", "SSH_AUTH_SOCK"}
    assert ours == set()
    assert "WHATEVER" not in told["env"]
    assert "PATH" in told["env"]
    assert told["fds"][2] == os.devnull
    assert told["open"] == 4  # the folder that is listed is the fourth


def test_an_application_gets_no_secret() -> None:
    secret = dict.fromkeys(("AWS_SECRET_ACCESS_KEY", "HF_TOKEN", "DB_PASSWORD", "MISTRAL_API_KEY", "PGPASSFILE"), "x")
    proxy = {"HTTPS_PROXY": "http://me:word@proxy:3128"}
    needed = {"PATH": "/bin", "JAVA_HOME": "/opt", "http_proxy": "http://proxy:3128", "PWD": "/home/me"}
    assert without_secrets(secret | proxy | needed) == needed


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("kind", ["pipe", "link", "folder", "link to a folder", "unreadable"])
def test_what_anybody_puts_into_the_shared_folder_is_not_waited_for(kind: str, shared: Path) -> None:
    folder, mine = shared / "screenagent-desktop-x", shared / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("x")
    if kind == "link to a folder":
        folder.symlink_to(mine)
    else:
        folder.mkdir()
        lock = folder / session_folder.LOCK
        match kind:
            case "pipe":
                os.mkfifo(lock)
            case "link":
                lock.symlink_to(mine / "thesis.txt")
            case "folder":
                lock.mkdir()
            case _:
                folder.chmod(0)
    began = time.monotonic()
    session_folder.remove_left_behind()
    assert time.monotonic() - began < 1
    assert (mine / "thesis.txt").exists()
    assert kind == "unreadable" or os.path.lexists(folder)


def test_a_desktop_that_was_left_behind_is_removed(shared: Path) -> None:
    folder = shared / "screenagent-desktop-y"
    folder.mkdir()
    (folder / session_folder.LOCK).touch()
    session_folder.remove_left_behind()
    assert not folder.exists()
