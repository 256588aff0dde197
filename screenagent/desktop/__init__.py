"""A real screen, mouse and keyboard: the user's own (`local`) or one of our own making (`virtual`)."""

import sys
from typing import Literal

from screenagent.errors import UserError

VirtualKind = Literal["xvfb", "wayland"]
"""What shows the windows of a virtual desktop: an X server, or a compositor."""


class NoDesktop(UserError):
    """There is no desktop to work on as asked; the text is a sentence that says why and what to do."""

    code = "no_desktop"


class NoApplication(NoDesktop):
    """The desktop is there, but the application that was asked for did not open on it."""

    code = "no_application"


def is_lost_display(error: BaseException) -> bool:
    """Return whether the error is that of an X server that has ended, as a library tells it."""
    if "Xlib" not in sys.modules:
        return False
    from screenagent.desktop.x11.connection import GONE

    return isinstance(error, GONE)
