"""What a reply cost, by the counts of the server."""

from __future__ import annotations

import json

import pytest

from screenagent.models.remote.clock import ReplyClock
from screenagent.models.remote.stream import parse_event


def heard(clock: ReplyClock, *deltas: dict[str, str], tokens: int, reasoning: int | None = None) -> None:
    for delta in deltas:
        clock.tick(parse_event(json.dumps({"choices": [{"delta": delta}]})))
    usage = {"prompt_tokens": 100, "completion_tokens": tokens}
    details = {} if reasoning is None else {"completion_tokens_details": {"reasoning_tokens": reasoning}}
    clock.tick(parse_event(json.dumps({"choices": [], "usage": usage | details})))


THOUGHT, ANSWER = {"reasoning_content": "hm"}, {"content": "yes"}


@pytest.mark.parametrize(
    ("deltas", "reasoning", "thought"),
    [
        ([ANSWER], None, 0),
        ([THOUGHT, ANSWER], 6, 6),
        ([THOUGHT, THOUGHT, THOUGHT, ANSWER], 20, 15),  # a server that counts all as reasoning
        ([THOUGHT, ANSWER, ANSWER, ANSWER], 0, 5),  # one that counts none
        ([THOUGHT, ANSWER], None, 10),
        ([ANSWER], 20, 0),
        ([ANSWER], 99, 0),
        ([THOUGHT], 20, 20),
        ([THOUGHT], 99, 20),
    ],
)
def test_tokens_are_told_apart(deltas: list[dict[str, str]], reasoning: int | None, thought: int) -> None:
    clock = ReplyClock()
    heard(clock, *deltas, tokens=20, reasoning=reasoning)
    usage = clock.usage()
    assert (usage.prompt_tokens, usage.thought_tokens, usage.answer_tokens) == (100, thought, 20 - thought)


def test_two_requests_make_one_reply() -> None:
    clock = ReplyClock()
    heard(clock, ANSWER, tokens=30)
    clock.thought_over()
    heard(clock, ANSWER, tokens=7)
    usage = clock.usage()
    assert (usage.prompt_tokens, usage.thought_tokens, usage.answer_tokens) == (100, 30, 7)


def test_counts_that_come_with_each_chunk_are_counted_once() -> None:
    clock = ReplyClock()
    for tokens in (1, 2, 3):
        heard(clock, ANSWER, tokens=tokens)
    assert clock.usage().answer_tokens == 3
