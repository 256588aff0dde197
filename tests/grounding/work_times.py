"""Print how long the embedded grounder takes with input that nobody means: `python -m tests.grounding.work_times`.

The screens are drawn, so reading them is not counted. Its last line is one JSON object: the slowest answer, in seconds
of processor time.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice

from screenagent.geometry import Location
from screenagent.grounding.embedded import EmbeddedGrounder
from tests.builders import Drawing, DrawnReader
from tests.grounding.test_work import WORDS, long

PHRASES = {
    "500 words": long(500),
    "500 words in quotes": f'click "{long(500)}"',
    "500 prepositions": " in the ".join(islice(cycle(WORDS), 500)),
    "only quotes": '"' * 500,
    "only a role": "the button",
    "a row": "the bravo in alpha's row",
    "no such row": "Edit in Amber's row",
    "no such neighbour": "delta next to amber",
    "another language": "Klicken Sie auf die Schaltfläche Speichern",
    "another script": "нажми кнопку «Сохранить» внизу",
}


def table(*, joined: bool) -> Drawing:
    """2,000 cells, each read on its own or 40 as one line."""
    drawing = Drawing(1920, 1080)
    for row in range(50):
        cells = [f"{WORDS[(row * 7 + column * 3) % 25][:5]}{row * column or ''}" for column in range(40)]
        for column, cell in enumerate(() if joined else cells):
            drawing.text(cell, 4 + column * 47, 12 + row * 21)
        if joined:
            drawing.text(" ".join(cells), 4, 12 + row * 21)
    return drawing


def sheet() -> Drawing:
    """2,000 framed cells of numbers."""
    drawing = Drawing(1920, 1080)
    for row in range(50):
        for column in range(40):
            drawing.cell(2 + column * 47, 3 + row * 21, width=47, height=21)
            drawing.text(str(row * column + 7), 8 + column * 47, 13 + row * 21)
    return drawing


def icons() -> Drawing:
    """400 buttons without a text."""
    drawing = Drawing(1280, 720)
    for number in range(400):
        drawing.button("", 10 + 62 * (number % 20), 20 + 35 * (number // 20), width=20 + number % 7)
    return drawing


SCREENS = {"2,000 cells": table(joined=False), "50 lines": table(joined=True), "sheet": sheet(), "400 icons": icons()}


def times() -> Iterator[float]:
    for screen, drawing in SCREENS.items():
        reader = DrawnReader()
        screenshot = reader.screen(drawing)
        for phrase, target in PHRASES.items():
            grounder = EmbeddedGrounder(reader)
            began = time.process_time()
            found = grounder.locate(target, screenshot)
            yield (took := time.process_time() - began)
            print(f"{took:6.2f} s  {screen}, {phrase}: {'found' if isinstance(found, Location) else 'absent'}")


if __name__ == "__main__":
    slowest = max(times())
    sys.stdout.write(json.dumps({"slowest_s": round(slowest, 2)}) + "\n")
