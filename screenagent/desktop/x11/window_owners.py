"""Which window a press of the mouse or a key reaches, and which one a menu or list belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from Xlib import X
from Xlib.ext import shape

from screenagent.desktop.floating import FloatingArea
from screenagent.desktop.x11.batch import CLOSED
from screenagent.desktop.x11.connection import CLIENT, ancestry, property_values
from screenagent.screenshot import Window

DEEPEST: Final = 12  # so many windows, of which one belongs to the next


class WindowOwners:
    """The windows that a window manager has framed, by their frames, and what belongs to which of them."""

    def __init__(self, display: Any, *, describe: Callable[[int], Window | None], frame: Callable[[int], int]) -> None:
        self._display = display
        self._root = display.screen().root
        self._describe = describe
        self._frame = frame
        self._framed: dict[int, Window] = {}
        self._frames: dict[int, int] = {}
        self._shaped = bool(display.has_extension("SHAPE"))

    def look(self, managed: Sequence[Window], tops: Sequence[Any]) -> None:
        """Take note of the windows that are there now, from the lowest to the top, and of all that lies on the root."""
        lying = {top.id for top in tops}
        known = {id: frame for id, frame in self._frames.items() if frame in lying}
        self._frames = {window.id: known.get(window.id) or self._frame(window.id) for window in managed}
        self._framed = {self._frames[window.id]: window for window in managed}

    def is_framed(self, top: Any) -> bool:
        return top.id in self._framed

    def owner(self, top: Any) -> Window | None:
        """Return the window in a frame. What nobody has framed has the title and application of what it belongs to."""
        framed = self._framed.get(top.id)
        if framed:
            return framed
        of = next(self._owners(top), None)
        if of is None:
            return self._describe(top.id)
        return of.model_copy(update={"id": top.id})

    def taking_input(self, top: Any, area: FloatingArea) -> FloatingArea:
        """Return the part of an unframed window that takes the mouse: overlays let it through."""
        if not self._shaped or top.id in self._framed:
            return area
        try:
            parts = top.shape_get_rectangles(shape.SK.Input).rectangles
        except CLOSED:
            return area
        left, top_edge = area.left, area.top
        return FloatingArea(
            left + max(0, min((part.x for part in parts), default=0)),
            top_edge + max(0, min((part.y for part in parts), default=0)),
            min(area.right, left + max((part.x + part.width for part in parts), default=0)),
            min(area.bottom, top_edge + max((part.y + part.height for part in parts), default=0)),
        )

    def under_pointer(self) -> Window | None:
        """Return the window under the mouse, by the server that will send it the press."""
        top = self._root.query_pointer().child
        if not top:
            return None
        try:
            if top.get_attributes().win_class == X.InputOnly:
                return None
        except CLOSED:
            return None
        framed = self._framed.get(top.id)
        return self._describe(framed.id) if framed else self.owner(top)

    def focused(self) -> Window | None:
        """Return the window that has the input focus, by the server."""
        focus = self._display.get_input_focus().focus
        line = [] if isinstance(focus, int) else ancestry(focus, self._root)
        framed = {window.id: window for window in self._framed.values()}
        inner = next((framed[part.id] for part in line if part.id in framed), None)
        return inner or (self.owner(line[-1]) if line else None)

    def _owners(self, top: Any) -> Iterator[Window]:
        """Yield the windows that an unframed one may belong to, the likeliest first."""
        ids = {window.id: window for window in self._framed.values()}
        window = top
        for _ in range(DEEPEST):
            found = property_values(window, "WM_TRANSIENT_FOR")
            if not found:
                break
            if found[0] in ids:
                yield ids[found[0]]
                break
            window = self._display.create_resource_object("window", found[0])
        active = property_values(self._root, "_NET_ACTIVE_WINDOW")
        ours = [window for id, window in ids.items() if id & CLIENT == top.id & CLIENT]
        yield from (window for window in ours if window.id in active)
        yield from reversed(ours)
