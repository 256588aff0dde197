"""What people say for a part of a page: templates for each kind of part."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Final

from packages import Pair, spoken

SAID: Final[Mapping[str, Sequence[str]]] = {
    "button": (
        "click {name}", "the {name} button", "press '{name}'", "{name}", "click the {name} button", "hit {name}",
    ),
    "link": ("open the {name} link", "click on {name}", "{name}", "go to {name}"),
    "tab": ("switch to the {name} tab", "the {name} tab", "open {name}"),
    "field": (
        "the {name} field", "type into the {name} field", "click into the {name} field", "{name} text field",
        "the field labelled {name}",
    ),
    "number": ("the {name} number field", "the {name} field", "set {name}"),
    "select": ("the {name} drop-down", "open the {name} drop-down list", "the {name} combo box"),
    "switch": ("turn on {name}", "the {name} switch", "toggle {name}", "switch {name} off", "enable '{name}'"),
    "check": ("tick {name}", "the {name} check box", "check '{name}'", "untick {name}"),
    "slider": ("the {name} slider", "{name} with the slider", "drag the {name} slider"),
    "option": (
        "choose {name}", "select '{name}' from the list", "pick {name} in the list", "set it to {name}",
        "the {name} option", "the {name} menu item",
    ),
    "row button": (
        "{name} next to {row}", "the {name} button in {row}'s row", "{name} in the row of {row}",
        "click {name} in {row}'s row",
    ),
    "cell": ("the {name} in {row}'s row", "the {name} of {row}"),
    "head": ("the {name} column header", "sort by {name}", "the {name} column"),
    "card button": ("{name} below {row}", "the {name} button under {row}", "{name} in the {row} card"),
}  # fmt: skip
OTHER_WORDS: Final = ("Archive", "Later", "Twice", "Locally", "Preview", "Offline", "Anyway")
"""What a name is lengthened by to say what is not there."""


def said(kind: str, pair: Pair, row: str, chance: random.Random) -> list[str]:
    """Return up to two phrases: one of a template, and one in the words of the description."""
    name = pair.label.rstrip(".… ")
    phrases = [chance.choice(SAID[kind]).format(name=name, row=row)]
    if pair.about and not row:
        phrases.append(spoken(pair.about))
    return phrases


def not_there(kind: str, pair: Pair, row: str, chance: random.Random) -> str:
    """Return a phrase for a thing of this kind and name that the page does not have."""
    return said(kind, Pair(pair.label, ""), row, chance)[0]


def renamed(pair: Pair, chance: random.Random) -> Pair:
    """Return the name with a word more, which makes another of it."""
    return Pair(f"{pair.label.rstrip('.… ')} {chance.choice(OTHER_WORDS)}", "")
