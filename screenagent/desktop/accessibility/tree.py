"""What a window shows, as its program tells it: from the list of all its objects if it keeps one, or level by level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from screenagent.desktop.accessibility.items import CachedItem
from screenagent.desktop.accessibility.nodes import (
    ENABLED,
    MANAGES_DESCENDANTS,
    SENSITIVE,
    SHOWING,
    VISIBLE,
    AccessibleNode,
    Reference,
    StateBits,
)
from screenagent.desktop.accessibility.places import Space
from screenagent.desktop.accessibility.query import LONGEST_NAME, ROOT, AccessibilityQuery, Held

DEEPEST: Final = 48
MOST_SHOWN: Final = 4000
"""Objects of a tree that are kept."""
POPUPS: Final = (41, 69)  # popup menu, window
GTK_4: Final = "GTK"
"""The toolkit by its own name; GTK 3 calls itself "gtk". GTK 4.8 says of windows alone that they are shown."""


class ShownTree(NamedTuple):
    """The objects that a window and what pops up over it show, the window first. `hidden` are those right below them
    that are not shown, and `inside` those right below the window that are.

    `shown_by` is the state by which an object is known to be shown.
    """

    nodes: tuple[AccessibleNode, ...] = ()
    hidden: tuple[Reference, ...] = ()
    inside: tuple[Reference, ...] = ()
    shown_by: int = SHOWING

    @property
    def tells_enabled(self) -> bool:
        """Whether anything says that it can be used; else that it does not say so means nothing."""
        return any(node.bits.holds(ENABLED) or node.bits.holds(SENSITIVE) for node in self.nodes)

    def holders(self) -> dict[Reference, Reference]:
        """Return what holds each object."""
        return {below: node.reference for node in self.nodes for below in node.below}


def read_tree(
    query: AccessibilityQuery,
    program: str,
    title: str,
    *,
    listed: bool = True,
    space: Space = Space.SCREEN,
    toolkit: str = "",
) -> ShownTree:
    """Return what the window of that title shows; without `listed` no list of all objects is asked for."""
    items = query.items(program) if listed else ()
    levels = Levels(items, query)
    (tops,) = query.children([Reference(program, ROOT)])
    top = [node for node in levels.described([(top, StateBits()) for top in tops]) if node.bits.holds(SHOWING)]
    titled = [node for node in top if node.name == title[:LONGEST_NAME]]
    level = [*(titled or top), *(node for node in top if titled and node.role in POPUPS)]
    if space is Space.WINDOW and not _is_one(level):
        return ShownTree()
    nodes, hidden, shown_by = level, list[Reference](), SHOWING
    held = frozenset(level[0].below) if level else frozenset()
    inside: tuple[Reference, ...] = ()
    for depth in range(DEEPEST):
        below = levels.below(level) if len(nodes) < MOST_SHOWN else []
        if depth == 0 and toolkit == GTK_4 and not any(node.bits.holds(SHOWING) for node in below):
            shown_by = VISIBLE
        level = [node for node in below if node.bits.holds(shown_by) and not is_popover(node)]
        if depth == 0:  # what pops up is no part of the window
            inside = tuple(node.reference for node in level if node.reference in held)
        nodes = [*nodes, *level]
        hidden += [node.reference for node in below if not node.bits.holds(shown_by)]
    return ShownTree(tuple(nodes), tuple(hidden), inside, shown_by)


def is_popover(node: AccessibleNode) -> bool:
    """Return whether this is something that pops up, of which GTK 4 tells wrongly where it is."""
    return node.name.startswith("GtkPopover")


def _is_one(tops: Sequence[AccessibleNode]) -> bool:
    """Return whether it is clear which window is meant: places within another would be taken for places in this one."""
    windows = [node for node in tops if node.role not in POPUPS]
    return len(windows) == 1


class Levels:
    """Objects below others, from the list of their program; those that it leaves out, such as the cells of a table, are
    asked for."""

    def __init__(self, items: Sequence[CachedItem], query: AccessibilityQuery) -> None:
        self._query = query
        self._items = {item.reference: item for item in items}
        self._below: dict[str, list[Reference]] = {}
        for item in sorted(items, key=lambda item: item.place):
            self._below.setdefault(item.parent, []).append(item.reference)

    def below(self, nodes: Sequence[AccessibleNode]) -> list[AccessibleNode]:
        """Return what lies right below these, in their order, whether it is shown or not."""
        partly = [node.reference for node in nodes if not self._is_whole(node)]
        asked = dict(zip(partly, self._query.children(partly), strict=True))
        return self.described([(child, node.bits) for node in nodes for child in asked.get(node.reference, node.below)])

    def described(self, objects: Sequence[Held]) -> list[AccessibleNode]:
        asked = self._query.described([held for held in objects if held[0] not in self._items])
        known = {node.reference: node for node in asked} | {
            reference: self._listed(item, holder)
            for reference, holder in objects
            if (item := self._items.get(reference))
        }
        return [known[reference] for reference, _ in objects if reference in known]

    def _listed(self, item: CachedItem, holder: StateBits) -> AccessibleNode:
        below = tuple(self._below.get(item.reference.path, ()))
        return AccessibleNode(item.reference, item.role, item.name[:LONGEST_NAME], item.bits, holder, below)

    def _is_whole(self, node: AccessibleNode) -> bool:
        """Return whether all that lies below is known."""
        item = self._items.get(node.reference)
        return item is None or (item.below == len(node.below) and not item.bits.holds(MANAGES_DESCENDANTS))
