"""The questions about windows that only X is asked, answered for the other systems: not known, or none."""

from __future__ import annotations

from abc import ABC, abstractmethod

from screenagent.protocols import Retry
from screenagent.screenshot import Window


class PlainWindows(ABC):
    """A window system that is asked for the window in front, and for nothing that lies behind or over it."""

    @abstractmethod
    def foreground(self) -> Window | None: ...

    def worked_in(self) -> Window | None:
        return self.foreground()

    def own_terminal(self) -> Window | None:
        return None

    def focused(self) -> Window | None:
        return None

    def under_pointer(self) -> Window | None:
        return None

    def has_grabbed_keys(self) -> bool:
        return False

    def edges(self, _window: Window) -> tuple[int, int, int, int] | None:
        return None

    def all(self) -> tuple[Window, ...]:
        return ()

    def ask_to_close(self, window: Window) -> None:
        raise Retry(f"on this system a window such as {window.title!r} cannot be asked to close")

    def focus_mark(self) -> object:
        return self.foreground()

    def focus_top(self) -> int:
        return 0

    def follow_focus(self) -> None:
        return None

    def focus_stirred(self) -> bool:
        return False

    def has_popup(self, _window: Window) -> bool:
        return False

    def switched(self) -> object:
        return None

    def held_down(self) -> tuple[str, ...]:
        return ()

    def other_script(self) -> bool:
        return False  # characters are sent as such, whatever the layout
