"""Text as it is shown: control, direction and invisible codes in it become visible.

A window's title, a model's answer, a file's name or a cell of a table may hold codes that move the cursor of a
terminal, turn the direction of writing round, or show nothing at all. Every face shows text through this module.
"""

from __future__ import annotations

import re
import sys
from typing import Final

LONGEST: Final = 400
"""The most characters of a message in a line; what is longer keeps its beginning and its end."""

LONGEST_NAME: Final = 120
"""The same for the name of a target or of a window in a question, which is to stay in view whole."""

LONGEST_TYPED: Final = 800
"""The same for a text that is to be typed."""

_CODES: Final = (
    r"\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180e"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb"
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""What has no look of its own, as the inside of a pattern's brackets: control and format characters, line and paragraph
separators, half surrogate pairs, fillers that look like blanks, tags and the variation selectors that no font uses."""

CODE: Final = re.compile(f"[{_CODES}]")
_CODE_IN_LINES: Final = re.compile(rf"(?![\n\t])[{_CODES}]")
_BLANKS: Final = re.compile(r"[^\S\n]{4,}")


def visible(text: str) -> str:
    """Return `text` in one line, with every code in it made visible: "⏎" for a line's end, "␛" for an escape."""
    return CODE.sub(_name, text)


def visible_lines(text: str) -> str:
    """Return `text` as `visible` does, but with its line ends and tabs."""
    return _CODE_IN_LINES.sub(_name, text)


def tell(line: str) -> None:
    """Print one line on stderr, from where no command line is known."""
    print(visible(line), file=sys.stderr)


def shown(value: object) -> object:
    """Return what a page's template is filled with: its texts as `visible_lines` does, what is marked up as it is."""
    return value if hasattr(value, "__html__") else visible_lines(str(value))


def visible_json(written: bytes) -> bytes:
    """Return JSON that means the same, with every code in its texts written as JSON's own escape."""
    text = written.decode("utf-8", "surrogatepass")
    if not CODE.search(text):
        return written
    return CODE.sub(lambda found: found[0] if found[0] in "\r\n\t" else _escape(found[0]), text).encode()


def visible_yaml(written: str) -> str:
    """Return YAML that means the same if its texts with codes stand in double quotes: each code as YAML's escape."""
    return _CODE_IN_LINES.sub(lambda found: f"\\U{ord(found[0]):08X}", written)


def _name(found: re.Match[str]) -> str:
    match ord(found[0]):
        case 0x0A:
            return "⏎"
        case 0x7F:
            return "␡"
        case code if code < 0x20:
            return chr(0x2400 + code)
        case code:
            return f"‹U+{code:04X}›"


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def abridged(text: str, most: int = LONGEST) -> str:
    """Return `text` as `visible` does, at most about `most` characters of it, and wide gaps as their number."""
    line = _BLANKS.sub(lambda gap: f" ‹{len(gap[0])} blanks› ", visible(text))
    if len(line) <= most:
        return line
    kept = most // 2
    return f"{line[:kept]} ‹{len(line) - 2 * kept} more› {line[-kept:]}"
