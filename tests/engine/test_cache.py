from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from screenagent.engine.decoding import DecodeBudget
from screenagent.engine.engine import Engine, EngineCost, EngineEnd, EngineSettings, EngineText, EngineTurn
from tests.engine.pictures import pattern

CPU = torch.device("cpu")
SCREEN, OTHER = (pattern(1280, 720, seed) for seed in (1, 2))
SMALL, CHANGED = pattern(320, 200, 7), pattern(320, 200, 8)
SHORT = DecodeBudget(thought=0, answer=8)


def load(tiny: Path, **settings: int) -> Engine:
    return Engine.load(tiny, device=CPU, dtype=torch.float32, settings=EngineSettings(**settings))  # type: ignore[arg-type]


@pytest.fixture
def engine(tiny: Path) -> Engine:
    return load(tiny)


def ask(engine: Engine, text: str, *pictures: Image.Image) -> tuple[list[int], EngineCost]:
    *said, ended = engine.reply((EngineTurn("user", text, pictures),), mode="nothink", budget=SHORT)
    assert isinstance(ended, EngineEnd)
    return [piece.token for piece in said if isinstance(piece, EngineText)], ended.cost


def fresh(engine: Engine, text: str, *pictures: Image.Image) -> list[int]:
    """What an engine says that remembers nothing."""
    engine.cache.clear()
    return ask(engine, text, *pictures)[0]


GROUNDING = "Locate: start playback. Output its box."


def test_a_second_question_about_a_screen_computes_its_own_words_only(engine: Engine) -> None:
    ask(engine, GROUNDING, SCREEN)
    _, cost = ask(engine, "What does this dialog want?", SCREEN)
    assert cost.prompt_positions > 3600
    assert cost.new_positions <= 60


def test_the_answer_over_reused_keys_is_that_of_a_fresh_engine(engine: Engine) -> None:
    ask(engine, GROUNDING, SCREEN)
    again, _ = ask(engine, "What does this dialog want?", SCREEN)
    assert again == fresh(engine, "What does this dialog want?", SCREEN)


def test_the_system_prompt_is_computed_once(engine: Engine) -> None:
    ask(engine, GROUNDING, SMALL)
    system = len(engine.prompt((EngineTurn("user", "x", (SMALL,)),), mode="nothink", budget=SHORT)[0].segments[0])
    _, cost = ask(engine, GROUNDING, CHANGED)
    assert cost.reused_positions == system


def test_one_pixel_makes_another_picture(engine: Engine) -> None:
    """The same tokens stand in both prompts; only the picture's digest tells them apart."""
    ask(engine, GROUNDING, SMALL)
    other = SMALL.copy()
    other.putpixel((100, 100), (255, 0, 255))
    answer, cost = ask(engine, GROUNDING, other)
    assert cost.new_positions > 200
    assert answer == fresh(engine, GROUNDING, other)


def test_a_copy_of_the_picture_is_the_same_picture(engine: Engine) -> None:
    ask(engine, GROUNDING, SMALL)
    assert ask(engine, "other words", SMALL.copy().convert("RGBA"))[1].new_positions < 60


def test_a_picture_seen_before_the_last_one_is_recalled(engine: Engine) -> None:
    first, _ = ask(engine, GROUNDING, SCREEN)
    ask(engine, GROUNDING, OTHER)
    again, cost = ask(engine, GROUNDING, SCREEN)
    assert cost.new_positions <= 60
    assert again == first


def test_the_least_recently_used_picture_goes_first(tiny: Path) -> None:
    probe = load(tiny)
    room_for_two = int(2.5 * 1200 * probe.kv_bytes_per_token)
    engine = load(tiny, kept_bytes=room_for_two)
    one, two, three, four = (pattern(640, 480, seed) for seed in (1, 2, 3, 4))
    for screen in (one, two, three):
        ask(engine, GROUNDING, screen)
    ask(engine, GROUNDING, one)  # recalled, so of the kept ones the second is used least recently
    ask(engine, GROUNDING, four)
    assert ask(engine, GROUNDING, one)[1].new_positions <= 60
    assert ask(engine, GROUNDING, two)[1].new_positions > 1200


def test_what_is_kept_stays_within_its_bytes(tiny: Path) -> None:
    budget = int(1.5 * 1200 * load(tiny).kv_bytes_per_token)
    engine = load(tiny, kept_bytes=budget)
    empty = engine.cache.nbytes
    for seed in range(1, 6):
        ask(engine, GROUNDING, pattern(640, 480, seed))
    assert 0 < engine.cache.nbytes - empty <= budget


def test_nothing_is_kept_without_a_budget(tiny: Path) -> None:
    engine = load(tiny, kept_bytes=0)
    ask(engine, GROUNDING, SMALL)
    ask(engine, GROUNDING, CHANGED)
    assert ask(engine, GROUNDING, SMALL)[1].new_positions > 200


def test_of_two_pictures_the_first_is_shared(engine: Engine) -> None:
    ask(engine, GROUNDING, SMALL)
    answer, cost = ask(engine, "what changed?", SMALL, CHANGED)
    assert cost.reused_positions > 200
    assert answer == fresh(engine, "what changed?", SMALL, CHANGED)


def test_two_pictures_are_both_recalled(engine: Engine) -> None:
    first, _ = ask(engine, "what changed?", SMALL, CHANGED)
    ask(engine, GROUNDING, SCREEN)
    again, cost = ask(engine, "what changed?", SMALL, CHANGED)
    assert cost.new_positions < 60
    assert again == first


def test_several_kinds_of_question_share_what_comes_before_them(engine: Engine) -> None:
    task = "Task: play the film. Done so far: opened the player. "
    ask(engine, f"{task}What next?", SMALL)
    _, cost = ask(engine, f"{task}Did it open?", SMALL)
    assert cost.new_positions < len("Did it open?") + len("assistant") + 6


def test_the_cache_takes_the_bytes_that_it_says(engine: Engine) -> None:
    config = engine.model.config
    each = 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim * 4
    assert engine.kv_bytes_per_token == each
    assert engine.cache.nbytes == each * engine.cache.capacity


def test_plain_decoding_shares_the_cache_too(engine: Engine) -> None:
    fast, _ = ask(engine, GROUNDING, SMALL)
    engine.settings = replace(engine.settings, fast=False)
    plain, cost = ask(engine, GROUNDING, SMALL)
    assert (plain, cost.new_positions) == (fast, 1)
