"""The sizes of a checkpoint, read from its config.json and checked for what this code does not compute."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from screenagent.engine.errors import EngineError

Count = Annotated[int, Field(gt=0)]
Quant = Literal["none", "int8", "fp8", "int4"]
"""How the weights are quantized; "none" leaves them as published."""


class CheckpointError(EngineError):
    """A checkpoint that cannot be used as it is; the message names the file or tensor and what to do."""

    code = "checkpoint"


class Frozen(BaseModel):
    """A value of the engine. config.json holds many keys of training, so what is not named here is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class VisionConfig(Frozen):
    """The picture encoder; what the published config.json leaves out are the encoder's own defaults."""

    hidden_size: Count
    intermediate_size: Count
    num_attention_heads: Count
    num_hidden_layers: Count
    patch_size: Literal[16] = 16
    num_patches: Count = 256  # of the position table, a square
    num_channels: Literal[3] = 3
    layer_norm_eps: float = 1e-6
    hidden_act: Literal["gelu_pytorch_tanh"] = "gelu_pytorch_tanh"

    @model_validator(mode="after")
    def _divides(self) -> VisionConfig:
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(f"{self.num_attention_heads} heads do not divide a width of {self.hidden_size}")
        return self

    @property
    def layers_used(self) -> int:
        """The features are those of the last layer but one; the last is never run."""
        return self.num_hidden_layers - 1


class Config(Frozen):
    """A literal type is a promise: a checkpoint that says otherwise needs code that is not here."""

    model_type: Literal["phi4-siglip"]
    hidden_size: Count
    intermediate_size: Count
    num_hidden_layers: Count
    num_attention_heads: Count
    num_key_value_heads: Count
    vocab_size: Count
    rms_norm_eps: float
    rope_theta: float
    hidden_act: Literal["silu"]
    attention_bias: Literal[False]
    tie_word_embeddings: Literal[False]
    rope_scaling: None
    sliding_window: None
    partial_rotary_factor: Annotated[float, Field(ge=1.0, le=1.0)]
    mm_hidden_size: Count
    mm_projector_type: Literal["mlp2x_gelu"]
    use_s2: Literal[False]
    min_num_patches: Count
    max_num_patches: Count
    max_position_embeddings: Count
    tokenizer_model_max_length: Count  # prompt, thought and answer together were never longer in training
    vision_config: VisionConfig

    @model_validator(mode="after")
    def _fits_together(self) -> Config:
        if self.hidden_size % self.num_attention_heads or self.num_attention_heads % self.num_key_value_heads:
            raise ValueError(
                f"{self.num_attention_heads} heads and {self.num_key_value_heads} key-value heads "
                f"do not divide a width of {self.hidden_size}"
            )
        if self.mm_hidden_size != self.vision_config.hidden_size:
            raise ValueError(
                f"mm_hidden_size {self.mm_hidden_size} is not the encoder's width {self.vision_config.hidden_size}"
            )
        return self

    @property
    def head_dim(self) -> int:
        return self.hidden_size // self.num_attention_heads

    @classmethod
    def read(cls, folder: Path) -> Config:
        path = folder / "config.json"
        if not path.is_file():
            raise CheckpointError(f"no config.json in {folder}: not a checkpoint's folder")
        try:
            return cls.model_validate_json(path.read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "config"
            raise CheckpointError(f"{path}: {where}: {first['msg']} (found {first['input']!r})") from None


@cache
def published_config() -> Config:
    """Return the config of the published checkpoint."""
    return Config.model_validate_json(resources.files("screenagent.engine").joinpath("published.json").read_bytes())
