"""Files that somebody else may have put there are looked at first, and nothing waits for them without end."""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path

import pytest

from screenagent.errors import BadFile
from screenagent.files import is_ours, open_inside, read_whole, write_inside


def test_a_pipe_that_never_answers_is_left_after_a_while(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadFile, match="pipe or a device that did not end"):
        read_whole(tmp_path / "pipe", seconds=0.05)


def test_a_pipe_that_answers_is_read_to_its_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(b"rules: []\n" * 20_000))
    writer.start()
    assert read_whole(tmp_path / "pipe") == b"rules: []\n" * 20_000
    writer.join()


def test_what_has_no_end_is_read_up_to_the_limit() -> None:
    with pytest.raises(BadFile, match="more than 1000 bytes"):
        read_whole(Path("/dev/zero"), most=1000)


def test_a_file_is_read_and_a_large_one_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100_000)
    assert read_whole(tmp_path / "file") == b"x" * 100_000
    with pytest.raises(BadFile, match="at most 99999"):
        read_whole(tmp_path / "file", most=99_999)


def test_a_socket_and_a_folder_are_no_files(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for name in ("socket", "."):
            with pytest.raises(OSError, match=r"Errno"):
                read_whole(tmp_path / name)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "..", ".", "", "a\0b", "a/b", "a\\b"])
def test_a_name_leads_to_nowhere_else(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_inside(tmp_path, name)
    with pytest.raises(FileNotFoundError):
        write_inside(tmp_path, name, b"")


def test_no_link_is_followed_to_read(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.png").write_bytes(b"secret")
    run = tmp_path / "run"
    run.mkdir()
    (run / "linked.png").symlink_to(tmp_path / "elsewhere" / "a.png")
    (run / "screens").symlink_to(tmp_path / "elsewhere")
    for names in (("linked.png",), ("screens", "a.png")):
        with pytest.raises(OSError, match=r"Errno"):
            open_inside(run, *names)


def test_a_pipe_inside_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "events.jsonl")
    with pytest.raises(BadFile):
        open_inside(tmp_path, "events.jsonl")


@pytest.mark.parametrize("make", [os.symlink, os.link])
def test_what_is_written_replaces_a_link_and_leaves_its_target(make: type, tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"mine")
    (tmp_path / "run").mkdir()
    make(tmp_path / "mine", tmp_path / "run" / "report.html")
    assert write_inside(tmp_path / "run", "report.html", b"page").read_bytes() == b"page"
    assert (tmp_path / "mine").read_bytes() == b"mine"
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["report.html"]


def test_a_link_to_a_folder_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert is_ours(tmp_path)
    assert not is_ours(tmp_path / "link")


def test_what_is_not_there_is_named_with_its_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        open_inside(tmp_path, "screens", "a.png")
    assert missing.value.filename == str(tmp_path / "screens" / "a.png")


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="no limit on the size of files")
def test_a_file_that_cannot_be_written_is_named_and_no_part_of_it_stays(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("the one before")
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError, match="large") as refused:
            write_inside(tmp_path, "report.html", b"x" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert refused.value.filename == str(tmp_path / "report.html")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report.html", "the one before")]
