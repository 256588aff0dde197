"""`bench peers`: what a tool says is held against what is so, and a tool that is not there is named."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from screenagent.bench.peers import comparison
from screenagent.bench.peers.comparison import Comparison
from screenagent.bench.peers.results import (
    PeerClass,
    PeerTurn,
    PeerTwin,
    peer_class,
    peer_progress,
    peers_summary,
    peers_table,
)
from screenagent.bench.peers.roster import PEERS, TO_DESCRIPTOR_3, TOOLS, Peer, chosen_peers
from screenagent.bench.peers.session import AppNames, PeerSession, PeerStep, Said
from screenagent.bench.peers.stages import SYSTEM_PYTHON
from screenagent.bench.peers.this_agent import instruction
from screenagent.bench.peers.twins import STEPS
from screenagent.bench.truth.pairs import Twin, chosen_pairs
from screenagent.cli import screenagent
from screenagent.desktop.json_lines import needed_environment
from screenagent.planning import read_instructions
from tests.bench.test_truth import OF_PEERS

NAMES = AppNames(title="Panel", process="python3", application="panel")
TOOL = """
import sys
from answering import answer_steps

print("what a library prints")

def perform(asked):
    if asked["words"] == "die":
        sys.exit()
    if asked["words"] == "raise":
        raise LookupError("there is no such button")
    return "sent", f"{asked['do']} {asked['words']} in {asked['title']} at {asked['point']}"

answer_steps(perform, distribution="pydantic")
"""
"""An adapter as the real ones are, of a tool that needs no screen."""

XDOTOOL = chosen_peers(["xdotool"])[0]


def has_gtk() -> bool:
    """Whether the system's Python can open the window of buttons."""
    needs = [SYSTEM_PYTHON, "-c", "import gi; gi.require_version('Gtk', '3.0')"]
    return Path(SYSTEM_PYTHON).exists() and subprocess.run(needs, capture_output=True, check=False).returncode == 0


@pytest.fixture
def session(tmp_path: Path) -> PeerSession:
    (tmp_path / "tool.py").write_text(TOOL)
    command = [*TO_DESCRIPTOR_3, sys.executable, str(tmp_path / "tool.py")]
    return PeerSession(command, needed_environment() | {"PYTHONPATH": str(TOOLS)})


def click(words: str) -> PeerStep:
    return PeerStep(do="click", words=words)


def turn(peer: str, number: int, *, click: float = 0.1, answer: float = 0.2, cold: float | None = 0.4) -> PeerTurn:
    return PeerTurn(
        part="gtk", peer=peer, version="1", round=number, cold=cold, clicks=(click,), answers=(answer,), missed=0
    )


def twin(peer: str, pair: str, which: Twin, found: PeerClass, said: Said = "sent") -> PeerTwin:
    return PeerTwin(peer=peer, version="1", pair=pair, twin=which, found=found, said=said)


def test_an_adapter_answers_each_demand_whatever_its_library_prints(session: PeerSession) -> None:
    with session:
        answer = session.ask(click("Seven"), names=NAMES, point=(3, 4))
    assert session.version.startswith("2.")
    assert (answer.said, answer.words) == ("sent", "click Seven in Panel at [3, 4]")
    assert 0 < answer.began <= answer.ended


def test_what_a_tool_raises_is_its_refusal_and_ends_the_steps(session: PeerSession) -> None:
    with session:
        refused = session.ask(click("raise"), click("Seven"), names=NAMES)
        after = session.ask(click("One"), click("Two"), names=NAMES)
    assert (refused.said, refused.words) == ("refused", "LookupError: there is no such button")
    assert after.words.startswith("click Two")


def test_an_adapter_that_dies_has_refused_what_it_was_asked_and_all_after(session: PeerSession) -> None:
    with session:
        answers = [session.ask(click(words), names=NAMES) for words in ("die", "Seven")]
    assert [answer.said for answer in answers] == ["refused", "refused"]
    assert {answer.words for answer in answers} == {"the adapter has ended; run it by hand to see why"}


def test_an_adapter_that_cannot_start_refuses(tmp_path: Path) -> None:
    with PeerSession([sys.executable, str(tmp_path / "none.py")], needed_environment()) as session:
        answer = session.ask(click("Seven"), names=NAMES)
    assert (session.version, answer.said) == ("", "refused")


def test_what_is_no_answer_is_a_refusal() -> None:
    with PeerSession([sys.executable, "-c", "print('hello')"], needed_environment()) as session:
        answer = session.ask(click("Seven"), names=NAMES)
    assert (answer.said, answer.words) == ("refused", "the adapter said something that is no answer")


@pytest.mark.parametrize(
    ("which", "said", "facts", "found"),
    [
        ("works", "sent", "happened", "done"),
        ("works", "unsure", "happened", "done"),
        ("works", "refused", "happened", "missed"),
        ("works", "refused", "", "missed"),
        ("works", "done", "", "false"),
        ("broken", "done", "", "false"),
        ("broken", "sent", "", "silent"),
        ("broken", "unsure", "", "unsure"),
        ("broken", "refused", "", "refused"),
        ("broken", "sent", "happened", "through"),
        ("broken", "refused", "slipped", "wrong"),
        ("works", "done", "happened slipped", "wrong"),
    ],
)
def test_what_a_tool_says_is_held_against_what_is_so(which: Twin, said: Said, facts: str, found: PeerClass) -> None:
    assert peer_class(which, said, happened="happened" in facts, slipped="slipped" in facts) == found


def test_times_are_medians_and_ratios_to_this_agent() -> None:
    ours = [turn("screenagent", number, click=click) for number, click in enumerate((0.1, 0.2, 0.9))]
    theirs = [turn("dogtail", 0, click=0.05, answer=1.0, cold=None)]
    found = peers_summary([*ours, *theirs], skipped={}).peers
    assert found["screenagent"].gtk is not None
    assert (found["screenagent"].gtk.click_ms_p50, found["screenagent"].gtk.click_ratio) == (200, 1)
    assert found["dogtail"].gtk is not None
    assert (found["dogtail"].gtk.click_ratio, found["dogtail"].gtk.answer_ratio) == (0.25, 5)
    assert (found["dogtail"].gtk.cold_ratio, found["dogtail"].page) == (None, None)


def test_without_this_agent_there_are_times_but_no_ratios() -> None:
    times = peers_summary([turn("dogtail", 0)], skipped={}).peers["dogtail"].gtk
    assert times is not None
    assert (times.click_ms_p50, times.click_ratio, times.n) == (100, None, 1)


def test_the_table_has_a_line_for_each_tool_and_names_what_was_not_run() -> None:
    twins = [
        twin("dogtail", "a", "works", "done"),
        twin("dogtail", "a", "broken", "false", "done"),
        twin("dogtail", "b", "works", "wrong"),
        twin("dogtail", "b", "broken", "silent"),
    ]
    summary = peers_summary(
        [turn("screenagent", 0), turn("dogtail", 0), *twins], skipped={"selenium": "no chromedriver"}
    )
    _, _, ours, theirs, skipped = peers_table(summary).splitlines()
    assert ours.split()[:4] == ["screenagent", "100", "×1.00", "200"]
    assert theirs.endswith("1/2   false 1, silent 1 (works: wrong 1)")
    assert skipped == "not run: selenium: no chromedriver"


def test_progress_says_what_was_missed_and_what_was_said() -> None:
    missed = turn("dogtail", 1).model_copy(update={"missed": 1, "words": "no such node"})
    assert peer_progress(missed) == "gtk 2: dogtail: click 100 ms, answer 200 ms, cold 400 ms  missed 1: no such node"
    assert peer_progress(twin("rpa", "a", "broken", "silent")).startswith("a broken: rpa: silent, says sent")


def test_a_tool_without_its_environment_or_program_is_missing(tmp_path: Path) -> None:
    dogtail = chosen_peers(["dogtail"])[0]
    assert dogtail.missing(None).endswith(
        "/usr/bin/python3 -m venv --system-site-packages dogtail && dogtail/bin/pip install dogtail"
    )
    assert dogtail.missing(tmp_path) == dogtail.missing(None)
    (tmp_path / "dogtail/bin").mkdir(parents=True)
    (tmp_path / "dogtail/bin/python").touch()
    assert dogtail.missing(tmp_path) == ""
    assert Peer("x", "x.py", programs=("no-such-program",), by_point=True).missing(None).startswith("no-such-program")
    assert chosen_peers(["screenagent"])[0].missing(None) == ""


def test_every_tool_has_an_adapter_that_says_how_it_is_driven() -> None:
    adapters = {peer.adapter for peer in PEERS if not peer.is_ours}
    shared = {"answering.py", "mcp_host.py"}
    assert {path.name for path in TOOLS.glob("*.py")} == adapters | shared
    for name in adapters:
        tree = ast.parse((TOOLS / name).read_text("utf-8"))
        assert len((ast.get_docstring(tree) or "").split()) > 15, name


def test_the_ten_pairs_are_asked_for_in_steps_that_this_agent_can_read() -> None:
    assert list(STEPS) == OF_PEERS
    for pair in chosen_pairs(list(STEPS)):
        asked = ", ".join(instruction(step) for step in STEPS[pair.id])
        assert read_instructions(asked).steps
        assert pair.task in (None, asked)


def test_results_that_are_kept_are_not_measured_again(tmp_path: Path) -> None:
    kept = tmp_path / "peers.jsonl"
    results = [turn("dogtail", 0), twin("dogtail", "a", "broken", "silent")]
    kept.write_text("".join(f"{result.model_dump_json()}\n" for result in results))
    again = Comparison(None, kept, lambda _: None)
    again.run([], [], rounds=1)
    assert again.found == results


def test_ctrl_c_prints_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Comparison, *_: object, rounds: int) -> None:
        self.found.append(turn("screenagent", rounds))
        raise KeyboardInterrupt

    monkeypatch.setattr(comparison.Comparison, "run", interrupted)
    done = CliRunner().invoke(screenagent, ["bench", "peers"])
    assert done.exit_code == 130
    assert json.loads(done.stdout)["peers"]["screenagent"]["gtk"]["n"] == 1
    assert "not run: dogtail: it has no environment" in done.stderr


def test_a_tool_that_nobody_knows_is_wrong_usage_and_the_known_ones_are_named() -> None:
    done = CliRunner().invoke(screenagent, ["bench", "peers", "--only", "dogtale"])
    assert done.exit_code == 2
    assert "there is no tool dogtale" in done.stderr
    assert "dogtail" in done.stderr


@pytest.mark.display
@pytest.mark.slow
@pytest.mark.skipif(not has_gtk() or bool(XDOTOOL.missing(None)), reason="GTK and xdotool are not installed")
def test_a_tool_is_timed_by_what_the_program_says_of_its_clicks(tmp_path: Path) -> None:
    comparison = Comparison(None, tmp_path / "peers.jsonl", lambda _: None)
    comparison.run([XDOTOOL], ["gtk"], rounds=1)
    (timed,) = comparison.found
    assert isinstance(timed, PeerTurn)
    assert (timed.missed, len(timed.clicks)) == (0, 2)
    assert timed.cold is not None
    assert 0 < max(timed.clicks) < min(timed.answers)
    assert comparison.results is not None
    assert len(comparison.results.read_text().splitlines()) == 1
