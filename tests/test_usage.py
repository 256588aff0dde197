"""What models cost: added up by phase, by model and by what they were asked for."""

from __future__ import annotations

import pytest

from screenagent.fakes import ScriptedModel
from screenagent.models.vision import Metered, Refused, Request
from screenagent.protocols import Retry
from screenagent.usage import Meter, ModelUsage, Usage

THOUGHT = Usage(
    seconds={"prefill": 1.0, "decode": 2.0}, requests=2, prompt_tokens=900, thought_tokens=50, answer_tokens=20
)
POINTED = Usage(seconds={"prefill": 0.5}, requests=1, prompt_tokens=400, answer_tokens=9)


def whole() -> Usage:
    """Two plans of one model and a place of another, as a run adds them up."""
    meter = Meter()
    meter.add(THOUGHT, "think", model="phi4")
    planned = meter.take("decide")
    meter.add(POINTED, "nothink", model="holo2")
    pointed = meter.take("locate")
    meter.add(THOUGHT, "think", model="phi4")
    return planned + pointed + meter.take("decide")


def test_each_model_is_counted_by_itself_and_all_together() -> None:
    used = whole()
    assert used.by_model == {
        "phi4": {
            "decide": ModelUsage(requests=4, prompt_tokens=1800, thought_tokens=100, answer_tokens=40, seconds=6.0)
        },
        "holo2": {"locate": ModelUsage(requests=1, prompt_tokens=400, answer_tokens=9, seconds=0.5)},
    }
    assert (used.requests, used.prompt_tokens, used.asked) == (5, 2200, {"think": 2, "nothink": 1})


def test_one_model_that_is_asked_for_two_things_is_counted_apart() -> None:
    meter = Meter()
    meter.add(THOUGHT, "think", model="phi4")
    planned = meter.take("decide")
    meter.add(POINTED, "nothink", model="phi4")
    used = planned + meter.take("locate")
    assert {phase: cost.requests for phase, cost in used.by_model["phi4"].items()} == {"decide": 2, "locate": 1}


def test_what_was_taken_is_not_taken_again() -> None:
    meter = Meter()
    meter.add(THOUGHT, "think", model="phi4")
    meter.take("decide")
    assert meter.take("decide") == Usage()


def test_a_reply_that_broke_off_is_a_request_with_its_time_and_no_answer() -> None:
    meter = Meter()
    model = Metered(ScriptedModel([Retry("it broke off", "model_answer")]), meter, name="phi4")
    with pytest.raises(Retry):
        list(model.generate(Request(text="where?"), mode="nothink"))
    used = meter.take("locate")
    cost = used.by_model["phi4"]["locate"]
    assert (cost.requests, cost.prompt_tokens, used.requests, used.asked, meter.calls) == (1, 0, 1, {}, 0)
    assert cost.seconds > 0


def test_a_model_that_counts_no_requests_is_sent_one_a_reply() -> None:
    meter = Meter()
    model = Metered(ScriptedModel(["yes", Refused(text="I will not")]), meter, name="phi4")
    for _ in range(2):
        list(model.generate(Request(text="is it there?"), mode="nothink"))
    assert meter.take("check").by_model["phi4"]["check"].requests == 2


def test_it_is_said_in_words() -> None:
    assert whole().sent == "4 requests to phi4, 1 request to holo2"
    assert POINTED.gears == "400 tokens read, 9 tokens said"


def test_it_is_written_and_read_and_an_older_one_has_no_models() -> None:
    assert Usage.model_validate_json(whole().model_dump_json()) == whole()
    older = Usage.model_validate_json('{"seconds":{"decode":1.0},"asked":{"think":1},"prompt_tokens":100}')
    assert (older.requests, older.by_model, older.sent) == (0, {}, "")
