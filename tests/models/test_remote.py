"""A model behind a server: what is asked of each kind, what comes of each answer, and that half of one is none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from PIL import Image

pytest.importorskip("openai")  # an extra

from screenagent.control import Control, Stopped
from screenagent.models.families import Family, family_named
from screenagent.models.families.family import Effort
from screenagent.models.remote import Endpoint, Provider, RemoteModel, ServerError, connect_server, key_of
from screenagent.models.vision import (
    AnswerGrammar,
    Chunk,
    Finished,
    Numbers,
    Refused,
    Regex,
    Request,
    TextChunk,
    TokenBudget,
)
from screenagent.planning.model_planner import PLAN_GRAMMAR
from screenagent.protocols import Retry
from screenagent.screenshot import Screenshot
from screenagent.usage import Mode
from tests.loopback import Loopback, Reply, Status, Stream, refused, says, serving

QUESTION = Request(text="Where is it?", pictures=(Screenshot.of(Image.new("RGB", (64, 48), "red")),))
REFUSED = '{"error": {"message": "thinking_token_budget is set but reasoning_config is not configured.", "code": 400}}'
BOX = "[0.1, 0.2, 0.3, 0.4]"
OWNERS: dict[Provider, str] = {"llama.cpp": "llamacpp"}


PHI4 = family_named("phi4")
QWEN = family_named("qwen3")
BY_EFFORT = PHI4.model_copy(update={"think": Effort()})


def server(
    loopback: Loopback,
    kind: Provider = "openai",
    *,
    family: Family | None = PHI4,
    check: Callable[[], None] = lambda: None,
    **options: Any,
) -> RemoteModel:
    endpoint = Endpoint(url=loopback.url, name="m", kind=kind, key="secret", **options)
    return RemoteModel(endpoint, family=family, check=check)


def said(chunks: Iterable[Chunk], part: str = "answer") -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk) and chunk.part == part)


def asked(
    *replies: Reply,
    kind: Provider,
    mode: Mode = "nothink",
    grammar: AnswerGrammar | None = None,
    family: Family | None = PHI4,
) -> list[dict[str, Any]]:
    """The requests that one question becomes."""
    with serving(list(replies), owner=OWNERS.get(kind, kind)) as loopback:
        list(
            server(loopback, kind, family=family).generate(
                QUESTION, mode=mode, grammar=grammar, budget=TokenBudget(thought=50, answer=9)
            )
        )
    return loopback.asked


def test_the_picture_comes_first_then_the_text_and_the_answer_is_greedy() -> None:
    [request] = asked(says(BOX), kind="openai")
    [message] = request["messages"]
    assert [part["type"] for part in message["content"]] == ["image_url", "text"]
    assert message["content"][0]["image_url"]["url"].startswith("data:image/png;base64,")
    assert (request["temperature"], request["stream"], request["max_tokens"]) == (0.0, True, 9)


def test_an_answer_comes_as_it_forms_and_says_what_it_cost() -> None:
    with serving([says("[0.1, 0.2", ", 0.3, 0.4]")]) as loopback:
        chunks = list(server(loopback).generate(QUESTION, mode="nothink"))
    assert said(chunks) == BOX
    assert isinstance(chunks[-1], Finished)
    usage = chunks[-1].usage
    assert (usage.requests, usage.prompt_tokens, usage.answer_tokens) == (1, 4072, 20)
    assert set(usage.seconds) == {"prefill", "decode"}


class TestThinkSwitch:
    @pytest.mark.parametrize("kind", ["vllm", "llama.cpp"])
    def test_without_thinking_the_turn_is_begun_with_the_token_for_it(self, kind: Provider) -> None:
        [request] = asked(says(BOX), kind=kind)
        assert request["messages"][-1] == {"role": "assistant", "content": "<|dummy_84|>"}
        assert request.get("continue_final_message", True) is True

    @pytest.mark.parametrize("kind", ["vllm", "llama.cpp"])
    def test_a_thought_ends_at_its_budget_and_the_grammar_binds_the_answer_alone(self, kind: Provider) -> None:
        thought, answer = asked(says("Let me see."), says("yes"), kind=kind, mode="think", grammar=PLAN_GRAMMAR)
        assert (thought["messages"][-1]["content"], thought["max_tokens"], thought["stop"]) == (
            *("<think>", 50),
            ["</think>"],
        )
        assert answer["messages"][-1]["content"] == "<think>Let me see.</think>"
        assert answer["max_tokens"] == 9
        bound = {"structured_outputs", "grammar"}
        assert not bound & set(thought)
        assert bound & set(answer)

    @pytest.mark.parametrize("kind", ["vllm", "llama.cpp", "transformers"])
    def test_a_family_that_is_switched_by_its_template_is_told_so_and_no_turn_is_begun(self, kind: Provider) -> None:
        [request] = asked(says(BOX), kind=kind, family=QWEN)
        assert request["chat_template_kwargs"] == {"enable_thinking": False}
        assert [message["role"] for message in request["messages"]] == ["user"]

    def test_a_model_of_no_known_family_is_told_nothing(self) -> None:
        [request] = asked(says(BOX), kind="vllm", family=None)
        assert "chat_template_kwargs" not in request
        assert [message["role"] for message in request["messages"]] == ["user"]

    def test_thought_and_bound_answer_are_one_request_where_the_server_can(self) -> None:
        [request] = asked(
            Stream([{"reasoning_content": "Hm."}, {"content": "{}"}]),
            kind="vllm",
            mode="think",
            grammar=PLAN_GRAMMAR,
            family=QWEN,
        )
        assert request["chat_template_kwargs"] == {"enable_thinking": True}
        assert (request["thinking_token_budget"], request["max_tokens"]) == (50, 59)
        assert "structured_outputs" in request

    @pytest.mark.parametrize("refusal", [Status(400), Stream([], raw=(REFUSED,), cut=True)])
    def test_they_are_two_where_it_cannot_and_the_second_has_the_thought_as_notes(self, refusal: Reply) -> None:
        _, thought, answer = asked(
            refusal,
            Stream([{"reasoning_content": "It is red."}]),
            says("{}"),
            kind="vllm",
            mode="think",
            grammar=PLAN_GRAMMAR,
            family=QWEN,
        )
        assert thought["stop"] == ["</think>"]
        assert "structured_outputs" not in thought
        assert answer["chat_template_kwargs"] == {"enable_thinking": False}
        assert "It is red." in answer["messages"][-1]["content"][-1]["text"]
        assert "structured_outputs" in answer

    def test_a_server_that_cannot_end_a_thought_is_not_asked_to_in_plain_words_either(self) -> None:
        _, thought, answer = asked(
            Stream([], raw=(REFUSED,), cut=True), says("Hm."), says("yes"), kind="vllm", mode="think", family=QWEN
        )
        assert "thinking_token_budget" not in thought
        assert "Hm." in answer["messages"][-1]["content"][-1]["text"]

    @pytest.mark.parametrize(("mode", "effort"), [("think", "high"), ("nothink", "none")])
    def test_mistral_is_told_its_effort(self, mode: Mode, effort: str) -> None:
        [request] = asked(says("yes"), kind="mistral", mode=mode, family=BY_EFFORT)
        assert request["reasoning_effort"] == effort

    def test_thought_and_answer_are_told_apart(self) -> None:
        with serving([says("I look. "), says(BOX)]) as loopback:
            chunks = list(server(loopback, "vllm").generate(QUESTION, mode="think"))
        assert (said(chunks, "thought"), said(chunks)) == ("I look. ", BOX)
        assert isinstance(chunks[-1], Finished)
        assert (chunks[-1].usage.thought_tokens, chunks[-1].usage.answer_tokens) == (20, 20)
        assert chunks[-1].usage.requests == 2


class TestGrammar:
    def test_what_a_kind_of_server_can_bind_is_in_the_request(self) -> None:
        [request] = asked(says(BOX), kind="vllm", grammar=Numbers(count=2))
        assert request["structured_outputs"] == {"regex": Numbers(count=2).pattern}

    @pytest.mark.parametrize("mode", ["nothink", "think"])
    @pytest.mark.parametrize("kind", ["vllm", "llama.cpp", "transformers"])
    def test_no_server_refuses_how_a_plan_is_asked_for(self, kind: Provider, mode: Mode) -> None:
        assert asked(says("{}"), kind=kind, mode=mode, grammar=PLAN_GRAMMAR)

    def test_what_another_kind_of_server_takes_is_refused(self) -> None:
        with serving([says(BOX)], owner="transformers") as loopback, pytest.raises(ServerError, match="structured"):
            list(server(loopback, "vllm").generate(QUESTION, mode="nothink", grammar=Numbers(count=4)))

    def test_where_a_pattern_cannot_be_bound_nothing_is_sent_that_a_server_would_refuse(self) -> None:
        [request] = asked(says("yes"), kind="mistral", grammar=Regex(pattern="yes|no"))
        assert not {"response_format", "structured_outputs", "grammar"} & set(request)


class TestAnswers:
    """Whatever comes back: an answer, or a sentence."""

    def ask(self, *replies: Reply, kind: Provider = "openai", **options: Any) -> list[Chunk]:
        with serving(list(replies)) as loopback:
            return list(server(loopback, kind, **options).generate(QUESTION, mode="think"))

    def test_a_stream_that_ends_without_its_end_is_no_answer(self) -> None:
        with pytest.raises(Retry, match="broke off"):
            self.ask(Stream([{"content": "[0.1, 0.2"}], cut=True))

    def test_a_stream_of_something_else_is_no_answer(self) -> None:
        with pytest.raises(Retry, match="is not an answer"):
            self.ask(Stream([{"content": "[0.1"}], raw=("{not json",)))

    @pytest.mark.parametrize(
        "report",
        [
            '{"error": {"message": "out of memory"}}',
            '{"error": {"code": 500, "message": "out of memory"}}',
            '{"error": "out of memory"}',
            '{"object": "error", "message": "out of memory"}',
            '{"error": "out of memory" at "0x1"}',
        ],
    )
    def test_an_error_in_the_middle_of_a_stream_is_quoted(self, report: str) -> None:
        with pytest.raises(Retry, match="out of memory"):
            self.ask(Stream([{"content": "[0.1"}], raw=(report,)))

    @pytest.mark.parametrize("code", [500, 503, 429])
    def test_a_server_in_trouble_is_asked_again(self, code: int) -> None:
        assert said(self.ask(Status(code), Status(code), says(BOX))) == BOX

    def test_a_server_that_stays_in_trouble_is_a_sentence(self) -> None:
        with pytest.raises(ServerError, match=r"failed 3 times \(503\)"):
            self.ask(Status(503))

    @pytest.mark.parametrize(
        ("code", "sentence"),
        [
            (400, "refuses the request"),
            (401, "set SCREENAGENT_MODEL_KEY"),
            (403, "does not accept the key"),
            (404, "does not know the model 'm'"),
            (413, "refuses the request"),
        ],
    )
    def test_what_only_the_user_can_mend_is_a_sentence_and_not_tried_again(self, code: int, sentence: str) -> None:
        with serving([Status(code)]) as loopback, pytest.raises(ServerError, match=sentence):
            list(server(loopback).generate(QUESTION))
        assert len(loopback.asked) == 1

    def test_a_page_instead_of_a_stream_is_a_sentence(self) -> None:
        with pytest.raises(ServerError, match="web page"):
            self.ask(Status(200, "<html>hello</html>", "text/html"))

    def test_no_server_is_a_sentence(self) -> None:
        with serving([]) as gone:
            url = gone.url
        with pytest.raises(ServerError, match="is the server running"):
            list(RemoteModel(Endpoint(url=url, name="m", attempts=1)).generate(QUESTION))

    def test_a_server_that_stalls_is_given_up(self) -> None:
        forever = threading.Event()
        try:
            with pytest.raises(Retry):
                self.ask(Stream([{"content": "[0.1"}], wait=forever), stalled_seconds=0.05)
        finally:
            forever.set()

    def test_an_answer_that_was_cut_at_its_budget_says_so(self) -> None:
        assert self.ask(says("[0.1", finish="length"))[-1].model_dump()["reason"] == "length"

    @pytest.mark.parametrize(
        "reply",
        [
            says("I'm sorry, but I can't help with that."),
            says("", finish="content_filter"),
            Stream([{"refusal": "I will not."}]),
        ],
    )
    def test_a_refusal_is_no_answer(self, reply: Stream) -> None:
        assert isinstance(self.ask(reply)[-1], Refused)

    @pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
    def test_thoughts_in_a_field_of_their_own_are_thoughts(self, name: str) -> None:
        chunks = self.ask(Stream([{name: "I look."}, {"content": BOX}]))
        assert (said(chunks, "thought"), said(chunks)) == ("I look.", BOX)

    def test_mistrals_parts_are_told_apart(self) -> None:
        thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "I look."}]}
        chunks = self.ask(Stream([{"content": [thinking]}, {"content": [{"type": "text", "text": BOX}]}]))
        assert (said(chunks, "thought"), said(chunks)) == ("I look.", BOX)

    @pytest.mark.parametrize("cuts", [1, 2, 3, 5, 100])
    def test_thoughts_between_marks_are_thoughts_however_they_are_cut(self, cuts: int) -> None:
        text = f"<think>I look < here.</think>{BOX}"
        chunks = self.ask(says(*(text[at : at + cuts] for at in range(0, len(text), cuts))))
        assert (said(chunks, "thought"), said(chunks)) == ("I look < here.", BOX)

    @pytest.mark.parametrize("reply", [Stream([{"reasoning_content": BOX}]), says(f"<think>{BOX}</think>{BOX}")])
    def test_a_model_that_thinks_although_told_not_to_gives_no_answer(self, reply: Reply) -> None:
        with serving([reply]) as loopback, pytest.raises(Retry, match="although it was told not to"):
            list(server(loopback, "vllm").generate(QUESTION, mode="nothink"))

    def test_a_thought_that_the_prompt_began_is_found_out_by_its_end(self) -> None:
        with serving([says("I see it. ", "</thi", f"nk>{BOX}")]) as loopback, pytest.raises(Retry, match="told not to"):
            list(server(loopback, "vllm", family=QWEN).generate(QUESTION, mode="nothink"))

    def test_an_empty_thought_before_an_answer_is_none(self) -> None:
        with serving([says("\n</think>\n\n", BOX)]) as loopback:
            assert BOX in said(server(loopback, "vllm", family=QWEN).generate(QUESTION, mode="nothink"))

    @pytest.mark.parametrize("text", ["It is red.</think>yes", "<think>It is red.</think>yes"])
    def test_only_the_thought_is_put_before_the_answer_where_a_server_does_not_stop_at_its_end(self, text: str) -> None:
        _, second = asked(says(text), says("yes"), kind="vllm", mode="think", grammar=Regex(pattern="yes|no"))
        assert second["messages"][-1]["content"] == "<think>It is red.</think>"

    @pytest.mark.parametrize(
        ("refusal", "requests"),
        [
            (refused(400, "structured_outputs needs a reasoning parser"), 2),
            (refused(422, "Unexpected keys"), 2),
            (refused(401, "wrong"), 1),
            (refused(400, "invalid api_key"), 1),
            (refused(404, "model 'm' not found"), 1),
            (refused(400, "This model's maximum context length is 2048 tokens"), 1),
            (Status(200, "<html>", "text/html"), 1),
        ],
    )
    def test_only_a_request_that_was_refused_is_asked_in_the_second_way(self, refusal: Reply, requests: int) -> None:
        with serving([refusal]) as loopback:
            model = server(loopback, "vllm", family=QWEN)
            with pytest.raises(ServerError):
                list(model.generate(QUESTION, mode="think", grammar=PLAN_GRAMMAR))
        assert len(loopback.asked) == requests

    def test_a_thought_without_an_answer_is_no_answer(self) -> None:
        with pytest.raises(Retry, match="gave no answer"):
            self.ask(Stream([{"reasoning_content": BOX}]))


def test_stop_is_obeyed_while_the_server_is_silent() -> None:
    forever, control = threading.Event(), Control()
    with serving([Stream([{"content": "[0.1"}], wait=forever)]) as loopback:
        chunks = server(loopback, check=control.check).generate(QUESTION, mode="nothink")
        assert said([next(chunks)]) == "[0.1"
        control.stop()
        with pytest.raises(Stopped):
            next(chunks)
        forever.set()


class TestConnect:
    @pytest.mark.parametrize(("owner", "kind"), [("vllm", "vllm"), ("llamacpp", "llama.cpp"), ("someone", "openai")])
    def test_model_and_kind_are_taken_from_what_the_server_lists(self, owner: str, kind: Provider) -> None:
        with serving([], owner=owner) as loopback:
            found = connect_server(loopback.url)
        assert (found.endpoint.name, found.endpoint.kind) == ("m", kind)

    def test_a_deployment_stands_behind_the_address(self) -> None:
        with serving([says("yes")]) as loopback:
            model = connect_server(f"{loopback.url}#blue", name="m", kind="foundry")
            list(model.generate(QUESTION, mode="nothink"))
        assert loopback.headers[0]["azureml-model-deployment"] == "blue"

    @pytest.mark.slow
    def test_a_server_that_is_not_there_is_a_sentence(self) -> None:
        with serving([]) as gone:
            url = gone.url
        with pytest.raises(ServerError, match="is the server running"):
            connect_server(url)

    def test_keys_come_from_the_environment_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("SCREENAGENT_MODEL_KEY", "MISTRAL_API_KEY"):
            monkeypatch.delenv(name, raising=False)
        assert key_of("mistral") is None
        monkeypatch.setenv("MISTRAL_API_KEY", "m")
        assert key_of("mistral") == "m"
        monkeypatch.setenv("SCREENAGENT_MODEL_KEY", "s")
        assert key_of("mistral") == "s"
