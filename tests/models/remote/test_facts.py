"""What a server says about itself, in the listings of real ones, and what it takes to be asked nothing more."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("httpx2")  # an extra

from screenagent.control import Control, Stopped
from screenagent.models.remote import ServerError
from screenagent.models.remote.facts import ServerFacts, server_facts
from screenagent.models.remote.providers import Provider, provider_of
from tests.raw_server import raw_server, sends, with_body

LLAMA = {
    "models": [{"name": "phi4.gguf", "model": "phi4.gguf", "capabilities": ["completion", "multimodal"]}],
    "object": "list",
    "data": [
        {
            "id": "phi4.gguf",
            "object": "model",
            "created": 1795991985,
            "owned_by": "llamacpp",
            "meta": {
                "vocab_type": 2,
                "n_vocab": 272,
                "n_ctx": 16384,
                "n_ctx_train": 32768,
                "n_params": 108864,
                "size": 218368,
            },
        }
    ],
}
VLLM = {
    "object": "list",
    "data": [
        {"id": "m", "object": "model", "owned_by": "vllm", "root": "org/m", "parent": None, "max_model_len": 8192},
        {"id": "adapter", "object": "model", "owned_by": "vllm", "root": "x", "parent": "m", "max_model_len": None},
    ],
}


def listing(*names: str, **fields: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, "object": "model", **fields} for name in names]}


def facts_of(found: object, **asked: Any) -> ServerFacts:
    with raw_server(sends(with_body("200 OK", json.dumps(found)))) as server:
        return server_facts(server.url, **asked)


def test_llama_cpp_says_context_vision_and_which_model_it_is() -> None:
    assert facts_of(LLAMA) == ServerFacts(
        name="phi4.gguf",
        kind="llama.cpp",
        owner="llamacpp",
        names=("phi4.gguf",),
        context=16384,
        vision=True,
        identity="n_params=108864 size=218368 n_vocab=272",
    )


def test_llama_cpp_without_a_projector_does_not_see() -> None:
    blind = LLAMA | {"models": [{"model": "phi4.gguf", "capabilities": ["completion"]}]}
    assert facts_of(blind).vision is False


def test_vllm_says_its_context_and_adapters_are_no_further_models() -> None:
    found = facts_of(VLLM)
    assert (found.name, found.kind, found.context, found.vision) == ("m", "vllm", 8192, None)
    assert found.names == ("m", "adapter")


@pytest.mark.parametrize(
    ("fields", "context", "vision"),
    [
        ({"capabilities": {"vision": True, "completion_chat": True}, "max_context_length": 131072}, 131072, True),
        ({"context_length": 4096, "architecture": {"input_modalities": ["text"]}}, 4096, False),
        ({"max_model_len": "many", "meta": 7, "capabilities": 5, "status": [], "owned_by": 3}, None, None),
        ({"meta": {"n_ctx": -1}, "max_model_len": 0}, None, None),
    ],
)
def test_what_is_not_said_as_expected_is_unknown(
    fields: dict[str, Any], context: int | None, vision: bool | None
) -> None:
    found = facts_of(listing("m", **fields))
    assert (found.context, found.vision) == (context, vision)


class TestName:
    def test_several_models_are_named_so_that_one_can_be_chosen(self) -> None:
        with pytest.raises(ServerError, match="has 7 models; give one with model_name: a, b, c, d, e and 2 more"):
            facts_of(listing(*"abcdefg"))

    def test_no_model_is_a_sentence(self) -> None:
        with pytest.raises(ServerError, match=r"lists no model: .*model_name"):
            facts_of(listing())

    def test_of_several_the_only_loaded_one_is_taken(self) -> None:
        several = listing("org/a", "org/b", owned_by="org", status={"value": "unloaded"})
        several["data"][1]["status"] = {"value": "loaded"}
        assert facts_of(several).name == "org/b"

    def test_a_name_chooses_among_several(self) -> None:
        found = facts_of(
            {"data": [*listing("a", max_model_len=1)["data"], *listing("b", max_model_len=2)["data"]]}, name="b"
        )
        assert (found.name, found.context) == ("b", 2)

    def test_a_name_that_is_not_listed_is_believed(self) -> None:
        found = facts_of(VLLM, name="./a/local/folder")
        assert (found.name, found.kind, found.context) == ("./a/local/folder", "vllm", None)


KINDS: list[tuple[dict[str, Any], Provider]] = [
    ({"owned_by": "vllm"}, "vllm"),
    ({"owned_by": "llamacpp"}, "llama.cpp"),
    ({"owned_by": "sglang"}, "sglang"),
    ({"owned_by": "library"}, "ollama"),
    ({"owned_by": "organization_owner"}, "lmstudio"),
    ({"owned_by": "screenagent"}, "screenagent"),
    ({"owned_by": "org", "status": {"value": "loaded"}}, "transformers"),
    ({"owned_by": "local", "status": {"value": "loaded"}}, "transformers"),
    ({"owned_by": "org"}, "openai"),
    ({"owned_by": "other", "status": {"value": "loaded"}}, "openai"),
    ({}, "openai"),
]


@pytest.mark.parametrize(("fields", "kind"), KINDS)
def test_the_kind_is_found_in_the_listing(fields: dict[str, Any], kind: Provider) -> None:
    assert facts_of(listing("org/m", **fields)).kind == kind


def test_a_kind_that_is_given_wins() -> None:
    assert facts_of(VLLM, kind="openai").kind == "openai"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://x.swedencentral.inference.ml.azure.com/v1", "foundry"),
        ("https://api.mistral.ai/v1", "mistral"),
        ("https://notmistral.ai/v1", "openai"),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "openai"),
        ("unix:/run/x.sock", "screenagent"),
    ],
)
def test_the_kind_is_found_in_the_address(url: str, kind: Provider) -> None:
    assert provider_of(url, "") == kind


WRONG = {
    "a page": (with_body("200 OK", "<html>", media="text/html"), "web page"),
    "no listing": (with_body("200 OK", '{"hello": 1}'), "lists no models"),
    "a list": (with_body("200 OK", "[]"), "lists no models"),
    "a listing without a bottom": (with_body("200 OK", "[" * 50_000), "not a stream"),
    "not there": (with_body("404 Not Found", '{"error": "x"}'), "lists no models.*/v1"),
    "a wrong key": (with_body("401 Unauthorized", "{}"), "does not accept the key"),
    "a redirect": (
        with_body("302 Found", headers="Location: http://example.org/models\r\n"),
        "redirects to http://example",
    ),
    "no HTTP": (b"hello\r\n", "does not answer like a model server"),
}


@pytest.mark.parametrize(("answer", "sentence"), WRONG.values(), ids=WRONG)
def test_what_a_server_does_wrong_is_a_sentence(answer: bytes, sentence: str) -> None:
    with raw_server(sends(answer)) as server, pytest.raises(ServerError, match=sentence):
        server_facts(server.url)


def test_entries_that_are_no_models_are_left_out() -> None:
    assert facts_of({"data": [1, {"id": None}, {"id": "m"}, "x"]}).names == ("m",)


def test_a_stop_ends_the_question() -> None:
    control = Control()

    def check() -> None:
        if server.silent.is_set():
            control.stop()
        control.check()

    with raw_server(sends(), hold=True) as server:
        with pytest.raises(Stopped):
            server_facts(server.url, check=check)
        server.was_left()


@pytest.mark.parametrize("found", [None, 0, [], {}, {"data": None}, "x", {"data": [None, 5, {"id": 5}]}])
def test_a_listing_of_another_shape_is_a_sentence(found: object) -> None:
    with pytest.raises(ServerError, match="lists no model"):
        facts_of(found)


def test_a_listing_without_end_is_a_sentence() -> None:
    with pytest.raises(ServerError, match="lists 50000 models, which no server has"):
        facts_of({"data": [{}] * 50_000})
