"""The configuration and the processor of Phi-4-reasoning-vision for transformers 5, as vLLM asks for them.

`screenagent model pull --for vllm` puts a copy of this file beside the weights, where vLLM loads it by the name in
config.json. It therefore stands alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from transformers import BatchFeature, Phi3Config
from transformers.processing_utils import ProcessorMixin

PATCH: Final = 16
PRECISION: Final = 1e-5
"""How finely the scale of a picture is searched. Bounds and rounding decide about single rows of patches."""


class Phi4VisionConfig(Phi3Config):
    """Phi-3's language model, and the keys of the vision tower as they stand in config.json."""

    model_type = "phi4-siglip"


class Phi4VisionProcessor(ProcessorMixin):
    """Turns text into tokens and pictures into patches; `<image>` in the text stays for vLLM to replace."""

    image_token: Final = "<image>"

    def __init__(
        self, tokenizer: Any, *, min_num_patches: int = 256, max_num_patches: int = 3600, **options: Any
    ) -> None:
        super().__init__(tokenizer, **options)
        self.min_num_patches = min_num_patches
        self.max_num_patches = max_num_patches

    def __call__(
        self,
        text: str | Sequence[str] | None = None,
        images: Image.Image | Sequence[Image.Image] | None = None,
        return_tensors: str | None = None,
        **_: Any,
    ) -> BatchFeature:
        """Return `input_ids` for the text, and for the pictures their patches, padded to the longest."""
        data: dict[str, Any] = {}
        if text:
            data |= self.tokenizer([text] if isinstance(text, str) else list(text), add_special_tokens=False)
        if images:
            data |= self._padded([images] if isinstance(images, Image.Image) else images)
        return BatchFeature(data=data, tensor_type=return_tensors)

    def _padded(self, images: Sequence[Image.Image]) -> dict[str, torch.Tensor]:
        grids = [patch_grid(*image.size, self.min_num_patches, self.max_num_patches) for image in images]
        longest = max(math.prod(sides) for sides in grids)
        pixels = torch.zeros(len(images), longest, PATCH * PATCH * 3)
        mask = torch.zeros(len(images), longest, dtype=torch.int32)
        for number, (image, sides) in enumerate(zip(images, grids, strict=True)):
            found = patches(image, *sides)
            pixels[number, : len(found)] = torch.from_numpy(found)
            mask[number, : len(found)] = 1
        return {"pixel_values": pixels, "pixel_attention_mask": mask, "spatial_shapes": torch.tensor(grids)}


def patch_grid(width: int, height: int, fewest: int, most: int) -> tuple[int, int]:
    """Return how many patches high and wide a picture becomes: as many whole ones as it has, within the limits."""
    most = min(max((width // PATCH) * (height // PATCH), fewest), most)

    def sides(scale: float) -> tuple[int, int]:
        return math.ceil(height * scale / PATCH), math.ceil(width * scale / PATCH)

    low, high = PRECISION / 10, 100.0
    while high - low >= PRECISION:
        middle = (low + high) / 2
        if math.prod(sides(middle)) <= most:
            low = middle
        else:
            high = middle
    return sides(low)


def patches(image: Image.Image, high: int, wide: int) -> npt.NDArray[np.float32]:
    """Return a picture as rows of patches, each pixel from -1 to 1, the colour fastest."""
    size = (wide * PATCH, high * PATCH)
    image = image.convert("RGB")
    seen = image if image.size == size else image.resize(size, Image.Resampling.BILINEAR)
    bytes_ = np.asarray(seen).reshape(high, PATCH, wide, PATCH * 3).swapaxes(1, 2).reshape(high * wide, -1)
    return ((bytes_.astype(np.float64) / 255).astype(np.float32) - np.float32(0.5)) / np.float32(0.5)
