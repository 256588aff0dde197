"""Keys go to the window that they were recorded for: an approver that lets nothing be typed into another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from screenagent.actions import Action, KeyboardInput
from screenagent.episode import Episode
from screenagent.events import Reject, Verdict
from screenagent.geometry import Location
from screenagent.protocols import Approver
from screenagent.screenshot import Window


@dataclass(frozen=True)
class FocusApprover:
    """`wanted` says what has to be in front for the current step; what is approved is for `approver` to say."""

    approver: Approver
    wanted: Callable[[], str | None]

    def review(self, action: Action, locations: tuple[Location, ...], episode: Episode) -> Verdict:
        words = self.wanted()
        front = episode.screenshot.window if episode.screenshot else None
        if isinstance(action, KeyboardInput) and words is not None and not is_front(words, front):
            return Reject(reason=f"“{words}” is to be in front for it, but {_called(front)} is")
        return self.approver.review(action, locations, episode)


def is_front(words: str, window: Window | None) -> bool:
    """Whether `words` are in its title or its application's name; a display that does not tell is believed."""
    return window is None or any(words.casefold() in text.casefold() for text in (window.title, window.app))


def _called(window: Window | None) -> str:
    return f"“{window.title or window.app}”" if window else "nothing"
