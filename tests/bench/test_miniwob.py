"""`bench miniwob` drives Chromium by pixels and input, and knows its tasks; nothing else does."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import pytest

from screenagent.agent import Agent
from screenagent.assembly.agent import build_guessing, build_unattended
from screenagent.bench.miniwob.episodes import (
    EpisodeRequest,
    MiniwobResult,
    chosen_episodes,
    miniwob_summary,
    run_miniwob,
    task_list,
)
from screenagent.bench.miniwob.page import MissingTasks, pages
from screenagent.control import Control, Stopped
from screenagent.planning import read_instructions
from screenagent.protocols import Desktop
from tests.paths import ROOT

GROUPS, TASKS = task_list().groups, task_list().tasks


def result(task: str, *, success: bool) -> MiniwobResult:
    asked = EpisodeRequest(task=task, seed=0)
    return MiniwobResult(
        asked=asked, instruction="click it", success=success, raw=1.0 if success else -1.0, outcome="over"
    )


def test_every_task_is_in_one_group_and_has_its_page() -> None:
    assert {group: len(tasks) for group, tasks in GROUPS.items()} == {"A1": 24, "A2": 34, "B1": 30, "B2": 20, "B3": 17}
    assert len(set(TASKS)) == 125
    assert [task for task in TASKS if not (pages() / f"{task}.html").exists()] == []


def test_the_tasks_of_a_group_are_chosen_with_every_seed() -> None:
    assert len(chosen_episodes(["A1"], [], seeds=2)) == 48
    assert chosen_episodes([], ["click-link"], seeds=1) == [EpisodeRequest(task="click-link", seed=0)]
    assert len(chosen_episodes([], [], seeds=1)) == 125


def test_success_is_counted_by_group() -> None:
    found = miniwob_summary([result("click-link", success=True), result("choose-list", success=False)])
    assert (found.groups["A1"].success, found.groups["A2"].success, found.groups["A"].success) == (1.0, 0.0, 0.5)
    assert found.tasks == {"choose-list": 0.0}
    assert found.groups["B1"].success is None


@pytest.mark.display
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium is installed")
def test_an_episode_is_scored_by_the_page_and_not_done_twice(tmp_path: Path) -> None:
    asked = [
        EpisodeRequest(task="enter-text", seed=0),
        EpisodeRequest(task="click-link", seed=1, paraphrase="click Nowhere"),
    ]
    seen: list[MiniwobResult] = []
    results = tmp_path / "results.jsonl"
    for _ in range(2):
        found = run_miniwob(
            asked, build_unattended, control=Control(), results=results, failures=tmp_path / "f", progress=seen.append
        )
    assert [one.success for one in found] == [True, False]
    assert found == seen
    assert [picture.name for picture in (tmp_path / "f").iterdir()] == ["click-link-1.png"]


@pytest.mark.display
@pytest.mark.soak
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium is installed")
def test_an_episode_that_is_stopped_is_no_result(tmp_path: Path) -> None:
    control, results = Control(), tmp_path / "results.jsonl"

    def stopping(given: Control, on: Desktop) -> Agent:
        given.stop()
        return build_guessing(given, on)

    with pytest.raises(Stopped):
        run_miniwob(
            [EpisodeRequest(task="click-link", seed=0)],
            stopping,
            control=control,
            results=results,
            failures=tmp_path / "f",
            progress=lambda _: None,
        )
    assert results.read_text() == ""


def test_results_of_another_kind_are_named(tmp_path: Path) -> None:
    file = tmp_path / "other.jsonl"
    file.write_text('{"a": 1}\n')
    with pytest.raises(ValueError, match=r"other\.jsonl holds no results"):
        run_miniwob([], build_unattended, control=Control(), results=file, failures=tmp_path, progress=lambda _: None)


def test_tasks_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingTasks, match=r"screenagent\[bench\]"):
        pages()


ASKED: Final = """
Close the dialog box by clicking the
Click the button in the dialog box labeled
in all upper case letters in the text input and press
into both text fields and press submit
into the text fields and press login
from the list and click Submit
from the scroll list and click Submit
and then find and click on the item labeled
Expand the section below and click submit
Expand the pie menu below and click on the item labeled
Navigate through the file tree
Find and click on the folder or file named
Enter an item that starts with
with the spinner and hit Submit
with the slider and hit Submit
Set the sliders to the combination
as the date and hit submit
as the time and press submit
Copy the text in the textarea below
paste it into the textbox and press Submit
from the dropdown, then click the button labeled
Scroll the textarea to the bottom of the text
Resize the textarea so that the
is smaller than its initial size then press
Highlight the text in the paragraph below
Using the text editor, give everything the style
Scroll to the bottom of the textarea, enter the name
Buy the ticket with the
Order one of each item
movies directed by
""".strip().splitlines()


def test_no_task_and_no_instruction_of_theirs_is_known_outside_the_bench() -> None:
    package = ROOT / "screenagent"
    bench = (package / "bench" / "miniwob", package / "cli" / "bench_tasks.py")
    sources = [file for file in package.rglob("*.py") if file not in bench and bench[0] not in file.parents]
    text = "\n".join(file.read_text("utf-8") for file in sources).lower()
    assert len(sources) > 100
    assert [task for task in TASKS if "-" in task and task in text] == []
    assert [asked for asked in ASKED if asked.lower() in text] == []


def test_fifty_instructions_have_other_words() -> None:
    paraphrases = task_list().paraphrases
    said = [one.paraphrase or "" for one in paraphrases]
    assert len(paraphrases) == len(set(said)) == 50
    assert {one.task for one in paraphrases} <= {*GROUPS["A1"], *GROUPS["A2"]}
    assert [words for words in said for asked in ASKED if asked.lower() in words.lower()] == []
    for words in said:
        read_instructions(words)
