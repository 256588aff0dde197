"""Whatever is wrong with what a command was given, it says so in one line and ends with its documented code."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import click
import pytest
from PIL import Image

from screenagent import cli
from screenagent.cli import Ending, ending
from screenagent.cli.options import LiteralType, SizeType
from screenagent.control import Stopped
from screenagent.engine.errors import EngineError
from tests.cli.conftest import Invoke, Said
from tests.paths import ROOT

pytestmark = pytest.mark.usefixtures("alone")

NOWHERE = "http://127.0.0.1:9/v1"
"""Nothing listens on the port "discard"."""


class Leaf(NamedTuple):
    """A command without subcommands, and the words that lead to it."""

    words: tuple[str, ...]
    command: click.Command

    def __str__(self) -> str:
        return "-".join(self.words)


def leaves(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[Leaf]:
    if not isinstance(command, click.Group):
        yield Leaf(words, command)
        return
    with click.Context(command) as context:
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from leaves(found, (*words, name))


LEAVES = tuple(leaves(cli.screenagent))
each_leaf = pytest.mark.parametrize("leaf", LEAVES, ids=str)


def fitting(parameter: click.Parameter, folder: Path) -> str:
    """Return words that pass as the parameter's value."""
    match parameter.type:
        case click.Path(file_okay=False, exists=True):
            return str(folder)
        case click.Path(exists=True):
            file = folder / "file.txt"
            file.touch()
            return str(file)
        case click.Choice(choices=choices):
            return str(choices[0])
        case _:
            return "words"


def required(leaf: Leaf, folder: Path, *, but: click.Parameter | None = None) -> list[str]:
    """Return the words of all required arguments but one."""
    return [
        fitting(parameter, folder)
        for parameter in leaf.command.params
        if parameter.required and isinstance(parameter, click.Argument) and parameter is not but
    ]


def wrong_values(parameter: click.Parameter, folder: Path) -> list[str]:
    """Return words that the parameter's type refuses."""
    match parameter.type:
        case click.Path(exists=True, file_okay=False):
            (folder / "some.txt").touch()
            return [str(folder / "missing"), str(folder / "some.txt")]
        case click.Path(exists=True, dir_okay=True):
            return [str(folder / "missing")]
        case click.Path(exists=True):
            return [str(folder / "missing.txt"), str(folder)]
        case click.Path(file_okay=False):
            (folder / "some.txt").touch()
            return [str(folder / "some.txt")]
        case click.Path(dir_okay=False):
            return [str(folder)]
        case click.Choice() | LiteralType() | SizeType() | click.IntRange() | click.FloatRange() | click.INT:
            return ["something-else"]
        case _:
            return []


def spelled(parameter: click.Parameter, value: str) -> list[str]:
    return [value] if isinstance(parameter, click.Argument) else [parameter.opts[0], value]


@each_leaf
def test_an_unknown_option_is_wrong_usage(leaf: Leaf, invoke: Invoke, tmp_path: Path) -> None:
    said = invoke(*leaf.words, *required(leaf, tmp_path), "--no-such-option")
    assert said.code == 2
    assert "No such option" in said.line
    assert f"`screenagent {' '.join(leaf.words)} --help`" in said.line


@each_leaf
def test_a_missing_argument_is_wrong_usage(leaf: Leaf, invoke: Invoke, tmp_path: Path) -> None:
    for parameter in leaf.command.params:
        if parameter.required:
            said = invoke(*leaf.words, *required(leaf, tmp_path, but=parameter))
            assert said.code == 2
            assert any(words in said.line for words in ("Missing", "does not exist", "is a", "is not one of"))


@each_leaf
def test_a_value_of_the_wrong_kind_is_wrong_usage(leaf: Leaf, invoke: Invoke, tmp_path: Path) -> None:
    for parameter in leaf.command.params:
        for value in wrong_values(parameter, tmp_path):
            said = invoke(*leaf.words, *spelled(parameter, value), *required(leaf, tmp_path, but=parameter))
            assert said.code == 2, (parameter, value)
            assert "Invalid value" in said.line


def test_an_unknown_command_is_wrong_usage(invoke: Invoke) -> None:
    assert invoke("fly").code == 2


BAD_TEXTS = {
    "binary": b"\x00\xff\xfe\x01" * 20,
    "empty": b"",
    "unclosed": b'{"a": [1, 2',
    "a list": b"- 1\n- 2\n",
    "huge": b"x: " + b"[" * 500 + b"]" * 500,
}
READERS = {
    "play": ("play", "FILE"),
    "heal": ("heal", "FILE"),
    "export": ("export", "FILE"),
    "a run's policy": ("run", "click Save", "--virtual", "--policy", "FILE"),
    "drill's policy": ("drill", "--policy", "FILE"),
    "a run to be judged": ("policy", "check", "RUN", "--policy", "FILE"),
    "rows": ("play", "SCRIPT", "--rows", "FILE"),
    "tasks": ("bench", "tasks", "FILE"),
    "cases": ("bench", "scripts", "FILE"),
    "picture": ("ground", "FILE", "the Save button"),
    "seen picture": ("see", "FILE"),
    "asked picture": ("ask", "FILE", "what is this?"),
    "run": ("report", "RUN"),
    "saved run": ("save", "RUN", "new.yaml"),
    "judged run": ("policy", "check", "RUN"),
    "annotations": ("bench", "ground", "FOLDER"),
    "calibration": ("bench", "calibration", "FOLDER"),
}


@pytest.mark.parametrize("content", BAD_TEXTS.values(), ids=BAD_TEXTS)
@pytest.mark.parametrize("words", READERS.values(), ids=READERS)
def test_a_file_that_cannot_be_read_is_named(
    words: Sequence[str], content: bytes, invoke: Invoke, tmp_path: Path
) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("name: a\nsteps:\n  - click: Save\n", "utf-8")
    run = tmp_path / "run"
    run.mkdir()
    for name in ("given.txt", "annotations.json", "run/events.jsonl", "run/run.json"):
        (tmp_path / name).write_bytes(content + b"\n")
    places = {"FILE": tmp_path / "given.txt", "FOLDER": tmp_path, "RUN": run, "SCRIPT": script}
    said = invoke(*(places.get(word, word) for word in words))
    assert said.code in (1, 2)
    assert str(tmp_path) in said.line or "has no parameter" in said.line


def test_all_problems_of_a_script_stand_in_one_line(invoke: Invoke, tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("name: a\nsteps:\n  - klick: Save\n  - press: ctlr+s\n", "utf-8")
    said = invoke("play", script)
    assert said.code == 2
    assert f"{script}:3:" in said.line
    assert f"{script}:4:" in said.line


class TestModels:
    @pytest.mark.parametrize(
        "words",
        [("run", "save it", "--virtual"), ("ground", "screen.png", "Save"), ("ask", "screen.png", "what?")],
        ids=lambda words: words[0],
    )
    @pytest.mark.parametrize(
        "model", ["nowhere", "empty", NOWHERE, "unix:nobody.sock", "phi4", "http://", "http://[", "http://a:port"]
    )
    def test_a_model_that_is_not_there_ends_in_one_line(
        self, words: Sequence[str], model: str, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Image.new("RGB", (64, 48)).save("screen.png")
        Path("empty").mkdir()
        monkeypatch.setenv("SCREENAGENT_MODEL_WEIGHTS", str(tmp_path / "no-weights"))
        monkeypatch.setenv("SCREENAGENT_MODEL_SOCKET", str(tmp_path / "no.sock"))
        said = invoke(*words, "--model", model)
        assert said.code in (1, 2)
        assert said.line.startswith("screenagent: ")

    def test_check_asks_for_a_model(self, invoke: Invoke) -> None:
        said = invoke("model", "check")
        assert said.code == 2
        assert "--model" in said.line

    @pytest.mark.parametrize("words", [("model", "serve"), ("model", "verify")], ids=lambda words: words[1])
    def test_weights_that_were_not_pulled_are_named(self, words: Sequence[str], invoke: Invoke, tmp_path: Path) -> None:
        pytest.importorskip("torch")
        said = invoke(*words, "--weights", tmp_path / "none", "--device", "cpu")
        assert said.code in (1, 2)
        assert str(tmp_path / "none") in said.line

    @pytest.mark.parametrize("device", ["cuda", "mps", "abacus"])
    def test_a_device_that_is_not_there_is_wrong_usage(self, device: str, invoke: Invoke, tmp_path: Path) -> None:
        torch = pytest.importorskip("torch")
        if device == "cuda" and torch.cuda.is_available():
            pytest.skip("there is a CUDA device")
        said = invoke("model", "serve", "--weights", tmp_path, "--device", device)
        assert said.code == 2
        assert device in said.line.lower() or "metal" in said.line.lower()


WITHOUT_A_DISPLAY = {
    "run": ("run", "click Save"),
    "dry run": ("run", "click Save", "--dry-run"),
    "play": ("play", "script.yaml"),
    "record": ("record", "new.yaml"),
    "see": ("see",),
}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
@pytest.mark.parametrize("words", WITHOUT_A_DISPLAY.values(), ids=WITHOUT_A_DISPLAY)
def test_without_a_display_the_cure_is_named(words: Sequence[str], invoke: Invoke) -> None:
    Path("script.yaml").write_text("name: a\nsteps:\n  - click: Save\n", "utf-8")
    said = invoke(*words)
    assert said.code == 1
    assert "DISPLAY" in said.line


def test_the_console_needs_a_terminal(invoke: Invoke) -> None:
    said = invoke("console")
    assert said.code == 2
    assert "terminal" in said.line


def test_a_full_or_forbidden_place_is_named(invoke: Invoke, tmp_path: Path) -> None:
    picture = tmp_path / "screen.png"
    Image.new("RGB", (64, 48)).save(picture)
    said = invoke("see", picture, "--out", tmp_path / "no" / "such" / "folder.png")
    assert said.code == 1
    assert "No such file or directory" in said.line


HIDE = """
import contextlib, io, json, sys
for name in sys.argv[1].split(","):
    sys.modules[name] = None
from screenagent import cli
from screenagent.cli import Ending, ending
from screenagent.control import Stopped
from screenagent.engine.errors import EngineError
for words in json.loads(sys.argv[2]):
    sys.argv = ["screenagent", *words]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""


def without(modules: str, *commands: Sequence[str], **environment: str) -> list[Said]:
    """Run the commands in a process in which the modules cannot be imported."""
    done = subprocess.run(
        [sys.executable, "-c", HIDE, modules, json.dumps(commands)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "DISPLAY": ":0"} | environment,
        input="words\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [Said(*json.loads(line)) for line in done.stdout.splitlines()]


def run_at(model: str) -> tuple[str, ...]:
    return ("run", "save it", "--virtual", "--model", model)


MISSING: Final[Mapping[str, tuple[str, Sequence[Sequence[str]]]]] = {
    "torch": (
        "phi4",
        [
            run_at("."),
            ("ask", "screen.png", "what?", "--model", "."),
            ("ground", "screen.png", "Save", "--model", "."),
            ("model", "pull"),
            ("model", "serve"),
            ("model", "verify"),
            ("model", "check", "--model", "."),
            ("bench", "model", "--random"),
        ],
    ),
    "llguidance": ("phi4", [("model", "serve"), ("model", "verify")]),
    "httpx2": ("server", [run_at(NOWHERE), ("model", "check", "--model", NOWHERE), ("drill", "--model", NOWHERE)]),
    "keyring": ("secrets", [("secret", "set", "BANK"), ("secret", "rm", "BANK")]),
    "mss": ("desktop", [("run", "click Save"), ("see",), ("record", "new.yaml")]),
    "Xlib": ("desktop", [("run", "click Save"), ("see",), ("record", "new.yaml")]),
    "miniwob": ("bench", [("bench", "miniwob", "--task", "click-button", "--seeds", "1")]),
}


@pytest.mark.parametrize("module", MISSING)
@pytest.mark.slow
def test_a_missing_extra_is_named(module: str) -> None:
    Image.new("RGB", (64, 48)).save("screen.png")
    extra, commands = MISSING[module]
    for words, said in zip(commands, without(module, *commands), strict=True):
        assert said.code in (1, 2), words
        assert f"screenagent[{extra}]" in said.line, words


@pytest.mark.display
@pytest.mark.parametrize("module", ["Xlib"])
def test_a_library_of_the_desktop_that_is_missing_on_a_virtual_one_is_named(module: str) -> None:
    [said] = without(module, ["run", "click Save", "--virtual", "--approve", "never", "--no-record"])
    assert said.code == 2
    assert "screenagent[desktop]" in said.line


class TestEnding:
    def test_a_full_disk_names_the_cure(self) -> None:
        said = ending(OSError(errno.ENOSPC, "No space left on device", "runs/events.jsonl"))
        assert said is not None
        assert said.exit_code == 1
        assert "runs/events.jsonl; free some space" in said.text

    def test_a_full_disk_behind_the_output_is_not_taken_for_the_runs_folder(self) -> None:
        said = ending(OSError(errno.ENOSPC, "No space left on device"))
        assert said is not None
        assert "the output, or a file, cannot be written; free some space" in said.text

    def test_a_display_that_ends_under_a_library_is_no_mistake_of_ours(self) -> None:
        error = pytest.importorskip("Xlib.error")
        assert ending(error.ConnectionClosedError("closed")) == Ending("screenagent: the display has ended", 1)

    def test_a_file_that_may_not_grow_names_the_cure(self) -> None:
        said = ending(OSError(errno.EFBIG, "File too large"))
        assert said is not None
        assert said.exit_code == 1
        assert "raise the limit (`ulimit -f unlimited`)" in said.text

    def test_an_error_of_the_engine_is_one_line(self) -> None:
        assert ending(EngineError("too little memory:\n  18 GB are free")) == Ending(
            "screenagent: too little memory:; 18 GB are free", 1
        )

    def test_a_stop_is_no_failure(self) -> None:
        assert ending(Stopped()) == Ending("stopped", 130)

    @pytest.mark.parametrize("bug", [ValueError("x"), KeyError("x"), ModuleNotFoundError("x", name="screenagent.x")])
    def test_a_bug_keeps_its_traceback(self, bug: Exception) -> None:
        assert ending(bug) is None


@pytest.mark.engine
def test_a_download_that_fails_is_one_line(tmp_path: Path) -> None:
    [said] = without("no_such_module", ["model", "pull", "--to", str(tmp_path)], HF_ENDPOINT=NOWHERE)
    assert said.code == 1
    assert "cannot be downloaded" in said.line


@pytest.mark.slow
def test_without_the_consoles_extra_the_console_names_it() -> None:
    [said] = without("textual", ["console"])
    assert said.code == 2
    assert "screenagent[console]" in said.line


@pytest.mark.skipif(sys.platform == "win32", reason="there is no head")
@pytest.mark.parametrize("command", ["--help", "schema settings", "doctor --json"])
@pytest.mark.slow
def test_a_reader_that_goes_away_ends_a_command_without_a_traceback(command: str) -> None:
    piped = f"{sys.executable} -m screenagent {command} | head -c 1 >/dev/null; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", piped],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr in ("", "screenagent: nobody reads the output any more\n")
    assert done.stdout.strip() in ("0", "1", "141")
