"""Opens a desk for a run: the lock first, then the program that the run is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from screenagent.control import Control
from screenagent.desktop.desk import find_desk
from screenagent.desktop.desk_desktop import DeskDesktop, launch_apps
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.lock import driving
from screenagent.keys import UserKeys
from screenagent.protocols import TextReader
from screenagent.secrets import Secrets


@dataclass
class DeskUse:
    """The desk that runs take place on, and the program that a person asked to have opened there."""

    name: str
    asked_for: str | None = None

    def show(self, app: str, opened: DeskDesktop) -> None:
        """Open what was asked for, once however many runs there are; else bring the program to the front, or open it.

        A script names a program that may be open already, and so may the run before.
        """
        is_first, self.asked_for = app == self.asked_for, None
        if is_first or not opened.bring_to_front(app):
            opened.launch(app)


@contextmanager
def viewed_desk(use: DeskUse, control: Control, *, secrets: Secrets, reader: TextReader) -> Iterator[LocalDesktop]:
    """The desktop of a desk, to be looked at. What a person asked to have opened there is opened first, once."""
    desk = find_desk(use.name)
    with DeskDesktop(desk, control=control, secrets=secrets, reader=reader) as opened:
        if app := use.asked_for:
            opening = Control()  # a stop meanwhile stops this alone
            with driving(desk.display, f"open {app}", opening):
                launch_apps(desk, [app], opening)
            use.asked_for = None
        yield opened.desktop


@contextmanager
def opened_desk(
    use: DeskUse,
    app: str | None,
    control: Control,
    *,
    task: str | None,
    secrets: Secrets | None,
    reader: TextReader | None,
    user_keys: UserKeys,
    outlives: bool = False,
) -> Iterator[LocalDesktop]:
    """The desktop of a desk, with `app` in front; for a task, or to open something there, ours alone."""
    desk = find_desk(use.name)
    with DeskDesktop(desk, control=control, secrets=secrets, reader=reader, user_keys=user_keys) as opened:
        what = f"open {app}" if task is None and app else task
        with nullcontext() if what is None else driving(desk.display, what, control, outlives=outlives):
            if app:
                use.show(app, opened)
            yield opened.desktop
