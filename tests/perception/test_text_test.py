from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest
from pydantic import ValidationError

from screenagent.geometry import Box, Size
from screenagent.perception.reader import ScreenReader
from screenagent.perception.text_test import TextFinding, TextQuery, TextTest, find_text
from screenagent.screenshot import Screenshot, Word
from tests.builders import Drawing, DrawnReader, words

ANOTHER = """
Saved | Unsaved changes
Paid | Unpaid
Available | Unavailable
active | inactive
Online | Offline
Order 1234 | Order 1235
12.50 | 112.50
50 items | 150 items
$1250 | $12.50
5 | -5
10:30 | 10:80
Balance: 100 | Balance: 1000
1.5 GB | 15 GB
3/4 | 34
12.06.2026 | 12.08.2026
192.168.0.1 | 192.168.0.7
INV-00123 | INV-0123
v1.2 | v1.2.1
€ 99 | € 999
<5 | >5
x = 1 | x + 1
Room 101 | Room 107
Version 3 | Version 8
IBAN DE02 1203 | IBAN DE02 1208
Qty 6 | Qty 8
Room 27 | Ro0m 21
Error | No errors
Large | X-Large
Connected | Disconnected
valid | Invalid
Iceland | Ireland
report_2024-01.pdf | report_2024-07.pdf
12 | 12:30
12 | 10/12/2026
5 | -$5
-5 | 10-5
can | can't
smoker | non-smoker
sugar | sugar-free
/home/ada | /home/ada/notes
"""

DOUBTFUL = """
errors | No errors
saved | could not be saved
saved | The file has not been saved
allowed | Bikes are not allowed
gespeichert | nicht gespeichert
Paid | Paid: no
Saved | Saved not yet
modem | modern
I1 | l1
a1b2 | alb2
AB0CD | ABOCD
Ro0m | Room
I1 | 11
Don't save | Dont save
Roll up | Rol up
naïve | naive
x = 1 | x ≠ 1
Save... | Save
1234 | 1 234
100 | 100 000
5 | 5%
5 | - 5
Qty | Qty6
Sign | Sign-in
report | report.pdf
C | C++
notable | not able
$1250 | US$1250
"""

SHOWN = """
Saved | Saved number 12: Acme 6
Acme 6 | Saved number 12: Acme 6
number 12 | Saved number 12: Acme 6
Saved number | Savednumber 12
saved | Saved.
Bikes | Bikes are not allowed
not allowed | Bikes are not allowed
3 warnings | No errors and 3 warnings
ready | Nothing to do, ready
Save... | Save…
A – B | A-B
it's | it’s
x = 1 | x=1
1.5 GB | 1.5GB
10:30 | Meet at 10:30, room 5
12.50 | $12.50
Inbox | Inbox(3)
FILE | FlLE
Room 27 | Ro0m 27
Profile | Prof1le
Inbox | lnbox
Large | Bobt Large
Bob | Bob's
Yes | Yes/No
Привет | Привет, мир
"""


def pairs(lines: str) -> list[tuple[str, str]]:
    return [(asked, shown) for asked, _, shown in (line.partition(" | ") for line in lines.strip().splitlines())]


def found(asked: str | TextQuery, *lines: str) -> TextFinding:
    """Return what is found among lines that stand far below each other."""
    query = TextQuery(words=asked) if isinstance(asked, str) else asked
    return find_text(query, words((line, 40, 40 + 60 * number) for number, line in enumerate(lines)))


@pytest.mark.parametrize(("asked", "shown"), pairs(ANOTHER))
def test_another_word_or_number_is_not_what_was_asked_for(asked: str, shown: str) -> None:
    assert found(asked, "Help", shown, "Cancel").answer == "not_seen"


@pytest.mark.parametrize(("asked", "shown"), pairs(DOUBTFUL))
def test_a_near_miss_is_unclear(asked: str, shown: str) -> None:
    finding = found(asked, "Help", shown, "Cancel")
    assert (finding.answer, finding.nearest) == ("unclear", shown)


@pytest.mark.parametrize(("asked", "shown"), pairs(SHOWN))
def test_whole_words_are_seen_however_long_their_line_is(asked: str, shown: str) -> None:
    assert found(asked, "Help", shown, "Cancel").answer == "seen"


@pytest.mark.parametrize(("asked", "shown"), pairs(ANOTHER))
def test_what_stands_there_to_the_letter_is_seen(asked: str, shown: str) -> None:
    assert {found(text, "Help", line).answer for text in (asked, shown) for line in (text, f"Now {text}.")} == {"seen"}


def test_words_that_are_seen_often_are_seen() -> None:
    finding = found("Saved", "Saved at 10:30", "Saved at 10:40")
    assert finding.answer == "seen"
    assert len(finding.places) == 2


def test_one_good_place_outweighs_a_near_miss() -> None:
    assert found("Saved", "not saved", "Saved").answer == "seen"


def test_another_text_is_named() -> None:
    assert found("Order 1234", "Order 1235", "Help").nearest == "Order 1235"
    assert not found("Order 1234", "Help").nearest


def test_a_wrapped_line_reads_on() -> None:
    lines = words([("The file could not be", 40, 40), ("saved to the folder", 40, 64), ("Notes of today", 40, 88)])
    assert find_text(TextQuery(words="not be saved to"), lines).answer == "seen"
    assert find_text(TextQuery(words="saved"), lines).answer == "unclear"


def test_entries_of_a_list_do_not_read_on() -> None:
    lines = words([("Save", 40, 40), ("as a template for all", 40, 64), ("Don't save", 40, 88), ("Cancel", 40, 112)])
    assert find_text(TextQuery(words="Save as"), lines).answer == "not_seen"
    assert find_text(TextQuery(words="Cancel"), lines).answer == "seen"


def test_labels_beside_each_other_do_not_read_on() -> None:
    buttons = words([("Not now", 40, 40), ("Later", 200, 40)])
    assert find_text(TextQuery(words="Later"), buttons).answer == "seen"
    assert find_text(TextQuery(words="now later"), buttons).answer == "not_seen"


def test_a_line_that_was_read_in_two_pieces_reads_on() -> None:
    pieces = words([("Saved", 40, 40), ("number 12", 90, 40)])
    assert find_text(TextQuery(words="Saved number 12"), pieces).answer == "seen"


@pytest.mark.parametrize(
    ("count", "clear", "with_near_miss"),
    [(1, "not_seen", "not_seen"), (2, "seen", "unclear"), (3, "not_seen", "unclear"), (4, "not_seen", "not_seen")],
)
def test_a_count_is_exact(count: int, clear: str, with_near_miss: str) -> None:
    query = TextQuery(words="Saved", count=count)
    assert found(query, "Saved", "Saved today", "Help").answer == clear
    assert found(query, "Saved", "Saved today", "not saved").answer == with_near_miss


def test_capitals_count_on_request() -> None:
    assert found(TextQuery(words="Save", case=True), "SAVE").answer == "not_seen"
    assert found(TextQuery(words="Save", case=True), "Save").answer == "seen"


def test_a_capital_that_is_drawn_like_the_small_letter_is_a_near_miss() -> None:
    assert found(TextQuery(words="OK", case=True), "Ok").answer == "unclear"


def test_a_region_leaves_out_the_rest() -> None:
    top = Box(left=0, top=0, right=1, bottom=0.15)
    assert found(TextQuery(words="Saved", within=top), "Help", "Saved").answer == "not_seen"
    assert found(TextQuery(words="Help", within=top), "Help", "Saved").answer == "seen"


def test_a_pattern_is_searched_for_in_each_line() -> None:
    assert found(TextQuery(words=r"order \d{4}\b", pattern=True), "Order 1235 is open").answer == "seen"
    assert found(TextQuery(words=r"order \d{5}\b", pattern=True), "Order 1235 is open").answer == "not_seen"


@pytest.mark.slow
def test_a_pattern_that_takes_too_long_is_unclear() -> None:
    started = time.monotonic()
    assert found(TextQuery(words=r"(a|a)*$", pattern=True), *[f"{'a' * 60}!"] * 8).answer == "unclear"
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("query", [{"words": " "}, {"words": "(", "pattern": True}, {"words": "a", "count": 0}])
def test_a_query_that_asks_for_nothing_is_refused(query: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TextQuery.model_validate(query)


def test_letters_that_the_reader_does_not_know_are_not_said_to_be_absent() -> None:
    assert found("Сохранено", "Help").answer == "unclear"
    assert found("x ÷ 2", "Help").answer == "unclear"


@pytest.mark.slow
def test_noise_takes_bounded_time() -> None:
    noise = [("Il1|rn cl0 " * 6, 40, 22 * number) for number in range(300)]
    screen = words(noise, size=Size(width=1000, height=6700))
    started = time.monotonic()
    find_text(TextQuery(words="Il1 rn"), screen)
    assert time.monotonic() - started < 20


@dataclass
class BlurredReader:
    """Reads modern for modem unless it is shown a larger picture."""

    sharp: str
    looked: list[int] = field(default_factory=list)

    def read(self, screenshot: Screenshot) -> list[Word]:
        self.looked.append(screenshot.size.width)
        text = "modern" if screenshot.size.width == 640 and len(self.looked) == 1 else self.sharp
        return [Word(text=text, box=Box(left=0.4, top=0.4, right=0.5, bottom=0.43))]


@pytest.mark.parametrize(("sharp", "answer"), [("modem", "seen"), ("modern", "unclear")])
def test_a_near_miss_is_looked_at_again_enlarged(sharp: str, answer: str) -> None:
    reader = BlurredReader(sharp)
    assert TextTest(reader).look(TextQuery(words="modem"), Drawing().screenshot).answer == answer
    assert len(reader.looked) > 1


def test_a_negation_is_not_looked_at_again() -> None:
    reader = DrawnReader()
    screenshot = reader.screen(Drawing().text("not saved", 40, 40))
    assert TextTest(reader).look(TextQuery(words="saved"), screenshot).answer == "unclear"
    assert reader.reads == 1


@pytest.mark.slow
def test_a_picture_is_read_and_tested() -> None:
    drawing = Drawing(zoom=1.2).text("Orders", 40, 40).text("Saved number 12: Acme 6", 40, 90)
    drawing.text("Two orders are open. Bikes are not allowed.", 40, 140).text("Order 1235", 40, 190)
    test, screen = TextTest(ScreenReader(threads=2)), drawing.screenshot
    asked = ("Saved", "Acme 6", "Saved number", "orders are open", "Order 1234", "Order 1235", "allowed", "Unsaved")
    answers = {text: test.look(TextQuery(words=text), screen).answer for text in asked}
    assert answers == {
        **dict.fromkeys(("Saved", "Acme 6", "Saved number", "orders are open", "Order 1235"), "seen"),
        **dict.fromkeys(("Order 1234", "Unsaved"), "not_seen"),
        "allowed": "unclear",
    }


def unsure(text: str, confidence: float) -> TextFinding:
    """Return what is found of "Connection", "5" or "+5" if `text` was read with this confidence."""
    asked = "Connection" if text.isalpha() else text
    read = [word.model_copy(update={"confidence": confidence}) for word in words([(text, 40, 40)])]
    return find_text(TextQuery(words=asked), read)


@pytest.mark.parametrize(
    ("text", "confidence", "answer"),
    [
        ("5", 0.4, "unclear"),
        ("5", 0.9, "seen"),
        ("+5", 0.75, "unclear"),
        ("+5", 0.95, "seen"),
        ("Connechion", 0.9, "unclear"),
        ("Connechion", 0.99, "not_seen"),
    ],
)
def test_what_was_read_unsurely_is_unclear(text: str, confidence: float, answer: str) -> None:
    assert unsure(text, confidence).answer == answer


def test_a_round_letter_of_a_long_word_may_be_misread() -> None:
    assert found("Preferences", "Preferonces").answer == "unclear"
    assert found("Iceland", "Ireland").answer == "not_seen"
