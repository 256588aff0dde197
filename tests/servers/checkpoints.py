"""Checkpoints with random weights for servers that load safetensors, small enough for vLLM on a CPU."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

from screenagent.engine import synthetic
from screenagent.serving.vllm_files import PLACEHOLDER, write_vllm_files

PHI4_VOCABULARY: Final = 100_352
PLACEHOLDER_ID: Final = 100_256
"""vLLM recognizes the placeholder by its ID in the published vocabulary."""

PHI4: Final = synthetic.TINY.model_copy(
    update={
        "hidden_size": 64,  # two heads of 32, the smallest that vLLM's CPU attention supports
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "vocab_size": PHI4_VOCABULARY,
    }
)

SPECIAL: Final = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    *("<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"),
)
WORDS: Final = ("<think>", "</think>", "<tool_call>", "</tool_call>")


def write_phi4(folder: Path, *, published: Path | None = None) -> Path:
    """Write a checkpoint in the shape of Phi-4-reasoning-vision; return the folder that vLLM loads.

    `published` is a folder with the published tokenizer and chat template, which replace ours.
    """
    weights = synthetic.write(folder / "weights", config=PHI4, shards=1)
    if published:
        for name in ("tokenizer.json", "chat_template.jinja"):
            (weights / name).write_bytes((published / name).read_bytes())
    else:
        (weights / "tokenizer.json").write_text(padded_tokenizer(), "utf-8")
    tokens = {token["content"]: token["id"] for token in read_json(weights / "tokenizer.json")["added_tokens"]}
    known = {"architectures": ["Phi4ForCausalLMV"], "dtype": "bfloat16"}
    ids = {"eos_token_id": tokens["<|im_end|>"], "pad_token_id": tokens["<|dummy_85|>"]}
    write_json(weights / "config.json", read_json(weights / "config.json") | known | ids)
    return write_vllm_files(weights)


def padded_tokenizer() -> str:
    """Return the synthetic tokenizer, padded with unused tokens so that the placeholder has its published ID."""
    tokenizer = json.loads(synthetic.tokenizer_json())
    vocabulary = tokenizer["model"]["vocab"]
    vocabulary |= {f"unused{number}": number for number in range(len(vocabulary), PLACEHOLDER_ID)}
    flags = {"single_word": False, "normalized": False, "lstrip": True, "rstrip": True, "special": True}
    added = [{"content": PLACEHOLDER, **flags}, *tokenizer["added_tokens"]]
    tokenizer["added_tokens"] = [{**token, "id": PLACEHOLDER_ID + number} for number, token in enumerate(added)]
    return json.dumps(tokenizer)


def write_qwen3_vl(folder: Path, *, template: str) -> Path:
    """Write a checkpoint in the shape of Qwen3-VL, with a token for each byte and the given chat template."""
    folder.mkdir(parents=True)
    tokenizer = byte_tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    ids: dict[str, int] = tokenizer.get_vocab()
    network = random_qwen3_vl(ids)
    network.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(template, "utf-8")
    write_json(folder / "tokenizer_config.json", QWEN_TOKENIZER)
    write_json(folder / "generation_config.json", {"eos_token_id": [ids["<|im_end|>"]]})
    write_json(folder / "preprocessor_config.json", PICTURES | {"image_processor_type": "Qwen2VLImageProcessorFast"})
    write_json(folder / "video_preprocessor_config.json", PICTURES | {"video_processor_type": "Qwen3VLVideoProcessor"})
    return folder


QWEN_TOKENIZER: Final[dict[str, Any]] = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "eos_token": "<|im_end|>",
    "pad_token": "<|endoftext|>",
    "image_token": "<|image_pad|>",
    "video_token": "<|video_pad|>",
    "vision_bos_token": "<|vision_start|>",
    "vision_eos_token": "<|vision_end|>",
    "model_max_length": 32768,
    "clean_up_tokenization_spaces": False,
}
PICTURES: Final[dict[str, Any]] = {
    "processor_class": "Qwen3VLProcessor",
    "patch_size": 16,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "size": {"shortest_edge": 65536, "longest_edge": 16777216},
}


def byte_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(vocab={byte: n for n, byte in enumerate(sorted(byte_alphabet()))}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in WORDS])
    return tokenizer


def byte_alphabet() -> list[str]:
    return list(pre_tokenizers.ByteLevel.alphabet())


def random_qwen3_vl(ids: Mapping[str, int], *, seed: int = 5) -> Qwen3VLForConditionalGeneration:
    text = {
        "vocab_size": 320,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "max_position_embeddings": 32768,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 5_000_000,
            "mrope_section": [6, 5, 5],
            "mrope_interleaved": True,
        },
        "eos_token_id": ids["<|im_end|>"],
        "bos_token_id": None,
    }
    vision = {
        "depth": 3,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_heads": 2,
        "out_hidden_size": 64,
        "num_position_embeddings": 256,
        "deepstack_visual_indexes": [0, 1],
    }
    config = Qwen3VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=False,
    )
    torch.manual_seed(seed)
    network = Qwen3VLForConditionalGeneration(config)
    network.bfloat16()
    for name, parameter in network.named_parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=1.0 if "embed_tokens" in name else parameter.shape[-1] ** -0.5)
    return network


def read_json(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_bytes())
    return found


def write_json(file: Path, value: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(value, indent=1), "utf-8")
