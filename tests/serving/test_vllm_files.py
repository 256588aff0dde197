"""The folder for vLLM, without vLLM: it loads in transformers, and gives the published tokens and patches."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from transformers import PreTrainedTokenizerFast

from screenagent.cli.model import model
from screenagent.engine.chat import Chat, ChatMessage, ChatMode
from screenagent.engine.config import Config
from screenagent.engine.image import PatchLimits, picture_patches
from screenagent.engine.image import grid as trained_grid
from screenagent.serving.phi4_vision import Phi4VisionProcessor, patch_grid, patches
from screenagent.serving.vllm_files import PLACEHOLDER, write_vllm_files
from screenagent.serving.weights import pull_weights
from tests.engine.pictures import GOLDEN, pattern
from tests.serving.test_weights import FolderHub, hub

__all__ = ["hub"]
OPENINGS: Final = {"think": "<think>", "nothink": "<|dummy_84|>", "hybrid": "", "auto": ""}
LOAD: Final = """
import sys
from transformers import AutoConfig, AutoProcessor
processor = AutoProcessor.from_pretrained(sys.argv[1], trust_remote_code=True)
config = AutoConfig.from_pretrained(sys.argv[1], trust_remote_code=True)
print(type(processor).__name__, processor.max_num_patches, type(config).__name__, config.vision_config["hidden_size"])
"""


def processor_of(folder: Path) -> Phi4VisionProcessor:
    return Phi4VisionProcessor(PreTrainedTokenizerFast.from_pretrained(folder))


def prompt_ids(processor: Phi4VisionProcessor, messages: list[dict[str, str]], mode: str) -> list[int]:
    """The tokens that vLLM makes of a request, before it puts the pictures in."""
    rendered = processor.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    ids: list[int] = processor(text=rendered + OPENINGS[mode])["input_ids"][0]
    return ids


@pytest.fixture(scope="module")
def folder(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    weights = tmp_path_factory.mktemp("pulled") / "weights"
    weights.mkdir()
    for file in tiny.iterdir():
        (weights / file.name).write_bytes(file.read_bytes())
    return write_vllm_files(weights)


def test_the_weights_are_there_once(folder: Path) -> None:
    weights = folder.with_name("weights")
    for file in weights.glob("*.safetensors"):
        assert (folder / file.name).samefile(file)
    assert Config.read(folder) == Config.read(weights)


def test_the_folder_may_be_written_again(folder: Path) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    write_vllm_files(folder.with_name("weights"))
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_model_pull_names_the_folder_for_vllm(hub: FolderHub, tmp_path: Path) -> None:
    weights = pull_weights(tmp_path / "weights", hub=hub)
    said = CliRunner().invoke(model, ["pull", "--to", str(weights), "--for", "vllm"], catch_exceptions=False)
    assert said.output.strip() == str(tmp_path / "weights-vllm")
    assert (tmp_path / "weights-vllm" / "phi4_vision.py").is_file()


def test_what_is_quantized_here_is_nothing_for_vllm(tmp_path: Path) -> None:
    said = CliRunner().invoke(model, ["pull", "--to", str(tmp_path), "--for", "vllm", "--quant", "int4"])
    assert (said.exit_code, list(tmp_path.iterdir())) == (2, [])


@pytest.mark.soak
def test_transformers_finds_the_code_by_the_folder(folder: Path, tmp_path: Path) -> None:
    environment = os.environ | {"HF_MODULES_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD, folder], env=environment, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert loaded.stdout.split() == ["Phi4VisionProcessor", "3600", "Phi4VisionConfig", "48"]


@pytest.mark.parametrize("mode", ["think", "nothink", "auto"])
@pytest.mark.parametrize("text", ["Where is 0.1740?", "  two\n\nlines ", "naïve 中文"])
def test_a_prompt_becomes_the_tokens_of_the_engine(folder: Path, mode: ChatMode, text: str) -> None:
    chat = Chat.read(folder, Config.read(folder))
    [engine] = chat.prompt([ChatMessage("user", text)], mode=mode).segments
    assert isinstance(engine, tuple)
    assert prompt_ids(processor_of(folder), [{"role": "user", "content": text}], mode) == list(engine)


@given(st.integers(1, 6000), st.integers(1, 6000))
@settings(max_examples=50)
def test_a_picture_has_the_patches_of_the_engine(width: int, height: int) -> None:
    assert patch_grid(width, height, 256, 3600) == trained_grid(width, height, PatchLimits())


@pytest.mark.parametrize("row", GOLDEN["grids"], ids=lambda row: f"{row['width']}x{row['height']}")
def test_grids_are_those_of_the_published_code(row: dict[str, int]) -> None:
    assert patch_grid(row["width"], row["height"], 256, 3600) == (row["high"], row["wide"])


@pytest.mark.slow
@pytest.mark.parametrize("row", GOLDEN["pictures"], ids=lambda row: row["name"])
def test_patches_are_those_of_the_published_code_bit_for_bit(row: dict[str, Any]) -> None:
    found = patches(pattern(row["width"], row["height"], row["seed"]), *row["grid"])
    assert hashlib.sha256(found.tobytes()).hexdigest() == row["patches_f32_sha256"]


def test_pictures_of_one_prompt_are_padded_and_masked(folder: Path) -> None:
    images = [pattern(640, 480, 1), pattern(320, 240, 2)]
    seen = processor_of(folder)(text="<image>\n<image>\nWhat changed?", images=images, return_tensors="pt")
    assert seen["spatial_shapes"].tolist() == [[30, 40], [15, 20]]
    assert seen["pixel_attention_mask"].sum(dim=1).tolist() == [1200, 300]
    engine = picture_patches(images[1]).pixels.astype(np.float32) / np.float32(127.5) - 1
    assert np.allclose(seen["pixel_values"][1, :300].numpy(), engine, atol=1e-6)
    assert not seen["pixel_values"][1, 300:].any()


def test_a_picture_of_another_mode_is_seen_as_its_rgb() -> None:
    image = Image.new("L", (256, 256), 128)
    assert np.array_equal(patches(image, 16, 16), patches(image.convert("RGB"), 16, 16))


@pytest.fixture(scope="module")
def published_folder(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    weights = tmp_path_factory.mktemp("published") / "weights"
    weights.mkdir()
    for name in ("config.json", "tokenizer.json", "chat_template.jinja"):
        (weights / name).write_bytes((published / "checkpoint" / name).read_bytes())
    return write_vllm_files(weights)


def test_all_published_prompts_become_the_published_tokens(published: Path, published_folder: Path) -> None:
    """Each picture is one placeholder in ours, as vLLM writes it, and one -200 in the published tokens."""
    processor = processor_of(published_folder)
    placeholder = processor.tokenizer.convert_tokens_to_ids(PLACEHOLDER)
    cases = json.loads((published / "prompts.json").read_text())["cases"]
    for case in cases:
        messages = [m | {"content": m["content"].replace("<image>", PLACEHOLDER)} for m in case["messages"]]
        found = prompt_ids(processor, messages, case["mode"])
        assert [-200 if token == placeholder else token for token in found] == case["input_ids"], case["name"]
    assert len(cases) == 9
