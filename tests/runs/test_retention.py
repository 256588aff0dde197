"""Which runs go, and that nothing else does."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from screenagent.approval import audit, default_policy
from screenagent.assembly.supervised import record_run
from screenagent.cli import screenagent
from screenagent.episode import Episode
from screenagent.events import Started
from screenagent.fakes import FakeReader
from screenagent.runs.report.html import write_html
from screenagent.runs.retention import outdated, remove, stored_runs, why_not_ours
from screenagent.runs.store import read_events, read_run, recorded_runs
from screenagent.runs.upgrade import EVENT
from screenagent.settings import Settings
from tests.console.told_runs import record, whole_run

NOW = datetime.now().astimezone()


def a_run(root: Path, name: str, *, days: float) -> Path:
    """A whole run that began so many days ago."""
    folder = record(root / name, whole_run())
    said = json.loads((folder / "run.json").read_text()) | {"started": (NOW - timedelta(days=days)).isoformat()}
    (folder / "run.json").write_text(json.dumps(said))
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, days in (("new", 0.1), ("week", 7), ("month", 31), ("year", 365)):
        a_run(tmp_path, name, days=days)
    return tmp_path


def prune(root: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(screenagent, ["runs", "prune", "--runs", str(root), *words], input=typed)


def left(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


@pytest.mark.parametrize(
    ("days", "keep", "going"),
    [
        (30, None, {"month", "year"}),
        (None, 1, {"week", "month", "year"}),
        (30, 3, {"year"}),
        (3, 10, set()),
        (None, None, set()),
        (None, 0, {"new", "week", "month", "year"}),
    ],
)
def test_those_go_that_are_beyond_the_newest_and_too_old(
    root: Path, days: int | None, keep: int | None, going: set[str]
) -> None:
    older_than = None if days is None else timedelta(days=days)
    assert {run.folder.name for run in outdated(stored_runs(root), older_than=older_than, keep=keep)} == going


def test_a_run_that_may_still_go_on_stays(tmp_path: Path) -> None:
    folder = record(tmp_path / "running", [Started(task="save it")])
    assert outdated(stored_runs(tmp_path), keep=0) == []
    before = (NOW - timedelta(days=2)).timestamp()
    os.utime(folder / "events.jsonl", (before, before))
    assert [run.folder for run in outdated(stored_runs(tmp_path), keep=0)] == [folder]


def test_what_is_no_run_of_ours_is_never_removed(root: Path, tmp_path: Path) -> None:
    (root / "week" / "notes.txt").write_text("mine")
    (root / "month" / "screens" / "mine").mkdir()
    (root / "year" / "run.json").write_text("{}")
    (root / "link").symlink_to(root / "new")
    (root / "other").mkdir()
    (root / "other" / "events.jsonl").write_text("not ours")
    done = prune(root, "--keep", "0", "--yes")
    assert done.exit_code == 0, done.output
    assert left(root) == {"week", "month", "year", "link", "other"}
    assert (root / "other" / "events.jsonl").read_text() == "not ours"
    assert done.stderr.count("left alone") == 4
    with pytest.raises(ValueError, match=r"notes\.txt"):
        remove(root / "week")
    assert "no folder" in (why_not_ours(root / "link") or "")


def test_it_is_asked_and_a_dry_run_only_shows(root: Path) -> None:
    everything = left(root)
    shown = prune(root, "--older-than", "30d", "--dry-run")
    assert shown.exit_code == 0
    assert [line.rpartition("[")[2] for line in shown.stdout.splitlines()] == ["month]", "year]"]
    for typed in ("", "n\n"):
        prune(root, "--older-than", "30d", typed=typed)
        assert left(root) == everything
    assert prune(root, "--older-than", "30d", "--keep", "3", typed="y\n").exit_code == 0
    assert left(root) == {"new", "week", "month"}


@pytest.mark.parametrize("words", [[], ["--older-than", "soon"], ["--keep", "-1"]])
def test_what_cannot_be_meant_is_wrong_usage(root: Path, words: list[str]) -> None:
    assert prune(root, *words, "--yes").exit_code == 2
    assert len(left(root)) == 4


def test_the_runs_are_listed(root: Path) -> None:
    told = CliRunner().invoke(screenagent, ["runs", "--runs", str(root)])
    assert told.exit_code == 0
    assert len(told.stdout.splitlines()) == 4
    assert "done" in told.stdout
    sizes = [
        json.loads(line)["size"]
        for line in CliRunner().invoke(screenagent, ["runs", "--runs", str(root), "--json"]).stdout.splitlines()
    ]
    assert sizes == [
        sum(path.stat().st_size for path in run.rglob("*") if path.is_file()) for run in recorded_runs(root)
    ]


def test_after_a_run_older_ones_go_as_the_settings_say(root: Path) -> None:
    with record_run(Settings(runs=root, keep_runs=2), "save it") as recorder:
        recorder(Started(task="save it"))
        assert len(left(root)) == 5
    assert left(root) == {"new", recorder.folder.name}
    with record_run(Settings(runs=root), "again"):
        pass
    assert len(left(root)) == 3


def test_a_run_whose_pictures_were_removed_is_reported_as_a_page(tmp_path: Path) -> None:
    with record_run(Settings(runs=tmp_path), "save it") as recorder:
        recorder(Started(task="save it"))
    told = CliRunner().invoke(screenagent, ["report", str(recorder.folder)])
    assert told.exit_code == 0
    assert told.stdout.split() == [str(recorder.folder / "report.html")]
    assert "holds no picture to show, so there is no GIF" in told.stderr


@pytest.mark.slow
def test_a_run_without_its_pictures_is_read_reported_and_judged(tmp_path: Path) -> None:
    with record_run(Settings(runs=tmp_path, keep_screens=False), "save it") as recorder:
        for event in whole_run():
            recorder(event)
    assert list((recorder.folder / "screens").iterdir()) == []
    assert not read_run(recorder.folder).screens
    events = list(read_events(recorder.folder))
    assert events == [EVENT.validate_json(EVENT.dump_json(event)) for event in whole_run()]
    assert len(Episode.of(events).steps) == len(Episode.of(whole_run()).steps)
    assert "This picture was not kept." in write_html(recorder.folder, tmp_path / "report.html").read_text()
    assert all(finding.unseen for finding in audit(default_policy(), events, reader=FakeReader(())))
    told = CliRunner().invoke(screenagent, ["report", str(recorder.folder)])
    assert (told.exit_code, "no GIF" in told.stderr) == (0, True)
    judged = CliRunner().invoke(screenagent, ["policy", "check", str(recorder.folder)])
    assert (judged.exit_code, "without their pictures" in judged.stderr) == (0, True)


def test_the_removal_of_older_runs_says_how_far_it_is(root: Path) -> None:
    told: list[str] = []
    with record_run(Settings(runs=root, keep_runs=2), "save it", told=told.append):
        pass
    assert told[0] == "looked at 1 of 5 runs"
    assert told[-1] == "removed 3 of 3 older runs"


def test_the_folder_of_all_runs_says_which_there_are(root: Path) -> None:
    for words in (["report", str(root)], ["policy", "check", str(root)], ["save", str(root), str(root / "s.yaml")]):
        said = CliRunner().invoke(screenagent, words)
        assert said.exit_code == 2
        assert "holds 4 runs; name one of them: year, week, new, month" in " ".join(said.output.split())
    nowhere = root / "nowhere"
    assert CliRunner().invoke(screenagent, ["report", str(nowhere)]).exit_code == 2
    assert not nowhere.exists()


@pytest.mark.slow
def test_a_report_is_made_without_a_gif(root: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(screenagent, ["report", str(root / "new"), "--no-gif", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.html"]


@pytest.mark.parametrize("name", ["album.png", "thesis.part"])
def test_a_folder_that_looks_like_a_picture_is_not_a_runs(name: str, tmp_path: Path) -> None:
    run = record(tmp_path / "run", whole_run())
    (run / "screens" / name).mkdir()
    (run / "screens" / name / "thesis.txt").write_text("x")
    with pytest.raises(ValueError, match=name):
        remove(run)
    assert (run / "screens" / name / "thesis.txt").exists()


def test_nothing_behind_a_link_is_removed_with_a_run(tmp_path: Path) -> None:
    run, mine = record(tmp_path / "run", whole_run()), tmp_path / "mine"
    mine.mkdir()
    (mine / "a.png").write_text("x")
    (run / "screens" / "b.png").symlink_to(mine / "a.png")
    with pytest.raises(ValueError, match=r"b\.png"):
        remove(run)
    (run / "screens" / "b.png").unlink()
    (run / "screens").rename(tmp_path / "screens")
    (run / "screens").symlink_to(mine)
    with pytest.raises(ValueError, match="screens"):
        remove(run)
    assert (mine / "a.png").exists()


def test_a_run_is_removed_as_a_whole(tmp_path: Path) -> None:
    run = record(tmp_path / "run", whole_run())
    remove(run)
    assert not run.exists()
