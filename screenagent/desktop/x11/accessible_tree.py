"""What a window shows, as its program tells it: from the list of all its objects if it keeps one, or level by level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from screenagent.desktop.x11.accessible_items import CachedItem
from screenagent.desktop.x11.accessible_nodes import MANAGES_DESCENDANTS, SHOWING, AccessibleNode, Reference, StateBits
from screenagent.desktop.x11.accessible_query import LONGEST_NAME, ROOT, AccessibilityQuery, Held

DEEPEST: Final = 48
MOST_SHOWN: Final = 4000
"""Objects of a tree that are kept."""
POPUPS: Final = (41, 69)  # popup menu, window


class ShownTree(NamedTuple):
    """The objects that a window and what pops up over it show, the window first. `hidden` are those right below them
    that are not shown."""

    nodes: tuple[AccessibleNode, ...] = ()
    hidden: tuple[Reference, ...] = ()


def read_tree(query: AccessibilityQuery, program: str, title: str, *, listed: bool = True) -> ShownTree:
    """Return what the window of that title shows; without `listed` no list of all objects is asked for."""
    items = query.items(program) if listed else ()
    levels = Levels(items, query)
    (tops,) = query.children([Reference(program, ROOT)])
    top = [node for node in levels.described([(top, StateBits()) for top in tops]) if node.bits.holds(SHOWING)]
    titled = [node for node in top if node.name == title[:LONGEST_NAME]]
    level = [*(titled or top), *(node for node in top if titled and node.role in POPUPS)]
    nodes, hidden = level, list[Reference]()
    for _ in range(DEEPEST):
        below = levels.below(level) if len(nodes) < MOST_SHOWN else []
        level = [node for node in below if node.bits.holds(SHOWING)]
        nodes = [*nodes, *level]
        hidden += [node.reference for node in below if not node.bits.holds(SHOWING)]
    return ShownTree(tuple(nodes), tuple(hidden))


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
