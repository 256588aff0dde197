from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from screenagent.engine.cache import kv_bytes_per_token
from screenagent.engine.chat import ChatPicture
from screenagent.engine.config import published_config
from screenagent.engine.decoding import DecodeBudget
from screenagent.engine.engine import Engine, EngineEnd, EngineSettings, EngineText, EngineTurn, TooLong, room_for_each
from screenagent.engine.model import keep_going
from tests.engine.pictures import pattern

CPU = torch.device("cpu")
SCREEN = pattern(1280, 720, 1)
SHORT = DecodeBudget(thought=0, answer=8)


@pytest.fixture(scope="module")
def engine(tiny: Path) -> Engine:
    return Engine.load(tiny, device=CPU, dtype=torch.float32)


def ended(engine: Engine, *turns: EngineTurn, budget: DecodeBudget = SHORT) -> EngineEnd:
    *_, last = engine.reply(turns, mode="nothink", budget=budget)
    assert isinstance(last, EngineEnd)
    return last


def test_two_full_screens_fit_as_they_are(engine: Engine) -> None:
    assert ended(engine, EngineTurn("user", "what changed?", (SCREEN, pattern(1280, 720, 2)))).notes == ()


def test_a_third_screen_shrinks_all_in_the_open_and_the_question_stays_whole(engine: Engine) -> None:
    screens = tuple(pattern(1280, 720, seed) for seed in (1, 2, 3))
    turn = EngineTurn("user", "what changed between these?", screens)
    prompt, notes = engine.prompt((turn,), mode="nothink", budget=SHORT)
    assert prompt.length + SHORT.answer <= 8192
    assert all(len(picture) < 3600 for picture in prompt.pictures)
    assert notes == ("to fit 8192 tokens, pictures were shrunk to at most 2702 patches each",)
    tail = prompt.segments[-1]
    assert not isinstance(tail, ChatPicture)
    assert "what changed between these?" in engine.chat.tokenizer.decode(list(tail))
    assert ended(engine, turn).notes == notes


def test_thought_and_answer_are_counted_before_anything_runs(engine: Engine) -> None:
    _, notes = engine.prompt(
        (EngineTurn("user", "x", (SCREEN,)),), mode="think", budget=DecodeBudget(thought=4000, answer=1000)
    )
    assert len(notes) == 1


def test_text_beyond_the_length_is_refused_and_never_cut(engine: Engine) -> None:
    with pytest.raises(TooLong, match=r"more than 8192.*shorten the text"):
        ended(engine, EngineTurn("user", "x" * 9000))


def test_text_that_leaves_no_room_for_its_picture_is_refused(engine: Engine) -> None:
    with pytest.raises(TooLong, match="cannot be shrunk enough"):
        ended(engine, EngineTurn("user", "x" * 8100, (SCREEN,)))


@pytest.mark.parametrize(
    ("lengths", "beyond", "room"),
    [([3600, 3600, 3600], 3000, 2600), ([3600, 100], 1000, 2600), ([300], 300, 0), ([], 5, 0)],
)
def test_room_is_made_by_the_largest_pictures(lengths: list[int], beyond: int, room: int) -> None:
    assert room_for_each(lengths, beyond) == room


def test_patches_can_be_capped(tiny: Path) -> None:
    capped = Engine.load(tiny, device=CPU, dtype=torch.float32, settings=EngineSettings(largest_picture=1024))
    prompt, _ = capped.prompt((EngineTurn("user", "x", (SCREEN,)),), mode="nothink", budget=SHORT)
    assert len(prompt.pictures[0]) <= 1024


def test_out_of_memory_frees_the_cache_and_tries_once_more_with_fewer_patches(tiny: Path) -> None:
    engine = Engine.load(tiny, device=CPU, dtype=torch.float32)
    failures = 1

    def check() -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise torch.OutOfMemoryError

    *_, last = engine.reply((EngineTurn("user", "x", (SCREEN,)),), mode="nothink", budget=SHORT, check=check)
    assert isinstance(last, EngineEnd)
    assert last.notes == ("memory ran out: kept pictures were freed, and pictures were shrunk to at most 1800 patches",)
    assert last.cost.prompt_positions < 2000


def test_out_of_memory_twice_is_an_error(engine: Engine) -> None:
    def check() -> None:
        raise torch.OutOfMemoryError

    with pytest.raises(torch.OutOfMemoryError):
        list(engine.reply((EngineTurn("user", "x", (SCREEN,)),), check=check))


def test_a_thought_takes_no_room_where_none_is_thought(engine: Engine) -> None:
    assert (
        ended(engine, EngineTurn("user", "x"), budget=DecodeBudget(thought=100_000, answer=8)).cost.thought_tokens == 0
    )


def test_earlier_turns_are_part_of_the_prompt(engine: Engine) -> None:
    history = (
        EngineTurn("user", "Where?", (SCREEN,)),
        EngineTurn("assistant", "[0.1, 0.2]"),
        EngineTurn("user", "And now?"),
    )
    assert ended(engine, *history).cost.prompt_positions > ended(engine, *history[:1]).cost.prompt_positions


def test_a_tokenizer_larger_than_the_model_is_refused(tiny: Path, tmp_path: Path) -> None:
    for name in ("tokenizer.json", "chat_template.jinja"):
        (tmp_path / name).write_text((tiny / name).read_text())
    config = json.loads((tiny / "config.json").read_text()) | {"vocab_size": 1000}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(Exception, match=r"tokenizer.json has 1363 tokens, the model 1000"):
        Engine.load(tmp_path, device=CPU, dtype=torch.float32)


def test_a_token_of_the_published_model_takes_200_kib(tiny: Path) -> None:
    assert kv_bytes_per_token(published_config(), torch.bfloat16) == 204_800


def test_bfloat16_answers_too(tiny: Path) -> None:
    half = Engine.load(tiny, device=CPU, dtype=torch.bfloat16)
    said = list(half.reply((EngineTurn("user", "x", (Image.new("RGB", (64, 64)),)),), budget=SHORT, check=keep_going))
    assert sum(isinstance(piece, EngineText) for piece in said) == 8
