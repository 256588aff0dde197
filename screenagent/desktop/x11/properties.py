"""Properties of X windows, by their names."""

from __future__ import annotations

from typing import Any

from Xlib import X, Xatom, error


def property_values(window: Any, name: str, kind: int = Xatom.WINDOW) -> list[int]:
    """Return the numbers of a property; none if it is not set, or if the window has closed."""
    try:
        found = window.get_full_property(window.display.get_atom(name), kind)
    except error.BadWindow:
        return []
    return list(found.value) if found else []


def property_text(window: Any, name: str) -> str:
    found = window.get_full_property(window.display.get_atom(name), X.AnyPropertyType)
    if found is None:
        return ""
    value = found.value
    return value if isinstance(value, str) else bytes(value).decode("utf-8", errors="replace")
