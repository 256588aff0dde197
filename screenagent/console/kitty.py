"""Pictures by kitty's graphics protocol: sent once, and shown by letters that stand for their cells. Pure.

As documented at https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders.
"""

from __future__ import annotations

import zlib
from base64 import standard_b64encode
from typing import Final

from PIL import Image
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from screenagent.geometry import Size

PLACEHOLDER: Final = "\U0010eeee"
CHUNK: Final = 4096

# Which letter above a placeholder stands for which number, in the protocol's order.
_RANGES: Final = (
    "305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 59c-5a1 "
    "5a8-5a9 5ab-5ac 5af 5c4 610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec 730 732-733 "
    "735-736 73a 73d 73f-741 743 745 747 749-74a 7eb-7f1 7f3 816-819 81b-823 825-827 829-82d 951 953-954 "
    "f82-f83 f86-f87 135d-135f 17dd 193a 1a17 1a75-1a7c 1b6b 1b6d-1b73 1cd0-1cd2 1cda-1cdb 1ce0 1dc0-1dc1 "
    "1dc3-1dc9 1dcb-1dcc 1dd1-1de6 1dfe 20d0-20d1 20d4-20d7 20db-20dc 20e1 20e7 20e9 20f0 2cef-2cf1 "
    "2de0-2dff a66f a67c-a67d a6f0-a6f1 a8e0-a8f1 aab0 aab2-aab3 aab7-aab8 aabe-aabf aac1 fe20-fe26 10a0f "
    "10a38 1d185-1d189 1d1aa-1d1ad 1d242-1d244 "
)
NUMBERS: Final = "".join(
    chr(letter)
    for first, _, last in (part.partition("-") for part in _RANGES.split())
    for letter in range(int(first, 16), int(last or first, 16) + 1)
)


def kitty_sequence(image: Image.Image, number: int, cells: Size) -> str:
    """Return the sequence that gives the terminal `image`, numbered below 2²⁴, to be shown in so many cells."""
    rgb = image.convert("RGB")
    data = standard_b64encode(zlib.compress(rgb.tobytes(), 1)).decode()
    parts = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    head = f"a=T,U=1,q=2,i={number},f=24,o=z,s={rgb.width},v={rgb.height},c={cells.width},r={cells.height},"
    return "".join(
        f"\x1b_G{head if first else ''}m={int(part is not parts[-1])};{part}\x1b\\"
        for first, part in ((part is parts[0], part) for part in parts)
    )


def kitty_strip(row: int, columns: int, number: int) -> Strip:
    """Return a row of the cells that show a picture. The colour of a cell is the picture's number."""
    style = Style(color=Color.from_rgb(number >> 16, number >> 8 & 255, number & 255))
    letters = "".join(f"{PLACEHOLDER}{NUMBERS[row]}{NUMBERS[column]}" for column in range(columns))
    return Strip([Segment(letters, style)], columns)
