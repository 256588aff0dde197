"""The roles of elements on the screen, and which role satisfies which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Role = Literal[
    "button", "menu", "item", "tab", "link", "checkbox", "radio", "switch", "field", "textarea", "dropdown", "spinner",
    "slider", "setting", "column", "icon", "text", "expander", "disc", "mark", "cell",
    "document",
]  # fmt: skip
"""Phrases, accessibility trees and pictures share these roles; none of them uses all.

A `setting` is any control that bears the name: a field, a drop-down, a check box. `text` is words within other words.
A `document` is the area that shows what a program is about: the text, the picture.
A `mark` is a small square or disc, which may be a check box or a radio button. A `cell` stands in a row of its like, as
in a table's head.
"""


@dataclass(frozen=True)
class Satisfying:
    """The elements that satisfy one role, by how they are known."""

    told: tuple[Role, ...] = ()
    """Roles that the accessibility tree may state."""
    framed: Mapping[Role, float] = field(default_factory=dict)
    """Roles of framed controls beside the label of that name, and how well each satisfies."""
    framed_unnamed: tuple[Role, ...] = ()
    """Roles of framed controls if no name was said, as in "the second button"."""
    shaped: tuple[Role, ...] = ()
    """Roles of widgets known by their shape if no name was said, the best first."""


NOTHING: Final = Satisfying()

SATISFYING: Final[Mapping[Role, Satisfying]] = {
    "button": Satisfying(told=("button", "link", "switch", "item"), framed_unnamed=("button",), shaped=("button",)),
    "icon": Satisfying(told=("button", "item", "switch", "link", "menu")),
    "menu": Satisfying(told=("menu", "item", "button", "dropdown")),
    "item": Satisfying(told=("item", "menu", "radio", "checkbox")),
    "tab": Satisfying(told=("tab", "radio", "button")),
    "link": Satisfying(told=("link", "button")),
    "checkbox": Satisfying(
        told=("checkbox", "switch", "item", "radio", "button"), framed_unnamed=("mark",), shaped=("checkbox", "radio")
    ),
    "radio": Satisfying(told=("radio", "item", "button"), framed_unnamed=("mark",), shaped=("radio", "checkbox")),
    "field": Satisfying(
        told=("field", "spinner", "dropdown"),
        framed={"field": 1.0, "dropdown": 0.9, "button": 0.6, "mark": 0.4},
        framed_unnamed=("field",),
        shaped=("field", "textarea"),
    ),
    "textarea": Satisfying(told=("field",), framed={"field": 1.0, "button": 0.6}, shaped=("textarea", "field")),
    "dropdown": Satisfying(
        told=("dropdown", "button", "spinner", "field"),
        framed={"dropdown": 1.0, "field": 0.85, "button": 0.85, "mark": 0.4},
        framed_unnamed=("dropdown",),
        shaped=("dropdown",),
    ),
    "slider": Satisfying(
        told=("slider", "spinner"), framed={"slider": 1.0, "field": 0.9, "mark": 0.9}, shaped=("slider",)
    ),
    "setting": Satisfying(
        told=("dropdown", "field", "spinner", "checkbox", "radio", "switch", "slider", "button"),
        framed={"dropdown": 1.0, "field": 1.0, "mark": 0.95, "button": 0.95},
    ),
    "column": Satisfying(told=("column", "button")),
    "expander": Satisfying(shaped=("expander",)),
    "disc": Satisfying(shaped=("disc",)),
}

SHOWS_ITS_NAME: Final[tuple[Role, ...]] = ("menu", "item", "tab", "link", "checkbox", "radio", "column")
"""Roles of controls that always show their name; a button may show an icon instead."""
CLICKED_ON_ITS_NAME: Final[tuple[Role, ...]] = ("button", "menu", "item", "tab", "column")
"""Roles of controls that are clicked where their name is written; a field's name stands beside the field."""
NEVER_AN_ICON: Final[tuple[Role, ...]] = ("field", "dropdown", "radio", "column", "text", "item")
"""Roles of elements that an icon does not stand for."""
TICKED: Final[tuple[Role, ...]] = ("checkbox", "radio", "switch")
"""Roles of what is ticked or switched; it may stand far from its name."""
ENTERED_INTO: Final[tuple[Role, ...]] = ("field", "dropdown")
"""Roles of framed controls that have a value of their own."""
SPOKEN: Final[Mapping[Role, str]] = {"field": "field", "dropdown": "drop-down", "mark": "check box"}
"""What people call a framed control."""


def satisfying(role: Role | None) -> Satisfying:
    """Return what satisfies `role`."""
    return SATISFYING.get(role, NOTHING) if role else NOTHING
