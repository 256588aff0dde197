"""A run on disk: what is written when, what a reader gets back, and what happens when the disk does not play along."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from screenagent.actions import Click, Finish
from screenagent.errors import BadFile
from screenagent.events import Acted, Decided, Decision, Ended, Event, Observed, Plan, PlannedStep, Started
from screenagent.geometry import Location, Point
from screenagent.runs.log import Recorder, new_run_folder
from screenagent.runs.store import read_events, read_run, recorded_runs
from screenagent.screenshot import Screenshot

resource = pytest.importorskip("resource")

PLACE = Location(point=Point(x=0.5, y=0.5), confidence=0.9, by="text")


def screen(words: str, size: tuple[int, int] = (320, 180)) -> Screenshot:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((10, 10), words, fill="black")
    return Screenshot.of(image)


def a_run() -> list[Event]:
    plan = Plan(steps=(PlannedStep(action=Click(target="Save")), PlannedStep(action=Finish(success=True))))
    return [
        Started(task="save it"),
        Observed(at=0.1, screenshot=screen("before")),
        Decided(at=0.2, decision=Decision(plan=plan)),
        Acted(at=0.3, action=Click(target="Save"), locations=(PLACE,)),
        Observed(at=0.4, screenshot=screen("after")),
        Ended(at=0.5, result="done"),
    ]


def record(folder: Path, events: list[Event]) -> Path:
    with Recorder(folder) as recorder:
        tell(recorder, events)
    return folder


def tell(recorder: Recorder, events: Sequence[Event]) -> None:
    for event in events:
        recorder(event)


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """As on a disk that fills up: a write goes as far as `size`, and the next one fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)


def encoder_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("recorder")]


def test_what_was_recorded_is_read_back_with_its_pictures(tmp_path: Path) -> None:
    assert list(read_events(record(tmp_path / "run", a_run()))) == a_run()


def long_run(steps: int) -> list[Event]:
    """Carry out a plan of that many steps; now and then a step is put before the next one, or the rest is left out."""
    planned = [PlannedStep(action=Click(target=f"Button {number}")) for number in range(steps)]
    events: list[Event] = [Started(task="press all"), Observed(screenshot=screen("buttons"))]
    for at in range(steps):
        if at % 10 == 5:
            planned.insert(at, PlannedStep(action=Click(target=f"Close popup {at}")))
        plan = Plan(steps=tuple(planned[: steps - 3] if at % 10 == 7 else planned))
        events.append(Decided(at=at, decision=Decision(plan=plan, at=min(at, len(plan.steps) - 1), thought=f"{at}")))
    return events


def test_a_log_grows_with_the_steps_and_each_decision_is_read_back_with_its_whole_plan(tmp_path: Path) -> None:
    sizes = {}
    for steps in (50, 200):
        run = record(tmp_path / f"{steps}", long_run(steps))
        assert list(read_events(run, pictures=False)) == without_pictures(long_run(steps))
        sizes[steps] = (run / "events.jsonl").stat().st_size
    assert sizes[200] < 5 * sizes[50]


def test_a_decision_that_changes_no_plan_shares_it_in_memory(tmp_path: Path) -> None:
    run = record(tmp_path / "run", [*a_run()[:3], *a_run()[2:]])
    first, second = (event.decision.plan for event in read_events(run) if isinstance(event, Decided))
    assert first is second


def test_a_change_of_a_plan_that_is_not_there_is_named_with_its_line(tmp_path: Path) -> None:
    run = record(tmp_path / "run", [*a_run()[:3], *a_run()[2:]])
    lines = (run / "events.jsonl").read_bytes().splitlines(keepends=True)
    (run / "events.jsonl").write_bytes(b"".join((*lines[:2], *lines[3:])))
    with pytest.raises(BadFile, match="line 3 is not an event: it changes a plan"):
        list(read_events(run))


def without_pictures(events: Sequence[Event]) -> list[Event]:
    return [
        event.model_copy(update={"screenshot": event.screenshot.model_copy(update={"image": None})})
        if isinstance(event, Observed)
        else event
        for event in events
    ]


def test_only_the_owner_can_look_into_a_run(tmp_path: Path) -> None:
    record(tmp_path / "run", a_run())
    made = new_run_folder(tmp_path / "runs", "save it")

    folders = (tmp_path / "run", tmp_path / "run" / "screens", tmp_path / "runs", made)
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_an_empty_folder_that_was_open_to_all_is_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o755)
    record(tmp_path / "run", a_run())
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700


def test_the_log_is_ahead_of_whoever_gets_the_event_next(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run") as recorder:
        for number, event in enumerate(a_run(), start=1):
            recorder(event)
            lines = (tmp_path / "run" / "events.jsonl").read_bytes().splitlines()
            assert len(lines) == number
            assert json.loads(lines[-1])["event"] == event.event


def test_a_picture_that_comes_back_is_kept_once(tmp_path: Path) -> None:
    same = [Observed(screenshot=screen("same")) for _ in range(3)]
    other = Observed(screenshot=screen("other"))
    record(tmp_path / "run", [*same, other])
    assert sorted(path.stem for path in (tmp_path / "run" / "screens").iterdir()) == sorted(
        (same[0].screenshot.digest, other.screenshot.digest)
    )


def test_more_pictures_than_may_wait_all_arrive_and_no_thread_stays(tmp_path: Path) -> None:
    seen: list[Event] = [Observed(screenshot=screen(f"{number}")) for number in range(40)]
    assert list(read_events(record(tmp_path / "run", seen))) == seen
    assert encoder_threads() == []


def test_run_json_says_what_the_run_was_made_with(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run", settings={"max_steps": 30}, prompts={"plan": "ab12"}):
        pass
    run = read_run(tmp_path / "run")
    assert run.settings == {"max_steps": 30}
    assert run.prompts == {"plan": "ab12"}
    assert run.python == ".".join(str(part) for part in sys.version_info[:3])
    assert run.started.tzinfo is not None


def test_a_last_line_cut_off_in_the_middle_ends_the_run_there(tmp_path: Path) -> None:
    log = record(tmp_path / "run", a_run()) / "events.jsonl"
    whole = log.read_bytes()
    for cut in range(1, len(whole.splitlines()[-1]), 5):
        log.write_bytes(whole[:-cut])
        assert list(read_events(tmp_path / "run"))[:5] == a_run()[:5]


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    log = record(tmp_path / "run", a_run()) / "events.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join((*lines[:2], lines[2][:20] + b"\n", *lines[3:])))
    with pytest.raises(ValueError, match=r"events\.jsonl, line 3 is not an event"):
        list(read_events(tmp_path / "run"))


def test_a_run_whose_last_picture_did_not_reach_the_disk_is_read_without_it(tmp_path: Path) -> None:
    record(tmp_path / "run", a_run())
    (tmp_path / "run" / "screens" / f"{screen('after').digest}.png").unlink()

    pictures = [event.screenshot.image for event in read_events(tmp_path / "run") if isinstance(event, Observed)]
    assert pictures == [screen("before").image, None]


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    record(tmp_path / "run", a_run())
    path = tmp_path / "run" / "screens" / f"{screen('after').digest}.png"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match=f"{path.name} is not a readable picture"):
        list(read_events(tmp_path / "run"))


def test_a_folder_without_a_run_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no run in"):
        list(read_events(tmp_path))


def test_a_second_run_does_not_overwrite_the_first(tmp_path: Path) -> None:
    record(tmp_path / "run", a_run())
    with pytest.raises(OSError, match="not empty; record to a folder that does not exist yet"):
        Recorder(tmp_path / "run")
    assert list(read_events(tmp_path / "run")) == a_run()


def test_a_place_that_cannot_hold_a_folder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match=r"cannot record to .*file.*; record to"):
        Recorder(tmp_path / "file" / "run")


def test_a_disk_full_at_the_log_is_raised_at_that_event_and_leaves_whole_lines(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run") as recorder:
        recorder(Started(task="save it"))
        with files_no_longer_than(200), pytest.raises(OSError, match="make room on that disk") as full:
            recorder(Ended(result="crashed", message="x" * 500))
    assert full.value.errno == errno.EFBIG
    assert list(read_events(tmp_path / "run")) == [Started(task="save it")]


def test_nothing_follows_an_event_that_could_not_be_written(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run") as recorder:
        recorder(Started(task="save it"))
        with files_no_longer_than(200), pytest.raises(OSError, match="make room"):
            recorder(Ended(result="crashed", message="x" * 500))
        with pytest.raises(OSError, match="an earlier event could not be written"):
            recorder(Ended(result="crashed"))
    assert list(read_events(tmp_path / "run")) == [Started(task="save it")]


def test_a_log_that_another_program_deletes_ends_the_run(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run") as recorder:
        recorder(Started(task="save it"))
        shutil.rmtree(tmp_path / "run")
        with pytest.raises(OSError, match="another program has deleted it"):
            recorder(Ended(result="done"))


@pytest.mark.parametrize("size", [0, 10, 500])
def test_a_log_that_another_program_changes_ends_the_run(tmp_path: Path, size: int) -> None:
    with Recorder(tmp_path / "run") as recorder:
        recorder(Started(task="save it"))
        os.truncate(tmp_path / "run" / "events.jsonl", size)
        with pytest.raises(OSError, match="another program has changed it; record to another folder"):
            recorder(Ended(result="done"))
    assert (tmp_path / "run" / "events.jsonl").stat().st_size == size


def noise() -> Screenshot:
    return Screenshot.of(Image.frombytes("RGB", (64, 64), os.urandom(64 * 64 * 3)))


def test_a_disk_full_at_a_picture_ends_the_run_at_a_later_event(tmp_path: Path) -> None:
    seen: list[Event] = [Observed(screenshot=noise()) for _ in range(20)]
    with files_no_longer_than(6000), pytest.raises(OSError, match=r"\.png: .*make room on that disk"):
        record(tmp_path / "run", seen)
    assert encoder_threads() == []
    assert 1 < len(list(read_events(tmp_path / "run"))) < 20


def test_a_disk_full_at_the_last_picture_is_raised_at_the_end(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run")
    with pytest.raises(OSError, match="make room on that disk"), files_no_longer_than(6000), recorder:
        recorder(Observed(screenshot=noise()))
    assert encoder_threads() == []
    assert list((tmp_path / "run" / "screens").iterdir()) == []


def test_the_error_that_ended_a_run_is_not_hidden_by_one_of_its_pictures(tmp_path: Path) -> None:
    with files_no_longer_than(6000), pytest.raises(ZeroDivisionError):
        end_in_an_error(Recorder(tmp_path / "run"))


def end_in_an_error(recorder: Recorder) -> None:
    with recorder:
        recorder(Observed(screenshot=noise()))
        raise ZeroDivisionError


KILLED = """
import os, signal, sys
from pathlib import Path
from PIL import Image
from screenagent.events import Observed, Started
from screenagent.runs.log import Recorder
from screenagent.screenshot import Screenshot
recorder = Recorder(Path(sys.argv[1]))
recorder(Started(task="save it"))
for shade in range(5):
    recorder(Observed(screenshot=Screenshot.of(Image.new("RGB", (1280, 720), (shade, 0, 0)))))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_the_run_of_a_killed_process_is_readable_up_to_its_last_event(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "run")], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert [event.event for event in read_events(tmp_path / "run")] == ["started", *["observed"] * 5]


def test_runs_that_begin_at_the_same_time_get_folders_of_their_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        folders = list(threads.map(lambda _: new_run_folder(tmp_path, "the same task"), range(32)))
    assert len(set(folders)) == 32


@pytest.mark.parametrize(
    ("task", "ending"),
    [
        ("Open the File menu, click 'Save As'!", "_open-the-file-menu-click-save-as"),
        ("../../etc/passwd", "_etc-passwd"),
        ("写一封信", "_写一封信"),
        ("?!", "_run"),
        ("word " * 50, "_word-word-word-word-word-word-word-word"),
    ],
)
def test_a_run_folder_says_when_and_what(tmp_path: Path, task: str, ending: str) -> None:
    folder = new_run_folder(tmp_path, task)
    assert folder.parent == tmp_path
    assert folder.name[19:] == ending


def test_past_runs_are_listed_newest_first(tmp_path: Path) -> None:
    for name in ("2031-05-04_10-00-00_b", "2031-05-04_09-00-00_a", "2030-01-01_00-00-00_c"):
        record(tmp_path / name, a_run())
    (tmp_path / "2032-01-01_00-00-00_not-a-run").mkdir()
    assert [run.name[-1] for run in recorded_runs(tmp_path)] == ["b", "a", "c"]
    assert recorded_runs(tmp_path / "nowhere") == []


def test_a_run_that_hangs_has_its_ending_written_once(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with Recorder(folder) as recorder:
        recorder(Started(task="hang", at=1.0))
        recorder.end(Ended(result="stopped"))
        recorder.end(Ended(result="stopped"))
        recorder(Ended(result="crashed"))
    _, ended = read_events(folder)
    assert isinstance(ended, Ended)
    assert ended.result == "stopped"
    assert ended.at >= 1.0
