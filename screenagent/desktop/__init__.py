"""A real screen, mouse and keyboard: the user's own (`local`) or one of our own making (`virtual`)."""

from screenagent.errors import UserError


class NoDesktop(UserError):
    """There is no desktop to work on as asked; the text is a sentence that says why and what to do."""

    code = "no_desktop"
