"""Desks are known by files that only this user writes; what a desk leaves that has ended is removed."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer

import pytest

from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.desktop.desk import (
    READY,
    TAKEN,
    Desk,
    DeskTaken,
    NoDesk,
    checked_name,
    desks,
    find_desk,
    holding,
    shared_folder,
    start_desk,
    stop_desk,
)
from screenagent.desktop.desk_holder import SHARED, share_folder
from screenagent.desktop.session_folder import LOCK
from screenagent.desktop.x11.xvfb import remove_x_socket
from screenagent.errors import BadFile, WrongUsage
from screenagent.geometry import Size
from tests.builders import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a desk is an X server of its own")

HOLDS = """
import signal, sys
from datetime import datetime, timezone
from pathlib import Path
from screenagent.desktop.desk import READY, holding
from screenagent.desktop.front import let_go_of_terminal

with holding(sys.argv[1]) as file:
    if sys.argv[2:]:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        file.write(Path(sys.argv[2]).read_bytes())
        print(READY, flush=True)
    else:
        print("held", flush=True)
    signal.pause()
"""


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the files of desks lie in."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / "screenagent"
    folder.mkdir(mode=0o700)
    return folder


def a_desk(name: str = "office", *, folder: Path | None = None, holder: int = 0) -> Desk:
    return Desk(
        name=name,
        display=":4711",
        size=Size(width=1280, height=720),
        since=datetime(2026, 11, 30, 12, tzinfo=UTC),
        shared=Path("/home/ada/shared"),
        folder=folder or Path("/nowhere"),
        environment={"DISPLAY": ":4711"},
        holder=holder or os.getpid(),
        server=0,
    )


def written(runtime: Path, desk: Desk, name: str | None = None) -> Path:
    path = runtime / f"{name or desk.name}.desk"
    path.write_text(desk.model_dump_json())
    return path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def holder(*words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDS, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "held"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("name", ["desk", "a", "Büro"[:1], "invoices-2026", "9.to_5", "x" * 32])
def test_names_are_short_words(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "-x", ".x", "a/b", "../x", "a b", "Büro", "x" * 33, "a\n", "a\0", "１"]
)
def test_a_name_that_leads_elsewhere_or_cannot_be_read_is_refused(name: str) -> None:
    with pytest.raises(WrongUsage, match="cannot be the name of a desk"):
        find_desk(name)


def test_a_desk_whose_holder_lives_is_found(runtime: Path) -> None:
    desk = a_desk()
    with locked(written(runtime, desk)):
        assert desks() == [desk]
        assert find_desk("office") == desk


def test_without_a_desk_of_that_name_it_is_said_which_there_are_and_how_to_start_one(runtime: Path) -> None:
    with locked(written(runtime, a_desk())), pytest.raises(NoDesk) as refused:
        find_desk("home")
    assert str(refused.value) == "there is no desk 'home'; there is office; `screenagent desk start home` starts it"


def test_what_a_killed_holder_has_left_is_removed_at_the_next_look(runtime: Path, tmp_path: Path) -> None:
    folder = tmp_path / "screenagent-desktop-x"
    (folder / "home").mkdir(parents=True)
    (folder / LOCK).touch()
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "thesis.txt").write_text("x")
    (folder / "home" / SHARED).symlink_to(shared)
    environment = {**os.environ, "SCREENAGENT_DESKTOP": str(folder)}
    with subprocess.Popen(["sleep", "60"], env=environment) as program:
        path = written(runtime, a_desk(folder=folder))
        assert desks() == []
        assert program.wait(5) < 0
    assert not path.exists()
    assert not folder.exists()
    assert (shared / "thesis.txt").exists()


def test_a_folder_that_is_not_a_desks_is_left_alone(runtime: Path, tmp_path: Path) -> None:
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "one.txt").write_text("x")
    link = tmp_path / "screenagent-desktop-link"
    link.symlink_to(thesis)
    for name, folder in (("one", thesis), ("two", link)):
        written(runtime, a_desk(name, folder=folder))
    assert desks() == []
    assert list(runtime.iterdir()) == []
    assert (thesis / "one.txt").exists()


@pytest.mark.parametrize("said", [b"", b"{", b"[]", b"\xff" * 9, b'{"name": "office"}', b"x" * (1 << 19)])
def test_a_file_that_says_nothing_is_a_desk_that_is_starting_while_it_is_held_and_removed_later(
    said: bytes, runtime: Path
) -> None:
    path = runtime / "office.desk"
    path.write_bytes(said)
    with locked(path):
        assert desks() == []
        assert path.exists()
    assert desks() == []
    assert not path.exists()


def test_a_file_that_speaks_of_another_desk_is_none(runtime: Path) -> None:
    with locked(written(runtime, a_desk("office"), name="home")):
        assert desks() == []


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "other user"])
def test_what_is_not_a_file_of_this_user_is_no_desk_and_nothing_is_written_there(
    kind: str, runtime: Path, tmp_path: Path
) -> None:
    path, mine = runtime / "office.desk", tmp_path / "thesis.txt"
    mine.write_text(a_desk().model_dump_json())
    match kind:
        case "link":
            path.symlink_to(mine)
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case _:
            if os.getuid() != 0:
                pytest.skip("only root can give a file away")
            path.write_text(a_desk().model_dump_json())
            os.chown(path, 65534, 65534)
    before = mine.read_bytes()
    assert desks() == []
    with pytest.raises((NoDesktop, BadFile), match="is not a file"), holding("office"):
        pytest.fail("it was held")
    assert os.path.lexists(path)
    assert mine.read_bytes() == before


@pytest.mark.parametrize("kind", ["link", "open to others"])
def test_a_folder_that_others_can_write_to_or_that_is_a_link_is_refused(
    kind: str, runtime: Path, tmp_path: Path
) -> None:
    if kind == "link":
        runtime.rmdir()
        (tmp_path / "elsewhere").mkdir()
        runtime.symlink_to(tmp_path / "elsewhere")
    else:
        runtime.chmod(0o777)
    with pytest.raises(NoDesktop, match=r"remove it$"):
        desks()


def test_only_one_process_holds_a_desk_and_its_file_goes_with_it(runtime: Path) -> None:
    with holder("office") as process:
        with pytest.raises(DeskTaken), holding("office"):
            pytest.fail("there are two")
        process.kill()
        process.wait()
        assert desks() == []
    with holding("office"):
        assert (runtime / "office.desk").stat().st_mode & 0o777 == 0o600
    assert list(runtime.iterdir()) == []


def test_a_desk_that_is_there_is_not_started_again(runtime: Path) -> None:
    desk = a_desk()
    with locked(written(runtime, desk)):
        assert start_desk("office", ["false"], Control()) == (desk, False)


def test_a_desk_is_started_by_a_process_that_goes_on_and_has_none_of_our_tokens(
    runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SCREENAGENT_SECRET_BANK", "SCREENAGENT_MODEL_KEY", "HF_TOKEN"):
        monkeypatch.setenv(name, "Kuh7Wolke")
    said = tmp_path / "said"
    said.write_text(a_desk().model_dump_json())
    desk, is_new = start_desk("office", [sys.executable, "-c", HOLDS, "office", str(said)], Control())
    assert is_new
    process = next(pid for pid in holders(runtime) if pid != os.getpid())
    assert b"Kuh7Wolke" not in Path(f"/proc/{process}/environ").read_bytes()
    stop_desk(desk.model_copy(update={"holder": process}))
    assert list(runtime.iterdir()) == []


def holders(runtime: Path) -> list[int]:
    """The processes that have a file of a desk open."""
    found = []
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if Path(os.readlink(descriptor)).parent == runtime:
                found.append(int(descriptor.parts[2]))
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("print('screenagent: Xvfb is not installed', file=sys.stderr); sys.exit(1)", "Xvfb is not installed"),
        ("print('what?', flush=True); time.sleep(60)", "its holder said 'what?'"),
        (f"print('{READY}', flush=True); time.sleep(60)", f"its holder said '{READY}'"),
    ],
)
def test_a_start_that_fails_says_why_and_leaves_no_process(program: str, why: str) -> None:
    with pytest.raises(NoDesktop, match=re.escape(f"the desk 'office' did not start: {why}")):
        start_desk("office", [sys.executable, "-c", f"import sys, time; {program}"], Control())


def test_of_two_starts_at_once_the_second_waits_for_the_desk_of_the_first(runtime: Path) -> None:
    desk = a_desk()
    path = written(runtime, desk)
    said = path.read_text()
    path.write_text("")
    with locked(path):
        Timer(0.3, path.write_text, [said]).start()
        assert start_desk("office", ["echo", TAKEN], Control()) == (desk, False)


def test_a_start_that_waits_for_another_ends_with_that(runtime: Path) -> None:
    path = runtime / "office.desk"
    path.touch()
    gives_up = Timer(0.3, path.unlink)
    with locked(path):
        gives_up.start()
        with pytest.raises(NoDesktop, match="another process was starting it, and has given up"):
            start_desk("office", ["echo", TAKEN], Control())


def test_a_look_does_not_keep_a_desk_from_being_started(runtime: Path) -> None:
    path = runtime / "office.desk"
    looking = path.open("wb")
    fcntl.flock(looking, fcntl.LOCK_EX)
    Timer(0.1, looking.close).start()
    with holding("office"):
        assert path.exists()


def test_a_desk_of_another_container_is_not_stopped_by_its_number(runtime: Path) -> None:
    desk = a_desk().model_copy(update={"process_table": "pid:[1]"})
    with pytest.raises(NoDesktop, match="another container"):
        stop_desk(desk)


@pytest.mark.parametrize("is_served", [False, True])
@pytest.mark.parametrize("is_alive", [False, True])
def test_the_socket_of_a_killed_x_server_is_removed_unless_another_listens_there(
    is_served: bool, is_alive: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screenagent.desktop.x11.xvfb.SOCKETS", str(tmp_path))
    ended = subprocess.Popen(["true"])
    ended.wait()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "X7"))
        if is_served:
            server.listen()
        remove_x_socket(":7", os.getpid() if is_alive else ended.pid)
        assert (tmp_path / "X7").exists() == (is_served or is_alive)


@pytest.mark.parametrize("kind", ["file", "link", "nothing"])
def test_what_is_not_the_socket_of_an_x_server_stays(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screenagent.desktop.x11.xvfb.SOCKETS", str(tmp_path))
    place = tmp_path / "X7"
    if kind == "file":
        place.touch()
    elif kind == "link":
        place.symlink_to(tmp_path / "nowhere")
    remove_x_socket(":7", 0)
    assert os.path.lexists(place) == (kind != "nothing")


class TestSharedFolder:
    def test_it_is_made_for_this_user_alone(self, tmp_path: Path) -> None:
        made = shared_folder(tmp_path / "desks" / "office")
        assert [path.stat().st_mode & 0o777 for path in (made, made.parent)] == [0o700, 0o700]
        assert shared_folder(made) == made

    @pytest.mark.parametrize("kind", ["link", "dangling link", "file", "other user", "open to all"])
    def test_what_others_may_have_put_there_is_refused(self, kind: str, tmp_path: Path) -> None:
        path, mine = tmp_path / "shared", tmp_path / "mine"
        mine.mkdir()
        match kind:
            case "link":
                path.symlink_to(mine)
            case "dangling link":
                path.symlink_to(tmp_path / "nowhere")
            case "file":
                path.touch()
            case "open to all":
                path.mkdir()
                path.chmod(0o777)
            case _:
                if os.getuid() != 0:
                    pytest.skip("only root can give a folder away")
                path.mkdir()
                os.chown(path, 65534, 65534)
        with pytest.raises(BadFile, match=str(path)):
            shared_folder(path)
        assert not (tmp_path / "nowhere").exists()

    def test_programs_find_it_in_the_home_of_the_desk_and_in_file_dialogs(self, tmp_path: Path) -> None:
        home, shared = tmp_path / "home", tmp_path / "my ünvoices"
        home.mkdir()
        shared.mkdir()
        share_folder(home, shared)
        (home / SHARED / "note.txt").write_text("x")
        assert (shared / "note.txt").exists()
        uri = shared.as_uri()
        assert (home / ".config" / "gtk-3.0" / "bookmarks").read_text() == f"{uri} {SHARED}\n"
        assert uri in (home / ".config" / "QtProject.conf").read_text()


def test_a_killed_holder_of_a_desk_that_was_starting_leaves_a_name_that_can_be_taken(runtime: Path) -> None:
    with holder("office") as process:
        process.kill()
        process.wait()
        eventually(lambda: desks() == [])
    with holding("office"):
        assert desks() == []
