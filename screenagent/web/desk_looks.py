"""The agent's desks as the page shows them: looked at only, at most once a second, and never waited for for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from screenagent.desktop import NoDesktop
from screenagent.desktop.desk import Desk, desks
from screenagent.desktop.desk_desktop import DeskStatus, desk_screenshot, desk_status
from screenagent.desktop.x11.connection import GONE
from screenagent.desktop.x11.windows import X11Windows
from screenagent.geometry import Value
from screenagent.showing import LONGEST_NAME, abridged, visible
from screenagent.web.pictures import png_of

EVERY_SECONDS: Final = 1.0
"""A desk is looked at no more often."""
ANSWER_SECONDS: Final = 2.5


@dataclass(frozen=True)
class DeskLook:
    """What a desk showed. `png` is its picture, and `digest` says which; without one `why` says the reason."""

    status: DeskStatus
    digest: str = ""
    png: bytes = field(default=b"", repr=False)
    why: str = ""


class ShownDesk(Value):
    """A desk of the list; `why` says why there is no picture."""

    name: str
    display: str
    size: str
    since: str
    shared: str
    programs: tuple[str, ...] = ()
    at_work: str = ""
    picture: str = ""
    why: str = ""


def look_at(desk: Desk) -> DeskLook:
    """Look at a desk. Blocks for as long as its X server hangs."""
    with closing(X11Windows(desk.display)):  # so a server that hangs holds up this thread alone, and no more of them
        pass
    status = desk_status(desk)
    if status.programs is None:
        return DeskLook(status, why="it does not answer")
    if status.at_work is not None:
        return DeskLook(status, why="an agent is at work here; look at its run")
    screen = desk_screenshot(desk)
    if screen.image is None:
        return DeskLook(status, why="it shows nothing")
    return DeskLook(status, screen.digest, png_of(screen.image))


class DeskLooks:
    """The last look at each desk. The next one begins when somebody asks, and never beside one that is under way."""

    def __init__(
        self,
        find: Callable[[], Sequence[Desk]] = desks,
        look: Callable[[Desk], DeskLook] = look_at,
        *,
        seconds: float = ANSWER_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find, self._look, self._seconds, self._now = find, look, seconds, now
        self._lock = threading.Lock()  # protects the looks: several pages may ask at the same time
        self._looks: dict[tuple[str, int], tuple[float, Future[DeskLook]]] = {}

    def shown(self) -> tuple[ShownDesk, ...]:
        """Look at all desks at the same time; one that does not answer in time says so."""
        found = self._find()
        looks = self._begun(found)
        wait_for(looks, self._seconds)
        return tuple(_shown(desk, look) for desk, look in zip(found, looks, strict=True))

    def picture(self, name: str, digest: str) -> bytes | None:
        """Return a picture that a list has named; None if the desk has shown something else since."""
        with self._lock:
            looks = [look for (desk, _), (_, look) in self._looks.items() if desk == name]
        seen = (look.result() for look in looks if look.done() and look.exception() is None)
        return next((look.png for look in seen if look.png and look.digest == digest), None)

    def _begun(self, found: Sequence[Desk]) -> list[Future[DeskLook]]:
        with self._lock:
            keys = [(desk.name, desk.holder) for desk in found]
            self._looks = {key: look for key, look in self._looks.items() if key in keys or not look[1].done()}
            return [self._one(key, desk) for key, desk in zip(keys, found, strict=True)]

    def _one(self, key: tuple[str, int], desk: Desk) -> Future[DeskLook]:
        last = self._looks.get(key)
        if last is not None and (not last[1].done() or self._now() - last[0] < EVERY_SECONDS):
            return last[1]
        look: Future[DeskLook] = Future()
        self._looks[key] = self._now(), look
        threading.Thread(target=self._carry_out, args=(desk, look), name="look at a desk", daemon=True).start()
        return look

    def _carry_out(self, desk: Desk, look: Future[DeskLook]) -> None:
        try:
            look.set_result(self._look(desk))
        except (NoDesktop, *GONE) as reason:
            look.set_exception(NoDesktop(str(reason)))
        except Exception as error:
            look.set_exception(error)
            raise


def _shown(desk: Desk, look: Future[DeskLook]) -> ShownDesk:
    told = {
        "name": desk.name,
        "display": desk.display,
        "size": f"{desk.size.width} × {desk.size.height}",
        "since": f"{desk.since:%Y-%m-%d %H:%M}",
        "shared": visible(str(desk.shared)),
    }
    if not look.done():
        return ShownDesk(**told, why="it does not answer")
    if error := look.exception():
        return ShownDesk(**told, why=visible(f"it cannot be looked at: {error}"))
    seen = look.result()
    programs = tuple(abridged(program, LONGEST_NAME) for program in seen.status.programs or ())
    at_work = abridged(seen.status.at_work or "", LONGEST_NAME)
    return ShownDesk(**told, programs=programs, at_work=at_work, picture=seen.digest, why=seen.why)
