"""The page as a person uses it: opened in Chromium, looked at, answered by key."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from screenagent.actions import Click, Drag
from screenagent.cli.web import file_that_leads_to
from screenagent.desktop import NoDesktop
from screenagent.desktop.desk import Desk
from screenagent.events import Reject
from screenagent.geometry import Pixel
from screenagent.screenshot import Screenshot, Window
from screenagent.sessions.waiting import settle
from screenagent.web.desk_looks import DeskLook, DeskLooks
from screenagent.web.overview import Overview
from tests.browser import CHROMIUM, Tab, chromium
from tests.builders import Drawing, eventually
from tests.console.console_runs import DONE, SAVE, SAVE_AT, SIZE
from tests.web.live_runs import RUN, LiveStage, ServedPage, served
from tests.web.overviews import LIVE, Waits, a_desk, a_status, drawn_look
from tests.web.test_serving import verdicts

pytestmark = [pytest.mark.display, pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")]

MARKUP = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"
AXE = "axe-core@4.14.1"
ASKED = "!document.getElementById('asking').hidden"
LISTENS = f"{ASKED} && document.querySelector('[data-what=approve][aria-disabled=false]')"
PAINTED = "document.getElementById('screen').style.visibility === 'visible'"
LISTED = "document.querySelector('#entries .shot img[src]') && document.querySelector('#desks .shot img[src]')"
CALM = "document.querySelector('#entries [data-what=skip][aria-disabled=false]')"
UNTIL_POSTED = """
    const real = fetch;
    let posted = false;
    window.fetch = (url, options) => {
        posted ||= options.method === "POST";
        return url === "/waits" && !posted ? new Promise(() => {}) : real(url, options);
    };
"""
"""The list learns nothing new before something is sent."""
OVER = "document.getElementById('banner').textContent.startsWith('The run is over')"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with chromium(tmp_path_factory.mktemp("profile")) as tab:
        tab.call("Emulation.setFocusEmulationEnabled", enabled=True)
        yield tab


@contextmanager
def opened(
    browser: Tab, stage: LiveStage, *, answers: bool = True, only: str | None = RUN, overview: Overview | None = None
) -> Iterator[ServedPage]:
    """The page of a run, or the list of them, just opened."""
    browser.resize(1280, 860)
    browser.open("about:blank")
    browser.complaints.clear()
    browser.requests.clear()
    with stage, served(stage, answers=answers, only=only, overview=overview) as server:
        browser.open(server.link)
        yield server


def text(browser: Tab, id: str) -> str:
    return str(browser.evaluate(f"document.getElementById({json.dumps(id)}).innerText"))


def hostile_screen(_performed: int) -> Screenshot:
    window = Window(id=1, title=MARKUP, app="editor")
    return Drawing(320, 180, window=window).button("Save", 130, 90).screenshot


def test_text_from_screens_and_models_stays_text_and_nothing_leaves_the_origin(browser: Tab) -> None:
    stage = LiveStage(
        Click(target=MARKUP), DONE, task=MARKUP, thought=MARKUP, screen=hostile_screen, places={MARKUP: SAVE_AT}
    )
    with opened(browser, stage) as server:
        browser.until(f"{LISTENS} && {PAINTED}")
        for place in ("task", "facts", "thought", "ask-lines", "rows"):
            assert MARKUP in text(browser, place), place
        assert browser.evaluate("document.querySelectorAll('img[onerror], main script').length") == 0
        assert browser.evaluate("document.title").startswith("asks you")
        assert server.tokens[0] not in browser.evaluate("location.href")
        assert {urlsplit(url).netloc for url in browser.requests if not url.startswith("blob:")} == {
            f"127.0.0.1:{server.port}"
        }
        assert not browser.complaints


def test_keys_of_the_first_half_second_are_no_answers(browser: Tab) -> None:
    with opened(browser, stage := LiveStage()):
        browser.until(ASKED)
        for _ in range(3):
            browser.press("y")
        assert not stage.desktop.performed
        browser.until(LISTENS)
        browser.press("y")
        browser.until(OVER)
        assert stage.desktop.performed == [SAVE]


def test_arrow_keys_move_the_point_and_the_click_goes_there(browser: Tab) -> None:
    with opened(browser, stage := LiveStage()):
        browser.until(f"{LISTENS} && {PAINTED}")
        browser.press("ArrowRight")
        browser.press("ArrowDown")
        browser.press("ArrowDown")
        assert text(browser, "ask-moved") == "at (161, 92), moved from (160, 90)"
        browser.until(LISTENS)
        browser.press("y")
        browser.until(OVER)
        assert stage.desktop.places[0][0].pixel(SIZE) == Pixel(x=161, y=92)


def test_a_click_into_the_picture_moves_the_place_that_is_chosen(browser: Tab) -> None:
    with opened(browser, stage := LiveStage(Drag(path=("Save", "Trash")), DONE)):
        browser.until(f"{LISTENS} && {PAINTED}")
        browser.press("p")
        browser.click("#screen")
        browser.until(LISTENS)
        browser.press("y")
        browser.until(OVER)
        first, second = stage.desktop.places[0]
        assert first == SAVE_AT
        middle = second.pixel(SIZE)
        assert abs(middle.x - SIZE.width // 2) <= 1
        assert abs(middle.y - SIZE.height // 2) <= 1


def test_a_no_says_why(browser: Tab) -> None:
    with opened(browser, stage := LiveStage()):
        browser.until(ASKED)
        browser.press("n")  # which counts at once
        browser.until("document.getElementById('prompt').open")
        browser.call("Input.insertText", text="not this one")
        browser.call(
            "Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", text="\r", windowsVirtualKeyCode=13
        )
        browser.until(OVER)
        assert verdicts(stage)[0] == Reject(reason="not this one")


def test_a_page_that_watches_offers_nothing_to_press(browser: Tab) -> None:
    with opened(browser, stage := LiveStage(), answers=False):
        browser.until(f"{ASKED} && {PAINTED}")
        assert browser.evaluate("document.querySelectorAll('#answers button, #steer button').length") == 0
        browser.press("Escape")
        browser.press("y")
        assert "only watches" in text(browser, "holding")
        assert not stage.control.stopped


def test_escape_stops_and_the_page_says_so(browser: Tab) -> None:
    with opened(browser, stage := LiveStage()):
        browser.until(ASKED)
        browser.press("Escape")
        browser.until(OVER)
        assert "stopped" in text(browser, "banner")
        eventually(lambda: stage.is_over)
        assert not stage.desktop.performed


def test_a_link_that_was_used_says_so(browser: Tab) -> None:
    with opened(browser, LiveStage()) as server:
        browser.until(ASKED)
        browser.evaluate("sessionStorage.clear()")
        browser.open("about:blank")
        browser.open(f"http://127.0.0.1:{server.port}/#{server.tokens[0]}")
        browser.until("!document.getElementById('banner').hidden")
        assert "used already" in text(browser, "banner")


def test_without_a_run_the_page_lists_those_that_are_live(browser: Tab) -> None:
    with opened(browser, LiveStage(), only=None):
        browser.until("document.querySelector('#runs button')")
        assert "save it" in text(browser, "runs")
        browser.click("#runs button")
        browser.until(ASKED)


@pytest.fixture
def waits(tmp_path: Path) -> Waits:
    """A row, a missed question, a live one and three desks, with markup in their texts; the last desk is silent."""
    waits = Waits(tmp_path, clock=time.monotonic, live=[LIVE.model_copy(update={"what": MARKUP})])
    waits.desks += [a_desk(), a_desk("office"), a_desk("hangs")]

    def look(desk: Desk) -> DeskLook:
        if desk.name == "hangs":
            raise NoDesktop("it does not answer")
        return DeskLook(a_status(desk, at_work=MARKUP), why="busy") if desk.name == "office" else drawn_look(desk)

    waits.looks = DeskLooks(lambda: waits.desks, look)
    return waits


def test_what_waits_is_settled_by_key_in_the_list_and_whoever_is_second_is_told(browser: Tab, waits: Waits) -> None:
    with opened(browser, LiveStage(), only=None, overview=waits.overview):
        browser.until(LISTED)
        assert MARKUP in text(browser, "entries")
        assert MARKUP in text(browser, "desks")
        browser.evaluate("document.querySelector('#entries [data-what=dismiss]').focus()")
        browser.until(CALM)
        browser.press("d")
        browser.until(f"document.querySelectorAll('#entries li').length === 2 && {CALM}")
        browser.evaluate(f"(() => {{ {UNTIL_POSTED} document.querySelector('#entries [data-what=skip]').focus() }})()")
        settle(waits.night.inbox, waits.night.row, "done")
        browser.press("s")
        browser.until("document.getElementById('toast').textContent.includes('settled already')")
        browser.until("document.querySelectorAll('#entries li').length === 1")
        browser.click("#entries [data-what=open]")
        browser.until(ASKED)


def test_keys_of_the_first_half_second_of_a_list_settle_nothing(browser: Tab, waits: Waits) -> None:
    with opened(browser, LiveStage(), only=None, overview=waits.overview):
        browser.until("document.querySelector('#entries [data-what=skip]')")
        browser.evaluate("document.querySelector('#entries [data-what=skip]').focus()")
        for _ in range(3):
            browser.press("s")
        assert not [url for url in browser.requests if "/wait/" in url and not url.endswith("/picture")]
        assert waits.night.rows


def test_a_private_file_leads_a_browser_to_the_page(browser: Tab) -> None:
    with opened(browser, LiveStage()) as server, file_that_leads_to(server.link) as address:
        browser.evaluate("sessionStorage.clear()")
        browser.open(address)
        browser.until(f"location.protocol === 'http:' && {ASKED}")


@pytest.mark.soak
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280, 3840])
def test_axe_finds_nothing(browser: Tab, axe: str, width: int, dark: bool) -> None:
    with opened(browser, LiveStage(Drag(path=("Save", "Trash")), DONE)):
        browser.resize(width, 900, dark=dark)
        browser.until(f"{LISTENS} && {PAINTED}")
        assert violations(browser, axe) == [], "with a question"
        browser.evaluate("document.getElementById('show-keys').click()")
        assert violations(browser, axe) == [], "with the list of keys"
        browser.evaluate("document.getElementById('keys').close()")
        browser.press("n")
        assert violations(browser, axe) == [], "with a line to fill in"
        browser.evaluate("document.getElementById('prompt').close('')")
        browser.until(LISTENS)
        browser.press("y")
        browser.until(OVER)
        browser.evaluate("document.querySelector('#rows button').click()")
        browser.until("!document.getElementById('follow').hidden")
        assert violations(browser, axe) == [], "after the end, at an earlier step"


@pytest.mark.soak
def test_axe_finds_nothing_in_the_list_of_runs(browser: Tab, axe: str) -> None:
    with opened(browser, LiveStage(), only=None):
        browser.until("document.querySelector('#runs button')")
        assert violations(browser, axe) == []


@pytest.mark.soak
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_in_the_inbox_and_the_desks(
    browser: Tab, axe: str, waits: Waits, width: int, dark: bool
) -> None:
    with opened(browser, LiveStage(), only=None, overview=waits.overview):
        browser.resize(width, 900, dark=dark)
        browser.until(f"{LISTED} && {CALM}")
        assert violations(browser, axe) == []
        assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
        browser.evaluate("document.querySelector('#entries [data-what=continue]').click()")
        browser.until("document.getElementById('saying').open")
        assert violations(browser, axe) == [], "with the command of the play"
        browser.evaluate("document.getElementById('saying').close()")
        browser.evaluate("document.querySelector('#entries .shot').click()")
        browser.until("document.getElementById('larger-view').open")
        assert violations(browser, axe) == [], "with the picture"


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, which is fetched: it has more bytes than the page and all of its tests."""
    folder = tmp_path_factory.mktemp("axe")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed, which fetches axe-core")
    subprocess.run(("npm", "pack", "--silent", AXE), cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=120)
    (packed,) = folder.glob("*.tgz")
    subprocess.run(("tar", "xzf", packed, "package/axe.min.js"), cwd=folder, check=True)
    return (folder / "package" / "axe.min.js").read_text("utf-8")


def violations(browser: Tab, axe: str) -> list[str]:
    browser.evaluate(f"{axe};0")
    found = browser.evaluate("axe.run().then(found => JSON.stringify(found.violations))")
    return [f"{broken['id']}: {[node['html'][:200] for node in broken['nodes']]}" for broken in json.loads(found)]
