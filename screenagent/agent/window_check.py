"""What came of an input to a window, by what the window system says. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import PurePath

from screenagent.actions import CloseWindow, FocusWindow, OpenProgram, WindowInput
from screenagent.events import Effect, EffectCode, Outcome, Witness
from screenagent.perception.named_window import (
    belongs_to,
    names_one,
    open_windows,
    title_list,
    title_words,
    window_named,
)
from screenagent.screenshot import Screenshot, Window


def check_window(action: WindowInput, before: Screenshot | None, after: Screenshot) -> Effect:
    """Return whether the window is in front, is gone, or has come; `before` is the screen just before the input."""
    before = before or after
    match action:
        case OpenProgram(command=command):
            return _opened(shlex.split(command)[0], before, after)
        case FocusWindow(window=words) | CloseWindow(window=words) if not names_one(words, before):
            return _effect("unknown", "", f"which window “{words}” was cannot be told any more", by="")
        case FocusWindow(window=words):
            return _in_front(window_named(words, before), before, after)
        case CloseWindow(window=words):
            return _closed(window_named(words, before), before, after)


def _in_front(meant: Window, before: Screenshot, after: Screenshot) -> Effect:
    if not _has(after, meant):
        return _effect("unmet", "not_in_front", f"{title_words(meant)} has closed; {_front_words(after)}")
    if after.window is None or after.window.id != meant.id:
        return _effect("unmet", "not_in_front", f"{title_words(meant)} is not in front; {_front_words(after)}")
    was_there = before.window is not None and before.window.id == meant.id
    evidence = f"{title_words(after.window)} is in front{', as it was' if was_there else ''}"
    return _effect("confirmed", "in_front", evidence, by="" if was_there else "windows")


def _closed(meant: Window, before: Screenshot, after: Screenshot) -> Effect:
    called = title_words(meant)
    if not _has(after, meant):
        if after.managed or before.managed:
            return _effect("confirmed", "closed", f"{called} was there and is gone")
        return _effect("unknown", "closed", f"{called} is no longer in front; whether it has closed is not known")
    if (front := after.window) and _asks(front, meant, before):
        return _effect("contradicted", "not_closed", f"{called} is still open, and {title_words(front)} came")
    return _effect("unmet", "not_closed", f"{called} is still open; {_front_words(after)}")


def _opened(program: str, before: Screenshot, after: Screenshot) -> Effect:
    name = PurePath(program).name
    came = [window for window in open_windows(after) if not _has(before, window) and not window.own]
    front = after.window
    if front is None or front.own:
        seen = f"; {title_list(came)} came" if came else ""
        return _effect("unmet", "not_opened", f"no window of {name} is in front{seen}")
    if any(window.id == front.id for window in came):
        return _came_to_front(front, name, came, after)
    if came:
        return _effect("unmet", "not_opened", f"{title_list(came)} came, and is not in front; {_front_words(after)}")
    was_there = before.window is not None and before.window.id == front.id
    if belongs_to(front, name) and not was_there:
        evidence = f"{title_words(front)}, which was open before, came to the front"
        return _effect("confirmed", "in_front", evidence)
    return _effect("unmet", "not_opened", f"no new window came; {_front_words(after)}")


def _came_to_front(front: Window, name: str, came: Sequence[Window], after: Screenshot) -> Effect:
    """Return whether the new window in front is the program's: some have a name that the program has not.

    Where a window is called like the program, or the program has come with several, the front one has to be of it.
    """
    known = [window for window in open_windows(after) if belongs_to(window, name)]
    if any(_is_of_one_program(front, window) for window in known):
        return _effect("confirmed", "opened", f"a new window came, and is in front: {title_words(front)}")
    if known:
        return _effect(
            "unmet", "not_opened", f"{title_list(known)} is open, but {title_words(front)} is in front of it"
        )
    if not all(_is_of_one_program(front, window) for window in came):
        return _effect("unknown", "", f"{title_list(came)} came; which of them is of {name} cannot be told", by="")
    return _effect("confirmed", "opened", f"a new window came, and is in front: {title_words(front)}")


def _is_of_one_program(one: Window, other: Window) -> bool:
    return one.id == other.id or (one.pid == other.pid if one.pid and other.pid else one.app == other.app)


def _asks(front: Window, meant: Window, before: Screenshot) -> bool:
    """Whether `front` is a question that came instead of the end of the window."""
    return front.id != meant.id and not front.own and (front.is_dialog or not _has(before, front))


def _has(screen: Screenshot, window: Window) -> bool:
    return any(each.id == window.id for each in open_windows(screen))


def _front_words(screen: Screenshot) -> str:
    if screen.window is None:
        return "no window is in front"
    kind = "the dialog " if screen.window.is_dialog else ""
    return f"in front is {kind}{title_words(screen.window)}"


def _effect(outcome: Outcome, code: EffectCode, evidence: str, *, by: Witness = "windows") -> Effect:
    return Effect(outcome=outcome, code=code, evidence=evidence, by=by)
