"""Thirty small screens with one thing to find on each, drawn by this code, so that the truth is known to the pixel."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from screenagent.geometry import Box, Size

SIZES = (Size(width=1280, height=720), Size(width=800, height=600), Size(width=640, height=360))
LABELS = (
    *("Save", "Open", "Cancel", "Print", "Delete", "Rename", "Help", "Settings", "Send", "Reply", "Copy", "Paste"),
    *("Undo", "Redo", "Search", "Close", "Next", "Back", "Play", "Pause", "Upload", "Download", "Share", "Export"),
)
DrawnKind = Literal["button", "field", "checkbox"]
ASKED: dict[DrawnKind, str] = {"button": "the {} button", "field": "the {} field", "checkbox": "tick {}"}
THEMES = (("white", "#e1e1e1", "#202020"), ("#1e1e1e", "#3c3c3c", "#e8e8e8"), ("#f0f4f8", "#2b6cb0", "white"))


@dataclass(frozen=True)
class DrawnScreen:
    image: Image.Image
    target: str
    box: Box


def screens(count: int = 30, *, seed: int = 2026) -> Iterator[DrawnScreen]:
    chance = random.Random(seed)
    for number in range(count):
        yield drawn_screen(chance, SIZES[number % len(SIZES)], THEMES[number // len(SIZES) % len(THEMES)])


def drawn_screen(chance: random.Random, size: Size, theme: tuple[str, str, str]) -> DrawnScreen:
    """A grid of controls, each with a label of its own; one of them is the target."""
    background, face, ink = theme
    image = Image.new("RGB", (size.width, size.height), background)
    draw = ImageDraw.Draw(image)
    columns, rows = 4, 5
    labels = chance.sample(LABELS, columns * rows)
    wanted = chance.randrange(len(labels))
    kinds: list[DrawnKind] = chance.choices(("button", "field", "checkbox"), k=len(labels))
    truth = Box(left=0, top=0, right=1, bottom=1)
    for number, (label, kind) in enumerate(zip(labels, kinds, strict=True)):
        cell = (size.width // columns, size.height // rows)
        left = number % columns * cell[0] + chance.randrange(8, cell[0] // 5)
        top = number // columns * cell[1] + chance.randrange(8, cell[1] // 4)
        edges = control(draw, kind, label, (left, top), cell=cell, face=face, ink=ink, background=background)
        if number == wanted:
            truth = Box.of_pixels(edges, size)
    return DrawnScreen(image, ASKED[kinds[wanted]].format(labels[wanted]), truth)


def control(
    draw: ImageDraw.ImageDraw,
    kind: DrawnKind,
    label: str,
    at: tuple[int, int],
    *,
    cell: tuple[int, int],
    face: str,
    ink: str,
    background: str,
) -> tuple[float, float, float, float]:
    """Draw it and return its edges in pixels; what a mouse may hit."""
    (left, top), height = at, max(18, cell[1] // 3)
    font = ImageFont.load_default(size=max(11, height // 2))
    outside = "black" if background in ("white", "#f0f4f8") else "white"
    if kind == "button":
        right = left + int(draw.textlength(label, font=font)) + height
        draw.rounded_rectangle((left, top, right, top + height), radius=4, fill=face, outline=outside)
        draw.text(((left + right) / 2, top + height / 2), label, fill=ink, font=font, anchor="mm")
        return left, top, right, top + height
    if kind == "field":
        start = left + int(draw.textlength(label, font=font)) + 8
        right = min(start + cell[0] // 3, at[0] + cell[0] * 3 // 4)
        draw.text((left, top + height / 2), label, fill=outside, font=font, anchor="lm")
        draw.rectangle((start, top, right, top + height), fill="white", outline="gray")
        return start, top, right, top + height
    side = height * 2 // 3
    draw.rectangle((left, top, left + side, top + side), fill="white", outline=outside)
    right = left + side + 8 + int(draw.textlength(label, font=font))
    draw.text((left + side + 8, top + side / 2), label, fill=outside, font=font, anchor="lm")
    return left, top, right, top + side
