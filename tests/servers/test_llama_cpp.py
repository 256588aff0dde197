"""A real llama.cpp with random weights: requests arrive intact, and constraints override the model's preferences."""

from __future__ import annotations

import time
from typing import Any

import httpx2
import pytest

from screenagent.actions import TypeText
from screenagent.control import Control, Stopped
from screenagent.models.parsing import parse_plan
from screenagent.models.remote import Endpoint, RemoteModel, connect_server, constraints
from screenagent.models.vision import Finished, Request, TokenBudget
from screenagent.usage import Mode
from tests.loopback import says, serving
from tests.servers.asked import FAMILIES, PLAN, THIRTEEN, Asked, hear, place_or_absent, screen
from tests.servers.conftest import Served
from tests.servers.tiny_gguf import TOKENS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]


def model_on(llama: Served, **options: Any) -> RemoteModel:
    return RemoteModel(Endpoint(url=llama.url, name="tiny", kind="llama.cpp"), family=llama.family, **options)


def get(llama: Served, path: str) -> Any:
    return httpx2.get(f"{llama.address}{path}", timeout=10).raise_for_status().json()


def post(llama: Served, path: str, body: dict[str, Any]) -> Any:
    return httpx2.post(f"{llama.address}{path}", json=body, timeout=30).raise_for_status().json()


@pytest.mark.parametrize("asked", THIRTEEN, ids=lambda asked: asked.name)
def test_every_kind_of_request_gets_an_answer_in_its_form(llama: Served, asked: Asked) -> None:
    heard = hear(model_on(llama), asked)
    assert asked.problem(heard) is None, heard


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_familys_place_is_bound(llama: Served, family: Any) -> None:
    asked = place_or_absent(family)
    heard = hear(model_on(llama), asked)
    assert asked.problem(heard) is None, heard


def test_the_kind_of_server_is_found_out(llama: Served) -> None:
    with_kind = connect_server(llama.url)
    assert with_kind.endpoint.kind == "llama.cpp"
    assert with_kind.endpoint.name.startswith("phi-4-reasoning-vision")


def test_a_picture_costs_its_patches_and_two_cost_twice_as_many(llama: Served) -> None:
    def prompt_tokens(width: int, height: int, *, pictures: int) -> int:
        seen = tuple(screen(width, height, seed=1 + number) for number in range(pictures))
        request = Request(text="What has changed?", pictures=seen)
        *_, last = model_on(llama).generate(request, mode="nothink", budget=TokenBudget(answer=4))
        assert isinstance(last, Finished)
        return last.usage.prompt_tokens

    small, large = 320 * 240 // 256, 640 * 480 // 256
    for pictures in (1, 2):
        found = prompt_tokens(640, 480, pictures=pictures) - prompt_tokens(320, 240, pictures=pictures)
        assert found == pictures * (large - small)
    both = prompt_tokens(320, 240, pictures=2) - prompt_tokens(320, 240, pictures=1)
    assert small <= both <= small + 2  # a line break may stand between them


BEGUN = {
    ("phi4", "think"): "<|im_start|>assistant<|im_sep|>\n<think>",
    ("phi4", "nothink"): "<|im_start|>assistant<|im_sep|>\n<|dummy_84|>",
    ("qwen3", "think"): "<|im_start|>assistant\n<think>\n",
    ("qwen3", "nothink"): "<|im_start|>assistant\n<think>\n\n</think>\n\n",
}


@pytest.mark.parametrize("mode", ["think", "nothink"])
def test_the_turn_is_rendered_as_the_model_was_trained(llama: Served, mode: Mode) -> None:
    """The agent's own request, rendered by the server."""
    with serving([says("yes")], owner="llamacpp") as loopback:
        model = RemoteModel(Endpoint(url=loopback.url, name="tiny", kind="llama.cpp"), family=llama.family)
        list(model.generate(Request(text="Where?", pictures=(screen(64, 48),)), mode=mode))
    rendered = post(llama, "/apply-template", loopback.asked[0])["prompt"]
    rendered = rendered.replace(get(llama, "/props")["media_marker"], "<image>")
    user = {
        "phi4": "<|im_start|>system<|im_sep|>You see and point.<|im_end|>\n"
        "<|im_start|>user<|im_sep|><image>\nWhere?<|im_end|>\n",
        "qwen3": "<|im_start|>user\n<image>Where?<|im_end|>\n",
    }
    assert rendered == user[llama.family.name] + BEGUN[llama.family.name, mode]


@pytest.mark.parametrize("mode", ["think", "nothink"])
def test_a_stop_leaves_the_server_idle_within_a_second(llama: Served, mode: Mode) -> None:
    control = Control()
    endless = Request(text="Tell a long story", pictures=(screen(),))
    story = model_on(llama, check=control.check).generate(
        endless, mode=mode, budget=TokenBudget(thought=8000, answer=8000)
    )
    next(story)
    control.stop()
    with pytest.raises(Stopped):
        list(story)
    stopped = time.perf_counter()
    while any(slot["is_processing"] for slot in get(llama, "/slots")):
        assert time.perf_counter() < stopped + 1


def test_a_plan_may_hold_quotes_backslashes_and_line_breaks(llama: Served) -> None:
    """Every plan of a model that prefers to type and escape is valid, and each character is typed in some plan."""
    constraint = constraints.binding("llama.cpp", PLAN, thinks=False)
    assert constraint is not None
    liked = [[TOKENS.index(character), 9] for character in ("\\", '"', "n")] + [[TOKENS.index("t"), 6]]
    turn = {
        "messages": [{"role": "user", "content": "Plan."}],
        "chat_template_kwargs": {"enable_thinking": False},
        "logit_bias": liked,
        "max_tokens": 4000,
        **constraint,
    }
    typed = ""
    for seed in range(10):
        said = post(llama, "/v1/chat/completions", turn | {"seed": seed})
        plan = parse_plan(said["choices"][0]["message"]["content"])
        typed += "".join(step.action.text for step in plan.steps if isinstance(step.action, TypeText))
    assert set('"\\\n') <= set(typed)
