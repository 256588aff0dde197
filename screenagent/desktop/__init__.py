"""A real screen, mouse and keyboard: the user's own (`local`) or one of our own making (`virtual`)."""

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
