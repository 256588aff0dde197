"""A question that waits for an answer, with what the person has changed about it so far. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from screenagent.actions import (
    Action,
    Ask,
    Click,
    CloseWindow,
    Drag,
    FocusWindow,
    HoldKeys,
    Move,
    OpenProgram,
    PressKeys,
    Scroll,
    TypeText,
)
from screenagent.approval import ApprovalQuestion
from screenagent.approval.answers import can_cover
from screenagent.geometry import Location, Pixel, Point, Size
from screenagent.showing import visible


@dataclass(frozen=True)
class OpenQuestion:
    """What is asked, where the action goes by now, and which of its places the keys move."""

    asked: ApprovalQuestion
    locations: tuple[Location, ...]
    chosen: int = 0

    @classmethod
    def of(cls, asked: ApprovalQuestion) -> OpenQuestion:
        return cls(asked, asked.locations)

    @property
    def asked_in_words(self) -> str | None:
        """What the agent asks, if it wants an answer in words; otherwise None."""
        return self.asked.action.question if isinstance(self.asked.action, Ask) else None

    @property
    def words(self) -> str | None:
        """The words of the action that the person can edit; None if it has none."""
        return editable_words(self.asked.action, self.chosen)

    @property
    def shown_words(self) -> str:
        """The same as a line to edit, in which codes are visible."""
        return visible(self.words or "")

    @property
    def new_locations(self) -> tuple[Location, ...]:
        """Where the action goes, if the person has moved it; empty if not."""
        return self.locations if self.locations != self.asked.locations else ()

    def moved_to(self, point: Point) -> OpenQuestion:
        moved = Location(point=point, confidence=1.0, by="you")
        return replace(self, locations=(*self.locations[: self.chosen], moved, *self.locations[self.chosen + 1 :]))

    def at_guess(self, number: int) -> OpenQuestion:
        """Move the doubted place to the guess of this number; stay where it is if there is no such guess."""
        picked = self.asked.picked(number)
        return replace(self, locations=picked.locations) if picked else self

    def moved_by(self, x: int, y: int, size: Size) -> OpenQuestion:
        """Move the chosen place by so many pixels, but not off a screen of this size."""
        pixel = self.locations[self.chosen].point.pixel(size)
        moved = Pixel(x=min(max(pixel.x + x, 0), size.width - 1), y=min(max(pixel.y + y, 0), size.height - 1))
        return self.moved_to(Point.of_pixel(moved, size))

    def with_next_place(self) -> OpenQuestion:
        return replace(self, chosen=(self.chosen + 1) % len(self.locations))

    def with_place(self, place: int) -> OpenQuestion:
        return replace(self, chosen=place)

    def reworded(self, words: str) -> Action:
        """Return the action with other words; raises `ValueError` if they make no action of its kind.

        Words that were left as they were shown stay what they are; "⏎" in others is the end of a line.
        """
        meant = (self.words or "") if words == self.shown_words else words.replace("⏎", "\n")
        return reworded(self.asked.action, meant, self.chosen)

    def offers(self, key_action: str) -> bool:
        """Whether this way to answer makes sense for the action."""
        match key_action:
            case "edit":
                return self.words is not None
            case "zoom" | "push":
                return bool(self.locations)
            case "guess":
                return self.asked.doubt is not None
            case "next_place":
                return len(self.locations) > 1
            case "pick":
                return self.asked.doubt is not None
            case "approve_all":
                return can_cover(self.asked)
            case _:
                return True


def editable_words(action: Action, place: int = 0) -> str | None:
    """Return the words of a target, the text or the keys; None if the action has none of them."""
    match action:
        case Click(target=target) | Move(target=target):
            return target.words
        case Drag(path=path):
            return path[place].words
        case Scroll(target=target):
            return target.words if target else None
        case TypeText(text=text):
            return text
        case OpenProgram(command=words) | FocusWindow(window=words) | CloseWindow(window=words):
            return words
        case PressKeys(keys=keys) | HoldKeys(keys=keys):
            return "+".join(keys)
        case _:
            return None


def reworded(action: Action, words: str, place: int = 0) -> Action:
    """Return `action` with other words; raises `ValueError` if they make no action of its kind."""
    match action:
        case Click() | Move() | Scroll():
            changes: dict[str, object] = {"target": words}
        case Drag(path=path):
            changes = {"path": (*path[:place], words, *path[place + 1 :])}
        case OpenProgram():
            changes = {"command": words}
        case FocusWindow() | CloseWindow():
            changes = {"window": words}
        case TypeText():
            changes = {"text": words}
        case PressKeys() | HoldKeys():
            changes = {"keys": tuple(words.split("+"))}
        case _:
            raise ValueError(f"there are no words to change in {action.kind}")
    return type(action).model_validate(action.model_dump() | changes)
