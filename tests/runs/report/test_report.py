"""What a report tells of a run, and that it does so wherever it is opened, whatever the screen said."""

from __future__ import annotations

import re
from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from screenagent.actions import Click, describe
from screenagent.events import (
    Approve,
    Decided,
    Decision,
    Ended,
    Event,
    Observed,
    Plan,
    PlannedStep,
    Rested,
    Reviewed,
    Started,
    Thought,
)
from screenagent.geometry import Location, Point
from screenagent.runs.report import gif as gif_of
from screenagent.runs.report.gif import LARGEST, WIDTHS, write_gif
from screenagent.runs.report.html import write_html
from screenagent.runs.report.story import Story
from screenagent.runs.store import read_events
from screenagent.screenshot import Screenshot
from screenagent.usage import Usage
from tests.console.told_runs import record, screen, whole_run

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'`{{ 7*7 }}"


class Outline(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def having(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(attribute))]

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def page(tmp_path: Path, events: list[Event]) -> str:
    return write_html(record(tmp_path / "run", events), tmp_path / "run.html").read_text("utf-8")


def steps_of(events: list[Event]) -> list[str]:
    return [(step.action and describe(step.action)) or "" for step in Story.of(events).episode.steps]


def test_every_step_is_told_with_its_words() -> None:
    assert [(page.number, page.title, page.status) for page in Story.of(whole_run()).pages] == [
        (1, "click “File”", "confirmed"),
        (2, "click “Save As”", "confirmed"),
        (3, "type “notes.txt”", "unchanged"),
        (4, "press enter", "refused"),
        (5, "drag “the file” to “the folder”", "changed"),
        (6, "finish: saved", "finished"),
    ]


def test_a_step_begins_where_the_one_before_it_ended() -> None:
    story = Story.of(whole_run())
    assert [page.began for page in story.pages] == [0.2, *(page.ended for page in story.pages[:-1])]
    assert story.pages[-1].ended == story.seconds == 6.7


def test_what_happened_between_the_lines_belongs_to_its_step() -> None:
    pages = Story.of(whole_run()).pages
    assert [retry.why for retry in pages[1].retries] == ["the dialog may be opening"]
    assert pages[1].told == ("not into the desktop folder",)
    assert [page.number for page in pages if page.new_plan] == [1, 5]


def test_a_page_has_a_card_for_each_step_and_says_what_happened(tmp_path: Path) -> None:
    outline = Outline(page(tmp_path, whole_run()))
    assert outline.having("data-title") == steps_of(whole_run())
    for words in (
        "save it as notes.txt",
        "First the menu, then the dialog.",
        "“Save As” is to be seen",
        "“File” found by text",
        "97 %",
        "that overwrites a file",
        "the dialog may be opening",
        "not into the desktop folder",
        "a tenth of the picture changed",
        "max_steps",
    ):
        assert words in outline.text


def test_a_page_counts_the_steps_and_not_the_end(tmp_path: Path) -> None:
    *events, ended = whole_run()
    approved = Reviewed(at=6.6, verdict=Approve())  # as the end always is, by nobody
    page = write_html(record(tmp_path / "run", [*events, approved, ended]), tmp_path / "report.html").read_text("utf-8")
    assert "<dt>steps</dt><dd>5</dd>" in page
    assert "A plan of 4 steps" in page  # the first plan has no end
    assert "A plan of 2 steps" not in page  # the second is one step and the end
    assert page.count("<dt>Verdict</dt>") == 5


def test_a_page_loads_nothing(tmp_path: Path) -> None:
    html = page(tmp_path, whole_run())
    outline = Outline(html)
    assert "http:" not in html
    assert "https:" not in html
    assert {tag for tag, _ in outline.tags}.isdisjoint({"link", "iframe", "object", "embed", "base"})
    assert all(source.startswith("data:image/webp;base64,") for source in outline.having("src"))
    assert all(target.startswith("#step-") for target in outline.having("href"))
    assert "default-src 'none'" in outline.having("content")[0]


def test_each_picture_is_in_the_page_once_however_often_it_is_shown(tmp_path: Path) -> None:
    outline = Outline(page(tmp_path, whole_run()))
    shown = [attributes for _, attributes in outline.tags if "data-shot" in attributes]
    carried = [attributes["data-shot"] for attributes in shown if "src" in attributes]
    assert len(carried) == len(set(carried)) == 4
    assert {attributes["data-shot"] for attributes in shown} == set(carried)
    assert len(shown) == 10


def test_pictures_in_a_page_are_exact(tmp_path: Path) -> None:
    outline = Outline(page(tmp_path, whole_run()))
    source = next(attributes["src"] for _, attributes in outline.tags if "data-shot" in attributes)
    assert source
    with Image.open(BytesIO(b64decode(source.partition(",")[2]))) as image:
        assert ImageChops.difference(image.convert("RGB"), screen("start").pixels).getbbox() is None


def hostile_run() -> list[Event]:
    plan = Plan(steps=(PlannedStep(action=Click(target=HOSTILE)), PlannedStep(action=Click(target="x"))))
    return [
        Started(task=HOSTILE),
        Observed(screenshot=screen("x", title=HOSTILE)),
        Thought(text=HOSTILE),
        Decided(decision=Decision(plan=plan)),
        Rested(location=Location(point=Point(x=0.1, y=0.1), confidence=0, by="tooltip"), told=HOSTILE),
        Ended(result="crashed", message=HOSTILE),
    ]


def test_what_a_screen_says_stays_text(tmp_path: Path) -> None:
    plain = Outline(page(tmp_path / "plain", [*whole_run()[:2], *whole_run()[4:5], Ended(result="crashed")]))
    hostile = Outline(page(tmp_path / "hostile", hostile_run()))
    assert hostile.count("script") == plain.count("script") == 1
    assert hostile.having("onerror") == []
    assert hostile.text.count(HOSTILE) >= 5
    assert HOSTILE in hostile.having("data-title")[0]


def test_a_page_tells_what_tooltips_said(tmp_path: Path) -> None:
    place = Location(point=Point(x=0.1, y=0.1), confidence=0, by="tooltip")
    plan = Plan(steps=(PlannedStep(action=Click(target="print it")),))
    asked: list[Event] = [
        Decided(decision=Decision(plan=plan)),
        Rested(location=place, told="Print"),
        Rested(location=place),
    ]
    outline = Outline(page(tmp_path, [*whole_run()[:2], *asked, Ended(result="gave_up")]))
    assert "Print; none" in outline.text


def test_a_page_runs_only_its_own_script(tmp_path: Path) -> None:
    policy = Outline(page(tmp_path, whole_run())).having("content")[0]
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]{44}'", policy)
    assert "unsafe-eval" not in policy
    assert "script-src 'unsafe-inline'" not in policy


@pytest.mark.parametrize("length", range(len(whole_run()) + 1))
def test_a_run_can_be_reported_from_wherever_it_broke_off(tmp_path: Path, length: int) -> None:
    events = whole_run()[:length]
    folder = record(tmp_path / "run", events)
    html = write_html(folder, tmp_path / "run.html").read_text("utf-8")
    assert Outline(html).having("data-title") == [words or "no decision" for words in steps_of(events)]
    if any(isinstance(event, Observed) for event in events):
        write_gif(folder, tmp_path / "run.gif")


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (Ended(result="stopped"), "stopped"),
        (Ended(result="crashed", message="ValueError: no such key"), "ValueError: no such key"),
        (Ended(result="gave_up", message="no such menu"), "gave up"),
        (Ended(result="out_of_steps"), "out of steps"),
    ],
)
def test_how_a_run_ended_is_said(tmp_path: Path, ended: Ended, words: str) -> None:
    assert words in Outline(page(tmp_path, [*whole_run()[:10], ended])).text


def test_a_run_that_was_cut_off_says_so(tmp_path: Path) -> None:
    assert "The record ends here" in page(tmp_path, whole_run()[:7])


def test_a_picture_that_was_not_kept_is_said_to_be_missing(tmp_path: Path) -> None:
    folder = record(tmp_path / "run", whole_run())
    for picture in (folder / "screens").iterdir():
        picture.unlink()
    assert "This picture was not kept." in write_html(folder, tmp_path / "run.html").read_text("utf-8")
    with pytest.raises(ValueError, match="holds no picture to show"):
        write_gif(folder, tmp_path / "run.gif")


def frames(path: Path) -> list[tuple[int, Image.Image]]:
    with Image.open(path) as gif:
        found = []
        for number in range(getattr(gif, "n_frames", 1)):
            gif.seek(number)
            found.append((gif.info["duration"], gif.convert("RGB")))
    return found


def test_a_gif_shows_each_step_and_the_end(tmp_path: Path) -> None:
    shown = frames(write_gif(record(tmp_path / "run", whole_run()), tmp_path / "run.gif"))
    assert [duration for duration, _ in shown] == [1600, 1600, 1600, 1600, 1600, 3200]


def test_the_screens_colours_are_the_same_in_every_frame_of_a_gif(tmp_path: Path) -> None:
    shown = frames(write_gif(record(tmp_path / "run", whole_run()), tmp_path / "run.gif"))
    for at, exact in (((300, 10), (0x33, 0x55, 0x66)), ((300, 100), (255, 255, 255))):
        [colour] = {image.convert("RGB").getpixel(at) for _, image in shown}
        assert colour == pytest.approx(exact, abs=10)


@pytest.mark.slow
def test_a_gif_of_a_long_run_shows_frames_at_even_distances_and_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gif_of, "MOST_FRAMES", 5)
    run = record(tmp_path / "run", whole_run())
    whole = gif_of.frames_of(Story.of(whole_run()))
    told: list[str] = []
    shown = frames(write_gif(run, tmp_path / "run.gif", told=told.append))
    assert len(whole) > len(shown) == 5
    assert shown[-1][0] == gif_of.LAST_MS
    assert told[:2] == ["the GIF: picture 1 of 5", "the GIF: picture 2 of 5"]


def test_a_gif_of_a_large_screen_is_made_smaller(tmp_path: Path) -> None:
    large = Screenshot.of(Image.new("RGB", (3840, 2160), "navy"))
    gif = write_gif(record(tmp_path / "run", [Started(task="look"), Observed(screenshot=large)]), tmp_path / "run.gif")
    assert frames(gif)[0][1].width == WIDTHS[0]


@pytest.mark.slow
def test_a_gif_that_would_be_too_large_is_made_narrower(tmp_path: Path) -> None:
    noise = [Screenshot.of(Image.effect_noise((960, 540), 50 + number).convert("RGB")) for number in range(8)]
    plan = Plan(steps=(PlannedStep(action=Click(target="it")),))
    events: list[Event] = [Started(task="look")]
    for shot in noise:
        events += [Observed(screenshot=shot), Decided(decision=Decision(plan=plan)), *whole_run()[29:30]]
    gif = write_gif(record(tmp_path / "run", events), tmp_path / "run.gif")
    assert gif.stat().st_size <= LARGEST
    assert frames(gif)[0][1].width < WIDTHS[0]


def test_a_recorded_run_tells_the_same_story_as_its_events(tmp_path: Path) -> None:
    assert Story.of(read_events(record(tmp_path / "run", whole_run()))) == Story.of(whole_run())


def test_seconds_beyond_all_numbers_are_shown(tmp_path: Path) -> None:
    usage = Usage(seconds={"act": 1.5e308})
    assert "act ∞" in page(tmp_path, [event.model_copy(update={"usage": usage}) for event in whole_run()])
