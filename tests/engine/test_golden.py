"""The whole comparison with what the published code computed, where its numbers are at hand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from screenagent.engine.cache import Cache
from screenagent.engine.chat import ChatMode, ChatPicture
from screenagent.engine.decoding import DecodeBudget
from screenagent.engine.engine import Engine, EngineText, EngineTurn
from screenagent.engine.image import picture_patches
from screenagent.engine.model import normalized_bytes
from tests.engine.close import assert_close
from tests.engine.pictures import named

MODES: dict[str, ChatMode] = {"hybrid": "auto", "think": "think", "nothink": "nothink"}
CASES = (
    *("text_hybrid", "text_think", "text_nothink", "image_hybrid", "image_think", "image_nothink"),
    *("image_screen_nothink", "two_images_nothink", "multi_turn_nothink"),
)


@pytest.fixture(scope="module")
def engine(published: Path) -> Engine:
    return Engine.load(published / "checkpoint", device=torch.device("cpu"), dtype=torch.float32)


@pytest.fixture(scope="module")
def vision(published: Path) -> dict[str, Tensor]:
    return load_file(published / "vision.safetensors")


@pytest.fixture(scope="module")
def expected(published: Path) -> dict[str, Tensor]:
    return load_file(published / "logits.safetensors")


def picture(published: Path, name: str) -> Image.Image:
    file = published / "images" / f"{name}.png"
    return Image.open(file) if file.is_file() else named(name)


def test_every_picture_is_prepared_bit_for_bit(published: Path) -> None:
    stored = load_file(published / "preprocess.safetensors")
    assert torch.equal(stored["lut_uint8_to_f32"], normalized_bytes())
    rows: list[dict[str, Any]] = json.loads((published / "preprocess.json").read_text())["images"]
    for row in rows:
        seen = picture_patches(picture(published, row["name"]))
        values = normalized_bytes()[torch.from_numpy(seen.pixels).int()]
        assert [seen.high, seen.wide] == row["spatial_shape"]
        assert hashlib.sha256(values.numpy().tobytes()).hexdigest() == row["patches_f32_sha256"], row["name"]
        assert torch.equal(values[stored[f"{row['name']}.rows"]], stored[f"{row['name']}.patches"])
    assert len(rows) == 19


@pytest.mark.parametrize("name", ["crop_300x200", "dot_9x5", "screen_1280x720", "win_800x600", "strip_37x1200"])
@torch.inference_mode()
def test_features_are_the_published_ones(published: Path, engine: Engine, vision: dict[str, Tensor], name: str) -> None:
    seen = picture_patches(picture(published, name))
    features = engine.model.vision(torch.from_numpy(seen.pixels), seen.high, seen.wide)
    projected = engine.model.projector(features)
    if f"{name}.selected" in vision:
        assert_close(features, vision[f"{name}.selected"])
        assert_close(projected, vision[f"{name}.projected"])
    else:
        rows = vision[f"{name}.rows"]
        assert_close(features[rows], vision[f"{name}.selected_rows"])
        assert_close(projected[rows], vision[f"{name}.projected_rows"])


@torch.inference_mode()
def test_position_tables_are_stretched_like_the_published_ones(engine: Engine, vision: dict[str, Tensor]) -> None:
    keys = [key for key in vision if key.startswith("posembed.") and key.endswith(".rows")]
    for key in keys:
        high, wide = map(int, key.split(".")[1].split("x"))
        ours = engine.model.vision.embeddings.positions(high, wide)
        assert_close(ours[:: max(1, high * wide // 16)], vision[key])
    assert keys


def turns(published: Path, case: dict[str, Any]) -> tuple[EngineTurn, ...]:
    images = iter(case["images"])
    return tuple(
        EngineTurn(
            said["role"],
            said["content"].replace("<image>\n", ""),
            tuple(picture(published, next(images)) for _ in range(said["content"].count("<image>\n"))),
        )
        for said in case["messages"]
    )


@pytest.mark.parametrize("name", CASES)
@torch.inference_mode()
def test_prompt_logits_and_tokens_are_the_published_ones(
    published: Path, engine: Engine, expected: dict[str, Tensor], name: str
) -> None:
    case = next(c for c in json.loads((published / "prompts.json").read_text())["cases"] if c["name"] == name)
    said = turns(published, case)
    mode = MODES[case["mode"]]
    prompt, _ = engine.prompt(said, mode=mode, budget=DecodeBudget(16, 16))
    assert prompt.length == case["expanded_tokens"]

    found = all_logits(engine, prompt.segments)
    assert_close(found[-1], expected[f"{name}.last_logits"])
    sampled = found if len(found) < 1500 else found[::8]
    assert_close(sampled[:, expected["columns"]], expected[f"{name}.all_positions_columns"])
    assert_close(found.logsumexp(-1), expected[f"{name}.all_positions_logsumexp"])

    replied = engine.reply(said, mode=mode, budget=DecodeBudget(thought=16, answer=16))
    assert [piece.token for piece in replied if isinstance(piece, EngineText)][:16] == case["greedy_ids"]


def all_logits(engine: Engine, segments: tuple[tuple[int, ...] | ChatPicture, ...]) -> Tensor:
    model = engine.model
    x = torch.cat(
        [
            model.picture(torch.from_numpy(part.patches.pixels), part.patches.high, part.patches.wide)
            if isinstance(part, ChatPicture)
            else model.language.embed_tokens(torch.tensor(part))
            for part in segments
        ]
    )
    cache = Cache(model.config, capacity=len(x), device=x.device, dtype=x.dtype, kept_bytes=0)
    return model.language.logits(model.language(x, cache.layers, torch.arange(len(x)), None))
