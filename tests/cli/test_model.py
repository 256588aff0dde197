"""A goal, planned by a model behind a server: real processes, a real virtual desktop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai")  # an extra

from screenagent.runs.store import read_events, read_run, recorded_runs
from tests.cli.test_commands import EDITOR, screenagent
from tests.loopback import Reply, Stream, says, serving


@pytest.mark.display
class TestGoal:
    def plan(self, saved: Path) -> str:
        def step(action: dict[str, Any], words: str | None = None) -> dict[str, Any]:
            return {"action": action} | ({"expectation": {"kind": "seen", "words": words}} if words else {})

        return json.dumps(
            {
                "steps": [
                    step({"kind": "type_text", "text": "Hello from a plan"}, "Hello from a plan"),
                    step({"kind": "click", "target": "File"}, "Save As"),
                    step({"kind": "click", "target": "Save As"}, "Name"),
                    step({"kind": "type_text", "text": str(saved)}),
                    step({"kind": "press_keys", "keys": ["enter"]}, saved.name),
                    step({"kind": "finish", "success": True, "message": "saved"}),
                ]
            }
        )

    def test_a_goal_is_reached_with_one_plan(self, tmp_path: Path) -> None:
        saved = tmp_path / "planned.txt"

        def reply(body: dict[str, Any]) -> Reply:
            if body["messages"][-1]["content"] == "<think>":
                return says("I see an editor. ", "I write, then save.")
            return says(self.plan(saved) if "grammar" in body["structured_outputs"] else "no")

        with serving(reply) as loopback:
            done = screenagent(
                *("run", "write a greeting and save it", *EDITOR, "--approve", "never", "--model", loopback.url),
                *("--runs", str(tmp_path / "runs")),
            )
        assert done.returncode == 0, done.stderr
        assert saved.read_text("utf-8").strip() == "Hello from a plan"
        assert sum(body["messages"][-1]["content"] == "<think>" for body in loopback.asked) == 1
        [folder] = recorded_runs(tmp_path / "runs")
        assert set(read_run(folder).prompts) >= {"plan", "ground_phi4", "check"}
        decided = [event for event in read_events(folder) if event.event == "decided"]
        assert decided[0].usage.prompt_tokens == 4072
        assert all(event.usage.prompt_tokens == 0 for event in decided[1:])

    def test_a_broken_answer_sends_nothing(self, tmp_path: Path) -> None:
        broken = Stream([{"content": self.plan(tmp_path / "never.txt")[:120]}], cut=True)
        with serving([broken]) as loopback:
            done = screenagent(
                *("run", "save it", *EDITOR, "--approve", "never", "--model", loopback.url, "--json", "--no-record")
            )
        assert done.returncode == 1
        assert '"acted"' not in done.stdout
        assert "broke off" in done.stderr
