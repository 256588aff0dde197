"""Key names: one spelling for each key, the aliases people use, and a refusal that names the nearest."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MODIFIERS: Final = ("ctrl", "shift", "alt", "super")

NAMED: Final = frozenset(
    (
        *MODIFIERS,
        *("enter", "tab", "space", "backspace", "delete", "insert", "escape"),
        *("up", "down", "left", "right", "home", "end", "page_up", "page_down"),
        *("caps_lock", "num_lock", "scroll_lock", "print_screen", "pause", "menu"),
        *(f"f{n}" for n in range(1, 21)),
    )
)

WRITING: Final = frozenset(("enter", "tab", "space", "backspace", "delete"))
PASTING: Final = (("ctrl", "v"), ("ctrl", "shift", "v"), ("shift", "insert"))

ALIASES: Final = dict(
    alias.split("=")
    for alias in """
    control=ctrl ctl=ctrl option=alt win=super windows=super cmd=super command=super meta=super
    return=enter esc=escape del=delete ins=insert bksp=backspace spacebar=space blank=space
    pageup=page_up pgup=page_up pagedown=page_down pgdn=page_down pgdown=page_down
    arrowup=up arrowdown=down arrowleft=left arrowright=right
    capslock=caps_lock numlock=num_lock scrolllock=scroll_lock printscreen=print_screen prtsc=print_screen
    plus=+ minus=- hyphen=- comma=, period=. dot=. slash=/ semicolon=;
    """.split()
)


KEY_NAMES: Final = "keys are called enter, tab, escape, delete, up, f5, ctrl, a, 7 and the like"


def key(name: str) -> str:
    """The one spelling of a key: of `NAMED`, or a single printable character. `ValueError` names the nearest."""
    if len(name) == 1 and name.isprintable() and name != " ":
        return name.lower()
    bare = name.strip().lower().removesuffix(" key").removesuffix(" arrow")
    joined = bare.replace(" ", "").replace("-", "").replace("_", "")
    for spelling in (bare, joined, ALIASES.get(joined, ""), bare.replace(" ", "_")):
        if spelling in NAMED or (len(spelling) == 1 and spelling.isprintable()):
            return spelling
    known = [*NAMED, *(alias for alias, named in ALIASES.items() if named in NAMED)]
    nearest = difflib.get_close_matches(joined, known, n=1)
    cure = f"did you mean {ALIASES.get(nearest[0], nearest[0])!r}?" if nearest else KEY_NAMES
    raise ValueError(f"unknown key {name!r}; {cure}")


def is_shortcut(chord: Iterable[str]) -> bool:
    """Whether it rather gives a command than writes or moves the cursor."""
    return any(key in ("ctrl", "alt", "super") or re.fullmatch(r"f\d+", key) for key in chord)


_MODIFIER_SPELLINGS: Final = (*MODIFIERS, *(alias for alias, name in ALIASES.items() if name in MODIFIERS))
_AFTER_MODIFIER: Final = re.compile(
    rf"\b({'|'.join(_MODIFIER_SPELLINGS)})(?:\s*[-+]\s*|\s+and\s+|\s+)(?=\S)(?!key\b)", re.IGNORECASE
)


def chord(text: str) -> tuple[str, ...]:
    """Keys held together, as people write them: "Ctrl+Shift+S", "ctrl-shift-s"; "ctrl++" ends in a plus."""
    names = [part for part in _AFTER_MODIFIER.sub(r"\1+", text.strip()).split("+") if part.strip()]
    if text.strip().endswith("+"):
        names.append("+")
    if not names:
        raise ValueError("no key named; write for example 'ctrl+s' or 'enter'")
    return tuple(key(name.strip()) for name in names)


def user_chord(text: str) -> tuple[str, ...]:
    """Keys by which the user steers the agent, which it never presses itself: not what writes a character, nor what it
    pastes with."""
    wanted = chord(text)
    others = [name for name in wanted if name not in MODIFIERS]
    if len(others) != 1:
        raise ValueError(f"{text!r} is not one key with modifiers; write for example 'ctrl+shift+escape' or 'f12'")
    writes = len(others[0]) == 1 or others[0] in WRITING
    if writes and not {"ctrl", "alt", "super"} & set(wanted):
        raise ValueError(f"{text!r} is pressed when text is typed; add 'ctrl' or 'alt', or choose a key such as 'f12'")
    if any(set(wanted) <= set(pasting) for pasting in PASTING):
        raise ValueError(f"the agent pastes text with {text!r}; choose another, such as 'ctrl+shift+escape'")
    return wanted


@dataclass(frozen=True, kw_only=True)
class RecordingKeys:
    """Keys by which a person who is recorded has the text under the mouse expected, and the value that was entered last
    made a parameter. Empty is none."""

    expect: tuple[str, ...] = ()
    parameter: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class UserKeys:
    """Keys by which the user steers the agent from anywhere on the desktop; it never presses them. Empty is none.

    `stop` is reached with one hand, and bound to nothing on the usual desktops of Linux.
    """

    stop: tuple[str, ...] = ("ctrl", "shift", "escape")
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The keys that answer, for people; empty without any."""
        answers = {"yes": self.yes, "no": self.no}
        return ", ".join(f"{'+'.join(chord)} {said}" for said, chord in answers.items() if chord)


ONLY_STOP: Final = UserKeys()
