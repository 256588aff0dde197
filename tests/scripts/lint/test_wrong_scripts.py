"""What `check` finds: every wrong script, where it is wrong and what to do; nothing in a right one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from screenagent.scripts.anchors import Anchors
from screenagent.scripts.lint import LintFinding, findings
from tests.paths import ROOT
from tests.scripts.lint.wrong_scripts import BESIDE, WRONG, Wrong


def checked(folder: Path, text: str) -> list[LintFinding]:
    for name, content in BESIDE.items():
        (folder / name).write_text(content, "utf-8")
    file = folder / "wrong.yaml"
    file.write_text(text, "utf-8")
    return findings(file, unreadable=lambda _task: "no goal")


@pytest.mark.parametrize("wrong", WRONG, ids=[f"{number}-{wrong.code}" for number, wrong in enumerate(WRONG)])
def test_a_wrong_script_is_found_with_its_line_and_the_cure(wrong: Wrong, tmp_path: Path) -> None:
    text = wrong.text if wrong.text[:1] in ("", "-") else f"name: Wrong\n{wrong.text}"
    found = checked(tmp_path, text)
    assert (wrong.line, wrong.code) in [(each.problem.line, each.code) for each in found], found
    said = next(str(each) for each in found if (each.problem.line, each.code) == (wrong.line, wrong.code))
    assert wrong.cure in said


def test_there_are_eighty_of_them() -> None:
    assert len(set(WRONG)) >= 80


RIGHT = """\
name: An order  # what a comment says
app: gnumeric --nosplash   #1 of two
parameters:
  customer: {default: Ada}
  amount: {type: number}
key: customer
before_row:
  - open: gnumeric  # begins anew
after_row:
  - close: gnumeric
steps:
  - fill: the Company field
    with: "{{customer}}"
  - read: the number right of Total
    as: number
    into: total
  - verify: "{{total}} >= {{amount}}"
  - read: the table of lines
    as: table
    into: lines
  - for_each: lines
    do:
      - click: "{{Item}}"
  - for_each: lines.csv
    do:
      - fill: "{{item}}"
        with: "{{price}} #1"
  - while_seen: the Next button
    do:
      - click: the Next button
      - if: "{{page}} is empty"
        then:
          - press: escape
      - read: the page
        into: page
  - run: login.yaml
    with: {user: "{{customer}}"}
  - attempt:
      - click: Save
        expect: {new: Saved, within: 10}
    retries: 2
    on_failure:
      - click: Cancel
    afterwards: set_aside
on_popup:
  - seen: Please rate us
    do:
      - click: Later
"""


def test_nothing_is_found_in_a_right_script(tmp_path: Path) -> None:
    found = checked(tmp_path, RIGHT.replace("   #1 of two", ""))
    assert found == []


def test_what_is_wrong_with_a_script_that_is_run_is_found_in_its_file(tmp_path: Path) -> None:
    (found,) = checked(tmp_path, "name: x\nsteps:\n  - run: broken.yaml\n")
    assert (Path(found.problem.file).name, found.problem.line, found.code) == ("broken.yaml", 3, "unknown_step")


def test_a_script_that_runs_itself_is_found_from_outside(tmp_path: Path) -> None:
    found = checked(tmp_path, "name: x\nsteps:\n  - run: again.yaml\n")
    assert [(Path(each.problem.file).name, each.problem.line, each.code) for each in found] == [
        ("again.yaml", 4, "run_cycle")
    ]


ANCHORED = """\
name: x
before_row:
  - tick: Newsletter
steps:
  - fill: Company
    with: Acme
  - choose: Italy
    in: Country
on_popup:
  - seen: Rate us
    do:
      - click: Later
"""


def test_the_anchors_of_every_kind_of_step_belong_to_one(tmp_path: Path) -> None:
    folder = Anchors.of(tmp_path / "wrong.yaml").folder
    folder.mkdir()
    for name in ("newsletter", "company", "country", "later", "left-over"):
        (folder / f"{name}.json").write_text("{}")
    found = checked(tmp_path, ANCHORED)
    assert [each.problem.what.split("'")[1] for each in found if each.code == "unused_anchor"] == ["left-over"]
    assert sum(each.code == "bad_anchor" for each in found) == 4


DOCUMENTED = re.findall(r"^```yaml\n(name:.*?)^```", (ROOT / "docs" / "scripts.md").read_text("utf-8"), re.M | re.S)


@pytest.mark.parametrize("text", DOCUMENTED, ids=[text.partition("\n")[0] for text in DOCUMENTED])
def test_the_examples_of_the_docs_are_right(text: str, tmp_path: Path) -> None:
    (tmp_path / "login.yaml").write_text("name: Log in\nparameters: {user: {}}\nsteps:\n  - click: '{{user}}'\n")
    (tmp_path / "lines.csv").write_text("item\npen\n", "utf-8")
    file = tmp_path / "example.yaml"
    file.write_text(text, "utf-8")
    assert findings(file, unreadable=lambda _task: "no goal") == []
