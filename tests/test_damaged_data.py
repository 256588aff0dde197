"""Whatever is wrong with a file or an answer, it is named in a sentence: no traceback, no hang, nothing written
elsewhere. A few hundred of each kind here, ten thousand with `make soak`."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, pairwise
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
import yaml

from screenagent.approval import audit, default_policy
from screenagent.approval.policy import Policy
from screenagent.cli import ending
from screenagent.episode import Episode
from screenagent.errors import OldSpellingWarning
from screenagent.fakes import FakeReader
from screenagent.runs.costs import CostTable
from screenagent.runs.report.gif import write_gif
from screenagent.runs.report.html import write_html
from screenagent.runs.report.story import Story
from screenagent.runs.retention import outdated, stored_runs, why_not_ours
from screenagent.runs.store import glance, read_events, read_run
from screenagent.scripts.recorder.writer import ScriptWriter
from screenagent.settings import Settings, settings_in_force
from tests.console.told_runs import record, whole_run
from tests.damage import broken_bytes, broken_value, damages
from tests.paths import ROOT

pytestmark = pytest.mark.slow

SEED: Final = 16
QUICK, SOAK = 100, 10_000


@pytest.fixture(params=[pytest.param(QUICK, id="quick"), pytest.param(SOAK, id="soak", marks=pytest.mark.soak)])
def count(request: pytest.FixtureRequest) -> int:
    assert isinstance(request.param, int)
    return request.param


@contextmanager
def ends_well(*refusals: type[Exception]) -> Iterator[None]:
    """Let what is inside end with `refusals`, or with an error that the command line tells in a sentence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OldSpellingWarning)
        warnings.simplefilter("ignore", FutureWarning)  # of a regular expression that reads oddly
        try:
            yield
        except refusals:
            pass
        except Exception as error:
            if ending(error) is None:
                raise


POLICY: Final[Any] = {
    "rules": [
        {"then": "deny", "because": "never", "title": "My Bank", "kinds": ["type_text"], "apps": ["firefox", "term*"]},
        {"then": "ask", "region": {"left": 0.1, "top": 0.1, "right": 0.5, "bottom": 0.5}, "near": "card|iban"},
        {"then": "allow", "keys": ["ctrl+s"], "text": "^[a-z]+$", "target": "\\b(save)\\b", "shown": "x"},
    ],
    "secrets": [{"name": "BANK", "apps": ["firefox"], "title": "^My Bank"}],
}
YAML_BOMBS: Final = (
    "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in pairwise("abcdefghi")) + "rules: *i\n",
    "rules: &r [*r]\n", "rules: &r {x: *r}\n", "<<: &a {<<: *a}\n",
    "rules: !!python/object/apply:os.system [touch outside]\n",
    "rules: " + "[" * 3000, "? " * 3000, "rules: [{then: ask, title: '(a+)+$'}]\n",
    "rules: 2001-99-99\n", "rules: !!timestamp x\n",
    "rules: !!binary '***'\n", "rules: !!int 'x'\n",
    "rules: 0x" + "f" * 9000 + "\n", "rules: " + "1" * 9000 + "\n",
    "%YAML 9.9\n---\na\n", "---\na\n---\nb\n",
    "rules: .inf\n", "a: 1\na: 2\n", "\ufeffrules: []\n",
    "rules: 1:60:60\n", "{[]: 1}\n", "? {a: 1}\n: 2\n",
    "rules: [{then: ask, keys: [{}]}]\n",
)  # fmt: skip


def test_a_damaged_policy(tmp_path: Path, count: int) -> None:
    file, text = tmp_path / "policy.yaml", yaml.safe_dump(POLICY).encode()
    default = (ROOT / "screenagent" / "approval" / "default.yaml").read_bytes()

    def damaged(random: Random) -> bytes:
        match random.randrange(3):
            case 0:
                return json.dumps(broken_value(POLICY, random)).encode()
            case 1:
                return broken_bytes(text, random)
            case _:
                return broken_bytes(default, random)

    for data in chain((bomb.encode() for bomb in YAML_BOMBS), map(damaged, damages(count, seed=SEED))):
        file.write_bytes(data)
        with ends_well():
            Policy.read(file)
    assert [path.name for path in tmp_path.iterdir()] == ["policy.yaml"]


SETTINGS: Final = b"""\
approve = "risky"
policy = "strict.yaml"
min_confidence = 0.9
max_steps = 80
runs = "/somewhere/runs"
keep_days = 30.0
model = "http://localhost:8080/v1"
model_family = "phi4"
crop = "window"
stop_keys = "ctrl+shift+escape"
yes_keys = "ctrl+alt+y"
no_keys = "ctrl+alt+n"
icon_names = "names.json"
letters = "latin"
virtual_size = {width = 1280, height = 720}
"""
ODD_TOML: Final = (
    "1", "-1", "0", "true", '""', '"\\u0000"', "[]", "{}", "[[1]]", "nan", "inf", "-inf", "1e400", "9" * 5000,
    "1979-05-27", "07:32:00",
    '"x"', "[" * 5000, '"off"', '"ctrl+"', '"+"', '"\\U0001F600"', "{a = {b = {c = 1}}}", "0xffffffffffffffffffff",
)  # fmt: skip


def test_damaged_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    file = tmp_path / "settings.toml"
    monkeypatch.setattr(Settings, "file", file)

    def damaged(random: Random) -> bytes:
        if random.random() < 0.5:
            return broken_bytes(SETTINGS, random)
        lines = SETTINGS.decode().splitlines()
        for _ in range(random.randint(1, 3)):
            place = random.randrange(len(lines))
            name = random.choice(
                (lines[place].partition(" =")[0], random.choice([*Settings.model_fields]), "a.b", '"\\u0000"')
            )
            lines[place] = f"{name} = {random.choice(ODD_TOML)}"
        return "\n".join(lines).encode()

    for random in damages(count, seed=SEED):
        file.write_bytes(damaged(random))
        with ends_well():
            settings_in_force(Settings.load(max_steps=random.choice((None, 0, 5))))
    assert [path.name for path in tmp_path.iterdir()] == ["settings.toml"]


def damaged_run(run: Path, random: Random) -> None:
    """Break the log, `run.json`, or what lies among the pictures."""
    log, about, screens = run / "events.jsonl", run / "run.json", run / "screens"
    match random.randrange(6):
        case 0:
            log.write_bytes(broken_bytes(log.read_bytes(), random))
        case 1 | 2 | 3:
            lines = log.read_bytes().splitlines(keepends=True)
            place = random.randrange(len(lines))
            lines[place] = json.dumps(broken_value(json.loads(lines[place]), random)).encode() + b"\n"
            log.write_bytes(b"".join(lines))
        case 4:
            written = json.dumps(broken_value(json.loads(about.read_bytes()), random)).encode()
            about.write_bytes(random.choice((written, broken_bytes(about.read_bytes(), random))))
        case _:
            damage_picture(random.choice(sorted(screens.iterdir())), random)


def damage_picture(picture: Path, random: Random) -> None:
    data = picture.read_bytes()
    picture.unlink()
    match random.randrange(5):
        case 0:
            pass
        case 1:
            picture.mkdir()
        case 2:
            picture.symlink_to(picture)
        case _:
            picture.write_bytes(broken_bytes(data, random))


READER: Final = FakeReader([])
READERS: Final[tuple[Callable[[Path], object], ...]] = (
    glance,
    lambda run: outdated(stored_runs(run.parent), keep=0),
    why_not_ours,
    read_run,
    lambda run: Episode.of(read_events(run)),
    lambda run: CostTable.of([Story.of(read_events(run, pictures=False))]),
    lambda run: [str(found) for found in audit(default_policy(), read_events(run), reader=READER)],
)


def test_a_damaged_run(tmp_path: Path, count: int) -> None:
    whole, root, out = record(tmp_path / "whole", whole_run()), tmp_path / "runs", tmp_path / "out"
    out.mkdir()
    for random in damages(count, seed=SEED):
        run = root / "2026-01-01_00-00-00_x"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(whole, run)
        damaged_run(run, random)
        before = {path: path.lstat().st_mtime_ns for path in run.rglob("*")}
        for read in READERS:
            with ends_well():
                read(run)
        with ends_well(ValueError):
            ScriptWriter.of_run(read_events(run), READER)
        if random.random() < 0.3:
            with ends_well():
                write_html(run, out / "report.html")
            with ends_well():
                write_gif(run, out / "run.gif")
        assert {path: path.lstat().st_mtime_ns for path in run.rglob("*")} == before
    assert {path.name for path in tmp_path.iterdir()} == {"whole", "runs", "out"}
    assert {path.name for path in out.iterdir()} == {"report.html", "run.gif"}
