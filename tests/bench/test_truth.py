"""`bench truth` holds what the agent says against what is so; its pairs are sound."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import pytest
from pydantic import ValidationError

from screenagent.assembly.agent import build_unattended
from screenagent.bench.truth.attempts import TruthBench
from screenagent.bench.truth.pairs import PAGES, Report, TruthPair, Twin, all_pairs, chosen_pairs
from screenagent.bench.truth.results import TruthClass, TruthResult, classified, truth_summary
from screenagent.bench.truth.witness import Witness
from screenagent.control import Control
from screenagent.events import Outcome
from screenagent.planning import read_instructions

OF_PEERS: Final = """
disabled-button ignored-link opposite-label dead-beside-clock error-dialog stale-message option-missing covered-button
wrong-row text-is-cut
""".split()
"""The ten that other tools were measured by."""


def result(pair: str, twin: Twin, found: TruthClass, outcome: Outcome | None = None) -> TruthResult:
    done = found in ("true_done", "false_done", "wrong")
    return TruthResult(
        pair=pair, kind="a kind", twin=twin, found=found, ended="done" if done else "gave_up", outcome=outcome
    )


def test_there_are_sixty_pairs_with_different_names() -> None:
    names = Counter(pair.id for pair in all_pairs())
    assert len(names) >= 60
    assert [name for name, times in names.items() if times > 1] == []
    assert set(OF_PEERS) <= set(names)


def test_every_page_has_a_part_for_each_of_its_pairs_and_no_other() -> None:
    for name in sorted({pair.page for pair in all_pairs() if pair.page}):
        parts = re.findall(r"<section id=([a-z0-9-]+) ", (PAGES / name).read_text("utf-8"))
        assert sorted(parts) == sorted(pair.id for pair in all_pairs() if pair.page == name)


def test_every_instruction_is_one_that_can_be_read() -> None:
    for pair in all_pairs():
        if pair.task:
            read_instructions(pair.task)


def test_pages_report_and_only_programs_leave_files_behind() -> None:
    assert [pair.id for pair in all_pairs() if pair.page and not isinstance(pair.truth, Report)] == []


def test_a_pair_has_one_place_and_one_task() -> None:
    truth = Report(line="done")
    with pytest.raises(ValidationError, match="either a page or an app"):
        TruthPair(id="a", kind="k", task="click A", truth=truth)
    with pytest.raises(ValidationError, match="either a task or a script"):
        TruthPair(id="a", kind="k", page="a.html", truth=truth)


def test_a_pair_is_attempted_in_a_folder_of_its_own() -> None:
    pair = TruthPair(id="a", kind="k", app="editor {dir}/{twin}.txt", task="type {dir}/b", truth=Report(line="done"))
    here = pair.within(Path("/f"), "broken")
    assert (here.app, here.task) == ("editor /f/broken.txt", "type /f/b")


@pytest.mark.parametrize(
    ("twin", "facts", "outcome", "found"),
    [
        ("works", "done happened", "confirmed", "true_done"),
        ("works", "happened", "unknown", "false_failure"),
        ("works", "", "unmet", "false_failure"),
        ("works", "done", "changed", "false_done"),
        ("broken", "done", "changed", "false_done"),
        ("broken", "", "unknown", "unclear"),
        ("broken", "", "contradicted", "right_refusal"),
        ("broken", "slipped", "unmet", "wrong"),
        ("broken", "done slipped", "changed", "wrong"),
        ("broken", "happened", "unmet", "false_failure"),
    ],
)
def test_what_is_said_is_held_against_what_is_so(twin: Twin, facts: str, outcome: Outcome, found: TruthClass) -> None:
    done, happened, slipped = (fact in facts for fact in ("done", "happened", "slipped"))
    assert classified(twin, done=done, happened=happened, slipped=slipped, outcome=outcome) == found


def test_the_summary_counts_and_names_what_is_not_right() -> None:
    results = [
        result("a", "works", "true_done"),
        result("a", "broken", "false_done"),
        result("b", "works", "false_failure"),
        result("b", "broken", "unclear", "unknown").model_copy(update={"expected": ("contradicted",)}),
    ]
    summary = truth_summary(results, skipped={})
    assert (summary.pairs, summary.true_done, summary.false_done, summary.false_failure) == (2, 1, 1, 1)
    assert summary.outcomes == {"done": 1, "unknown": 1}
    assert summary.not_right == ("a broken: false_done", "b works: false_failure")
    assert summary.in_other_words == ("b unknown",)


def test_a_report_holds_until_another_of_its_kind_comes() -> None:
    truth = Report(line="code ABC")
    assert truth.holds(["name Ada", "code AB", "code ABC", "saved"])
    assert not truth.holds(["code ABC", "code ABCD"])
    assert not truth.holds([])


def test_reports_that_overtook_each_other_are_put_in_order() -> None:
    pair = chosen_pairs(["text-is-cut"])[0]
    with Witness() as witness:
        address = witness.begin(pair, "works").rpartition("/")[0]
        for number, line in ((2, "code+AB"), (1, "code+A")):
            urlopen(f"{address}/report?attempt=1&number={number}&line={line}").close()
        assert witness.reports == ("code A", "code AB")


def test_reports_of_an_earlier_attempt_do_not_count() -> None:
    pair = chosen_pairs(["disabled-button"])[0]
    with Witness() as witness:
        earlier, address = (witness.begin(pair, "works") for _ in range(2))
        for url, line in ((earlier, "stale"), (address, "archived")):
            attempt = re.findall(r"attempt=(\d+)", url)[0]
            urlopen(f"{url.rpartition('/')[0]}/report?attempt={attempt}&number=1&line={line}").close()
        assert witness.reports == ("archived",)
        with urlopen(address) as page:
            assert b"section id=disabled-button" in page.read()


@pytest.mark.display
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium is installed")
def test_a_pair_is_attempted_in_both_twins_and_not_twice(tmp_path: Path) -> None:
    seen: list[TruthResult] = []
    for turn in range(2):
        bench = TruthBench(
            build_unattended,
            Control(),
            results=tmp_path / "truth.jsonl",
            runs=tmp_path / f"{turn}",
            progress=seen.append,
        )
        found = bench.run(chosen_pairs(["negated-word"]))
    assert found == seen
    assert [(one.twin, one.happened, one.reports) for one in found] == [
        ("works", True, ("so it is",)),
        ("broken", False, ()),
    ]
    assert found[0].found == "true_done"
