"""The words of an action that a person can change before it is done. Pure."""

from __future__ import annotations

from screenagent.actions import Action, Click, Drag, HoldKeys, Move, PressKeys, Scroll, TypeText


def words_of(action: Action, place: int = 0) -> str | None:
    """What can be edited: the words of a target, the text, the keys; None where there is nothing."""
    match action:
        case Click(target=target) | Move(target=target):
            return target.words
        case Drag(path=path):
            return path[place].words
        case Scroll(target=target):
            return target.words if target else None
        case TypeText(text=text):
            return text
        case PressKeys(keys=keys) | HoldKeys(keys=keys):
            return "+".join(keys)
        case _:
            return None


def reworded(action: Action, words: str, place: int = 0) -> Action:
    """`action` with other words; raises `ValueError` where they make no action of its kind."""
    match action:
        case Click() | Move() | Scroll():
            changes: dict[str, object] = {"target": words}
        case Drag(path=path):
            changes = {"path": (*path[:place], words, *path[place + 1 :])}
        case TypeText():
            changes = {"text": words}
        case PressKeys() | HoldKeys():
            changes = {"keys": tuple(words.split("+"))}
        case _:
            raise ValueError(f"there are no words to change in {action.kind}")
    return type(action).model_validate(action.model_dump() | changes)
