"""The command line as a user meets it. What drives a desktop runs in real processes, on real virtual desktops."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from screenagent.episode import Episode
from screenagent.runs.store import read_events, recorded_runs
from screenagent.runs.upgrade import EVENT
from tests.builders import in_process

COMMANDS = [
    "",
    "run",
    "ground",
    "see",
    "report",
    "doctor",
    "model",
    "model check",
    "model families",
    "bench",
    "bench tasks",
    "bench hover",
    "bench session",
    "attach",
    "stop",
    "learn",
    "desk",
    "desk start",
    "desk list",
    "desk stop",
    "desk copy",
    "secret set",
    "drill",
    "prove-offline",
    "runs prune",
]
EDITOR = ("--virtual", "--app", "mousepad")


def screenagent(*words: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "screenagent", *words],
        input=typed,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A screen with three buttons on it."""
    image = Image.new("RGB", (640, 360), (236, 236, 236))
    draw = ImageDraw.Draw(image)
    for left, label in ((60, "Open"), (240, "Save"), (420, "Cancel")):
        draw.rectangle((left, 200, left + 140, 240), fill="white", outline=(120, 120, 120))
        draw.text((left + 70, 220), label, fill="black", font=ImageFont.load_default(18), anchor="mm")
    path = tmp_path / "screen.png"
    image.save(path)
    return path


class TestWords:
    """What is said before anything is touched."""

    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_command_explains_itself(self, command: str) -> None:
        done = in_process(*command.split(), "--help")
        assert done.returncode == 0
        assert "Usage: screenagent" in done.stdout

    def test_an_instruction_that_cannot_be_read_is_wrong_usage(self) -> None:
        done = in_process("run", "book me a flight to Oslo", *EDITOR)
        assert done.returncode == 2
        assert "name the steps" in done.stderr

    def test_an_unknown_key_is_refused_with_the_nearest(self) -> None:
        done = in_process("run", "press ctlr+s", *EDITOR)
        assert done.returncode == 2
        assert "did you mean 'ctrl'" in done.stderr

    def test_an_empty_task_is_wrong_usage(self) -> None:
        assert in_process("run", "  ", *EDITOR).returncode == 2

    def test_an_app_without_a_virtual_desktop_is_wrong_usage(self) -> None:
        done = in_process("run", "click Save", "--app", "mousepad")
        assert done.returncode == 2
        assert "add --virtual" in done.stderr

    def test_a_wrong_setting_is_named(self) -> None:
        done = in_process("run", "click Save", SCREENAGENT_MAX_STEPS="many")
        assert done.returncode == 2
        assert "'max_steps' is 'many'" in done.stderr

    @pytest.mark.slow
    def test_without_a_display_one_sentence_says_what_to_do(self) -> None:
        done = screenagent("run", "click Save", DISPLAY="", WAYLAND_DISPLAY="")
        assert done.returncode == 1
        assert "--virtual" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.slow
class TestPictures:
    def test_ground_prints_the_point_and_marks_the_picture(self, picture: Path, tmp_path: Path) -> None:
        marked = tmp_path / "marked.png"
        done = screenagent("ground", str(picture), "the Save button", "--out", str(marked))
        assert done.returncode == 0
        x, y = (int(number) for number in done.stdout.split())
        assert 240 <= x <= 380
        assert 200 <= y <= 240
        with Image.open(marked) as image, Image.open(picture) as before:
            assert image.convert("RGB").tobytes() != before.tobytes()

    def test_ground_explains_its_answer_on_request(self, picture: Path, tmp_path: Path) -> None:
        marked = tmp_path / "marked.png"
        done = in_process("ground", str(picture), "the Save button near Cancel", "--out", str(marked), "--explain")
        assert done.returncode == 0
        assert len(done.stdout.split()) == 2
        assert re.search(r"^\d  \d\.\d{3} “Save” at \(\d+, \d+\) by text: name .* · near “Cancel” ×", done.stderr, re.M)

    def test_what_is_absent_is_said_to_be_absent(self, picture: Path, tmp_path: Path) -> None:
        done = in_process("ground", str(picture), "the Paste button", "--out", str(tmp_path / "marked.png"))
        assert done.returncode == 1
        assert done.stdout == ""
        assert "absent" in done.stderr

    def test_see_lists_the_words_and_draws_them(self, picture: Path, tmp_path: Path) -> None:
        drawn = tmp_path / "seen.png"
        done = in_process("see", str(picture), "--out", str(drawn))
        assert done.returncode == 0
        assert {"Open", "Save", "Cancel"} <= set(done.stdout.split())
        assert drawn.is_file()

    def test_an_unreadable_picture_is_one_sentence(self, tmp_path: Path) -> None:
        broken = tmp_path / "broken.png"
        broken.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
        done = in_process("ground", str(broken), "Save")
        assert done.returncode == 2
        assert "cannot be read as a picture" in done.stderr


@pytest.mark.display
class TestRun:
    def test_a_file_is_saved_by_plain_words(self, tmp_path: Path) -> None:
        saved = tmp_path / "notes.txt"
        task = f"type 'Hello, é 你好', open the File menu, click Save As, type '{saved}', press enter"
        done = screenagent("run", task, *EDITOR, "--approve", "never", "--runs", str(tmp_path / "runs"))
        assert done.returncode == 0, done.stderr
        assert saved.read_text("utf-8").strip() == "Hello, é 你好"
        [folder] = recorded_runs(tmp_path / "runs")
        episode = Episode.of(read_events(folder))
        assert episode.ended is not None
        assert episode.ended.result == "done"
        report = screenagent("report", str(folder), "--out", str(tmp_path))
        assert report.returncode == 0, report.stderr
        assert (tmp_path / "report.html").stat().st_size > 10_000
        assert (tmp_path / "run.gif").is_file()

    def test_json_gives_the_events_on_stdout_and_nothing_else(self) -> None:
        done = screenagent("run", "type hello", *EDITOR, "--approve", "never", "--json", "--no-record")
        events = [EVENT.validate_json(line) for line in done.stdout.splitlines()]
        assert [event.event for event in events][0::99999] == ["started"]
        assert events[-1].event == "ended"
        assert events[-1].result == "done"

    def test_without_an_answer_nothing_is_sent(self) -> None:
        done = screenagent("run", "type hello", *EDITOR, "--json", "--no-record")
        assert done.returncode == 1
        assert '"acted"' not in done.stdout
        assert "nobody answered" in done.stderr

    def test_a_yes_lets_one_action_through_and_a_reason_reaches_the_planner(self) -> None:
        done = screenagent(
            "run", "type hello, press enter", *EDITOR, "--json", "--no-record", typed="y\nnot this one\n"
        )
        events = [json.loads(line) for line in done.stdout.splitlines()]
        assert [event["action"]["kind"] for event in events if event["event"] == "acted"] == ["type_text"]
        assert any("not this one" in event.get("feedback", "") for event in events)
        assert done.returncode == 1

    def test_an_absent_target_ends_with_what_was_missing(self) -> None:
        done = screenagent("run", "click the Frobnicate button", *EDITOR, "--approve", "never", "--no-record")
        assert done.returncode == 1
        assert "Frobnicate" in done.stderr

    def test_a_dry_run_shows_the_places_and_touches_nothing(self) -> None:
        done = screenagent("run", "open the File menu, click Save As", *EDITOR, "--dry-run")
        assert done.returncode == 0
        assert "“the File menu” is at (" in done.stdout
        assert "not on this screen" in done.stdout
        assert "nothing was touched" in done.stderr

    @pytest.mark.soak
    def test_a_dry_run_finds_a_place_as_the_run_does(self) -> None:
        done = screenagent("run", "click File", *EDITOR, "--json", "--no-record", "--approve", "never")
        [grounded] = [line for line in map(json.loads, done.stdout.splitlines()) if line["event"] == "grounded"][:1]
        dry = screenagent("run", "click File", *EDITOR, "--dry-run")
        assert f"[{grounded['locations'][0]['by']} " in dry.stdout

    def test_an_app_that_is_not_there_is_one_sentence(self) -> None:
        done = screenagent("run", "click Save", "--virtual", "--app", "no-such-editor")
        assert done.returncode == 1
        assert "no-such-editor" in done.stderr
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.soak)])
    def test_a_signal_stops_at_once_and_says_so(self, number: signal.Signals, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "screenagent", "run", "wait 60 seconds, type hello", *EDITOR]
        command += ["--approve", "never", "--runs", str(tmp_path)]
        with subprocess.Popen(
            [*command, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as running:
            assert running.stdout is not None
            for line in running.stdout:
                if '"reviewed"' in line:
                    running.send_signal(number)
                    break
            running.communicate(timeout=20)
        assert running.returncode == 130
        [folder] = recorded_runs(tmp_path)
        assert list(read_events(folder))[-1].model_dump()["result"] == "stopped"
