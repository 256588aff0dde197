"""Converts regular expressions to GBNF: literals, classes, groups, alternatives and repetitions only.

The supported escapes are `\\d`, `\\n`, `\\r`, `\\t` and escaped punctuation. A pattern matches the whole answer and has
no anchors. Anything else that `re` supports (`.`, `\\w`, lookahead, references, lazy repetitions, …) is a `ValueError`.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST_RUN: Final = 300
"""The most repetitions of a part: llama.cpp expands each of them, and rejects a grammar that becomes too large."""

_TIMES: Final = re.compile(r"[?*+]|\{(\d+)(,?)(\d*)\}")
_SPACES: Final = {"n": "\n", "r": "\r", "t": "\t"}
_WRITTEN: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\\": r"\\", '"': r"\""}


def literal(text: str) -> str:
    """Return `text` as a GBNF literal."""
    return f'"{"".join(_WRITTEN.get(character) or _printable(character) for character in text)}"'


def pattern_rule(pattern: str) -> str:
    """Return the body of `root ::=` for a regular expression; raise `ValueError` for unsupported syntax."""
    parser = _Parser(pattern)
    rule = parser.alternatives()
    if parser.rest:
        raise parser.refusal("a ) without its (")
    return rule


def _printable(character: str) -> str:
    return (
        character
        if character.isprintable()
        else f"\\x{ord(character):02x}"
        if ord(character) < 256
        else f"\\u{ord(character):04x}"
    )


class _Parser:
    """Parses a pattern from left to right; `rest` is the part not read yet."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.rest = pattern

    def refusal(self, what: str) -> ValueError:
        return ValueError(f"No GBNF for {what} in the pattern {self.pattern!r} at {len(self.pattern) - len(self.rest)}")

    def alternatives(self) -> str:
        found = [self._sequence()]
        while self._skip("|"):
            found.append(self._sequence())
        return " | ".join(found)

    def _sequence(self) -> str:
        """Return the parts up to the next alternative or the end of the group; plain characters become one literal."""
        parts: list[str] = []
        text = ""
        while self.rest and self.rest[0] not in "|)":
            character, part = self._part()
            times = self._times()
            if character and not times:
                text += character
                continue
            parts += [*([literal(text)] if text else []), part + times]
            text = ""
        return " ".join([*parts, literal(text)] if text or not parts else parts)

    def _part(self) -> tuple[str, str]:
        """Return the next part's character if it is a plain character, and the part as GBNF."""
        if self._skip("("):
            return "", self._group()
        if self._skip("["):
            return "", self._class()
        if self.rest[0] in ".^$?*+{":
            raise self.refusal(f"a bare {self.rest[0]}")
        if self._skip(r"\d"):
            return "", "[0-9]"
        character = self._character()
        return character, literal(character)

    def _group(self) -> str:
        if not self._skip("?:") and self.rest.startswith("?"):
            raise self.refusal(f"({self.rest[:2]}")
        inside = self.alternatives()
        if not self._skip(")"):
            raise self.refusal("a ( without its )")
        return f"({inside})"

    def _class(self) -> str:
        """Return the character class whose opening bracket has just been read."""
        negated = "^" if self._skip("^") else ""
        inside = ""
        while not inside or not self._skip("]"):
            if not self.rest:
                raise self.refusal("a [ without its ]")
            inside += self._range()
        return f"[{negated}{inside}]"

    def _range(self) -> str:
        if self._skip(r"\d"):
            return "0-9"
        first = self._character()
        if not self.rest.startswith("-") or self.rest.startswith("-]"):
            return _in_class(first)
        self._skip("-")
        if not self.rest:
            raise self.refusal("a [ without its ]")
        last = self._character()
        if last < first:
            raise self.refusal(f"the range {first}-{last}")
        return f"{_in_class(first)}-{_in_class(last)}"

    def _character(self) -> str:
        escaped = self._skip("\\")
        if not self.rest:
            raise self.refusal("a \\ at the end")
        character = self.rest[0]
        if escaped and character.isalnum() and character not in _SPACES:
            raise self.refusal(f"\\{character}")
        self.rest = self.rest[1:]
        return _SPACES.get(character, character) if escaped else character

    def _times(self) -> str:
        """Return the following repetition in GBNF, or an empty string."""
        found = _TIMES.match(self.rest)
        if found is None:
            return ""
        self.rest = self.rest[found.end() :]
        if self.rest[:1] in tuple("?*+{"):
            raise self.refusal(f"{found[0]}{self.rest[0]}")
        if found[1] is None:
            return found[0]
        most = found[3] or ("" if found[2] else found[1])
        if int(found[1]) > LONGEST_RUN or (most and int(most) < int(found[1])):
            raise self.refusal(found[0])
        return f"{{{found[1]},{most if not most or int(most) <= LONGEST_RUN else ''}}}"

    def _skip(self, text: str) -> bool:
        if not self.rest.startswith(text):
            return False
        self.rest = self.rest[len(text) :]
        return True


def _in_class(character: str) -> str:
    """Return the character for use in a class, where four are special and not every server supports `\\-`."""
    return f"\\x{ord(character):02x}" if character in '^-[]"' else _WRITTEN.get(character) or _printable(character)
