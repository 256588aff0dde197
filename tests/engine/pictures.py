"""Pictures made from a formula, so that they need not be kept: see tests/golden/pictures.json for their digests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

GOLDEN: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "pictures.json").read_text())


def pattern(width: int, height: int, seed: int) -> Image.Image:
    """Slopes, a chequered pattern, noise and lines, in 64-bit arithmetic that wraps around."""
    y, x = np.arange(height, dtype=np.uint64)[:, None], np.arange(width, dtype=np.uint64)
    red, green, blue = x * 255 // max(width - 1, 1), y * 255 // max(height - 1, 1), (x + 2 * y) // 3
    chequers = (x // 7 % 2 ^ y // 5 % 2) * 40
    hashed = ((x * 73856093) ^ (y * 19349663) ^ np.uint64(seed * 83492791)) * np.uint64(2654435761) % np.uint64(1 << 32)
    noise = (hashed >> np.uint64(16)) % np.uint64(48)
    lines = ((x % 97 == 3) | (y % 61 == 5)).astype(np.uint64) * 120
    channels = [red + chequers + lines, green + noise, blue + lines + noise]
    return Image.fromarray(np.stack([channel.astype(np.uint8) for channel in channels], -1))  # modulo 256


def named(name: str) -> Image.Image:
    row = next(row for row in GOLDEN["pictures"] if row["name"] == name)
    return pattern(row["width"], row["height"], row["seed"])
