"""What is wrong with a model or its server is told in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

pytest.importorskip("openai")  # an extra

from screenagent.diagnostics.model_check import CODE, NUMBER, ModelCode, check_model
from screenagent.fakes import ScriptedModel
from screenagent.models.dialects import PHI4
from screenagent.models.vision import Request
from screenagent.usage import Mode
from tests.builders import in_process
from tests.loopback import Reply, says, serving

BOX = "[0.6250, 0.2500, 0.7500, 0.3750]"


def well(request: Request, mode: Mode) -> str:
    """What a model answers with which all is well."""
    if "which number" in request.text.lower():
        return NUMBER
    if "What is the code?" in request.text:
        return CODE
    if "Locate" in request.text:
        return BOX
    return "I see one. </think>1" if mode == "think" else "1"


def blind(request: Request, mode: Mode) -> str:
    return "I cannot see pictures" if "number is written" in request.text else well(request, mode)


def in_thousandths(request: Request, mode: Mode) -> str:
    return '{"bbox_2d": [625, 250, 750, 375]}' if "Locate" in request.text else well(request, mode)


def forgetful(request: Request, mode: Mode) -> str:
    return "What code?" if "What is the code?" in request.text else well(request, mode)


def pensive(request: Request, mode: Mode) -> str:
    return f"Hm. </think>{well(request, mode).rpartition('</think>')[2]}"


def thoughtless(request: Request, mode: Mode) -> str:
    return well(request, mode).rpartition("</think>")[2]


def test_with_a_good_model_everything_works() -> None:
    assert [finding.code for finding in check_model(ScriptedModel(well), PHI4)] == ["works"] * 4


@pytest.mark.parametrize(
    ("model", "what", "code"),
    [
        (blind, "vision", "no_vision"),
        (in_thousandths, "coordinates", "other_convention"),
        (forgetful, "whole prompt", "prompt_cut"),
        (pensive, "think switch", "unwanted_thought"),
        (thoughtless, "think switch", "no_thought"),
    ],
)
def test_the_one_thing_that_is_wrong_is_named(
    model: Callable[[Request, Mode], str], what: str, code: ModelCode
) -> None:
    wrong = [(found.what, found.code) for found in check_model(ScriptedModel(model), PHI4) if not found.works]
    assert wrong == [(what, code)]


def serve(body: dict[str, object]) -> Reply:
    """A vLLM server with Phi-4 on which all is well."""
    said = json.dumps(body["messages"])
    if '"<think>"' in said:
        return says("I see one.")
    texts = {"Which number": NUMBER, "What is the code": CODE, "Locate the the": BOX}
    return says(next((answer for question, answer in texts.items() if question in said), "1"))


class TestCommand:
    @pytest.mark.slow
    def test_a_good_server_passes_with_a_line_for_each_thing(self) -> None:
        with serving(serve) as loopback:
            done = in_process("model", "check", "--model", loopback.url)
        assert done.returncode == 0, done.stderr
        assert [line[0] for line in done.stdout.splitlines()] == ["✓"] * 4

    def test_a_blind_server_fails_with_the_reason(self) -> None:
        with serving(lambda body: says("no idea")) as loopback:
            done = in_process("model", "check", "--model", loopback.url)
        assert done.returncode == 1
        assert "it does not see the picture" in done.stdout

    def test_a_folder_that_is_none_is_wrong_usage(self) -> None:
        done = in_process("model", "check", "--model", "no-such-folder")
        assert done.returncode == 2
        assert "neither a folder nor an address" in done.stderr

    @pytest.mark.slow
    def test_no_server_is_one_sentence(self) -> None:
        with serving([]) as gone:
            pass
        done = in_process("model", "check", "--model", gone.url)
        assert done.returncode == 1
        assert "is the server running" in done.stderr
        assert "Traceback" not in done.stderr
