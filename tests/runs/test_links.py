"""Below a run's folder no link is followed, to read or to write, and no picture comes from elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from screenagent.errors import BadFile
from screenagent.runs.report.gif import write_gif
from screenagent.runs.report.html import write_html
from screenagent.runs.store import glance, read_events, read_run, with_picture
from screenagent.screenshot import Screenshot
from tests.console.told_runs import record, whole_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return record(tmp_path / "run", whole_run())


@pytest.mark.parametrize("name", ["report.html", "run.gif"])
def test_a_report_is_not_written_through_a_link(name: str, run: Path, tmp_path: Path) -> None:
    (tmp_path / "bashrc").write_text("mine")
    (run / name).symlink_to(tmp_path / "bashrc")
    (write_html if name == "report.html" else write_gif)(run, run / name)
    assert (tmp_path / "bashrc").read_text() == "mine"
    assert not (run / name).is_symlink()


@pytest.mark.parametrize("digest", ["../../secret", "/{folder}/secret", "../run/screens/../../secret"])
def test_a_picture_that_is_named_outside_the_run_is_not_taken(digest: str, run: Path, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), "red").save(tmp_path / "secret.png")
    named = Screenshot.of(Image.new("RGB", (8, 8))).model_copy(
        update={"digest": digest.format(folder=tmp_path), "image": None}
    )
    assert with_picture(named, run).image is None


def test_a_picture_behind_a_link_is_not_taken(run: Path, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), "red").save(tmp_path / "secret.png")
    picture = next((run / "screens").iterdir())
    picture.unlink()
    picture.symlink_to(tmp_path / "secret.png")
    with pytest.raises(BadFile, match=picture.name):
        list(read_events(run))


@pytest.mark.parametrize("name", ["events.jsonl", "run.json"])
def test_a_run_whose_files_are_links_or_pipes_is_not_read(name: str, run: Path, tmp_path: Path) -> None:
    (run / name).rename(tmp_path / name)
    (run / name).symlink_to(tmp_path / name)
    read = glance if name == "events.jsonl" else read_run
    with pytest.raises(OSError, match=name):
        read(run)
    (run / name).unlink()
    os.mkfifo(run / name)
    with pytest.raises(BadFile):
        read(run)
