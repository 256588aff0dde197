"""Watches a person: the gestures, each with the screenshot before it, become the events of a run."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Final, Self

import numpy as np

from screenagent.actions import Action, Click, Drag, Finish, Move, PressKeys, Scroll, Target, TypeText, WaitFor
from screenagent.desktop.input_listener import ButtonDown, KeyDown, TimedTouch, Touch
from screenagent.events import (
    Acted,
    Approve,
    Checked,
    Decided,
    Decision,
    Effect,
    Ended,
    Event,
    Grounded,
    Observed,
    Plan,
    PlannedStep,
    Reviewed,
    Started,
    Thought,
    UserMessage,
)
from screenagent.geometry import Box, Location, Pixel, PixelBox, Point
from screenagent.grounding.naming import Namer
from screenagent.perception.changes import changed_box, difference
from screenagent.perception.ink import Pixels, changed_areas
from screenagent.perception.restyle import is_recoloured
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot
from screenagent.scripts.parameters import PLACE
from screenagent.scripts.recorder.entries import NARROW, entries, with_later
from screenagent.scripts.recorder.gestures import Clicked, Dragged, Focused, Gesture, Pressed, Scrolled, Typed, gestures
from screenagent.scripts.recorder.hovering import ScreenSample, opened_by_hovering
from screenagent.scripts.recorder.results import FIELDS, FOCUS
from screenagent.scripts.recorder.typed_texts import TypedTexts

SAMPLE_SECONDS: Final = 0.06  # a hand that types and presses Enter leaves more than this between the two
REMEMBERED: Final = 40  # samples
MOVES: Final = 400  # places of the mouse
AWAY: Final = 0.05  # the mouse is not yet at a target when it is so far from it, as a part of the screen
HOVER: Final = 0.15  # what lights up under the mouse is a smaller part of the screen than this
TIP: Final = 0.03  # as large is a tip at most
PAUSE_SECONDS: Final = 3.0  # a hand that rests for so long may have waited for something
HELD_BACK: Final = 3  # steps after a text that are watched before it is written down
UNNAMED: Final = (
    "no name leads to the field that this went to, so a replay types it to whatever has the focus then: a click into"
    " the field before you type would name it"
)


class ScreenPoller:
    """Takes samples of the screen all the time, so that the screenshot just before a touch is known.

    `sample` is never called by two threads at once.
    """

    def __init__(self, sample: Callable[[float], ScreenSample]) -> None:
        self._take = sample
        self._taking = threading.Lock()  # `sample` may use a connection that is for one thread at a time
        self._samples: deque[ScreenSample] = deque(maxlen=REMEMBERED)
        self._distinct: deque[ScreenSample] = deque(maxlen=REMEMBERED)  # each shows another screen than the one before
        self._moves: deque[tuple[float, Point]] = deque(maxlen=MOVES)  # where the mouse was when
        self._hovered: dict[float, tuple[ScreenSample, ...]] = {}  # by the press of what it opened
        self._changed = threading.Condition()
        self._broke: BaseException | None = None
        self._touched = 0.0  # when something was pressed last
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._run, name="screen-poller", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self._samples or self._broke)
        self._complain()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._thread.join()

    def before(self, at: float, touch: Touch) -> Screenshot:
        """Return the screenshot before a touch."""
        self._complain()
        with self._changed:
            samples, distinct, moves = tuple(self._samples), tuple(self._distinct), tuple(self._moves)
        since, self._touched = self._touched, at if isinstance(touch, ButtonDown | KeyDown) else self._touched
        if isinstance(touch, ButtonDown):
            seen = sorted({sample.at: sample for sample in (*distinct, *samples) if sample.at < at}.values(), key=_time)
            place = samples[-1].screen.display.point(touch.pixel)
            if seen and (hovered := opened_by_hovering(seen, moves, place, since=since)):
                with self._changed:
                    self._hovered[at] = hovered
                return with_tips(seen[-1].screen, samples, place)
            return with_tips(before_touch(samples, at, touch, since=since), samples, place)
        return before_touch(samples, at, touch, since=since)

    def hovered(self, at: float) -> tuple[ScreenSample, ...]:
        """Return what the mouse rested on so that what was pressed then opened."""
        with self._changed:
            return self._hovered.pop(at, ())

    def since(self, at: float) -> tuple[Screenshot, ...]:
        """Return how the screen has looked since then, as far as that is remembered."""
        with self._changed:
            return tuple(sample.screen for sample in self._distinct if sample.at >= at)

    def now(self) -> Screenshot:
        """Return a screenshot of this moment."""
        self._complain()
        return self._sample(time.monotonic()).screen

    def _sample(self, at: float) -> ScreenSample:
        with self._taking:
            return self._take(at)

    def _run(self) -> None:
        try:
            while not self._left.wait(SAMPLE_SECONDS):
                sample = self._sample(time.monotonic())
                with self._changed:
                    self._samples.append(sample)
                    self._moves.append((sample.at, sample.mouse))
                    if not self._distinct or self._distinct[-1].screen.digest != sample.screen.digest:
                        self._distinct.append(sample)
                    self._changed.notify_all()
        except Exception as error:  # noqa: BLE001 -- raised again where the next picture is asked for
            with self._changed:
                self._broke = error
                self._changed.notify_all()

    def _complain(self) -> None:
        if self._broke is not None:
            raise self._broke


def _time(sample: ScreenSample) -> float:
    return sample.at


def before_touch(samples: Sequence[ScreenSample], at: float, touch: Touch, *, since: float = 0.0) -> Screenshot:
    """Return the last screenshot before `at`; if the mouse has only lit up its target after it, the one before that.
    `since` is when something was pressed last: what has changed with that is no light."""
    samples = [sample for sample in samples if sample.at < at] or [samples[0]]
    last = samples[-1]
    if not isinstance(touch, ButtonDown):
        return last.screen
    place = last.screen.display.point(touch.pixel)
    away = next((one for one in reversed(samples) if one.at > since and not _near(one.mouse, place)), last)
    return away.screen if _only_lit_up(away.screen, last.screen, place) else last.screen


def with_tips(screen: Screenshot, samples: Iterable[ScreenSample], pressed: Point) -> Screenshot:
    """Return the screenshot with the tips that are still on it, by its pixels, though they were known of with an
    earlier one only: the mouse may have left for what was pressed as it was taken."""
    known = {(place, one.screen.digest): one.screen for one in samples for place in one.screen.moving}
    tips = ((place, earlier) for (place, _), earlier in known.items() if pressed not in place and _area(place) < TIP)
    there = (place for place, earlier in tips if _stands(place, earlier, screen))
    moving = tuple(dict.fromkeys((*screen.moving, *there)))
    return screen if moving == screen.moving else screen.model_copy(update={"moving": moving})


def _stands(place: Box, earlier: Screenshot, screen: Screenshot) -> bool:
    """Whether a place looks as it did."""
    if earlier.size != screen.size:
        return False
    edges = place.pixels(screen.size)
    return earlier.pixels.crop(edges).tobytes() == screen.pixels.crop(edges).tobytes()


class Watcher:
    """Turns touches into the events of a run that went well. A text that its field hid is in none of them; `secrets`
    gets the names that stand for such texts, each with the reason. `since` is asked how the screen looked since a
    moment: a field may show a text for a while and hide it then. `expect_keys` are those by which the person says that
    the text under the mouse is to be there, and `parameter_keys` those by which the value that was entered last
    becomes a parameter.
    """

    def __init__(
        self,
        *,
        namer: Namer,
        reader: TextReader,
        secrets: dict[str, str] | None = None,
        since: Callable[[float], Sequence[Screenshot]] = lambda _at: (),
        hovered: Callable[[float], Sequence[ScreenSample]] = lambda _at: (),
        expect_keys: Iterable[str] = (),
        parameter_keys: Iterable[str] = (),
    ) -> None:
        self._namer = namer
        self._hovered = hovered
        self._expect_keys = frozenset(expect_keys)
        self._parameter_keys = frozenset(parameter_keys)
        self._text = ""  # that was typed last
        self._texts = TypedTexts(namer, reader, secrets if secrets is not None else {}, since)
        self.steps = 0

    def events(self, done: Iterable[TimedTouch], *, task: str, last: Callable[[], Screenshot]) -> Iterator[Event]:
        """Yield the events; `last` gives the screenshot after the last touch."""
        began = time.monotonic()
        earlier: Gesture | None = None
        yield Started(task=task)
        watched = entries(_but_for_ctrl_c(gestures(done, last)), last)
        for gesture in self._texts.judged(with_later(watched, HELD_BACK, last)):
            rests = self._hovered(gesture.at) if isinstance(gesture, Clicked) else ()
            seen = self._texts.blanked(rests[0].screen) if rests else gesture.seen
            yield Observed(at=max(0.0, gesture.at - began), screenshot=seen)
            if earlier is not None:
                yield _effect(earlier, seen)
            if doubt := _unrepeatable(gesture):
                yield Thought(at=max(0.0, gesture.at - began), text=doubt)
            for rest in rests:
                yield from self._rested(rest, gesture.seen, at=gesture.at - began)
                earlier = None
            if isinstance(gesture, Scrolled) and gesture.modifiers:
                continue
            if isinstance(gesture, Focused):
                yield from self._focused(gesture, at=gesture.at - began)
                earlier = None
                continue
            if isinstance(gesture, Pressed) and frozenset(gesture.keys) == self._expect_keys:
                yield from self._expected(gesture, at=gesture.at - began)
                earlier = None
                continue
            if isinstance(gesture, Pressed) and frozenset(gesture.keys) == self._parameter_keys:
                yield self._varies(at=gesture.at - began)
                earlier = None
                continue
            action, places = self._action(gesture)
            if rests and isinstance(action, Click) and (entry := self._namer.text(places[0].point, gesture.seen)):
                action = action.model_copy(update={"target": Target(words=entry)})
            if earlier is not None and (late := self._late(earlier, gesture, action)):
                yield from _done(late, (), at=gesture.at - began)
                yield Observed(screenshot=gesture.seen)
                yield Checked(effect=Effect(outcome="confirmed", evidence=f"“{late.words}” came", by="words"))
            yield from _done(action, places, at=gesture.at - began)
            self._text = action.text if isinstance(action, TypeText) else self._text
            self.steps += 1
            earlier = gesture
        if earlier is not None:
            yield Observed(screenshot=(screen := self._texts.blanked(last())))
            yield _effect(earlier, screen)
        said = f"{self.steps} steps were watched"
        yield from _reviewed(Finish(success=self.steps > 0, message=said), ())
        yield Ended(result="done" if self.steps else "gave_up", message=said)

    def _expected(self, gesture: Pressed, *, at: float) -> Iterator[Event]:
        """The look that a replay takes at what the person points at."""
        pointer = gesture.seen.pointer
        words = self._namer.text(pointer, gesture.seen) if pointer is not None else ""
        if not words:
            yield Thought(at=max(0.0, at), text="no text is read under the mouse, so nothing is expected of it")
            return
        yield from _done(WaitFor(words=words, seconds=0), (), at=at)
        yield Observed(screenshot=gesture.seen)
        yield Checked(effect=Effect(outcome="confirmed", evidence=f"“{words}” is there", by="words"))
        self.steps += 1

    def _rested(self, rest: ScreenSample, opened: Screenshot, *, at: float) -> Iterator[Event]:
        """The move of the mouse that opened what was clicked then."""
        screen = self._texts.blanked(rest.screen)
        name, place = self._named(screen.display.pixel(rest.mouse), screen)
        yield Observed(at=max(0.0, at), screenshot=screen)
        yield from _done(Move(target=name), (place,), at=at)
        yield Observed(screenshot=opened)
        yield Checked(effect=Effect(outcome="changed", by="pixels"))
        self.steps += 1

    def _varies(self, *, at: float) -> Event:
        """What the person says of the value that was entered last."""
        if self.steps == 0 or PLACE.search(self._text):
            why = "it is a secret" if self._text else "nothing was typed or chosen yet"
            return Thought(at=max(0.0, at), text=f"no value becomes a parameter: {why}")
        return UserMessage(at=max(0.0, at), text="the value that was entered last is a parameter", code="varies")

    def _focused(self, gesture: Focused, *, at: float) -> Iterator[Event]:
        """The click that puts the focus where it is, for a field that a name leads to."""
        name = self._namer.name(gesture.box.center, gesture.seen) if gesture.box else ""
        if gesture.box is None or not name.endswith(FIELDS):
            yield Thought(at=max(0.0, at), text=UNNAMED)
            return
        place = Location(point=gesture.box.center, box=gesture.box, confidence=1.0, by=FOCUS)
        yield from _done(Click(target=name), (place,), at=at)
        yield Checked(effect=Effect(outcome="confirmed", evidence="what was typed came into it", by="pixels"))

    def _action(self, gesture: Gesture) -> tuple[Action, tuple[Location, ...]]:
        match gesture:
            case Clicked(pixel=pixel, button=button, count=count, modifiers=modifiers):
                name, place = self._named(pixel, gesture.seen)
                return Click(target=name, button=button, count=count, modifiers=modifiers), (place,)
            case Dragged(start=start, end=end, button=button, modifiers=modifiers):
                start_name, start_place = self._named(start, gesture.seen)
                name, place = self._named(end, gesture.seen)
                drag = Drag(path=(start_name, name), button=button, modifiers=modifiers)
                return drag, (start_place, place)
            case Scrolled(pixel=pixel, direction=direction, notches=notches):
                name, place = self._named(pixel, gesture.seen)
                return Scroll(direction=direction, target=name, notches=notches), (place,)
            case Typed(text=text):
                return TypeText(text=text), ()
            case Pressed(keys=keys, times=times):
                return PressKeys(keys=keys, times=times), ()
            case Focused():
                raise AssertionError(gesture)  # `_focused` has taken it

    def _named(self, pixel: Pixel, screen: Screenshot) -> tuple[str, Location]:
        point = screen.display.point(pixel)
        box = self._namer.bounds(point, screen)
        return self._namer.name(point, screen), Location(point=point, box=box, confidence=1.0, by="hand")

    def _late(self, earlier: Gesture, gesture: Gesture, action: Action) -> WaitFor | None:
        """Return what the person waited for: a target that was not there yet at the step before."""
        if not isinstance(action, Click) or gesture.at - earlier.at < PAUSE_SECONDS:
            return None
        words = action.target.words
        if self._namer.finds(words, earlier.seen) or not self._namer.finds(words, gesture.seen):
            return None
        return WaitFor(words=words, seconds=round(max(10.0, 3 * (gesture.at - earlier.at))))


def _unrepeatable(gesture: Gesture) -> str:
    """Return why a replay will not do what was done, in a sentence; empty if it will."""
    match gesture:
        case Scrolled(modifiers=(_, *_) as held):
            return f"the wheel was turned with {'+'.join(held)}: a replay cannot do that, so it is not in the script"
        case Clicked(is_held=True):
            return "the button was held down for a while: a replay only clicks there"
        case _:
            return ""


def _but_for_ctrl_c(done: Iterable[Gesture]) -> Iterator[Gesture]:
    """Leave out a last Ctrl-C: it was typed in a terminal to end the recording."""
    for gesture, later in pairwise(chain(done, (None,))):
        is_ctrl_c = isinstance(gesture, Pressed) and gesture.keys == ("ctrl", "c")
        if gesture is not None and (later is not None or not is_ctrl_c):
            yield gesture


def _done(action: Action, places: tuple[Location, ...], *, at: float) -> Iterator[Event]:
    at = round(max(0.0, at), 6)
    yield from _reviewed(action, places, at=at)
    yield Acted(at=at, action=action, locations=places)


def _reviewed(action: Action, places: tuple[Location, ...], *, at: float = 0.0) -> Iterator[Event]:
    yield Decided(at=at, decision=Decision(plan=Plan(steps=(PlannedStep(action=action),))))
    yield Grounded(at=at, action=action, locations=places)
    yield Reviewed(at=at, verdict=Approve())


def _effect(gesture: Gesture, after: Screenshot) -> Checked:
    changed = difference(gesture.seen, after) is not None and not _is_lit_up(gesture, after)
    return Checked(effect=Effect(outcome="changed" if changed else "unchanged", by="pixels"))


def _is_lit_up(gesture: Gesture, after: Screenshot) -> bool:
    """Whether all that a click has changed is the colour of what it was on: the mouse was not yet there before it."""
    if not isinstance(gesture, Clicked) or gesture.seen.size != after.size:
        return False
    before, lit = np.asarray(gesture.seen.pixels), np.asarray(after.pixels)
    place = after.display.point(gesture.pixel).pixel(after.size)
    areas = [area for area in changed_areas(before, lit) if area.width > NARROW]  # a caret blinks by itself
    return all(
        area.holds(place.x, place.y)
        and _area(area.box(after.size)) < HOVER
        and is_recoloured(_part(before, area), _part(lit, area))
        for area in areas
    )


def _part(picture: Pixels, area: PixelBox) -> Pixels:
    left, top, right, bottom = area.rounded
    return picture[top:bottom, left:right]


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)


def _near(one: Point, other: Point) -> bool:
    return abs(one.x - other.x) < AWAY and abs(one.y - other.y) < AWAY


def _only_lit_up(away: Screenshot, last: Screenshot, place: Point) -> bool:
    """Whether the two differ at most by something small round `place`."""
    changed = changed_box(away, last) if away.size == last.size and away.window == last.window else None
    if changed is None:
        return away.digest == last.digest
    return _area(changed) < HOVER and place in changed
