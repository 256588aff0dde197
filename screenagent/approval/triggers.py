"""What keys can trigger: the buttons and entries that Enter, a blank, a mnemonic or an access key may press. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from screenagent.actions import HoldKeys, Input, PressKeys, TypeText
from screenagent.perception.labels import text_lines
from screenagent.screenshot import Word

TYPED_KEYS: Final = {"\n": "enter", "\r": "enter", " ": "space", "\t": "tab", "\x1b": "escape", "\x7f": "delete"}
CONFIRMING: Final = frozenset(("enter", "space"))
LONGEST_LABEL: Final = 4
"""Words in what a button says; more of them are a sentence."""
WORD_GAP: Final = 1.0
FEW_WORDS: Final = 40
"""A window that shows no more words than this may be a dialog, whatever it says that it is."""


def pressed_together(action: Input) -> tuple[tuple[str, ...], ...]:
    """Return the keys that an input presses together, one after the other, each once.

    Of a text, a newline is a press of Enter; a blank is one of the space bar only where nothing else is typed, since
    elsewhere it parts words.
    """
    match action:
        case PressKeys(keys=keys) | HoldKeys(keys=keys):
            return (keys,)
        case TypeText(text=text):
            kept = text if len(text) == 1 or text.isspace() else text.replace(" ", "")
            keys_of = (TYPED_KEYS.get(character, character.lower()) for character in kept)
            named = (key for key in keys_of if len(key) > 1 or len(text) == 1)
            return tuple((key,) for key in dict.fromkeys(named))
        case _:
            return ()


def button_labels(words: Sequence[Word]) -> tuple[str, ...]:
    """Return what may be the labels of buttons or entries: short lines, and the single words of a menu bar."""
    return tuple(
        label
        for line in text_lines(words, gap=WORD_GAP)
        for label in _labels(line.text)
    )  # fmt: skip


def triggered(
    action: Input, labels: Sequence[str], *, dialog: bool, small: bool, focused: str | None
) -> tuple[str, ...]:
    """Return which of the labels the keys may press.

    `dialog` says that the window in front is one or that a menu is open, `small` that it shows few words and may be
    one; `focused` is what is read where the mouse last clicked, so what probably has the focus, if that is known.
    """
    found = list(_triggered(action, labels, small=dialog or small, focused=focused))
    if dialog and focused is None and isinstance(action, TypeText) and " " in action.text:
        found += labels
    return tuple(dict.fromkeys(found))


def _triggered(action: Input, labels: Sequence[str], *, small: bool, focused: str | None) -> Iterator[str]:
    for keys in pressed_together(action):
        others = {"ctrl", "alt", "super"}.intersection(keys)
        letter = next((key for key in keys if len(key) == 1 and key.isalnum()), None)
        if "enter" in keys:
            yield from labels if small else ()
        elif "space" in keys and not others and focused is not None:
            yield focused
        elif "space" in keys and not others:
            yield from labels if small else ()
        elif letter and "alt" in others:
            yield from _with_letter(labels, letter, small=small)
        elif letter and not others and focused is None and small:
            yield from (label for label in labels if _starts(label, letter))


def _with_letter(labels: Sequence[str], letter: str, *, small: bool) -> Sequence[str]:
    """Return the labels that may have this letter underlined; in a dialog it may be any letter of theirs.

    Where none has it, what can be read is not all that there is, so it may be any.
    """
    starting = [label for label in labels if _starts(label, letter)]
    having = [label for label in labels if letter in label.lower()]
    return (starting if starting and not small else having) or labels


def _starts(label: str, letter: str) -> bool:
    return any(word.strip("_&(").lower().startswith(letter) for word in label.split())


def _labels(line: str) -> tuple[str, ...]:
    words = line.split()
    if len(words) <= LONGEST_LABEL:
        return (line,)
    bar = all(word[:1].isupper() for word in words)
    return tuple(words) if bar else ()
