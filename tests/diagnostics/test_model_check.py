"""What is wrong with a model or its server is told in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("openai")  # an extra

from screenagent.diagnostics.model_check import CODE, FORM, NUMBER, TYPED, ModelCheck, ModelCode
from screenagent.errors import UserError
from screenagent.fakes import ScriptedModel
from screenagent.models.families import family_named
from screenagent.models.families.probe import MARKS
from screenagent.models.vision import Chunk, Finished, Regex, Request, TextChunk
from screenagent.usage import Mode
from tests.builders import in_process
from tests.loopback import Reply, refused, says, serving

PLAN = json.dumps(
    {"steps": [{"action": {"kind": "type_text", "text": TYPED}}, {"action": {"kind": "finish", "success": True}}]}
)
PHI4 = family_named("phi4")


def box_of(text: str) -> str:
    """Phi-4's answer to the question where a mark is."""
    box = next(mark.box for mark in MARKS if mark.target in text)
    return f"[{box.left:.4f}, {box.top:.4f}, {box.right:.4f}, {box.bottom:.4f}]"


def answer(text: str) -> str:
    """What is answered where all is well."""
    if "Which number" in text:
        return NUMBER
    if "What is the code?" in text:
        return CODE
    if "Type this text" in text:
        return PLAN
    if "Answer yes or no" in text:
        return "yes"
    return box_of(text) if "Locate" in text else "1"


def well(request: Request, mode: Mode) -> str:
    return f"I look. </think>{answer(request.text)}" if mode == "think" else answer(request.text)


class Bound(ScriptedModel):
    """Keeps to a form that it is given, as a server does that binds."""

    def generate(self, request: Request, **options: Any) -> Iterator[Chunk]:
        grammar = options.get("grammar")
        if isinstance(grammar, Regex) and grammar.pattern == FORM:
            yield TextChunk(text="QX-0042", part="answer")
            yield Finished(reason="end")
        else:
            yield from super().generate(request, **options)


def blind(request: Request, mode: Mode) -> str:
    one = len(request.pictures) == 1
    return "I cannot see pictures" if "Which number" in request.text and one else well(request, mode)


def one_picture(request: Request, mode: Mode) -> str:
    return "there is none" if len(request.pictures) == 2 else well(request, mode)


def in_thousandths(request: Request, mode: Mode) -> str:
    if "Locate" not in request.text:
        return well(request, mode)
    box = next(mark.box for mark in MARKS if mark.target in request.text)
    numbers = [round(1000 * edge) for edge in (box.left, box.top, box.right, box.bottom)]
    return json.dumps({"bbox_2d": numbers})


def forgetful(request: Request, mode: Mode) -> str:
    return "What code?" if "What is the code?" in request.text else well(request, mode)


def absent_minded(request: Request, mode: Mode) -> str:
    return "not there" if "not there" in request.text else well(request, mode)


def undecided(request: Request, mode: Mode) -> str:
    return "Maybe." if "Answer yes or no" in request.text else well(request, mode)


def judges_wrongly(request: Request, mode: Mode) -> str:
    return "no" if "Answer yes or no" in request.text else well(request, mode)


def pensive(request: Request, mode: Mode) -> str:
    return f"Hm. </think>{answer(request.text)}"


def thoughtless(request: Request, mode: Mode) -> str:
    return answer(request.text)


def loses_quotes(request: Request, mode: Mode) -> str:
    said = well(request, mode)
    return said.replace('\\"hi\\"', "hi") if "Type this text" in request.text else said


def test_with_a_good_model_everything_works() -> None:
    assert [finding.code for finding in ModelCheck(Bound(well), PHI4).findings()] == ["works"] * 7


@pytest.mark.parametrize(
    ("model", "what", "code"),
    [
        (blind, "vision", "no_vision"),
        (in_thousandths, "coordinates", "other_convention"),
        (absent_minded, "coordinates", "wrong_place"),
        (one_picture, "two pictures", "one_picture"),
        (undecided, "two pictures", "no_answer"),
        (judges_wrongly, "two pictures", "one_picture"),
        (loses_quotes, "plan", "no_plan"),
        (forgetful, "whole prompt", "prompt_cut"),
        (pensive, "think switch", "unwanted_thought"),
        (thoughtless, "think switch", "no_thought"),
    ],
)
def test_the_one_thing_that_is_wrong_is_named(
    model: Callable[[Request, Mode], str], what: str, code: ModelCode
) -> None:
    wrong = [(found.what, found.code) for found in ModelCheck(Bound(model), PHI4).findings() if not found.works]
    assert wrong == [(what, code)]


@pytest.mark.parametrize(("binds", "code"), [(True, "no_answer"), (False, "not_bound")])
def test_an_answer_out_of_form_is_wrong_where_the_server_says_that_it_binds(binds: bool, code: ModelCode) -> None:
    findings = ModelCheck(ScriptedModel(well), PHI4, lambda _: binds).findings()
    assert [found.code for found in findings if found.what == "constrained answers"] == [code]


def test_a_name_that_tells_no_family_is_said_with_the_way_to_name_one() -> None:
    found = {found.what: found for found in ModelCheck(Bound(well), None).findings()}
    assert found["coordinates"].code == "unknown_family"
    assert "--family" in found["coordinates"].said


def test_an_error_of_the_server_in_one_check_does_not_keep_the_others_from_it() -> None:
    class Fails(Bound):
        def generate(self, request: Request, **options: Any) -> Iterator[Chunk]:
            if len(request.pictures) == 2:
                raise UserError("the server takes one picture; start it so that it takes two")
            return super().generate(request, **options)

    wrong = [found for found in ModelCheck(Fails(well), PHI4).findings() if not found.works]
    assert [(found.what, found.said) for found in wrong] == [
        ("two pictures", "the server takes one picture; start it so that it takes two")
    ]


def serve(body: dict[str, Any]) -> Reply:
    """A vLLM server with Phi-4 on which all is well."""
    *_, user = (message for message in body["messages"] if message["role"] == "user")
    text = user["content"][-1]["text"]
    if body["messages"][-1]["content"] == "<think>":
        return says("I see one.")
    if FORM in json.dumps(body.get("structured_outputs", {}), ensure_ascii=False).replace("\\\\", "\\"):
        return says("QX-0042")
    return says(answer(text))


class TestCommand:
    @pytest.mark.slow
    def test_a_good_server_passes_with_a_line_for_each_thing(self) -> None:
        with serving(serve) as loopback:
            done = in_process("model", "check", "--model", loopback.url, "--family", "phi4")
        assert done.returncode == 0, done.stderr
        assert [line[0] for line in done.stdout.splitlines()] == ["✓"] * 7

    @pytest.mark.parametrize("family", ["phi4", "qwen3"])
    def test_a_server_that_answers_everything_empty_is_told_so_for_each_thing(self, family: str) -> None:
        with serving(lambda body: says("")) as loopback:
            done = in_process("model", "check", "--model", loopback.url, "--family", family)
        assert done.returncode == 1
        marks = [line[0] for line in done.stdout.splitlines()]
        assert marks[:-1] == ["✗"] * 6
        assert "Traceback" not in done.stderr

    def test_what_was_found_before_a_server_died_is_shown_and_the_rest_says_why(self) -> None:
        def dies(body: dict[str, Any]) -> Reply:
            return serve(body) if len(loopback.asked) <= 3 else refused(400, "the engine is dead")

        with serving(dies) as loopback:
            done = in_process("model", "check", "--model", loopback.url, "--family", "phi4")
        assert done.returncode == 1
        assert [line[0] for line in done.stdout.splitlines()] == ["✓"] + ["✗"] * 6
        assert done.stdout.count("the engine is dead") == 6

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
