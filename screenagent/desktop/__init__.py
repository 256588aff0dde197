"""A real screen, mouse and keyboard: the user's own (`local`) or one of our own making (`virtual`)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from screenagent.errors import UserError

VirtualKind = Literal["xvfb", "wayland"]
"""What shows the windows of a virtual desktop: an X server, or a compositor."""


@dataclass(frozen=True)
class WaylandWay:
    """How the user wants a Wayland session to be worked; `token` is the file that remembers what he has allowed."""

    by_portal: bool = False
    token: Path | None = None


BY_THE_DESKTOP: Final = WaylandWay()


class NoDesktop(UserError):
    """There is no desktop to work on as asked; the text is a sentence that says why and what to do."""

    code = "no_desktop"
