"""A real screen, mouse and keyboard: the user's own (`local`) or one of our own making (`virtual`)."""


class NoDesktop(Exception):
    """There is no desktop to work on as asked; the text is a sentence that says why and what to do."""
