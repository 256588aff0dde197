"""The roles that elements on the screen have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Role = Literal[
    "button",
    "menu",
    "item",
    "tab",
    "link",
    "checkbox",
    "radio",
    "field",
    "textarea",
    "dropdown",
    "slider",
    "setting",
    "column",
    "icon",
    "text",
    "expander",
    "disc",
]
"""A `setting` is whatever widget bears the name: an entry, a drop-down, a check box; `text` is words within others."""


FITS: Final[Mapping[Role, tuple[str, ...]]] = {
    "button": ("button", "link", "switch", "item"),
    "icon": ("button", "item", "switch", "link", "menu"),
    "menu": ("menu", "item", "button", "dropdown"),
    "item": ("item", "menu", "radio", "checkbox"),
    "tab": ("tab", "radio", "button"),
    "link": ("link", "button"),
    "checkbox": ("checkbox", "switch", "item", "radio", "button"),
    "radio": ("radio", "item", "button"),
    "field": ("field", "spinner", "dropdown"),
    "textarea": ("field",),
    "dropdown": ("dropdown", "button", "spinner", "field"),
    "slider": ("slider", "spinner"),
    "setting": ("dropdown", "field", "spinner", "checkbox", "radio", "switch", "slider", "button"),
    "column": ("column", "button"),
}
"""Which of the roles that programs speak of is meant by which that people do."""
