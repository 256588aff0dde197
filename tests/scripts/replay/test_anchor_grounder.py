"""How a replay finds a target again: on drawn screens, where the truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from screenagent.agent import drive
from screenagent.fakes import FakeDesktop, FakeGrounder, FakeReader, ScriptedPlanner
from screenagent.geometry import Absent, Box, Doubt, Location, Pixel, Point, Size
from screenagent.screenshot import Screenshot, Window
from screenagent.scripts import Anchor, Anchors
from screenagent.scripts.file import parsed
from screenagent.scripts.replay import Replay
from screenagent.scripts.replay.anchor_grounder import AnchorGrounder
from screenagent.scripts.replay.appearance import Appearance
from tests.builders import Drawing, DrawnReader, ScriptedGrounder, fake_agent

SIZE = Size(width=800, height=600)
Row = tuple[str, str]

ROWS: tuple[Row, ...] = (("Ada", "12.50"), ("Bob", "7.00"), ("Cleo", "99.00"))


@dataclass
class AnchorScene:
    """A grounder whose script has one anchor, taken off the drawing `before`; other screens are then looked at."""

    anchors: Anchors
    reader: DrawnReader
    configured: FakeGrounder
    pointed: FakeGrounder | None = None

    def find(self, drawing: Drawing, *, target: str = "it") -> Location | Absent:
        grounder = AnchorGrounder(
            self.anchors, lambda: {target: "it"}, self.reader, self.configured, self.pointed or self.configured
        )
        return grounder.locate(target, self.reader.screen(drawing))


@pytest.fixture
def scene(tmp_path: Path) -> AnchorScene:
    return AnchorScene(Anchors(tmp_path / "it.anchors"), DrawnReader(), FakeGrounder({}))


def record(
    scene: AnchorScene,
    drawing: Drawing,
    at: tuple[int, int],
    *,
    box: tuple[int, int, int, int] | None = None,
    target: str = "it",
    tips: Sequence[Box] = (),
) -> Anchor:
    shown = scene.reader.screen(drawing).model_copy(update={"moving": tuple(tips)})
    point = Point.of_pixel(Pixel(x=at[0], y=at[1]), SIZE)
    bounds = Box.of_pixels(box, SIZE) if box else None
    captured = Appearance.capture(target, shown, point, words=scene.reader.read(shown), box=bounds)
    scene.anchors.write("it", captured.anchor, captured.picture)
    return captured.anchor


def screen(**look: Any) -> Drawing:
    return Drawing(SIZE.width, SIZE.height, **look)


def form(*, zoom: float = 1.0, dark: bool = False, dx: int = 0, dy: int = 0, window: Window | None = None) -> Drawing:
    drawing = screen(zoom=zoom, dark=dark, window=window)
    for label, y in (("Name", 60), ("Town", 100)):
        drawing.centred(label, 80 + dx, y + dy).entry("", 140 + dx, y + dy, width=160)
    return drawing.button("Save", 75 + dx, 160 + dy).button("Cancel", 195 + dx, 160 + dy)


def table(rows: Sequence[Row] = ROWS) -> Drawing:
    """A row each, with a button at its far end that looks like all the others."""
    drawing = screen()
    for number, (name, amount) in enumerate(rows):
        y = 80 + 40 * number
        drawing.centred(name, 60, y)
        drawing.centred(amount, 200, y)
        drawing.button("Pay", 455, y)
    return drawing


def menu(
    *, dy: int = 0, misread: str = "", entries: Sequence[str] = ("Open", "Save As...", "Print"), **look: Any
) -> Drawing:
    """Entries below each other; with `misread` one is read so that is written otherwise."""
    drawing = screen(**look)
    for number, entry in enumerate(entries):
        drawing.text(entry, 60, 80 + 30 * number + dy)
        drawing.text(f"Ctrl+{entry[0]}", 360, 80 + 30 * number + dy)
    drawing.words = [
        word.model_copy(update={"text": misread}) if word.text[:2] == misread[:2] else word for word in drawing.words
    ]
    return drawing


def hit(found: Location | Absent, x: float, y: float, *, within: float = 12) -> bool:
    if isinstance(found, Absent):
        return False
    pixel = found.point.pixel(SIZE)
    return abs(pixel.x - x) <= within and abs(pixel.y - y) <= within


def test_what_has_not_moved_is_found_without_reading(scene: AnchorScene) -> None:
    record(scene, form(), (120, 160))
    scene.reader.reads = 0
    found = scene.find(form())
    assert hit(found, 120, 160, within=0)
    assert isinstance(found, Location)
    assert (found.by, scene.reader.reads) == ("patch", 0)


def test_what_has_moved_is_found_elsewhere(scene: AnchorScene) -> None:
    record(scene, form(), (120, 160))
    found = scene.find(form(dx=211, dy=97))
    assert hit(found, 331, 257, within=0)
    assert isinstance(found, Location)
    assert found.by == "patch elsewhere"


@pytest.mark.parametrize(
    "changed", [form(dark=True), form(zoom=1.25), form(zoom=1.25, dark=True), form(zoom=0.8, dx=30)]
)
def test_another_theme_or_size_is_no_other_target(scene: AnchorScene, changed: Drawing) -> None:
    record(scene, form(), (120, 160))
    dx = 30 if changed.zoom == 0.8 else 0
    assert hit(scene.find(changed), (120 + dx) * changed.zoom, 160 * changed.zoom)


@pytest.mark.parametrize("changed", [form(), form(dx=100, dy=50), form(dark=True), form(zoom=1.25)])
def test_a_field_without_a_text_is_known_by_what_stands_beside_it(scene: AnchorScene, changed: Drawing) -> None:
    record(scene, form(), (220, 100), box=(140, 88, 300, 112))
    dx, dy = (100, 50) if changed.words[0].box.left > 0.15 and changed.zoom == 1 else (0, 0)
    assert hit(scene.find(changed), (220 + dx) * changed.zoom, (100 + dy) * changed.zoom)


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 1, 0), (1, 2, 0)])
def test_the_button_of_a_row_goes_with_its_row(scene: AnchorScene, order: tuple[int, ...]) -> None:
    record(scene, table(), (500, 80))  # Ada's
    assert hit(scene.find(table([ROWS[index] for index in order])), 500, 80 + 40 * order.index(0), within=0)


def test_the_button_of_another_row_is_not_taken_for_one_that_is_gone(scene: AnchorScene) -> None:
    record(scene, table(), (500, 80))
    assert isinstance(scene.find(table(ROWS[1:])), Absent)
    assert isinstance(scene.find(table(ROWS[1:2])), Absent)


def test_of_two_rows_of_one_name_the_one_that_says_the_same_is_meant(scene: AnchorScene) -> None:
    record(scene, table(), (500, 80))
    assert hit(scene.find(table((("Ada", "3.00"), *ROWS))), 500, 120, within=0)


def test_the_number_of_a_row_tells_less_than_what_it_says(scene: AnchorScene) -> None:
    """The other row of that name stands where the recorded one stood, so the number on its left is the same."""

    def sheet(*rows: Row) -> Drawing:
        drawing = screen()
        for number, (name, town) in enumerate(rows, start=1):
            drawing.centred(str(number), 40, 40 + 40 * number)
            drawing.centred(name, 120, 40 + 40 * number)
            drawing.centred(town, 320, 40 + 40 * number)
        return drawing

    record(scene, sheet(("Ada", "Kiel"), ("Bob", "Bonn"), ("Cleo", "Jena")), (120, 120))
    assert hit(scene.find(sheet(("Ada", "Kiel"), ("Bob", "Trier"), ("Bob", "Bonn"), ("Cleo", "Jena"))), 120, 160)


@pytest.mark.parametrize("changed", [menu(dy=50), menu(dy=50, misread="AsS..."), menu(dy=20, dark=True)])
def test_a_row_that_was_clicked_beyond_its_words_is_known_by_them_though_they_were_misread(
    scene: AnchorScene, changed: Drawing
) -> None:
    anchor = record(scene, menu(misread="AsS..."), (240, 110), target="Save As...")
    assert (anchor.text, [text.text for text in anchor.beside[:1]]) == ("Save AsS...", ["Ctrl+S"])
    found = scene.find(changed)
    row = next(word.box.center.pixel(SIZE).y for word in changed.words if word.text == "Save")
    assert isinstance(found, Location)
    assert abs(found.point.pixel(SIZE).y - row) <= 3


def test_a_row_that_is_gone_is_not_found_by_another_that_begins_like_it(scene: AnchorScene) -> None:
    record(scene, menu(misread="AsS..."), (240, 110), target="Save As...")
    assert isinstance(scene.find(menu(entries=("Open", "Save All", "Print"))), Absent)


def test_a_field_is_known_by_its_label_though_a_letter_of_that_is_misread(scene: AnchorScene) -> None:
    def fields(*names: str) -> Drawing:
        drawing = screen()
        for number, name in enumerate(names):
            drawing.centred(name, 80, 60 + 40 * number).entry("", 160, 60 + 40 * number, width=160 + 20 * number)
        return drawing

    record(scene, fields("Customer", "Town"), (250, 60), box=(160, 45, 320, 75))
    assert hit(scene.find(fields("Custorer", "Town")), 250, 60)
    assert isinstance(scene.find(fields("Contact", "Town")), Absent)
    assert isinstance(scene.find(fields("Custorer", "Customer")), Absent)


def test_what_a_tooltip_says_is_not_what_stands_beside_a_target(scene: AnchorScene) -> None:
    tip = Box.of_pixels((180, 70, 320, 90), SIZE)
    shown = table()
    shown.cell(180, 70, width=140, height=20).text("Save to memory", 190, 80)
    anchor = record(scene, shown, (500, 80), box=(455, 65, 545, 95), tips=[tip])
    assert {"Save to memory", "12.50"}.isdisjoint(text.text for text in anchor.beside)
    assert hit(scene.find(table()), 500, 80)


def test_of_two_rows_that_say_the_same_none_is_taken(scene: AnchorScene) -> None:
    record(scene, table(), (500, 120))  # Bob's
    found = scene.find(table((ROWS[0], ROWS[1], ROWS[1], ROWS[1])))
    assert isinstance(found, Absent)
    assert "nothing beside it tells which" in found.why


def test_a_name_is_found_in_whatever_row_it_stands(scene: AnchorScene) -> None:
    record(scene, table(), (60, 120))
    assert hit(scene.find(table((ROWS[2], ROWS[0], ROWS[1]))), 60, 160, within=2)


def test_a_longer_name_is_another_one(scene: AnchorScene) -> None:
    def menu(*names: str) -> Drawing:
        drawing = screen()
        for number, name in enumerate(names):
            drawing.centred(name, 100, 60 + 30 * number)
        return drawing

    record(scene, menu("Open", "Save", "Quit"), (100, 90))
    assert isinstance(scene.find(menu("Open", "Save As", "Quit")), Absent)
    assert hit(scene.find(menu("Open", "Save As", "Save", "Quit")), 100, 120, within=2)


def test_the_button_of_another_program_is_not_the_one(scene: AnchorScene) -> None:
    """A dialog has come up whose button looks the same, while ours is not there yet."""
    record(scene, form(window=Window(id=1, app="editor")), (120, 160))
    popup = screen(window=Window(id=2, app="updater"))
    popup.centred("An update is available", 400, 300)
    popup.button("Save", 355, 360)
    assert isinstance(scene.find(popup), Absent)


def test_what_looks_otherwise_altogether_is_left_to_the_configured_grounder(scene: AnchorScene) -> None:
    record(scene, form(), (120, 160))
    other = screen().button("Store", 255, 300)
    scene.configured = FakeGrounder({"it": Point.of_pixel(Pixel(x=300, y=300), SIZE)})
    found = scene.find(other)
    assert hit(found, 300, 300, within=0)
    assert isinstance(found, Location)
    assert found.by == "fake"


def test_the_configured_grounder_is_not_followed_into_another_row(scene: AnchorScene) -> None:
    record(scene, table(), (500, 80))
    scene.configured = FakeGrounder({"it": Point.of_pixel(Pixel(x=500, y=80), SIZE)})
    found = scene.find(table(ROWS[1:]))
    assert isinstance(found, Absent)
    assert "“Ada” is not beside it" in found.why or "“12.50” is not beside it" in found.why


def test_where_acting_did_not_help_no_other_place_is_tried(scene: AnchorScene) -> None:
    record(scene, form(), (120, 160))
    grounder = AnchorGrounder(scene.anchors, lambda: {"it": "it"}, scene.reader, scene.configured, scene.configured)
    screen: Screenshot = scene.reader.screen(form())
    first = grounder.locate("it", screen)
    assert isinstance(first, Location)
    assert grounder.locate("it", screen, near=first) == first


def test_a_guess_is_not_acted_on(scene: AnchorScene) -> None:
    guessing = ScriptedGrounder(Location(point=Point(x=0.5, y=0.5), confidence=0.46, by="guess"))
    grounder = AnchorGrounder(scene.anchors, dict, scene.reader, guessing, guessing)
    found = grounder.locate("the Find field", scene.reader.screen(form()))
    assert isinstance(found, Absent)
    assert "only 46% like it" in found.why


WINDOW = Window(id=1, title="Form", app="form", box=Box(left=0.0, top=0.0, right=0.5, bottom=0.5))
PIXEL = Point(x=0.2, y=0.2)


def recorded_with_its_pixel(scene: AnchorScene, drawing: Drawing, at: tuple[int, int]) -> None:
    record(scene, drawing, at)
    scene.pointed = FakeGrounder({"it": PIXEL})


def test_the_pixel_of_a_target_is_no_place_for_it_once_its_text_is_nowhere(scene: AnchorScene) -> None:
    recorded_with_its_pixel(scene, form(window=WINDOW), (75, 160))
    assert isinstance(scene.find(screen(window=WINDOW).button("Delete", 75, 160)), Absent)


def test_the_pixel_of_a_target_without_text_stands_while_its_window_does(scene: AnchorScene) -> None:
    recorded_with_its_pixel(scene, screen(window=WINDOW), (75, 160))
    there = scene.find(screen(window=WINDOW, dark=True))
    assert isinstance(there, Location)
    assert there.point == PIXEL
    moved = WINDOW.model_copy(update={"box": Box(left=0.1, top=0.1, right=0.6, bottom=0.6)})
    assert isinstance(scene.find(screen(window=moved, dark=True)), Absent)


@pytest.mark.parametrize(
    ("changed", "seen"), [(form(), True), (form(dx=211, dy=97), True), (form(dark=True), True), (screen(), False)]
)
def test_a_target_is_seen_by_its_appearance_before_it_is_its_turn(
    scene: AnchorScene, changed: Drawing, seen: bool
) -> None:
    record(scene, form(), (120, 160))
    unasked = FakeGrounder({"it": Point(x=0.5, y=0.5)})
    grounder = AnchorGrounder(scene.anchors, dict, scene.reader, unasked, unasked)
    places = grounder.seen({"it": "it"}, scene.reader.screen(changed))
    assert len(places) == seen
    assert grounder.seen({"it": "it", "another": "another"}, scene.reader.screen(changed)) == ()


def test_a_target_that_was_seen_is_not_looked_for_twice_on_one_screen(scene: AnchorScene) -> None:
    record(scene, form(), (220, 100), box=(140, 88, 300, 112))
    grounder = AnchorGrounder(scene.anchors, lambda: {"it": "it"}, scene.reader, scene.configured, scene.configured)
    shown = scene.reader.screen(form(dark=True))
    assert grounder.seen({"it": "it"}, shown)
    scene.reader.reads = 0
    assert isinstance(grounder.locate("it", shown), Location)
    assert scene.reader.reads == 0


@dataclass
class CloserLook:
    """What a closer look finds, and how often it was taken."""

    finds: Location
    looks: int = 0

    def look_closer(self, target: str, screenshot: Screenshot, found: Location) -> Location:
        self.looks += 1
        return self.finds

    def doubt(self, target: str, screenshot: Screenshot, *, found: Location | None = None) -> Doubt | None:
        return None


@pytest.mark.parametrize(("sure", "looks"), [(0.35, 1), (0.9, 0)])
def test_what_is_too_unsure_is_looked_at_closer_before_it_is_given_up(tmp_path: Path, sure: float, looks: int) -> None:
    label, box = (Location(point=Point(x=0.1, y=y), confidence=sure, by="text") for y in (0.1, 0.2))
    closer, desktop = CloserLook(box.model_copy(update={"confidence": 0.98, "by": "field"})), FakeDesktop()
    script = parsed(b"name: test\nsteps:\n  - {click: the Company field, may: nothing}\n", Path("test.yaml"))[0]
    agent = fake_agent(ScriptedPlanner([]), grounder=ScriptedGrounder(label), guesser=closer, desktop=desktop)
    replay = Replay(script, anchors=Anchors(tmp_path))
    drive(replay.playing(agent, FakeReader(())), replay.task)
    assert desktop.places == [((box if looks else label).point,)]
    assert bool(closer.looks) == bool(looks)


def labelled(save: str, **look: Any) -> Drawing:
    drawing = screen(**look)
    for label, y in (("Name", 60), ("Town", 100)):
        drawing.centred(label, 80, y).entry("", 140, y, width=160)
    return drawing.button(save, 75, 160, width=110).button("Cancel", 215, 160)


@pytest.mark.parametrize(
    ("changed", "instead"),
    [
        (labelled("Save"), None),
        (labelled("Export"), "Export"),
        (labelled("Export", dark=True), "Export"),
        (labelled("Export", zoom=1.25), "Export"),
        (labelled(""), None),
        (screen().button("Export", 75, 160, width=110), None),
    ],
)
def test_what_stands_in_the_place_of_a_target_is_known_by_what_is_near_it(
    scene: AnchorScene, changed: Drawing, instead: str | None
) -> None:
    record(scene, labelled("Save"), (130, 160))
    grounder = AnchorGrounder(scene.anchors, dict, scene.reader, scene.configured, scene.configured)
    found = grounder.instead("it", "it", scene.reader.screen(changed))
    assert (found.words if found else None) == instead
