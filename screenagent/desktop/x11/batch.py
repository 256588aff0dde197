"""Many questions to an X server that wait for its answers once, not once each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from Xlib import X, Xatom, error
from Xlib.protocol import request

CLOSED: Final = (error.BadWindow, error.BadDrawable)
LONGEST: Final = 1 << 14  # four bytes each; what a property holds beyond that is not looked at


class WindowProperties:
    """Properties of some windows, asked for at once; a window that has closed has none."""

    def __init__(self, display: Any, ids: Sequence[int], names: Sequence[str]) -> None:
        atoms = {name: display.get_atom(name) for name in names}
        self._asked = {(id, name): _get_property(display, id, atoms[name]) for id in ids for name in names}
        self._answers = {key: _answer(asked) for key, asked in self._asked.items()}

    def closed(self, id: int) -> bool:
        return any(answer is None for (of, _), answer in self._answers.items() if of == id)

    def numbers(self, id: int, name: str, kind: int = Xatom.WINDOW) -> list[int]:
        answer = self._answers[id, name]
        return list(answer.value[1]) if answer and answer.property_type == kind and answer.value else []

    def text(self, id: int, name: str) -> str:
        answer = self._answers[id, name]
        if not answer or not answer.property_type or not answer.value:
            return ""
        value = answer.value[1]
        return value if isinstance(value, str) else bytes(value).decode("utf-8", errors="replace")


def viewable(display: Any, tops: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return the windows that can be seen, each with its geometry."""
    asked = [(top, request.GetWindowAttributes(display=display.display, window=top.id, defer=True)) for top in tops]
    seen = [top for top, question in asked if _is_seen(_answer(question))]
    places = [(top, request.GetGeometry(display=display.display, drawable=top.id, defer=True)) for top in seen]
    answered = [(top, _answer(question)) for top, question in places]
    return [(top, place) for top, place in answered if place is not None]


def _is_seen(attributes: Any | None) -> bool:
    return attributes is not None and attributes.map_state == X.IsViewable and attributes.win_class != X.InputOnly


def _get_property(display: Any, id: int, atom: int) -> Any:
    return request.GetProperty(
        display=display.display,
        defer=True,
        delete=False,
        window=id,
        property=atom,
        type=X.AnyPropertyType,
        long_offset=0,
        long_length=LONGEST,
    )


def _answer(question: Any) -> Any | None:
    """Wait for the answer; None if the window has closed meanwhile."""
    try:
        question.reply()
    except CLOSED:
        return None
    return question
