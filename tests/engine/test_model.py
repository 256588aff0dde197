"""The model against transformers' own modules with the same weights: the slow twin of everything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import Phi3Config, Phi3ForCausalLM, Siglip2VisionConfig, Siglip2VisionModel

from screenagent.engine.cache import Cache
from screenagent.engine.checkpoint import load_network
from screenagent.engine.decoding import DecodeBudget
from screenagent.engine.engine import Engine, EngineText, EngineTurn
from screenagent.engine.image import Patches, picture_patches
from screenagent.engine.model import Phi4Network, normalized_bytes
from screenagent.engine.sequence import sees
from tests.engine.close import assert_close
from tests.engine.pictures import pattern

CPU = torch.device("cpu")
TOWER = "model.vision_tower.vision_tower."


class Twin(NamedTuple):
    vision: nn.Module
    projector: nn.Module
    language: Any  # transformers' generate has no types

    def picture(self, picture: Patches) -> Tensor:
        pixels = normalized_bytes()[torch.from_numpy(picture.pixels).int()][None]
        seen = self.vision(
            pixel_values=pixels,
            pixel_attention_mask=torch.ones(1, len(picture), dtype=torch.long),
            spatial_shapes=torch.tensor([[picture.high, picture.wide]]),
            output_hidden_states=True,
        )
        projected: Tensor = self.projector(seen.hidden_states[-1][0])
        return projected


@pytest.fixture(scope="module")
def twin(tiny: Path) -> Twin:
    raw = json.loads((tiny / "config.json").read_text())
    stored = {name: t.float() for file in sorted(tiny.glob("*.safetensors")) for name, t in load_file(file).items()}
    vision_config = raw.pop("vision_config")
    kept = Phi3Config(**{k: v for k, v in raw.items() if k != "model_type"}, pad_token_id=0, eos_token_id=1357)
    language = Phi3ForCausalLM(kept).train(False)
    language.load_state_dict({n: t for n, t in stored.items() if "vision" not in n and "mm_projector" not in n})
    layers = vision_config.pop("num_hidden_layers") - 1
    vision = Siglip2VisionModel(
        Siglip2VisionConfig(**vision_config, num_hidden_layers=layers, vision_use_head=False)
    ).train(False)
    names = set(vision.state_dict())
    tower = {n.removeprefix(TOWER).removeprefix("vision_model."): t for n, t in stored.items() if n.startswith(TOWER)}
    vision.load_state_dict({name: tensor for name, tensor in tower.items() if name in names})
    width, out = raw["mm_hidden_size"], raw["hidden_size"]
    projector = nn.Sequential(nn.Linear(width, out), nn.GELU(), nn.Linear(out, out))
    projector.load_state_dict(
        {n.removeprefix("model.mm_projector."): t for n, t in stored.items() if "mm_projector" in n}
    )
    return Twin(vision, projector, language)


@pytest.fixture(scope="module")
def model(tiny: Path) -> Phi4Network:
    return load_network(tiny, device=CPU, dtype=torch.float32)


@pytest.mark.parametrize("size", [(320, 200), (64, 48), (37, 900), (1024, 768)])
@torch.inference_mode()
def test_a_pictures_vectors_are_those_of_transformers(model: Phi4Network, twin: Twin, size: tuple[int, int]) -> None:
    seen = picture_patches(pattern(*size, 4))
    ours = model.picture(torch.from_numpy(seen.pixels), seen.high, seen.wide)
    assert_close(ours, twin.picture(seen))


def logits(model: Phi4Network, x: Tensor, *chunks: int) -> Tensor:
    """Of all positions of `x`, computed in chunks over one cache."""
    cache = Cache(model.config, capacity=len(x), device=CPU, dtype=torch.float32, kept_bytes=0)
    found, start = [], 0
    for count in chunks or (len(x),):
        at = torch.arange(start, start + count)
        seen = sees(at, start + count) if start else None
        found.append(model.language.logits(model.language(x[start : start + count], cache.layers, at, seen)))
        start += count
    return torch.cat(found)


@torch.inference_mode()
def test_logits_are_those_of_transformers_at_every_position(model: Phi4Network, twin: Twin) -> None:
    x = torch.randn(300, model.config.hidden_size, generator=torch.Generator().manual_seed(1))
    assert_close(logits(model, x), twin.language(inputs_embeds=x[None]).logits[0])


@pytest.mark.parametrize("chunks", [(300,), (1, 299), (100, 100, 100), (295, 5), (298, 1, 1)])
@torch.inference_mode()
def test_a_prefill_in_chunks_is_the_whole_one(model: Phi4Network, chunks: tuple[int, ...]) -> None:
    x = torch.randn(300, model.config.hidden_size, generator=torch.Generator().manual_seed(2))
    assert_close(logits(model, x, *chunks), logits(model, x))


@torch.inference_mode()
def test_greedy_tokens_are_those_of_transformers_generate(tiny: Path, twin: Twin) -> None:
    engine = Engine.load(tiny, device=CPU, dtype=torch.float32)
    turns = (EngineTurn("user", "Where is it?", (pattern(640, 480, 9), pattern(320, 200, 4))),)
    prompt, _ = engine.prompt(turns, mode="think", budget=DecodeBudget(thought=24, answer=0))
    embed = twin.language.model.embed_tokens
    parts = [
        embed(torch.tensor(segment)) if not hasattr(segment, "patches") else twin.picture(segment.patches)
        for segment in prompt.segments
    ]
    x = torch.cat(parts)[None]
    wanted = twin.language.generate(
        inputs_embeds=x, attention_mask=torch.ones(x.shape[:2], dtype=torch.long), max_new_tokens=24, do_sample=False
    )
    budget = DecodeBudget(thought=24, answer=1)
    said = [s.token for s in engine.reply(turns, mode="think", budget=budget) if isinstance(s, EngineText)]
    assert said[:24] == wanted[0].tolist()


@torch.inference_mode()
def test_bfloat16_stays_close_to_float32(tiny: Path, model: Phi4Network) -> None:
    half = load_network(tiny, device=CPU, dtype=torch.bfloat16)
    seen = picture_patches(pattern(320, 200, 4))
    pixels = torch.from_numpy(seen.pixels)
    exact = model.picture(pixels, seen.high, seen.wide)
    assert_close(half.picture(pixels, seen.high, seen.wide).float(), exact, atol=0.25)
