"""The course of learning as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

WIDE, HIGH, EDGE = 900, 420, 50
COLOURS = ("#c0392b", "#2471a3", "#1e8449", "#b7950b", "#7d3c98", "#566573", "#ca6f1e")


def curve(log: Sequence[Mapping[str, Any]], path: Path) -> None:
    """The loss on the left; how often a held-out icon is best of 60 for its name on the right."""
    image = Image.new("RGB", (WIDE, HIGH), "white")
    losses = {"loss": [(entry["step"], entry["loss"]) for entry in log if "loss" in entry]}
    shares: dict[str, list[tuple[float, float]]] = {}
    for entry in log:
        for title, score in entry.get("held_out", {}).items():
            shares.setdefault(title, []).append((entry["step"], score["by_name"]))
    highest = max((loss for _, loss in losses["loss"]), default=1.0)
    _plot(image, losses, left=EDGE, top_value=highest, unit="loss")
    _plot(image, shares, left=WIDE // 2 + EDGE, top_value=1.0, unit="best of 60 for its name, held out")
    image.save(path)


def _plot(
    image: Image.Image, lines: Mapping[str, Sequence[tuple[float, float]]], *, left: int, top_value: float, unit: str
) -> None:
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(12)
    right, top, bottom = left + WIDE // 2 - EDGE - 20, EDGE, HIGH - EDGE
    draw.line(((left, top), (left, bottom), (right, bottom)), fill="#888")
    draw.text((left, top - 24), unit, fill="black", font=font)
    last = max((step for points in lines.values() for step, _ in points), default=1) or 1
    for tick in range(5):
        y = bottom - (bottom - top) * tick / 4
        draw.text((left - 6, y), f"{top_value * tick / 4:.2g}", fill="#555", font=font, anchor="rm")
    draw.text((right, bottom + 8), f"{last} steps", fill="#555", font=font, anchor="ra")
    for number, (title, points) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        at = [(left + (right - left) * step / last, bottom - (bottom - top) * y / top_value) for step, y in points]
        draw.line(at, fill=colour, width=2)
        if len(lines) > 1:
            draw.text((right - 4, bottom - 18 * (len(lines) - number)), title, fill=colour, font=font, anchor="ra")
