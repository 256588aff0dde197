"""A folder that vLLM loads, made of the weights that `model pull` brought: with the tokenizer's class named, and with a
configuration and a processor of our own in place of the published code, which transformers 5 cannot run.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from screenagent.engine.config import Config

CODE: Final = "phi4_vision"
"""The module that goes with the weights; config.json names its classes."""

LINKED: Final = ("*.safetensors", "*.index.json", "chat_template.jinja", "generation_config.json")
PLACEHOLDER: Final = "<|dummy_0|>"
"""The token by which vLLM keeps a picture's place. It must not swallow the line break behind the picture."""

CLASSES: Final = {"AutoConfig": f"{CODE}.Phi4VisionConfig", "AutoProcessor": f"{CODE}.Phi4VisionProcessor"}


def write_vllm_files(weights: Path) -> Path:
    """Write a folder for vLLM next to `weights` and return it. The weights are linked there, not copied."""
    config = Config.read(weights)
    folder = weights.with_name(f"{weights.name}-vllm")
    folder.mkdir(exist_ok=True)
    for pattern in LINKED:
        for file in weights.glob(pattern):
            link(file, folder / file.name)
    shutil.copy(Path(__file__).with_name(f"{CODE}.py"), folder)
    published = json.loads((weights / "config.json").read_bytes())
    tokenizer = json.loads((weights / "tokenizer.json").read_bytes())
    _write(folder / "config.json", published | {"auto_map": CLASSES})
    _write(folder / "processor_config.json", processor_config(config))
    _write(folder / "tokenizer_config.json", tokenizer_config(published, tokenizer["added_tokens"]))
    _write(folder / "tokenizer.json", tokenizer | {"added_tokens": [*map(keeping_blanks, tokenizer["added_tokens"])]})
    return folder


def link(file: Path, to: Path) -> None:
    """Make `to` another name of `file`: a container that mounts the new folder alone then finds the weights, too."""
    to.unlink(missing_ok=True)
    to.hardlink_to(file.resolve())


def processor_config(config: Config) -> Mapping[str, Any]:
    return {
        "processor_class": CLASSES["AutoProcessor"].rpartition(".")[2],
        "auto_map": {"AutoProcessor": CLASSES["AutoProcessor"]},
        "min_num_patches": config.min_num_patches,
        "max_num_patches": config.max_num_patches,
    }


def tokenizer_config(published: Mapping[str, Any], added: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return what makes transformers 5 split words by tokenizer.json; the class it would choose has its own way."""
    contents = {token["id"]: token["content"] for token in added}
    special = {name: contents.get(published.get(f"{name}_id")) for name in ("bos_token", "eos_token", "pad_token")}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": published["max_position_embeddings"],
        "clean_up_tokenization_spaces": False,
        **{name: token for name, token in special.items() if token is not None},
    }


def keeping_blanks(token: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the token of tokenizer.json, so that the placeholder leaves the blanks around it."""
    return {**token, "lstrip": False, "rstrip": False} if token["content"] == PLACEHOLDER else token


def _write(file: Path, value: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(value, indent=1, ensure_ascii=False), "utf-8")
