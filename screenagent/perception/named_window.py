"""Which window is meant by words in its title or the name of its application. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from screenagent.protocols import Retry
from screenagent.screenshot import Screenshot, Window
from screenagent.showing import LONGEST_NAME, abridged

NAMED: Final = 4
"""How many windows a refusal names."""


def open_windows(screen: Screenshot) -> tuple[Window, ...]:
    """Return the windows that programs have open; the one in front, where the display tells no others."""
    return screen.managed or ((screen.window,) if screen.window else ())


def window_named(words: str, screen: Screenshot) -> Window:
    """Return the window that `words` name; `Retry` that says what was seen if that is none, or more than one.

    A title or name that reads as the words is meant before one that has them among others, and that before one in which
    they are a part of a word. The terminal that we run in is left alone.
    """
    fitting = _best(words, [window for window in open_windows(screen) if _is_called(window, words)])
    others = [window for window in fitting if not window.own]
    if fitting and not others:
        raise Retry(f"only the terminal that this runs in fits “{words}”", "own_terminal")
    if not others:
        raise Retry(f"no window fits “{words}”; {_open_words(screen)}", "not_found")
    if len(others) > 1:
        raise Retry(f"{len(others)} windows fit “{words}”: {title_list(others)}", "unsure")
    return others[0]


def names_one(words: str, screen: Screenshot) -> bool:
    """Return whether `words` name one window."""
    try:
        window_named(words, screen)
    except Retry:
        return False
    return True


def belongs_to(window: Window, program: str) -> bool:
    """Return whether `window` is of an application that is called as `program` is."""
    parts = [part for part in re.split(r"[\W_]+", program.casefold()) if len(part) > 2 and not part.isdigit()]
    called = re.split(r"[\W_]+", window.app.casefold())
    return any(part in called or part == window.app.casefold() for part in parts)


def title_words(window: Window) -> str:
    """Return how a window is called in a sentence: its title, and the application that it is of."""
    if not window.title:
        return f"a window of {window.app}" if window.app else "a window without a name"
    title = f"“{abridged(window.title, LONGEST_NAME)}”"
    return f"{title} ({window.app})" if window.app else title


def title_list(windows: Sequence[Window]) -> str:
    """Return the names of windows; of many the first ones."""
    names = ", ".join(map(title_words, windows[:NAMED]))
    return f"{names} and {len(windows) - NAMED} more" if len(windows) > NAMED else names


def _open_words(screen: Screenshot) -> str:
    there = [window for window in open_windows(screen) if not window.own]
    return f"open are {title_list(there)}" if there else "none is open"


def _best(words: str, fitting: Sequence[Window]) -> Sequence[Window]:
    """Return those of the windows that fit best; of a program's window and its dialogs the window."""
    tests: tuple[Callable[[str], bool], ...] = (
        lambda text: text == _plain(words),
        lambda text: re.search(rf"(?<!\w){re.escape(_plain(words))}(?!\w)", text) is not None,
    )
    for test in tests:
        best = [window for window in fitting if any(map(test, _names(window)))]
        if best:
            fitting = best
            break
    main = [window for window in fitting if not window.is_dialog]
    is_of_one = len({window.pid or window.app for window in fitting}) == 1
    return main if len(main) == 1 and is_of_one else fitting


def _is_called(window: Window, words: str) -> bool:
    return any(_plain(words) in text for text in _names(window))


def _names(window: Window) -> tuple[str, str]:
    return _plain(window.title), _plain(window.app)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
