"""A vision model for llama.cpp with random weights, in the shape of Phi-4-reasoning-vision: two files of 0.2 MB.

Its vocabulary has a token for each byte and each special mark. Only printable tokens and `</think>` can be the most
likely, so its output is always text. An answer in a given format must have been constrained to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import gguf
import numpy as np
import numpy.typing as npt

from tests.servers.templates import PHI4

Weights = Mapping[str, npt.NDArray[np.generic]]

WIDTH: Final = 64
INNER: Final = 128
LAYERS: Final = 2
HEADS: Final = 2
KV_HEADS: Final = 1
CONTEXT: Final = 32768

VISION_WIDTH: Final = 48
VISION_INNER: Final = 96
VISION_LAYERS: Final = 2
VISION_HEADS: Final = 2
PATCH: Final = 16
POSITIONS: Final = 16  # the rows and columns of the grid of position embeddings
PIXELS: Final = (256 * PATCH**2, 3600 * PATCH**2)  # the minimum and maximum size of a resized picture

CONTROL: Final = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|dummy_84|>", "<|dummy_85|>")
WORDS: Final = ("<think>", "</think>")  # one token each, but text to the tokenizer
MERGES: Final = ("Ġ t", "h e", "i n", "Ġ a", "e r", "o n", "r e", "a t")  # llama.cpp refuses a vocabulary without any


def write_checkpoint(folder: Path, *, seed: int = 1) -> tuple[Path, Path]:
    """Write the language model and the vision encoder; return both files. The same seed gives the same bytes."""
    random = Random(seed)
    model, tower = folder / "model.gguf", folder / "mmproj.gguf"
    _write(language_model(model), language_weights(random))
    _write(vision_tower(tower), vision_weights(random))
    return model, tower


class Random:
    """Random tensors whose values neither vanish nor explode from layer to layer."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)

    def matrix(self, *shape: int) -> npt.NDArray[np.float16]:
        values: npt.NDArray[np.float64] = self._generator.standard_normal(shape)
        return (values / math.sqrt(shape[-1])).astype(np.float16)

    def near(self, value: float, size: int) -> npt.NDArray[np.float32]:
        return (value + 0.1 * self._generator.standard_normal(size)).astype(np.float32)


def byte_tokens() -> list[str]:
    """Return the 256 bytes as byte-level vocabularies write them."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    moved = iter(range(256, 512))
    return [chr(byte) if byte in kept else chr(next(moved)) for byte in range(256)]


TEXT: Final[Sequence[str]] = (*byte_tokens(), *(merge.replace(" ", "") for merge in MERGES))
TOKENS: Final[Sequence[str]] = (*TEXT, *CONTROL, *WORDS)


def language_model(file: Path) -> gguf.GGUFWriter:
    writer = gguf.GGUFWriter(file, "phi3")
    writer.add_name("phi-4-reasoning-vision-tiny")
    writer.add_context_length(CONTEXT)
    writer.add_rope_scaling_orig_ctx_len(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_block_count(LAYERS)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_rope_freq_base(500000.0)
    writer.add_sliding_window(0)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    _add_tokenizer(writer)
    return writer


def _add_tokenizer(writer: gguf.GGUFWriter) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("dbrx")
    writer.add_token_list(TOKENS)
    kinds = [(TEXT, gguf.TokenType.NORMAL), (CONTROL, gguf.TokenType.CONTROL), (WORDS, gguf.TokenType.USER_DEFINED)]
    writer.add_token_types([kind for tokens, kind in kinds for _ in tokens])
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(TOKENS.index("<|endoftext|>"))
    writer.add_eos_token_id(TOKENS.index("<|im_end|>"))
    writer.add_pad_token_id(TOKENS.index("<|dummy_85|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(PHI4)


def language_weights(random: Random) -> Weights:
    head = WIDTH // HEADS
    weights: dict[str, npt.NDArray[np.generic]] = {
        "token_embd.weight": random.matrix(len(TOKENS), WIDTH) * np.float16(8),
        "output.weight": printable_only(random.matrix(len(TOKENS), WIDTH)),
        "output_norm.weight": random.near(1, WIDTH),
    }
    for layer in (f"blk.{number}." for number in range(LAYERS)):
        weights |= {
            f"{layer}attn_norm.weight": random.near(1, WIDTH),
            f"{layer}attn_qkv.weight": random.matrix((HEADS + 2 * KV_HEADS) * head, WIDTH),
            f"{layer}attn_output.weight": random.matrix(WIDTH, WIDTH),
            f"{layer}ffn_norm.weight": random.near(1, WIDTH),
            f"{layer}ffn_up.weight": random.matrix(2 * INNER, WIDTH),
            f"{layer}ffn_down.weight": random.matrix(WIDTH, INNER),
        }
    return weights


def printable_only(output: npt.NDArray[np.float16]) -> npt.NDArray[np.float16]:
    """Return the output matrix with zeros for tokens that are not text, so that text is always more likely."""
    spoken = {*range(33, 127), *range(256, len(TEXT)), TOKENS.index("</think>")}
    output[[token for token in range(len(TOKENS)) if token not in spoken]] = 0
    return output


def vision_tower(file: Path) -> gguf.GGUFWriter:
    writer = gguf.GGUFWriter(file, "clip")
    writer.add_type("mmproj")
    writer.add_name("phi-4-reasoning-vision-tiny")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("phi4")
    writer.add_vision_projection_dim(WIDTH)
    writer.add_vision_image_size(POSITIONS * PATCH)
    writer.add_vision_patch_size(PATCH)
    writer.add_vision_embedding_length(VISION_WIDTH)
    writer.add_vision_feed_forward_length(VISION_INNER)
    writer.add_vision_block_count(VISION_LAYERS)
    writer.add_vision_head_count(VISION_HEADS)
    writer.add_vision_image_mean([0.5, 0.5, 0.5])
    writer.add_vision_image_std([0.5, 0.5, 0.5])
    writer.add_vision_use_gelu(True)
    writer.add_vision_attention_layernorm_eps(1e-6)
    writer.add_uint32("clip.vision.image_min_pixels", PIXELS[0])
    writer.add_uint32("clip.vision.image_max_pixels", PIXELS[1])
    return writer


def vision_weights(random: Random) -> Weights:
    weights: dict[str, npt.NDArray[np.generic]] = {
        "mm.0.weight": random.matrix(WIDTH, VISION_WIDTH),
        "mm.0.bias": random.near(0, WIDTH),
        "mm.2.weight": random.matrix(WIDTH, WIDTH),
        "mm.2.bias": random.near(0, WIDTH),
        "v.patch_embd.weight": random.matrix(VISION_WIDTH, 3, PATCH, PATCH),
        "v.patch_embd.bias": random.near(0, VISION_WIDTH),
        "v.position_embd.weight": random.matrix(POSITIONS**2, VISION_WIDTH).astype(np.float32),
    }
    for number in range(VISION_LAYERS):
        weights |= dict(_vision_layer(random, f"v.blk.{number}."))
    return weights


def _vision_layer(random: Random, layer: str) -> Iterator[tuple[str, npt.NDArray[np.generic]]]:
    for norm in ("ln1", "ln2"):
        yield f"{layer}{norm}.weight", random.near(1, VISION_WIDTH)
        yield f"{layer}{norm}.bias", random.near(0, VISION_WIDTH)
    for part in ("attn_q", "attn_k", "attn_v", "attn_out"):
        yield f"{layer}{part}.weight", random.matrix(VISION_WIDTH, VISION_WIDTH)
        yield f"{layer}{part}.bias", random.near(0, VISION_WIDTH)
    yield f"{layer}ffn_up.weight", random.matrix(VISION_INNER, VISION_WIDTH)
    yield f"{layer}ffn_up.bias", random.near(0, VISION_INNER)
    yield f"{layer}ffn_down.weight", random.matrix(VISION_WIDTH, VISION_INNER)
    yield f"{layer}ffn_down.bias", random.near(0, VISION_WIDTH)


def _write(writer: gguf.GGUFWriter, weights: Weights) -> None:
    for name, value in weights.items():
        writer.add_tensor(name, value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
