"""What the agent can do: one class a case, each holding exactly what it needs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

from screenagent import keys
from screenagent.geometry import Box, Point, Value
from screenagent.screenshot import ElementState
from screenagent.showing import visible

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Key = Annotated[str, AfterValidator(keys.key)]
Modifier = Literal["ctrl", "shift", "alt", "super"]
Button = Literal["left", "middle", "right"]
Direction = Literal["up", "down", "left", "right"]


def _is_false(value: bool) -> bool:
    return not value


class Target(Value):
    """What to act on: words for it, and its point if somebody has already pointed at it.

    Without a point it is written as its words alone, in JSON too.
    """

    words: Words
    at: Point | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_words(cls, given: object) -> object:
        return {"words": given} if isinstance(given, str) else given

    @model_serializer(mode="wrap")
    def _as_words(self, handler: SerializerFunctionWrapHandler) -> str | dict[str, object]:
        written: dict[str, object] = handler(self)
        return self.words if self.at is None else written

    def __str__(self) -> str:
        return self.words


class Click(Value):
    kind: Literal["click"] = "click"
    target: Target
    button: Button = "left"
    count: Literal[1, 2, 3] = 1
    modifiers: tuple[Modifier, ...] = ()


class Move(Value):
    kind: Literal["move"] = "move"
    target: Target


class Drag(Value):
    """From the first target over those between to the last, the button held all the way."""

    kind: Literal["drag"] = "drag"
    path: tuple[Target, ...] = Field(min_length=2)
    button: Button = "left"
    modifiers: tuple[Modifier, ...] = ()
    slowly: bool = Field(default=False, exclude_if=_is_false)
    """Press for a while before the first motion, and move at the pace of a careful hand."""


class Scroll(Value):
    """Turn the wheel over `target`, or where the mouse is if there is none."""

    kind: Literal["scroll"] = "scroll"
    direction: Direction
    target: Target | None = None
    notches: int = Field(default=5, gt=0, le=100)


class TypeText(Value):
    """Text of any script, to arrive unchanged at the keyboard focus; a newline is a press of Enter."""

    kind: Literal["type_text"] = "type_text"
    text: str = Field(min_length=1)
    afresh: bool = Field(default=False, exclude_if=_is_false)
    """Paste it in place of all that is in the field, since it did not arrive unchanged when it was typed."""
    literal: bool = Field(default=False, exclude_if=_is_false)
    """Type it as it stands, even where it looks like a secret: it is a value, and nobody's wish for one."""


class PressKeys(Value):
    """Keys pressed together and released, as in ("ctrl", "s"); the names are those of `screenagent.keys`."""

    kind: Literal["press_keys"] = "press_keys"
    keys: tuple[Key, ...] = Field(min_length=1)
    times: int = Field(default=1, gt=0, le=100)


class HoldKeys(Value):
    kind: Literal["hold_keys"] = "hold_keys"
    keys: tuple[Key, ...] = Field(min_length=1)
    seconds: float = Field(gt=0, le=60)


def _is_command(command: str) -> str:
    """Return `command` if it can be parted into a program and its arguments; there is no shell."""
    if not shlex.split(command):
        raise ValueError("it names no program")
    return command


Command = Annotated[Words, AfterValidator(_is_command)]
"""A program and its arguments, quoted as for a shell; no shell reads it, so nothing in it is expanded."""


class OpenProgram(Value):
    """Start a program and wait for at most `seconds` until a window of it comes."""

    kind: Literal["open"] = "open"
    command: Command
    seconds: float = Field(default=60.0, gt=0, le=3600)


class FocusWindow(Value):
    """Bring the window with these words in its title or its application's name to the front."""

    kind: Literal["focus"] = "focus"
    window: Words


class CloseWindow(Value):
    """Ask a window to close, as the button in its frame does; it may ask a question first."""

    kind: Literal["close"] = "close"
    window: Words


class Wait(Value):
    kind: Literal["wait"] = "wait"
    seconds: float = Field(gt=0, le=3600)


class WaitFor(Value):
    """Look until `words` are on the screen (or gone from it); `seconds=0` checks once."""

    kind: Literal["wait_for"] = "wait_for"
    words: Words
    gone: bool = False
    seconds: float = Field(default=10.0, ge=0, le=3600)


class Holds(Value):
    """The control `at` this place is to be in a state, or to show a value."""

    kind: Literal["holds"] = "holds"
    control: Words
    at: Box
    state: ElementState | None = None
    value: str | None = None

    def __str__(self) -> str:
        return f"“{self.control}” " + (STATE_WORDS[self.state] if self.state else f"shows “{self.value}”")


STATE_WORDS: Final[Mapping[ElementState, str]] = {
    "disabled": "is disabled",
    "checked": "is on",
    "unchecked": "is off",
    "mixed": "is neither on nor off",
    "selected": "is selected",
    "unselected": "is not selected",
    "expanded": "is expanded",
    "collapsed": "is collapsed",
    "focused": "has the focus",
    "editable": "can be edited",
    "pressed": "is pressed",
    "multiple": "takes several choices",
    "password": "is a password",
}
"""What is said of a control in that state."""


class Verify(Value):
    """Look whether a control is in a state; nothing is sent."""

    kind: Literal["verify"] = "verify"
    that: Holds


class Ask(Value):
    """A question to the user; the answer is the verdict on it."""

    kind: Literal["ask"] = "ask"
    question: Words


class Finish(Value):
    kind: Literal["finish"] = "finish"
    success: bool
    message: str = ""


MouseInput = Click | Move | Drag | Scroll
KeyboardInput = TypeText | PressKeys | HoldKeys
WindowInput = OpenProgram | FocusWindow | CloseWindow
Input = MouseInput | KeyboardInput | WindowInput
Unsent = Wait | WaitFor | Verify | Finish
"""Actions that ask nobody and send nothing."""
Action = Annotated[Input | Wait | WaitFor | Verify | Ask | Finish, Field(discriminator="kind")]


class Visible(Value):
    """These words are to be on the screen afterwards."""

    kind: Literal["seen"] = "seen"
    words: Words


class Gone(Value):
    kind: Literal["gone"] = "gone"
    words: Words


class Change(Value):
    """Something on the screen is to look different afterwards."""

    kind: Literal["change"] = "change"


Expectation = Annotated[Visible | Gone | Change | Holds, Field(discriminator="kind")]


_SILENT: Final = frozenset({("ctrl", "c"), ("ctrl", "insert"), ("ctrl", "shift", "c"), ("ctrl", "x"), ("ctrl", "a")})
"""Chords that copy or cut may show nothing; what selects all changes nothing where all is selected."""

_LEADING: Final = frozenset(("left", "right", "up", "down", "home", "end", "page_up", "page_down", "tab"))
"""Keys that may do no more than move a caret or a focus."""


def may_show_nothing(action: Action) -> bool:
    """Return whether an input has done what it is for even if nothing shows: keys that copy, cut or select all."""
    return isinstance(action, PressKeys) and action.keys in _SILENT


def usual_expectation(action: Action) -> Change | None:
    """Return what an input is expected to bring about where nothing else is said: that something changes. The mouse
    may come to a place, and keys may copy, lead on or be held, without that."""
    match action:
        case Click() | Drag() | Scroll() | TypeText():
            return Change()
        case PressKeys(keys=pressed) if pressed not in _SILENT and pressed[-1] not in _LEADING:
            return Change()
        case _:
            return None


def targets(action: Action) -> tuple[Target, ...]:
    """Return what has to be located before `action` can be performed, in the order in which the mouse visits it."""
    match action:
        case Click(target=Target() as target) | Move(target=Target() as target) | Scroll(target=Target() as target):
            return (target,)
        case Drag(path=path):
            return path
        case _:
            return ()


BRIEF: Final = 100
"""Letters of a task where many stand below each other."""


def in_brief(text: str) -> str:
    """Return `text` in one line of at most `BRIEF` letters, where many stand below each other."""
    line = " ".join(text.split())
    return line if len(line) <= BRIEF else f"{line[: BRIEF - 1]}…"


def describe(action: Action) -> str:
    """The action in words, in one line, as a user reads it in a log or is asked to approve it."""
    return visible(_described(action))


def _described(action: Action) -> str:
    match action:
        case Click(target=target, button=button, count=count, modifiers=modifiers):
            times = {1: "", 2: "double-", 3: "triple-"}[count]
            return f"{_held(modifiers)}{times}{_side(button)}click “{target}”"
        case Move(target=target):
            return f"move the mouse to “{target}”"
        case Drag(path=path, button=button, modifiers=modifiers, slowly=slowly):
            places = " to ".join(f"“{place}”" for place in path)
            return f"{_held(modifiers)}{_side(button)}drag {places}" + (" slowly" if slowly else "")
        case Scroll(direction=direction, target=target, notches=notches):
            over = f" over “{target}”" if target else ""
            return f"scroll {direction} {notches} notches{over}"
        case TypeText(text=text, afresh=afresh):
            return f"type “{text}”" + (" once more, in place of what is there" if afresh else "")
        case PressKeys(keys=pressed, times=times):
            return f"press {'+'.join(pressed)}" + (f" {times} times" if times > 1 else "")
        case HoldKeys(keys=held_keys, seconds=seconds):
            return f"hold {'+'.join(held_keys)} for {seconds:g} s"
        case OpenProgram(command=command):
            return f"open “{command}”"
        case FocusWindow(window=words):
            return f"bring the window “{words}” to the front"
        case CloseWindow(window=words):
            return f"close the window “{words}”"
        case Wait(seconds=seconds):
            return f"wait {seconds:g} s"
        case WaitFor(words=words, gone=gone, seconds=seconds):
            state = "gone" if gone else "seen"
            return f"check that “{words}” is {state}" if seconds == 0 else f"wait until “{words}” is {state}"
        case Verify(that=that):
            return f"check that {that}"
        case Ask(question=question):
            return f"ask: {question}"
        case Finish(success=success, message=message):
            return ("finish" if success else "give up") + (f": {message}" if message else "")


def _held(modifiers: tuple[Modifier, ...]) -> str:
    return "".join(f"{modifier}+" for modifier in modifiers)


def _side(button: Button) -> str:
    return "" if button == "left" else f"{button} "
