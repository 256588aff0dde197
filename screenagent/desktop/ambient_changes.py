"""What moves on the screen by itself: learned from looks at it while nothing is done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

import numpy as np
from numpy.typing import NDArray

from screenagent.desktop import NoDesktop
from screenagent.desktop.frames import Patch, ScreenFrame, changed_patches

FORGET_SECONDS: Final = 10.0
FILM_FRAMES: Final = 4  # big changes that follow each other so closely are a film; a window that comes or goes is not
FILM_SECONDS: Final = 1.5
POLL_SECONDS: Final = 0.2  # a clock ticks each second, a caret blinks each half; both are seen at this pace
ENOUGH_SECONDS: Final = 1.1  # a clock has ticked by then
PAGE_SECONDS: Final = (
    0.5  # what moves quickly on a page has moved by then: of what rested so long, only ticks are unknown
)
ANOTHER_PAGE: Final = 0.5  # of what is drawn: where so much has changed, another page or document has come
SAMPLED: Final = 3  # of so many rows one is looked at: text is higher
APART_SECONDS: Final = 0.4  # what is painted in steps is painted by then: a later change is another one
OVERDUE: Final = 1.5  # times the mean interval
NEXT_PIXELS: Final = 40
REACH_PIXELS: Final = 20  # up and down: a log's next line; what lies farther from it than that is another control


@dataclass
class MovingPlace:
    """A place that changes again and again by itself, and when it was last seen to."""

    patch: Patch
    at: float

    def goes_on_in(self, patch: Patch) -> bool:
        """Return whether it holds the patch, or runs on to it in its own rows, as a bar that grows."""
        in_its_rows = self.patch.top <= patch.top and patch.bottom <= self.patch.bottom
        return in_its_rows and is_next_to(self.patch, patch)


@dataclass
class AmbientChange:
    """A change that nobody caused, when one like it was last seen, and whether its place counts as restless."""

    patch: Patch
    at: float
    restless: bool
    came: float = field(init=False)

    def __post_init__(self) -> None:
        self.came = self.at

    def is_like(self, patch: Patch, *, since: float) -> bool:
        return self.at >= since and _reach(self.patch).holds(patch)


class AmbientChanges:
    """The places that change by themselves: learned while nothing is done, forgotten once they have come to rest.

    The idle watch learns in its own thread while the agent's thread asks.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # protects `_seen` and `_moving`, the lists and the times in them
        self._seen: list[AmbientChange] = []
        self._moving: list[MovingPlace] = []

    def learn(self, before: ScreenFrame, after: ScreenFrame, *, at: float, is_built_up: bool = False) -> bool:
        """Remember what changed between two frames, between which nothing was done; return whether anything did.

        A page or window that `is_built_up` comes once: its controls do not change by themselves.
        """
        changed = [patch for patch in changed_patches(before, after) if not patch.is_caret]
        with self._lock:
            kept = [seen for seen in self._seen if seen.at >= at - FORGET_SECONDS]
            self._seen = kept + [
                AmbientChange(
                    patch, at, restless=not is_built_up and (patch.is_small(after) or self._is_film(patch, at=at))
                )
                for patch in changed
            ]
            self._follow(changed, at=at)
        return bool(changed)

    def forget(self) -> None:
        with self._lock:
            self._seen, self._moving = [], []

    def came(self, patch: Patch) -> tuple[float, ...]:
        """Return when changes next to such a one came by themselves, the first one first."""
        with self._lock:
            return tuple(sorted(seen.came for seen in self._seen if seen.restless and is_next_to(seen.patch, patch)))

    def conclude(self, *, at: float) -> None:
        """Decide which places move by themselves: those that changed more than once, and not long ago."""
        with self._lock:
            for patch, came in _joined([seen for seen in self._seen if seen.restless]):
                if _goes_on(came, at=at):
                    self._moving.append(MovingPlace(_reach(patch), at))

    def add(self, patch: Patch, *, at: float) -> None:
        """Remember a place that was seen to move by itself, however large it is."""
        with self._lock:
            self._seen.append(AmbientChange(patch, at, restless=True))
            self._moving.append(MovingPlace(_reach(patch), at))

    def note(self, changed: Sequence[Patch], *, at: float) -> None:
        """Keep the moving places among those that have just changed in mind for longer, and follow them."""
        with self._lock:
            self._follow(changed, at=at)

    def _follow(self, changed: Sequence[Patch], *, at: float) -> None:
        for place in self._moving:
            for patch in changed:
                if place.goes_on_in(patch):
                    place.patch, place.at = place.patch.joined(patch), at

    def moving(self, *, at: float) -> tuple[Patch, ...]:
        """Return the places that move by themselves."""
        with self._lock:
            self._moving = [place for place in self._moving if place.at >= at - FORGET_SECONDS]
            return tuple(dict.fromkeys(place.patch for place in self._moving))

    def holds(self, patch: Patch, *, at: float) -> bool:
        """Return whether such a change comes by itself; if it does, keep its place in mind for longer."""
        with self._lock:
            known = [seen for seen in self._seen if seen.restless and seen.is_like(patch, since=at - FORGET_SECONDS)]
            for seen in known:
                seen.at = at
        return patch.is_caret or bool(known)

    def _is_film(self, patch: Patch, *, at: float) -> bool:
        return sum(seen.is_like(patch, since=at - FILM_SECONDS) for seen in self._seen) >= FILM_FRAMES


def is_next_to(one: Patch, other: Patch) -> bool:
    """Return whether both may be of one thing that moves: a clock's digits, the lines of a log, a bar that grows."""
    return one.grown(NEXT_PIXELS, NEXT_PIXELS).overlaps(other)


def _joined(seen: Sequence[AmbientChange]) -> list[tuple[Patch, list[float]]]:
    """Return each place that changed, and when."""
    found: list[tuple[Patch, list[float]]] = []
    for change in seen:
        near = [place for place in found if is_next_to(place[0], change.patch)]
        found = [place for place in found if place not in near]
        joined = reduce(Patch.joined, (patch for patch, _ in near), change.patch)
        found.append((joined, sorted([change.came, *(moment for _, came in near for moment in came)])))
    return found


def _goes_on(came: Sequence[float], *, at: float) -> bool:
    """Return whether these changes are of something that has not come to rest: another one is not overdue.

    Two that follow each other closely may be of a window that is being built up.
    """
    times, span = len(came), came[-1] - came[0]
    if times < 2 or span < APART_SECONDS * (2 if times == 2 else 1):
        return False
    return at - came[-1] <= OVERDUE * span / (times - 1) + POLL_SECONDS


def _is_another_page(known: ScreenFrame, frame: ScreenFrame) -> bool:
    if known.shape != frame.shape:
        return True
    known, frame = known[::SAMPLED], frame[::SAMPLED]
    changed = known != frame
    if not changed.any():
        return False
    drawn = _edges(known) | _edges(frame)
    return float(changed[drawn].mean()) >= ANOTHER_PAGE


def _edges(frame: ScreenFrame) -> NDArray[np.bool_]:
    """Return which pixels differ from the one to their left: two pages have the same ground, but nothing else."""
    edges = np.zeros(frame.shape, dtype=np.bool_)
    np.not_equal(frame[:, 1:], frame[:, :-1], out=edges[:, 1:])
    return edges


def _reach(patch: Patch) -> Patch:
    """Return how far the changes of a restless place may go: a clock's other digits are beside the last one."""
    return patch.grown(4 * min(patch.height, 40), min(patch.height // 2, REACH_PIXELS))


class IdleWatch:
    """Between `begin` and `end` a thread looks; what changes then changes by itself."""

    def __init__(self, look: Callable[[], ScreenFrame], ambient: AmbientChanges) -> None:
        self._look = look
        self._ambient = ambient
        self._lock = threading.Lock()  # protects `_last`; held while a frame is captured and learned from
        self._last: ScreenFrame | None = None
        self._began: dict[int, float] = {}  # used by the agent's thread alone
        self._idle: dict[int, float] = {}  # how long nothing was done to each application; used likewise
        self._idle_since: tuple[int, float] | None = None
        self._known: ScreenFrame | None = None  # the last frame that was learned from
        self._new_at = float("-inf")  # when another page or document came
        self._moved_at = float("-inf")  # when anything but a caret was last seen to change by itself
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="screen watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join()

    def begin(self, frame: ScreenFrame, *, app: int) -> None:
        """The screen shows `frame`, with `app` in front, and nothing is pending."""
        with self._lock:
            self._learn(frame)
            self._began.setdefault(app, time.monotonic())
        if self._idle_since is None or self._idle_since[0] != app:
            self._count_idle()
            self._idle_since = app, time.monotonic()

    def end(self, frame: ScreenFrame) -> None:
        """The screen shows `frame`, and something will be done to it."""
        with self._lock:
            self._learn(frame)
            self._last = None
            self._ambient.conclude(at=time.monotonic())
        self._count_idle()

    def pause(self) -> None:
        """Until it begins again, nothing is learned: what changes may be the late answer to an input."""
        with self._lock:
            self._last = None
        self._count_idle()

    def seconds(self, *, app: int) -> float:
        """Return for how long `app` has been worked on, or the page in it that came last."""
        now = time.monotonic()
        return now - max(self._began.get(app, now), self._new_at)

    def look_away(self) -> None:
        """Until it begins again, what changes is not learned from, and what was learned is void: all is new then."""
        with self._lock:
            self._last = self._known = None
            self._ambient.forget()
            self._began.clear()
        self._idle_since = None
        self._idle.clear()

    def idle(self, *, app: int) -> float:
        """Return for how long `app` was watched while nothing was done."""
        return self._idle.get(app, 0.0)

    def watched_through(self, *, since: float, app: int) -> None:
        """After an input `app` was watched until now; after long enough, what ticks in it is known."""
        if (seconds := time.monotonic() - since) >= ENOUGH_SECONDS:
            self._idle[app] = seconds

    def _count_idle(self) -> None:
        if self._idle_since is not None:
            app, since = self._idle_since
            self._idle[app] = self.idle(app=app) + time.monotonic() - since
        self._idle_since = None

    def wait(self, until: Callable[[float], None], *, app: int) -> None:
        """Wait, with `until`, for the moment when `app` has been looked at for long enough.

        One that was never looked at has been so from now on.
        """
        self._began.setdefault(app, time.monotonic())
        while (enough := self.enough_at(app=app)) > time.monotonic():
            until(enough)

    def enough_at(self, *, app: int) -> float:
        """When `app`, and its last page, will have been looked at for long enough to send it an input.

        What has rested meanwhile is watched on after the input (`Recurrence`). Where anything moves, it is watched
        until its clock has ticked.
        """
        began = self._began.get(app, time.monotonic())
        rests = self._moved_at <= max(began, self._new_at)
        return max(began + (PAGE_SECONDS if rests else ENOUGH_SECONDS), self._new_at + PAGE_SECONDS)

    def _run(self) -> None:
        while not self._closed.wait(POLL_SECONDS):
            with self._lock:
                if self._last is None:
                    continue
                try:
                    frame = self._look()
                except NoDesktop:
                    return  # the display has ended; whoever works on it is told by their own call
                self._learn(frame)

    def _learn(self, frame: ScreenFrame) -> None:
        now = time.monotonic()
        if self._known is None or _is_another_page(self._known, frame):
            self._new_at = now
        is_built_up = now < self._new_at + PAGE_SECONDS
        if self._last is not None and self._ambient.learn(self._last, frame, at=now, is_built_up=is_built_up):
            self._moved_at = now
        self._last = self._known = frame
