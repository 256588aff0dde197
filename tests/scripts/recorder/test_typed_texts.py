"""However a text is typed and however its field hides it, nothing of it is written down, and no picture shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import pytest
from PIL import ImageDraw

from screenagent.actions import Input, PressKeys, TypeText
from screenagent.desktop.input_listener import ButtonDown, ButtonUp, KeyDown, KeyUp, TimedTouch
from screenagent.events import Acted, Event, Observed
from screenagent.fakes import FakeAccessibility
from screenagent.geometry import Box, Pixel
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.naming import Namer
from screenagent.perception.reader import ScreenReader
from screenagent.screenshot import Element, Screenshot
from screenagent.scripts.recorder.watcher import Watcher
from tests.builders import Drawing

READER = ScreenReader()
NAMER = Namer(EmbeddedGrounder(READER))

Show = Callable[[Drawing, str, int], None]
"""Draws what a field shows of a text, and how many keys have been pressed by then."""

FIELD, BUTTON = Pixel(x=250, y=120), Pixel(x=205, y=220)


def clear(drawing: Drawing, text: str, keys: int) -> None:
    drawing.text(text, 168, 120)


def discs(drawing: Drawing, text: str, keys: int) -> None:
    for number in range(len(text)):
        ImageDraw.Draw(drawing.image).ellipse((170 + 9 * number, 117, 176 + 9 * number, 123), fill=(30, 30, 30))


def squares(drawing: Drawing, text: str, keys: int) -> None:
    for number in range(len(text)):
        ImageDraw.Draw(drawing.image).rectangle((170 + 9 * number, 116, 176 + 9 * number, 122), fill=(30, 30, 30))


def stars(drawing: Drawing, text: str, keys: int) -> None:
    drawing.text("*" * len(text), 168, 120)


def bullets(drawing: Drawing, text: str, keys: int) -> None:
    drawing.text("•" * len(text), 168, 120)


def nothing(drawing: Drawing, text: str, keys: int) -> None:
    pass


def letter_before_dots(drawing: Drawing, text: str, keys: int) -> None:
    discs(drawing, text[:-1], keys)
    drawing.text(text[-1:], 170 + 9 * len(text[:-1]), 120)


def beside_a_meter(drawing: Drawing, text: str, keys: int) -> None:
    discs(drawing, text, keys)
    drawing.text("Password strength: weak" if text else "", 380, 120)


def beside_its_name(drawing: Drawing, text: str, keys: int) -> None:
    """As a meter or a hint that happens to say what was typed."""
    discs(drawing, text, keys)
    drawing.text("Secret99" if text else "", 400, 120)


def under_a_meter(drawing: Drawing, text: str, keys: int) -> None:
    bullets(drawing, text, keys)
    drawing.text("Secret99: medium" if keys > 2 else "", 165, 150)


def with_a_meter_and_no_dots(drawing: Drawing, text: str, keys: int) -> None:
    drawing.text("Secret99" if text else "", 400, 120)


HIDING: Sequence[Show] = (
    *(discs, squares, stars, bullets, nothing, letter_before_dots),
    *(beside_a_meter, beside_its_name, under_a_meter, with_a_meter_and_no_dots),
)

TYPING = {
    "in one go": "Secret99",
    "with capitals by Caps Lock": "caps_lock S caps_lock ecret99".split(),
    "in pieces": "Se caps_lock cr caps_lock et99".split(),
    "mended with the arrow keys": "S9 left ecret right 9".split(),
    "mended at its beginning": "cret99 home Se end".split(),
    "mended with backspaces": "Secc backspace ret9 left 9 right".split(),
    "mended by deleting": "Seecret99 home right delete".split(),
    "after all was selected": "ctrl+a Secret99".split(),
    "after an arrow key": "right Secret99".split(),
    "one letter at a time": "S right e right c right r right e right t right 9 right 9".split(),
}


@lru_cache(maxsize=64)  # most touches leave the screen as it was, and most tests begin alike
def screen(show: Show, text: str, keys: int) -> Screenshot:
    drawing = Drawing(width=700).text("Code:", 40, 120).entry("", 160, 120).text("Account", 40, 60)
    drawing.button("Go on", 160, 220)
    show(drawing, text, keys)
    return drawing.screenshot


class Hand:
    """Types into a field that shows it so, and clicks."""

    def __init__(self, show: Show) -> None:
        self.show = show
        self.touches: list[TimedTouch] = []
        self.text, self.caret, self.keys, self.at = "", 0, 0, 1.0

    def type(self, words: str | Sequence[str]) -> None:
        for word in [words] if isinstance(words, str) else words:
            for key in [word] if word in ("left", "right", "home", "end", "delete", "backspace", "caps_lock") else word:
                self.press(*("ctrl", "a") if word == "ctrl+a" else (key,))
                if word == "ctrl+a":
                    break

    def press(self, *keys: str) -> None:
        for key in keys:
            self.touch(KeyDown(key=key))
        if len(keys) == 1:
            self.edit(*keys)
        else:
            self.touches.pop()
            self.touches.pop()

    def edit(self, key: str) -> None:
        moves = {"left": self.caret - 1, "right": self.caret + 1, "home": 0, "end": len(self.text)}
        self.keys += 1
        if len(key) == 1:
            self.text = self.text[: self.caret] + key + self.text[self.caret :]
            self.caret += 1
        elif key in moves:
            self.caret = min(max(0, moves[key]), len(self.text))
        elif key == "delete":
            self.text = self.text[: self.caret] + self.text[self.caret + 1 :]
        elif key == "backspace":
            self.text = self.text[: self.caret - 1] + self.text[self.caret :]
            self.caret -= 1

    def click(self, place: Pixel) -> None:
        self.touch(ButtonDown(button="left", pixel=place))
        self.touch(ButtonUp(button="left", pixel=place))

    def touch(self, touch: KeyDown | KeyUp | ButtonDown | ButtonUp) -> None:
        self.touches.append(TimedTouch(self.at, touch, self.now))
        self.at += 0.2

    @property
    def now(self) -> Screenshot:
        return screen(self.show, self.text, self.keys)

    @property
    def events(self) -> list[Event]:
        last = self.now
        return list(Watcher(namer=NAMER, reader=READER).events(iter(self.touches), task="sign in", last=lambda: last))


def texts(events: list[Event]) -> list[str]:
    return [event.action.text for event in events if isinstance(event, Acted) and isinstance(event.action, TypeText)]


def pieces(text: str) -> Iterator[str]:
    yield from ("".join(pair) for pair in pairwise(text))


def written(events: list[Event]) -> str:
    actions: list[Input] = [event.action for event in events if isinstance(event, Acted)]  # type: ignore[misc]
    typed = [action.text for action in actions if isinstance(action, TypeText)]
    return " ".join([*typed, *("+".join(action.keys) for action in actions if isinstance(action, PressKeys))])


@pytest.mark.slow
@pytest.mark.parametrize("typing", TYPING)
@pytest.mark.parametrize("show", HIDING)
def test_nothing_that_a_field_hides_is_written_down(show: Show, typing: str) -> None:
    hand = Hand(show)
    hand.click(FIELD)
    hand.type(TYPING[typing])
    hand.click(BUTTON)
    assert hand.text == "Secret99"
    events = hand.events
    assert texts(events) == ["{{secret:code}}"]
    assert not any(piece in written(events).replace("{{secret:code}}", "") for piece in pieces("Secret99"))


@pytest.mark.slow
@pytest.mark.parametrize("typing", TYPING)
def test_what_a_field_shows_is_written_down_however_it_was_typed(typing: str) -> None:
    hand = Hand(clear)
    hand.click(FIELD)
    hand.type(TYPING[typing])
    hand.click(BUTTON)
    assert "secret:" not in written(hand.events)


@pytest.mark.parametrize("text", ["7", "ok", "42", "y", "Q4", "Ada Lovelace", "user@host.org", "café", "12,50"])
def test_short_texts_are_written_down_where_they_are_shown(text: str) -> None:
    hand = Hand(clear)
    hand.click(FIELD)
    hand.type(text)
    hand.click(BUTTON)
    assert texts(hand.events) == [text]


@pytest.mark.parametrize("text", ["42", "12,50"])
@pytest.mark.parametrize("dots", [1, 3])
def test_a_sign_of_dots_on_a_tool_bar_that_turns_grey_meanwhile_hides_nothing(dots: int, text: str) -> None:
    """As the sign for thousands does, and “…”, while something is typed into a cell of a sheet."""

    def under_a_tool_bar(drawing: Drawing, text: str, keys: int) -> None:
        clear(drawing, text, keys)
        colour = (150, 150, 150) if text and hand.caret else (30, 30, 30)
        for number in range(dots):
            ImageDraw.Draw(drawing.image).ellipse((400 + 9 * number, 57, 406 + 9 * number, 63), fill=colour)

    hand = Hand(under_a_tool_bar)
    hand.click(FIELD)
    hand.type(text)
    hand.click(BUTTON)
    hand.caret = 0
    assert texts(hand.events) == [text]


def next_cell(drawing: Drawing, text: str, keys: int) -> None:
    """The arrow keys lead on from the cell that was clicked: its frame goes, and another one has it."""
    edges = (330, 108, 480, 132) if keys else (162, 106, 320, 134)
    ImageDraw.Draw(drawing.image).rectangle(edges, outline=(30, 30, 30), width=2)
    drawing.text(text, 340, 120)


@pytest.mark.parametrize("text", ["42", "Lovelace"])
def test_a_cell_that_the_arrow_keys_lead_to_shows_what_is_typed(text: str) -> None:
    hand = Hand(next_cell)
    hand.click(FIELD)
    hand.type(["right", text])
    hand.click(BUTTON)
    assert texts(hand.events) == [text]


@pytest.mark.parametrize("text", ["7", "ok", "0", "o", "приветмир"])
@pytest.mark.parametrize("show", HIDING[:6])
def test_short_texts_and_those_of_other_scripts_are_hidden_too(show: Show, text: str) -> None:
    hand = Hand(show)
    hand.click(FIELD)
    hand.type(text)
    hand.show = discs if show is letter_before_dots else show
    hand.click(BUTTON)
    assert texts(hand.events) == ["{{secret:code}}"]


def test_what_an_eye_shows_later_is_on_no_picture() -> None:
    hand = Hand(discs)
    hand.click(FIELD)
    hand.type("Secret99")
    hand.click(Pixel(x=600, y=300))
    hand.show = clear
    hand.click(BUTTON)
    seen = [event.screenshot for event in hand.events if isinstance(event, Observed)]
    assert len(seen) > 3
    assert not any("ecret" in word.text for picture in seen for word in READER.read(picture))
    assert any("Account" in word.text for word in READER.read(seen[-1]))


def test_what_is_hidden_only_later_is_a_secret_too() -> None:
    hand = Hand(clear)
    hand.click(FIELD)
    hand.type("Secret99")
    hand.click(Pixel(x=600, y=300))
    hand.show = discs
    hand.click(BUTTON)
    events = hand.events
    assert texts(events) == ["{{secret:code}}"]
    seen = [event.screenshot for event in events if isinstance(event, Observed)]
    assert not any("ecret" in word.text for picture in seen for word in READER.read(picture))


def test_a_text_that_another_field_hides_afterwards_is_a_secret_in_both() -> None:
    hand = Hand(clear)
    hand.click(FIELD)
    hand.type("Secret99")
    hand.press("tab")
    hand.show, hand.text, hand.caret = discs, "", 0
    hand.type("Secret99")
    hand.press("enter")
    assert texts(hand.events) == ["{{secret:code}}", "{{secret:code}}"]


def test_nothing_is_written_before_it_was_judged() -> None:
    """Were the recording killed at any time, nothing would be on disk that has yet to be found hidden."""
    hand = Hand(clear)
    hand.click(FIELD)
    hand.type("Secret99")
    hand.click(Pixel(x=600, y=300))
    hand.show = discs
    hand.click(BUTTON)
    taken: list[TimedTouch] = []

    def one_by_one() -> Iterator[TimedTouch]:
        for touch in hand.touches:
            taken.append(touch)
            yield touch

    for event in Watcher(namer=NAMER, reader=READER).events(one_by_one(), task="sign in", last=lambda: hand.now):
        if isinstance(event, Acted) and isinstance(event.action, TypeText):
            assert taken == hand.touches


def test_the_recording_says_what_it_did_not_write_down_and_why() -> None:
    hand = Hand(nothing)
    hand.click(FIELD)
    hand.type("Secret99")
    secrets: dict[str, str] = {}
    watcher = Watcher(namer=NAMER, reader=READER, secrets=secrets)
    list(watcher.events(iter(hand.touches), task="sign in", last=lambda: hand.now))
    assert secrets == {"code": "it was not certain that the field showed what was typed"}


def test_what_is_typed_while_an_eye_shows_it_is_a_secret_if_the_field_hid_text_before() -> None:
    hand = Hand(discs)
    hand.click(FIELD)
    hand.type("Secret")
    hand.click(Pixel(x=600, y=300))
    hand.show = clear
    hand.click(FIELD)
    hand.type("Winter")
    hand.click(BUTTON)
    events = hand.events
    assert texts(events) == ["{{secret:code}}", "{{secret:code_2}}"]


def test_what_turns_to_dots_after_the_last_step_is_a_secret() -> None:
    hand = Hand(clear)
    hand.click(FIELD)
    hand.type("Secret99")
    hand.click(BUTTON)
    hand.show = discs
    assert texts(hand.events) == ["{{secret:code}}"]


def test_what_was_dots_between_two_looks_is_a_secret() -> None:
    """The screenshot before the next step is from before the dots, and the page is another by the step after that."""
    hand = Hand(clear)
    hand.click(FIELD)
    hand.type("Secret99")
    hand.click(BUTTON)
    hand.show = nothing
    dots = screen(discs, hand.text, hand.keys)
    watcher = Watcher(namer=NAMER, reader=READER, since=lambda at: (dots,))
    assert texts(list(watcher.events(iter(hand.touches), task="sign in", last=lambda: hand.now))) == ["{{secret:code}}"]


@pytest.mark.parametrize("way", ["keys", "menu"])
def test_what_was_pasted_and_hidden_is_on_no_picture_that_an_eye_gives(way: str) -> None:
    hand = Hand(discs)
    hand.click(FIELD)
    if way == "keys":
        hand.touches += [TimedTouch(hand.at, KeyDown(key=key), hand.now) for key in ("ctrl", "v")]
        hand.touch(KeyUp(key="ctrl"))
    else:
        hand.click(Pixel(x=500, y=250))
    hand.text = "Secret99"
    hand.click(Pixel(x=600, y=300))
    hand.show = clear
    hand.click(BUTTON)
    events = hand.events
    seen = [event.screenshot for event in events if isinstance(event, Observed)]
    assert not any("ecret" in word.text for picture in seen for word in READER.read(picture))
    assert texts(events) == (["{{secret:code}}"] if way == "keys" else [])


def test_what_is_pasted_where_it_is_shown_is_pasted_again() -> None:
    hand = Hand(clear)
    hand.click(FIELD)
    hand.touches += [TimedTouch(hand.at, KeyDown(key=key), hand.now) for key in ("ctrl", "v")]
    hand.touch(KeyUp(key="ctrl"))
    hand.text = "Ada"
    hand.click(BUTTON)
    assert written(hand.events).split() == ["ctrl+v"]


def test_what_a_program_calls_a_password_is_a_secret_though_it_is_shown() -> None:
    place = Box.of_pixels((160, 105, 360, 135), screen(clear, "", 0).size)
    told = FakeAccessibility([Element(role="field", name="Code", box=place, states=frozenset({"password"}))])
    hand = Hand(clear)
    hand.click(FIELD)
    hand.type("Secret99")
    hand.click(BUTTON)
    secrets: dict[str, str] = {}
    namer = Namer(EmbeddedGrounder(READER, accessibility=told))
    watcher = Watcher(namer=namer, reader=READER, secrets=secrets)
    events = list(watcher.events(iter(hand.touches), task="sign in", last=lambda: hand.now))
    assert texts(events) == ["{{secret:code}}"]
    assert secrets == {"code": "its program says that the field is one for a password"}
