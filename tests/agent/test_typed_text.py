"""What was typed is read back from the screen."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from screenagent.actions import TypeText
from screenagent.agent.typed_text import read_back
from screenagent.agent.value_match import Match, compare
from screenagent.events import Effect
from screenagent.geometry import Box, Location, PixelBox, Size
from screenagent.perception.ink import InkPart
from screenagent.perception.reader import ScreenReader
from screenagent.screenshot import Screenshot, Window, Word

SIZE = Size(width=640, height=320)
FIELD = (120, 40, 420, 68)
TERMINAL = Window(id=1, app="xterm")


@cache
def reader() -> ScreenReader:
    return ScreenReader()


def form(*lines: str, caret: bool = False, wide: int = 300, window: Window | None = None) -> Screenshot:
    """A field named Name with these lines in it, and another field below."""
    image = Image.new("RGB", (SIZE.width, SIZE.height), (240, 240, 240))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(15)
    bottom = 44 + 24 * max(1, len(lines))
    for top, end in ((40, bottom), (200, 228)):
        draw.rectangle((120, top, 120 + wide, end), fill="white", outline=(120, 120, 120))
    draw.text((40, 54), "Name", fill="black", font=font, anchor="lm")
    draw.text((40, 214), "City", fill="black", font=font, anchor="lm")
    draw.text((126, 214), "London", fill="black", font=font, anchor="lm")
    for number, line in enumerate(lines):
        x = 126 + 8 * (len(line) - len(line.lstrip()))
        for dot in range(line.count("•")):
            draw.ellipse((126 + 9 * dot, 53, 131 + 9 * dot, 58), fill="black")
        draw.text((x, 56 + 24 * number), line.strip(" •"), fill="black", font=font, anchor="lm")
    if caret and lines:
        x = 127 + round(font.getlength(lines[-1]))
        draw.line((x, 44, x, 64), fill="black")
    return Screenshot.of(image, window=window)


def in_field(text: str, before: Screenshot, after: Screenshot) -> Effect | None:
    box = Box.of_pixels(FIELD, SIZE)
    place = Location(point=box.center, box=box, confidence=1, by="field")
    return read_back(TypeText(text=text), before, after, reader().read, at=(place,))


def outcome(effect: Effect | None) -> str | None:
    assert effect is None or effect.code == "value"
    return effect.outcome if effect else None


@pytest.mark.parametrize(
    ("typed", "shown", "said"),
    [
        ("Ada Lovelace", "Ada Lovelace", "confirmed"),
        ("12.06.2026", "12.06.2026", "confirmed"),
        ("/home/ada/notes.txt", "/home/ada/notes.txt", "confirmed"),
        ("1234.50", "1,234.50", "confirmed"),
        ("2026-06-12", "12.06.2026", "confirmed"),
        ("ABCDEFGH", "ABCDE", "contradicted"),
        ("12.06.2026", "12.08.2026", "contradicted"),
        ("1250", "1280", "contradicted"),
        ("12.50", "1250", "contradicted"),
        ('f(x[1], "a")', 'f(x[1], "a")""])', "contradicted"),
        ("example", "example.com/login", "contradicted"),
        ("abc123def456", "123456", "contradicted"),
        ("Ada", "••••", None),
        ("12*3", "36", None),
    ],
)
@pytest.mark.parametrize("caret", [False, True])
def test_what_the_field_reads_is_compared_with_what_was_typed(
    typed: str, shown: str, said: str | None, *, caret: bool
) -> None:
    assert outcome(in_field(typed, form(), form(shown, caret=caret))) == said


@pytest.mark.parametrize(
    ("typed", "before", "after", "said"),
    [
        ("Bob", form("London"), form("LondonBob"), "confirmed"),
        ("Bob", form("London"), form("BobLondon"), "confirmed"),
        ("Adam", form("Ada"), form("Adam"), "confirmed"),
        ("12.08.2026", form("12.06.2026"), form("12.08.2026"), "confirmed"),
        ("Bob", form("Ada"), form("Rob"), None),
        ("Code", form("Search here"), form("Code"), "confirmed"),
        ("one two three four", form("one"), form("one two", "three four"), "confirmed"),
        ("first\nsecond\nthird", form(), form("first", "second", "third"), "confirmed"),
        ("first\nsecond\nthird", form(), form("first", "    second", "    third"), "contradicted"),
        ("abcdefghijklmnopqrstuvwxyz", form(wide=122), form("mnopqrstuvwxyz", wide=122), "confirmed"),
        ("abcdefghijklmnopqrstuvwxyz", form(wide=110), form("abcdefghijklmn", wide=110), None),
        ("abcdefghijklmnopqrstuvwxyz", form(), form("stuvwxyz"), "contradicted"),
        ("hunter2", form(), form("•••••••"), "confirmed"),
        ("hunter2", form(), form("•••••"), "contradicted"),
        ("{{secret:PASSWORD}}", form(), form("hunter2"), None),
        ("ABCDEFGH", form(window=TERMINAL), form("ABCDE", window=TERMINAL), None),
    ],
)
def test_what_was_there_before_counts(typed: str, before: Screenshot, after: Screenshot, said: str | None) -> None:
    assert outcome(in_field(typed, before, after)) == said


def test_a_password_is_never_in_the_evidence() -> None:
    for dots in ("•••••••", "•••••"):
        effect = in_field("hunter2", form(), form(dots))
        assert effect is not None
        assert "hunter" not in effect.evidence


def test_text_that_came_into_another_field_is_no_success() -> None:
    image = form().pixels.copy()
    ImageDraw.Draw(image).text((126, 214), "LondonBob", fill="black", font=ImageFont.load_default(15), anchor="lm")
    effect = in_field("Bob", form(), Screenshot.of(image))
    assert effect is not None
    assert (effect.outcome, "LondonBob" in effect.evidence) == ("contradicted", True)


@pytest.mark.parametrize(
    ("typed", "read", "match"),
    [
        ("Ada", "Ada", "equal"),
        ("report 10", "report lO", "equal"),
        ("1234,5", "1.234,50", "equal"),
        ("1234", "1.235", "other"),
        ("1.5", "15", "other"),
        ("06/12/2026", "2026-06-12", "equal"),
        ("ABCDEFGH", "ABCDE", "cut"),
        ("ABCDEFGH", "DEFGH", "tail"),
        ("exam", "example.com", "longer"),
        ("modern", "modem", "unclear"),
        ("abc", "ABC", "other"),
        ("gh", "Saved", "unclear"),
        ("250", "99", "other"),
        ("250", "20", "unclear"),
        ("12*3", "36", "unclear"),
        ("0937PM", "09:37 PM", "equal"),
        ("5550142", "555-0142", "equal"),
        ("12252026", "12/25/2027", "other"),
        ("0937", "09.37", "other"),
        ("15", "1:5", "other"),
    ],
)
def test_a_number_a_date_and_a_text_are_compared_as_such(typed: str, read: str, match: Match) -> None:
    assert compare(typed, read) == match


def test_what_is_searched_for_is_highlighted_where_it_stood_and_has_not_come_there() -> None:
    before = form("")
    picture = np.asarray(before.pixels).copy()
    found = picture[202:227, 122:190]
    found[(found > 250).all(axis=2)] = (255, 230, 200)
    assert outcome(in_field("London", before, Screenshot.of(Image.fromarray(picture)))) != "contradicted"


def test_no_more_is_read_once_the_text_is_found_in_its_field() -> None:
    shown = form("Ada").pixels.copy()
    ImageDraw.Draw(shown).text((440, 280), "ok", fill="black", font=ImageFont.load_default(10))
    read: list[Size] = []

    def counted(screenshot: Screenshot) -> list[Word]:
        read.append(screenshot.size)
        return reader().read(screenshot)

    effect = read_back(TypeText(text="Ada"), form(), Screenshot.of(shown), counted, at=())
    alone = len(read)
    assert outcome(effect) == "confirmed"
    read.clear()
    assert outcome(read_back(TypeText(text="Ada"), form(), form("Ada"), counted, at=())) == "confirmed"
    assert len(read) == alone


def test_what_is_offered_below_a_field_is_not_what_it_reads() -> None:
    shown = form("Ada Lovel").pixels.copy()
    draw, font = ImageDraw.Draw(shown), ImageFont.load_default(15)
    for number, offer in enumerate(("Ada", "Ada Lovelace, Countess", "Ada Lovelock")):
        draw.text((126, 84 + 22 * number), offer, fill="black", font=font, anchor="lm")
    assert outcome(in_field("Ada Lovel", form(), Screenshot.of(shown))) == "confirmed"


def test_what_changes_besides_says_nothing_of_what_was_typed_where_nobody_clicked() -> None:
    shown = form().pixels.copy()
    ImageDraw.Draw(shown).text((440, 20), "ABCDE", fill="black", font=ImageFont.load_default(15))
    ImageDraw.Draw(shown).text((440, 280), "12:01", fill="black", font=ImageFont.load_default(15))
    assert read_back(TypeText(text="ABCDEFGH"), form(), Screenshot.of(shown), reader().read) is None


@pytest.mark.parametrize(("typed", "afresh", "said"), [("A4711", True, "contradicted"), (" ", True, None)])
def test_a_field_that_was_emptied_for_a_text_that_did_not_come_is_seen_to_be_empty(
    typed: str, afresh: bool, said: str | None
) -> None:
    box = Box.of_pixels(FIELD, SIZE)
    place = Location(point=box.center, box=box, confidence=1, by="field")
    action = TypeText(text=typed, afresh=afresh)
    assert outcome(read_back(action, form("A4"), form(), reader().read, at=(place,))) == said


@pytest.mark.parametrize(("left", "said"), [("total(4)", "confirmed"), ("total", "contradicted")])
def test_of_a_text_that_was_replaced_by_its_own_beginning_only_the_end_has_gone(left: str, said: str) -> None:
    box = Box.of_pixels(FIELD, SIZE)
    place = Location(point=box.center, box=box, confidence=1, by="field")
    action = TypeText(text="total(4)", afresh=True)
    assert outcome(read_back(action, form("total(4))]"), form(left), reader().read, at=(place,))) == said


@pytest.mark.parametrize("size", [12, 13, 14, 16, 18])
@pytest.mark.parametrize("shown", ["99", "88", "66", "mmm", "nnn", "ooo", "OOO", "000", "eee", "ccc", "DD", "11"])
def test_letters_and_digits_that_are_alike_are_no_dots_of_a_password(shown: str, size: int) -> None:
    image = Image.new("RGB", (200, 60), "white")
    ImageDraw.Draw(image).text((20, 30), shown, fill="black", font=ImageFont.load_default(size), anchor="lm")
    assert InkPart(np.asarray(image), PixelBox(10, 10, 190, 50)).dots is None


@pytest.mark.parametrize("across", [2.7, 3.0, 3.4])
def test_dots_that_lie_between_pixels_are_counted(across: float) -> None:
    large = Image.new("RGB", (1600, 480), "white")
    for number in range(7):
        x, y = 8 * (20.3 + 10.6 * number), 8 * 30.4
        ImageDraw.Draw(large).ellipse((x - 8 * across, y - 8 * across, x + 8 * across, y + 8 * across), fill="black")
    picture = np.asarray(large.resize((200, 60), Image.Resampling.BOX))
    assert InkPart(picture, PixelBox(10, 10, 190, 50)).dots == 7


@pytest.mark.parametrize("caret", [False, True])
@pytest.mark.parametrize("indent", [0, 24])
def test_lines_that_an_editor_indents_are_told_below_a_letter_that_hangs_low(indent: int, caret: bool) -> None:
    image = Image.new("RGB", (SIZE.width, SIZE.height), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(15)
    before = Screenshot.of(image.copy())
    for number, line in enumerate(("if q:", "q", "z")):
        draw.text((40 + indent * (number > 0), 40 + 17 * number), line, fill="black", font=font, anchor="ls")
    if caret:
        draw.line((46 + indent, 61, 46 + indent, 79), fill="black")  # through the end of the last letter
    effect = read_back(TypeText(text="if q:\nq\nz"), before, Screenshot.of(image), reader().read)
    assert (effect is not None and "indented" in effect.evidence) is bool(indent)
