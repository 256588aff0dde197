"""The server of the tests refuses what real servers were seen to refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

pytest.importorskip("openai")  # an extra

from tests.loopback import Loopback

FORMAT = {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"maxLength": 300}}}}
LONG = {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"maxLength": 2000}}}}
CONTINUED = {"add_generation_prompt": False, "continue_final_message": True}


def status(owner: str, fields: Mapping[str, Any], *, opening: str = "", cuts_thoughts: bool = False) -> int:
    """How the server of this owner answers a request with these fields and this beginning of the answer."""
    messages = [{"role": "user", "content": "?"}, *([{"role": "assistant", "content": opening}] if opening else [])]
    request = {"model": "m", "stream": True, "messages": messages, **fields}
    refusal = Loopback([], owner, cuts_thoughts).refusal(request)
    return refusal.code if refusal else 200


@pytest.mark.parametrize(
    ("fields", "opening", "code"),
    [
        (FORMAT, "", 200),
        (FORMAT, "<|dummy_84|>", 400),
        (LONG, "", 400),
        ({"grammar": "root ::= [a-z]{1,300}"}, "<|dummy_84|>", 200),
        ({"grammar": "root ::= [a-z]{1,2000}"}, "", 400),
        ({"grammar": "root ::= [a-z]{2000}"}, "", 400),
    ],
)
def test_llama_cpp_refuses_what_it_cannot_unroll_or_feed(fields: Mapping[str, Any], opening: str, code: int) -> None:
    assert status("llamacpp", fields, opening=opening) == code


@pytest.mark.parametrize(
    ("opening", "cuts_thoughts", "code"),
    [("<think>So.</think>", True, 400), ("<think>So.</think>", False, 200), ("<|dummy_84|>", True, 200)],
)
def test_vllm_refuses_to_go_on_with_a_turn_that_the_template_cuts(opening: str, cuts_thoughts: bool, code: int) -> None:
    assert status("vllm", CONTINUED, opening=opening, cuts_thoughts=cuts_thoughts) == code


def test_transformers_refuses_fields_that_it_does_not_know() -> None:
    assert status("transformers", {"structured_outputs": {"regex": "yes|no"}}) == 422
    assert status("transformers", {"chat_template_kwargs": {"enable_thinking": False}, **FORMAT}) == 200
