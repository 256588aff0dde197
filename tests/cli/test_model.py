"""A goal, planned by a model behind a server: real processes, a real virtual desktop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai")  # an extra

from screenagent.runs.store import read_events, read_run, recorded_runs
from tests.cli.conftest import Invoke
from tests.cli.test_commands import EDITOR, screenagent
from tests.loopback import Reply, Status, Stream, pointing, says, serving
from tests.raw_server import raw_server, sends, with_body

PHI4 = ("--family", "phi4")


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

        with serving(pointing(reply)) as loopback:
            done = screenagent(
                *("run", "write a greeting and save it", *EDITOR, "--approve", "never", "--model", loopback.url, *PHI4),
                *("--runs", str(tmp_path / "runs")),
            )
        assert done.returncode == 0, done.stderr
        assert saved.read_text("utf-8").strip() == "Hello from a plan"
        assert sum(body["messages"][-1]["content"] == "<think>" for body in loopback.asked) == 1
        [folder] = recorded_runs(tmp_path / "runs")
        assert set(read_run(folder).prompts) >= {"plan", "ground_phi4", "check"}
        decided = [event for event in read_events(folder) if event.event == "decided"]
        assert decided[0].usage.prompt_tokens == 4072
        assert decided[0].usage.requests == 2
        assert "planning" in screenagent("runs", "costs", str(folder)).stdout
        assert all(event.usage.prompt_tokens == 0 for event in decided[1:])

    def test_a_broken_answer_sends_nothing(self, tmp_path: Path) -> None:
        broken = Stream([{"content": self.plan(tmp_path / "never.txt")[:120]}], cut=True)
        with serving(pointing(lambda _: broken)) as loopback:
            done = screenagent(
                *(
                    "run",
                    "save it",
                    *EDITOR,
                    "--approve",
                    "never",
                    "--model",
                    loopback.url,
                    *PHI4,
                    "--json",
                    "--no-record",
                )
            )
        assert done.returncode == 1
        assert '"acted"' not in done.stdout
        assert "broke off" in done.stderr

    def test_a_model_that_counts_otherwise_sends_nothing(self, tmp_path: Path) -> None:
        """Its answers are in thousandths, while it is said to be Phi-4."""
        with serving(lambda _: says('{"bbox_2d": [740, 190, 860, 310]}')) as loopback:
            done = screenagent(
                *("run", "save it", *EDITOR, "--approve", "never", "--model", loopback.url, *PHI4, "--json"),
                "--no-record",
            )
        assert (done.returncode, done.stdout) == (1, "")
        assert "with the prompt of phi4" in done.stderr
        assert len(loopback.asked) == 3


TWO_MODELS = '{"data": [{"id": "one"}, {"id": "two"}]}'
WRONG_SERVERS = {
    "a web page": (with_body("200 OK", "<html>", media="text/html"), "web page"),
    "a redirect": (with_body("302 Found", headers="Location: http://example.org/v1/models\r\n"), "redirects to"),
    "a wrong key": (with_body("401 Unauthorized", "{}"), "SCREENAGENT_MODEL_KEY"),
    "several models": (with_body("200 OK", TWO_MODELS), "give one with model_name: one, two"),
    "no HTTP": (b"hello\r\n", "does not answer like a model server"),
    "a wrong path": (with_body("404 Not Found", "{}"), "end in /v1"),
}


@pytest.mark.parametrize(("answer", "sentence"), WRONG_SERVERS.values(), ids=WRONG_SERVERS)
@pytest.mark.parametrize("words", [("run", "save it", "--virtual"), ("model", "check")], ids=lambda words: words[0])
def test_a_wrong_server_ends_a_command_in_one_line(
    words: Sequence[str], answer: bytes, sentence: str, invoke: Invoke
) -> None:
    with raw_server(sends(answer)) as server:
        said = invoke(*words, "--model", server.url)
    assert said.code == 1
    assert said.line.startswith(f"screenagent: {server.url}")
    assert sentence in said.line


@pytest.mark.display
@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Status(500, '{"error": {"message": "image input is not supported"}}'), "--mmproj"),
        pytest.param(
            Status(400, '{"error": {"message": "exceeds the available context size"}}'),
            "--ctx-size",
            marks=pytest.mark.soak,
        ),
        pytest.param(Status(200, "<html>", "text/html"), "web page", marks=pytest.mark.soak),
    ],
)
def test_a_server_that_fails_in_a_run_ends_it_before_any_input(reply: Reply, sentence: str) -> None:
    with serving([reply]) as loopback:
        done = screenagent(
            *("run", "save it", *EDITOR, "--approve", "never", "--model", loopback.url, "--json", "--no-record")
        )
    assert done.returncode == 1
    assert '"acted"' not in done.stdout
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
