"""When a screen has answered an action and come to rest: pictures in, one of them out; no display of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from screenagent.actions import Input, PressKeys, TypeText, may_show_nothing
from screenagent.desktop.ambient_changes import ENOUGH_SECONDS, AmbientChanges
from screenagent.desktop.frames import CapturedFrame, FramePoint, Patch, ScreenFrame, changed_patches
from screenagent.desktop.recurrence import Recurrence
from screenagent.keys import is_shortcut

POLL_SECONDS: Final = 0.008
FRAME_SECONDS: Final = 0.017
QUIET_SECONDS: Final = 0.03  # one change is painted in frames of 60 Hz, 17 ms apart; a frame left out is rest
ANIMATION_MOVES: Final = 3  # what has changed so often is being animated,
ANIMATION_QUIET_SECONDS: Final = 0.06  # and rests longer than between two pictures of a film
REACTION_SECONDS: Final = 0.75  # an application that needs longer shows that it is at work; then this waits for it
GRACE_SECONDS: Final = 0.35  # a button has shown that it was pressed; what it brings about mostly follows within this
SILENT_SECONDS: Final = 0.25  # what is selected or copied is marked by then, if it is at all
SHORTCUT_SECONDS: Final = 0.15  # a button whose shortcut was pressed looks pressed for 0.1 s in Qt, and then acts
CONFIRM_SECONDS: Final = 1.2  # Enter lets GTK's default button look pressed for 0.25 s, and then looks for the file
MOVING_SECONDS: Final = 3.0  # a film never comes to rest
UNTIL_SECONDS: Final = 5.0
JUDGE_SECONDS: Final = 0.25  # on a screen that does not rest, how often `until` is asked
BUSY_SECONDS: Final = 2.0  # an application that has not answered by then may be hung
WATCHED_SECONDS: Final = 5.0  # an application that was watched for so long has shown what moves in it by itself
DELIVERED_SECONDS: Final = 0.1  # an input has reached the application by then, and what it lets others do has come
SHOWN_SECONDS: Final = 0.15  # what a click shows of itself, a caret or the ring of a focus, is there by then
EARLY_SECONDS: Final = 0.04  # what an application does before it answers a ping is painted by then
TYPED_QUIET_SECONDS: Final = 0.2  # a field completes what was typed unseen; GTK's file chooser loses an Enter till then

GoesOn = Callable[[CapturedFrame, bool], bool]
"""Whether what comes next can begin on a frame, on which the last action shows, or not."""


@dataclass(frozen=True, kw_only=True)
class SentAction:
    """What the screen is to answer: how it was before, when the last input was sent, and where the mouse was and is.

    With `confirms`, a press of Enter: a button anywhere may look pressed for long before what it does begins. With
    `shortcut`, likewise but not for long. With `silent` nothing may show at all. `watched` says for how long the
    application had been watched before.
    """

    before: ScreenFrame
    at: float
    mouse: tuple[FramePoint, ...] = ()
    confirms: bool = False
    shortcut: bool = False
    silent: bool = False
    quiet: float = QUIET_SECONDS
    watched: float = float("inf")
    idle: float = float("inf")

    @property
    def is_sudden(self) -> bool:
        """Return whether the screen was not watched for long enough to know its clocks."""
        return self.idle < ENOUGH_SECONDS


def sent_now(
    action: Input, *, before: ScreenFrame, mouse: tuple[FramePoint, ...], watched: float, idle: float
) -> SentAction:
    """Return what the screen is to answer to an action that has just been sent."""
    pressed = action.keys if isinstance(action, PressKeys) else ()
    return SentAction(
        before=before,
        at=time.monotonic(),
        mouse=mouse,
        confirms="enter" in pressed,
        shortcut=is_shortcut(pressed),
        silent=may_show_nothing(action),
        quiet=TYPED_QUIET_SECONDS if isinstance(action, TypeText) else QUIET_SECONDS,
        watched=watched,
        idle=idle,
    )


class PingProtocol(Protocol):
    """A question to the application of a window, by default the one in front: it answers it after all the input that
    came before."""

    def ask(self, window: int | None = None) -> None: ...

    def is_awaited(self) -> bool:
        """Whether the last question is still unanswered."""
        ...


@dataclass(kw_only=True)
class Settling:
    """One wait for the screen. It is over when the screen is quiet, has answered the action, and is not busy.

    `look` captures a frame; `now` and `wait` are the clock's. With `until`, the answer is what `until` accepts.
    `meanwhile` gets the frame that will probably be returned, to prepare it while the screen is watched. `seconds` is
    how long `until`, or without it the answer, is waited for. An answer is waited for no longer once the application
    is known to do nothing more by itself in that time: `rests_until` says until when. If what comes next `goes_on` from
    a frame at rest, what may yet follow is not waited for.
    """

    look: Callable[[], CapturedFrame]
    now: Callable[[], float]
    wait: Callable[[float], None]
    ambient: AmbientChanges
    action: SentAction | None = None
    until: Callable[[CapturedFrame], bool] | None = None
    ping: PingProtocol | None = None
    meanwhile: Callable[[CapturedFrame], object] = lambda _: None
    goes_on: GoesOn | None = None
    seconds: float | None = None
    rests_until: Callable[[], float] = lambda: float("-inf")

    _moved_at: float = field(init=False)
    _moves: int = field(init=False, default=0)
    _limit: float = field(init=False)
    _deadline: float = field(init=False)  # the limit, or earlier while `until` holds
    _due: float = field(init=False)  # when an answer would be visible
    _judged: CapturedFrame | None = field(init=False, default=None)  # the frame that `until` was last asked about
    _judged_at: float = field(init=False)
    _holds: bool = field(init=False, default=False)
    _pinged_at: float = field(init=False, default=float("-inf"))
    _awaited_at: float = field(init=False, default=float("-inf"))  # when the ping was last found unanswered
    _asked: tuple[CapturedFrame, bool] | None = field(init=False, default=None)  # what `goes_on` was last asked
    _goes_on: bool = field(init=False, default=False)
    _recurrence: Recurrence | None = field(init=False, default=None)

    def frame(self) -> CapturedFrame:
        """Return the frame on which the screen has settled, or the last one when the time for that is over."""
        frame = self.look()
        self._moved_at = self._judged_at = self.now()
        patience = UNTIL_SECONDS if self.until else MOVING_SECONDS
        self._limit = self._deadline = self._moved_at + (patience if self.seconds is None else self.seconds)
        self._due = self._answer_due()
        self._begin_to_doubt(frame.pixels)
        prepared = False
        while not self._is_settled(frame) and self.now() < self._deadline:
            rest_in = self._quiet_at() - self.now()
            self.wait(min(POLL_SECONDS, rest_in) if rest_in > 0 else POLL_SECONDS)
            following = self.look()
            changed = changed_patches(frame.pixels, following.pixels)
            self.ambient.note(changed, at=self.now())
            self._doubt(changed, following.pixels)
            if self._not_ambient(changed):
                self._moved_at, self._moves, prepared = self.now(), self._moves + 1, False
            elif not prepared:
                self.meanwhile(following)
                prepared = True
            frame = following
        return frame

    def _is_settled(self, frame: CapturedFrame) -> bool:
        if self.until is not None:
            return self._is_accepted(frame, self.until)
        if self.goes_on and self.now() >= self._moved_at + FRAME_SECONDS:
            self._is_busy()  # asked while the screen is watched for its rest
        return self._rests(frame) and self._has_answered(frame) and not self._is_busy()

    def _rests(self, frame: CapturedFrame) -> bool:
        """Return whether nothing has moved for long enough: for less time after keys if what comes next can begin."""
        if self.action is None or not self._types:
            return self._is_quiet()
        if self._is_quiet() and self.now() >= self._awaited_at + EARLY_SECONDS:
            return True
        return bool(self._changes(self.action.before, frame.pixels)) and self._can_go_on(frame, shows=True)

    @property
    def _types(self) -> bool:
        return self.action is not None and self.action.quiet > QUIET_SECONDS

    def _is_quiet(self) -> bool:
        """Return whether nothing has moved for long enough, places that change by themselves left out."""
        return self.now() >= self._quiet_at()

    def _quiet_at(self) -> float:
        """Return when the screen will have rested for long enough, if nothing moves until then."""
        rest = self.action.quiet if self.action else QUIET_SECONDS
        return self._moved_at + (rest if self._moves < ANIMATION_MOVES else max(rest, ANIMATION_QUIET_SECONDS))

    def _has_answered(self, frame: CapturedFrame) -> bool:
        """Return whether the action shows: by more than an acknowledgement, or by one that nothing follows in time."""
        if self.action is None:
            return True
        changes = self._changes(self.action.before, frame.pixels)
        if self._is_all_doubtful(changes, frame.pixels):
            return False
        if not changes:
            return self._is_overdue() or self._can_go_on(frame, shows=False)
        if not all(self._is_acknowledgement(patch, frame.pixels) for patch in changes):
            return True
        return self._is_all_there_is() or self._can_go_on(frame, shows=True)

    def _can_go_on(self, frame: CapturedFrame, *, shows: bool) -> bool:
        """Return whether what comes next can begin on this frame, which is asked once about each that differs.

        Before, the application has to have worked off the action, and painted what that brought about.
        """
        assert self.action is not None  # only after an action does anything come next
        now = self.now()
        if self.goes_on is None or self._is_busy() or now < max(self._moved_at, self._awaited_at) + EARLY_SECONDS:
            return False
        if not shows and now < self.action.at + SHOWN_SECONDS:
            return False
        if self._asked is None or self._asked[1] != shows or not _is_alike(self._asked[0].pixels, frame.pixels):
            self._asked, self._goes_on = (frame, shows), self.goes_on(frame, shows)
        return self._goes_on

    def _begin_to_doubt(self, pixels: ScreenFrame) -> None:
        """Watch what comes again by itself, where the application is not known for long enough to know already."""
        action = self.action
        if action and self.until is None and action.watched < WATCHED_SECONDS:
            self._recurrence = Recurrence(ambient=self.ambient, at=action.at, watched=action.watched, idle=action.idle)
            self._doubt(changed_patches(action.before, pixels), pixels)

    def _doubt(self, changed: list[Patch], pixels: ScreenFrame) -> None:
        """Take note of what changed elsewhere than at the target, unless it is only as it was before the action."""
        if self._recurrence and self.action and changed:
            new = changed_patches(self.action.before, pixels)
            elsewhere = [patch for patch in changed if not patch.is_caret and self._is_elsewhere(patch, pixels)]
            self._recurrence.see((p for p in elsewhere if any(p.overlaps(other) for other in new)), now=self.now())

    def _is_all_doubtful(self, changes: list[Patch], pixels: ScreenFrame) -> bool:
        """Return whether nothing has changed for certain, and what has may yet come again by itself."""
        if self._recurrence is None or self.action is None:
            return False
        now = self.now()
        telling = [p for p in changes if not (self.action.is_sudden and self._is_acknowledgement(p, pixels))]
        if any(not self._recurrence.is_doubtful(patch, now=now) for patch in telling):
            return False
        moving = self.ambient.moving(at=now)
        raw = [p for p in changed_patches(self.action.before, pixels) if not any(m.holds(p) for m in moving)]
        doubtful = [patch for patch in raw if self._recurrence.is_doubtful(patch, now=now)]
        if doubtful:
            self._deadline = max(self._deadline, now + QUIET_SECONDS)
        return bool(doubtful)

    def _is_all_there_is(self) -> bool:
        """Return whether what an acknowledged action brings about would be visible by now."""
        assert self.action is not None  # only an action is acknowledged
        if self.action.confirms:
            return self._is_over(self.action.at + CONFIRM_SECONDS)
        grace = SHORTCUT_SECONDS if self.action.shortcut else GRACE_SECONDS
        return self._is_over(min(self._due, self._moved_at + grace))

    def _answer_due(self) -> float:
        if self.until is None and self.seconds is not None:
            return self._deadline
        if self.action is None:
            return self._moved_at
        return self.action.at + (SILENT_SECONDS if self.action.silent else REACTION_SECONDS)

    def _is_overdue(self) -> bool:
        return self.action is not None and self._is_over(self._due)

    def _is_over(self, moment: float) -> bool:
        """Return whether it is so late, or the application is known to do nothing more by itself until then."""
        now = self.now()
        if now >= moment or self.action is None or self.seconds is not None:
            return now >= moment
        return now >= self.action.at + DELIVERED_SECONDS and self.rests_until() >= moment

    def _is_elsewhere(self, patch: Patch, pixels: ScreenFrame) -> bool:
        """Return whether a small change is not at the target of the action; an unknown clock may be near it."""
        assert self.action is not None  # a change is elsewhere than an action
        reaches = patch.near if self.action.is_sudden else partial(patch.is_around, frame=pixels)
        at_mouse = (reaches(place) or self._is_typed_at(place, patch) for place in self.action.mouse[-1:])
        return patch.is_small(pixels) and not any(at_mouse)

    def _is_typed_at(self, place: FramePoint, patch: Patch) -> bool:
        """Return whether keys may have written this: a text begins far to the left of where its field was clicked."""
        return self._types and patch.top <= place.y < patch.bottom

    def _is_acknowledgement(self, patch: Patch, pixels: ScreenFrame) -> bool:
        """Return whether this only shows a button pressed, or no longer under the mouse: seen, not yet answered."""
        assert self.action is not None  # only an action is acknowledged
        anywhere = self.action.confirms or self.action.shortcut
        return patch.is_small(pixels) and (anywhere or any(patch.near(place) for place in self.action.mouse))

    def _is_accepted(self, frame: CapturedFrame, until: Callable[[CapturedFrame], bool]) -> bool:
        """Return whether `until` has accepted the screen as it rests now; ask it about each screen that differs."""
        quiet = self._is_quiet()
        if quiet and self._holds and self._judged and not self._changes(self._judged.pixels, frame.pixels):
            return True
        if (quiet or self.now() - self._judged_at >= JUDGE_SECONDS) and self._is_worth_judging(frame.pixels):
            self._judged, self._judged_at = frame, self.now()
            self._holds = until(frame)
            self._deadline = min(self._deadline, self.now() + MOVING_SECONDS) if self._holds else self._limit
        return False

    def _is_worth_judging(self, pixels: ScreenFrame) -> bool:
        if self._judged is not None:
            return not _is_alike(self._judged.pixels, pixels)
        # What is expected may have been there before; until something has happened it says nothing.
        return self._is_overdue() or self.action is None or bool(self._changes(self.action.before, pixels))

    def _is_busy(self) -> bool:
        """Return whether the application, pinged once the screen is quiet, has yet to answer the ping."""
        if self.ping is None or self.action is None or self.now() >= self.action.at + BUSY_SECONDS:
            return False
        if self._pinged_at < self._moved_at:
            self._pinged_at = self.now()
            self.ping.ask()
        if not self.ping.is_awaited():
            return False
        self._awaited_at = self.now()
        return True

    def _changes(self, before: ScreenFrame, after: ScreenFrame) -> list[Patch]:
        """Return what differs, without the places that change by themselves."""
        return self._not_ambient(changed_patches(before, after))

    def _not_ambient(self, patches: list[Patch]) -> list[Patch]:
        now = self.now()
        return [patch for patch in patches if not self.ambient.holds(patch, at=now)]


def _is_alike(one: ScreenFrame, other: ScreenFrame) -> bool:
    """Return whether two frames differ by no more than carets."""
    return all(patch.is_caret for patch in changed_patches(one, other))
