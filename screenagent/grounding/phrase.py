"""What a phrase about a target says: the parts that its words were read into."""

from __future__ import annotations

from typing import Literal

from screenagent.geometry import Value
from screenagent.perception.roles import Role

Container = Literal["menu bar", "menu", "toolbar", "dialog", "sidebar", "status bar", "title bar"]
Side = Literal["top", "bottom", "left", "right", "center"]
Bond = Literal["near", "left", "right", "above", "below", "inside", "row", "card"]


class Relation(Value):
    """`inside` is meant loosely, as people do: "in the Find dialog"; `row` and `card` are not: "in Ada's row"."""

    kind: Bond
    other: str
    ordinal: int = 0
    """Of a row that is called by its number, counted as that of a phrase."""


class Phrase(Value):
    """`name` is what the target may bear on the screen; a `quoted` name is meant to the letter, a `named` one is what
    stands beside a role word ("the Save As button"), and any other describes ("remove the annotation")."""

    name: str
    quoted: bool = False
    named: bool = False
    nameless: bool = False
    """Only a role was said, as in "the second button"; the role word stands for the name."""
    verb: str = ""
    role: Role | None = None
    ordinal: int = 0
    """Counted from 1 in reading order, or from -1 at the end; 0 is none."""
    relations: tuple[Relation, ...] = ()
    container: Container | None = None
    sides: tuple[Side, ...] = ()
    about: str = ""
    """What else was said, that the target needn't bear: "the alarm" of "set the alarm to Monday"."""
    indefinite: bool = False
    """What is done is done to any such thing, so its name alone names another: "open a file" isn't the File menu."""
