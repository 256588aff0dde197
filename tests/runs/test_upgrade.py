"""Runs that version 0.1 recorded are read, told and reported as they were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import ValidationError

from screenagent.actions import describe
from screenagent.episode import Episode
from screenagent.errors import OldSpellingWarning
from screenagent.events import Checked, Effect, Ended, Retried, UserMessage
from screenagent.runs.report.html import write_html
from screenagent.runs.store import glance, read_events, read_run
from screenagent.runs.upgrade import EVENT, read_event
from tests.paths import ROOT

OLD: Final = ROOT / "tests" / "fixtures" / "v0_1"
EXPECTED: Final[dict[str, Any]] = json.loads((OLD / "expected.json").read_text("utf-8"))
TODAY: Final = {"met": "confirmed", "told": "user_message"}


@pytest.mark.parametrize("name", sorted(EXPECTED["runs"]))
class TestRun:
    def test_each_event_is_there(self, name: str) -> None:
        expected = EXPECTED["runs"][name]
        kinds = [event.event for event in read_events(OLD / "runs" / name)]
        assert kinds == [TODAY.get(kind, kind) for kind in expected["kinds"]]
        assert read_run(OLD / "runs" / name).version == expected["version"]

    def test_it_ended_as_it_did(self, name: str) -> None:
        expected = EXPECTED["runs"][name]
        episode = Episode.of(read_events(OLD / "runs" / name))
        assert episode.ended is not None
        assert (episode.task, episode.ended.result) == (expected["task"], expected["outcome"])
        assert glance(OLD / "runs" / name).outcome == expected["glance"]
        assert list(episode.told) == expected.get("told", [])

    def test_each_step_has_its_action_and_effect(self, name: str) -> None:
        steps = Episode.of(read_events(OLD / "runs" / name)).steps
        found = [
            (step.action and describe(step.action), step.effect and step.effect.outcome, list(step.recoveries))
            for step in steps
        ]
        assert found == [
            (step["action"], TODAY.get(step["effect"], step["effect"]), step["rungs"])
            for step in EXPECTED["runs"][name]["steps"]
        ]

    def test_it_can_be_reported(self, name: str, tmp_path: Path) -> None:
        page = write_html(OLD / "runs" / name, tmp_path / "report.html")
        assert EXPECTED["runs"][name]["task"].split()[0] in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ({"event": "told", "text": "faster"}, UserMessage(text="faster")),
        ({"event": "retried", "rung": "zoom", "why": "x"}, Retried(recovery="zoom", why="x")),
        ({"event": "ended", "outcome": "gave_up", "message": "x"}, Ended(result="gave_up", message="x")),
        ({"event": "checked", "effect": {"outcome": "met"}}, Checked(effect=Effect(outcome="confirmed"))),
        ({"event": "checked", "effect": {"outcome": "unmet"}}, Checked(effect=Effect(outcome="unmet"))),
    ],
)
def test_what_was_spelled_in_another_way(line: dict[str, object], event: object) -> None:
    assert read_event(json.dumps(line)) == event


def test_unknown_fields_are_left_out_with_a_warning_that_names_them() -> None:
    planned = {"action": {"kind": "click", "target": "Save", "mood": "calm"}, "colour": "red"}
    line = json.dumps({"event": "decided", "decision": {"plan": {"steps": [planned]}}, "weather": 1})
    with pytest.warns(OldSpellingWarning, match="colour, mood, weather"):
        event = read_event(line)
    assert event == EVENT.validate_python(
        {"event": "decided", "decision": {"plan": {"steps": [{"action": {"kind": "click", "target": "Save"}}]}}}
    )


@pytest.mark.parametrize("line", ["{", "[]", "7", '{"event": "dreamt"}', '{"event": "told"}', '{"event": "checked"}'])
def test_what_is_not_an_event_is_refused(line: str) -> None:
    with pytest.raises(ValidationError):
        read_event(line)
