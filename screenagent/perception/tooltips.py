"""What a tooltip calls its button: the words in its window, without shortcuts and hints."""

from __future__ import annotations

import re
from typing import Final

from PIL import Image

from screenagent.perception.labels import text_lines
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot

MARGIN: Final = 16  # pixels of its own ground round a tooltip, without which letters at its edge are lost
CORNER: Final = 6  # pixels from the corner of a tooltip, where its ground is seen beyond a round edge
MOST_WORDS: Final = 12  # of a name; what a tooltip says beyond them explains

_KEY: Final = (
    r"(?:ctrl|control|alt|shift|super|meta|cmd|strg|umschalt|f\d{1,2}|del(?:ete)?|ins(?:ert)?|space|home|end|esc(?:ape)?"
    r"|enter|return|tab|backspace|page ?(?:up|down)|up|down|left|right|.)"
)
_CHORD: Final = rf"{_KEY}(?:\s*\+\s*(?:{_KEY}|\+))*"
_SHORTCUTS: Final = re.compile(
    rf"[(\[]\s*{_CHORD}(?:\s*(?:,|or|/)\s*{_CHORD})*\s*(?:[)\]]|$)"
    r"|(?:\b(?:ctrl|control|alt|shift|super|meta|cmd|strg)\s*\+\s*)+\S+"
    r"|\b(?:shortcut|hotkey|key)s?\s*:.*$",
    re.I,
)
_HINTS: Final = re.compile(
    r"\b(?:also in gr?oup|press (?:shift|f1) for (?:more|help)|(?:right|double)[- ]?click\b).*$", re.I
)


def read_tooltip(tooltip: Screenshot, reader: TextReader) -> str:
    """Return the name that a picture of a tooltip shows; empty if none is read."""
    picture = tooltip.pixels
    ground = picture.getpixel((min(CORNER, picture.width - 1), min(CORNER, picture.height - 1)))
    padded = Image.new("RGB", (picture.width + 2 * MARGIN, picture.height + 2 * MARGIN), ground)
    padded.paste(picture, (MARGIN, MARGIN))
    return named_by(" ".join(line.text for line in text_lines(reader.read(Screenshot.of(padded)))))


def named_by(text: str) -> str:
    """Return the part of a tooltip's text that names its button."""
    bare = _SHORTCUTS.sub(" ", _HINTS.sub("", text))
    words = [
        word for word in bare.split() if re.search(r"\w", word) and (len(word) > 1 or word.lower() in "a1234567890")
    ]
    return " ".join(words[:MOST_WORDS])
