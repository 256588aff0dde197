"""A report as a reader uses it: opened in Chromium, walked through by key, replayed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from screenagent.runs.report.html import write_html
from tests.browser import CHROMIUM, Tab, chromium
from tests.console.told_runs import record, whole_run

pytestmark = [pytest.mark.display, pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")]

CURRENT = "document.querySelector('.card.current').id"
SHOWN = "document.querySelector('.card.current').dataset.show"
FRAME = "Number(document.querySelector('.player').dataset.at)"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with chromium(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run; it is read, and nothing of it changes."""
    folder = tmp_path_factory.mktemp("report")
    return write_html(record(folder / "run", whole_run()), folder / "run.html")


@pytest.fixture
def report(browser: Tab, page: Path) -> Tab:
    """The page of a run, just opened."""
    browser.resize(1280, 800)
    browser.open("about:blank")
    browser.complaints.clear()
    browser.requests.clear()
    browser.open(page.as_uri())
    return browser


def test_opening_a_report_asks_for_nothing_and_complains_of_nothing(report: Tab) -> None:
    asked = [url for url in report.requests if not url.startswith("data:")]
    assert [url.rpartition("/")[2] for url in asked] == ["run.html"]
    assert report.complaints == []


def test_every_picture_is_shown(report: Tab) -> None:
    assert report.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    assert report.evaluate("document.images.length") == 16


def test_j_and_k_walk_through_the_steps(report: Tab) -> None:
    seen = [report.evaluate(CURRENT)]
    for key in ("j", "j", "ArrowRight", "k", "ArrowLeft", "End", "j", "Home", "k"):
        report.press(key)
        seen.append(report.evaluate(CURRENT))
    assert [int(step.removeprefix("step-")) for step in seen] == [1, 2, 3, 4, 3, 2, 6, 6, 1, 1]
    assert report.evaluate("document.querySelectorAll('.strip a.current').length") == 1


def test_the_step_walked_to_is_in_sight(report: Tab) -> None:
    report.press("j")
    report.press("j")
    top = report.evaluate("document.querySelector('#step-3').getBoundingClientRect().top")
    assert 0 < top < 200


def test_scrolling_by_hand_changes_the_current_step(report: Tab) -> None:
    report.call("Input.dispatchMouseEvent", type="mouseWheel", x=600, y=600, deltaX=0, deltaY=1500)
    report.until(f"{CURRENT} !== 'step-1'")


def test_a_turns_between_before_and_after(report: Tab) -> None:
    visible = "getComputedStyle(document.querySelector('#step-1 .screen.{}')).visibility"
    sides = []
    for _ in range(3):
        sides.append((report.evaluate(SHOWN), *(report.evaluate(visible.format(side)) for side in ("before", "after"))))
        report.press("a")
    assert sides == [("before", "visible", "hidden"), ("after", "hidden", "visible"), ("before", "visible", "hidden")]


def test_a_click_on_after_shows_what_came_of_it(report: Tab) -> None:
    report.press("j")
    report.click("#step-2 [data-do=after]")
    assert report.evaluate(SHOWN) == "after"


def test_a_click_on_the_strip_goes_to_that_step(report: Tab) -> None:
    report.click(".strip li:nth-child(4) a")
    assert report.evaluate(CURRENT) == "step-4"


def test_a_link_to_a_step_opens_there(report: Tab) -> None:
    report.evaluate("location.hash = '#step-5'")
    report.reload()
    report.until("document.querySelector('.card.current')?.id === 'step-5'")


def test_the_marker_is_where_the_target_was_found(report: Tab) -> None:
    place = report.evaluate(
        "(() => { const screen = document.querySelector('#step-1 .screen.before').getBoundingClientRect();"
        "const aim = document.querySelector('#step-1 .aim').getBoundingClientRect();"
        "return [(aim.left - screen.left) / screen.width, (aim.top - screen.top) / screen.height] })()"
    )
    assert place == pytest.approx([0.1, 0.1], abs=0.002)


def test_the_replay_is_stepped_through_by_key(report: Tab) -> None:
    report.press("p")
    report.press(" ")
    frames = [report.evaluate(FRAME)]
    captions = [report.evaluate("document.querySelector('.caption').innerText")]
    for _ in range(6):
        report.press("ArrowRight")
        frames.append(report.evaluate(FRAME))
        captions.append(report.evaluate("document.querySelector('.caption').innerText"))
    assert frames == [0, 1, 2, 3, 4, 5, 5]
    assert captions[0] == "1 / 6 click “File”"
    assert captions[4] == "5 / 6 drag “the file” to “the folder”"


def test_the_replay_plays_to_the_end_by_itself_and_stops(report: Tab) -> None:
    report.press("p")
    for _ in range(3):
        report.press("+")
    report.until(f"{FRAME} === 5 && !document.querySelector('.player').classList.contains('playing')")


def test_closing_the_replay_leaves_the_reader_at_the_step_it_had_come_to(report: Tab) -> None:
    report.press("p")
    report.press(" ")
    report.press("ArrowRight")
    report.press("ArrowRight")
    report.click(".player [data-do=close]")
    report.until(f"{CURRENT} === 'step-3'")
    assert not report.evaluate("document.querySelector('.player').open")


@pytest.mark.parametrize("width", [360, 768, 1100, 1600])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_sticks_out_of_the_page(report: Tab, width: int, dark: bool) -> None:
    report.resize(width, 800, dark=dark)
    assert report.evaluate("document.documentElement.scrollWidth") <= width
    widest = report.evaluate(
        "Math.max(...[...document.querySelectorAll('.card')].map(c => c.scrollWidth - c.clientWidth))"
    )
    assert widest <= 0


def test_whatever_became_of_a_step_its_card_stands_below_the_one_before(report: Tab) -> None:
    edges = report.evaluate(
        "[...document.querySelectorAll('.card')].map(c => [c.offsetTop, c.offsetTop + c.offsetHeight])"
    )
    assert len(edges) > 4
    assert all(top >= bottom for (_, bottom), (top, _) in pairwise(edges)), edges


def test_the_page_follows_the_readers_colour_scheme(report: Tab) -> None:
    colours = []
    for dark in (False, True):
        report.resize(1280, 800, dark=dark)
        colours.append(report.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(244, 245, 248)", "rgb(14, 17, 22)"]
