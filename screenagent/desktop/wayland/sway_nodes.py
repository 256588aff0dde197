"""The windows in the tree that Sway tells of its desktop: where each is, what lies over what, which has the focus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from screenagent.desktop.floating import FloatingArea
from screenagent.desktop.frames import MonitorPlace

STRIPS: Final = ("tabbed", "stacked")
"""Layouts in which the titles of several windows stand above the one that is shown."""
Node = Mapping[str, Any]
_Order = Callable[[Node], Sequence[Node]]


@dataclass(frozen=True)
class SwayWindow:
    """A window, with its places in the units of the layout.

    `frame` is all of it, its title and borders included, and `content` is what its program draws. `x_window` is what
    Xwayland calls it. Sway tells only of programs of X11 which of their windows are dialogs.
    """

    id: int
    title: str
    app: str
    pid: int | None
    frame: FloatingArea
    content: FloatingArea
    is_focused: bool
    is_visible: bool
    is_above: bool
    is_dialog: bool = False
    x_window: int | None = None


def lying(tree: Node) -> list[SwayWindow]:
    """Return the windows from the lowest to the top: those that float lie above the tiled ones, whatever their output.

    Menus, panels and lock screens are not in the tree.
    """
    return sorted(_windows(tree, _children), key=lambda window: window.is_above)


def by_focus(tree: Node) -> list[SwayWindow]:
    """Return the windows, the one that had the focus last at the end."""
    return list(_windows(tree, _as_they_were_focused))


def monitors_of(outputs: Sequence[Node]) -> list[MonitorPlace]:
    """Return the monitors that are switched on, from left to right."""
    places = [
        MonitorPlace(str(output["name"]), *_corner_and_size(output["rect"]), scale=float(output.get("scale") or 1))
        for output in outputs
        if output.get("active")
    ]
    return sorted(places, key=lambda place: (place.left, place.top, place.name))


def kept_awake_by(tree: Node) -> str | None:
    """Return the title of a window that keeps Sway from noticing that nobody touches anything, as a video does."""
    below = next(filter(None, map(kept_awake_by, _children(tree))), None)
    return (tree.get("name") or "a window") if tree.get("inhibit_idle") else below


def _windows(node: Node, order: _Order, *, parent: Node | None = None, above: bool = False) -> Iterator[SwayWindow]:
    above = above or node.get("type") == "floating_con"
    if parent and "shell" in node:
        yield _window(node, parent, above=above)
    for child in order(node):
        yield from _windows(child, order, parent=node, above=above)


def _children(node: Node) -> Sequence[Node]:
    return [*node.get("nodes", ()), *node.get("floating_nodes", ())]


def _as_they_were_focused(node: Node) -> Sequence[Node]:
    latest = {id: at for at, id in enumerate(node.get("focus", ()))}
    return sorted(_children(node), key=lambda child: latest.get(child["id"], len(latest)), reverse=True)


def _window(node: Node, parent: Node, *, above: bool) -> SwayWindow:
    of_x = node.get("window_properties") or {}
    is_fullscreen = bool(node.get("fullscreen_mode"))
    return SwayWindow(
        id=int(node["id"]),
        title=node.get("name") or "",
        app=node.get("app_id") or of_x.get("class") or "",
        pid=node.get("pid") or None,
        frame=_frame(node, parent),
        content=_area(node["rect"]) if is_fullscreen else _within(node["rect"], node["window_rect"]),
        is_focused=bool(node.get("focused")),
        is_visible=bool(node.get("visible")),
        is_above=above and not is_fullscreen,
        is_dialog=of_x.get("window_type") == "dialog" or bool(of_x.get("transient_for")),
        x_window=node.get("window"),
    )


def _frame(node: Node, parent: Node) -> FloatingArea:
    """Return the place of a window with its title, unless that is one of several in a strip."""
    area = _area(node["rect"])
    title = 0 if parent.get("layout") in STRIPS else node["deco_rect"]["height"]
    return area._replace(top=area.top - title)


def _within(outer: Node, inner: Node) -> FloatingArea:
    left, top = outer["x"] + inner["x"], outer["y"] + inner["y"]
    return FloatingArea(left, top, left + inner["width"], top + inner["height"])


def _area(rect: Node) -> FloatingArea:
    left, top, width, height = _corner_and_size(rect)
    return FloatingArea(left, top, left + width, top + height)


def _corner_and_size(rect: Node) -> tuple[int, int, int, int]:
    return rect["x"], rect["y"], rect["width"], rect["height"]
