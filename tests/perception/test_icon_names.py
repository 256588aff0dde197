"""The names of pictures are kept by application and by every pixel, for their owner's eyes alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from screenagent.actions import Click
from screenagent.approval.policy import default_policy
from screenagent.geometry import Box, Location, PixelBox, Point
from screenagent.perception.icon_names import IconNames, ToldName, picture_key
from screenagent.perception.named_reader import NamedReader
from screenagent.screenshot import Window
from tests.builders import Drawing, DrawnReader

WINDOW = Window(id=1, title="notes", app="Editor", box=Box(left=0, top=0, right=1, bottom=1))


def told(name: str, key: str = "k") -> ToldName:
    return ToldName(key, name, "tooltip")


def test_names_outlive_the_run(tmp_path: Path) -> None:
    file = tmp_path / "new" / "names.json"
    IconNames(file).keep("Editor", [told("Save")])
    again = IconNames(file)
    assert (again.of("Editor", "k"), again.of("Viewer", "k"), again.of("Editor", "other")) == (("Save",), (), ())
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_without_a_file_they_are_known_for_this_run() -> None:
    names = IconNames()
    names.keep("Editor", [told("Save")])
    assert names.of("Editor", "k") == ("Save",)


def test_what_two_runs_learn_at_once_is_kept_from_both(tmp_path: Path) -> None:
    one, other = IconNames(tmp_path / "names"), IconNames(tmp_path / "names")
    one.keep("Editor", [told("Save", "a")])
    other.keep("Editor", [told("Print", "b")])
    both = IconNames(tmp_path / "names")
    assert (both.of("Editor", "a"), both.of("Editor", "b")) == (("Save",), ("Print",))


def test_one_picture_may_have_several_names() -> None:
    names = IconNames()
    names.keep("Editor", [told("Increase"), told("Next page")])
    assert names.of("Editor", "k") == ("Increase", "Next page")


def test_a_text_that_is_read_a_little_differently_is_the_same_name() -> None:
    names = IconNames()
    names.keep("Editor", [told("Increase the font size")])
    names.keep("Editor", [told("lncrease the font size")])
    assert names.of("Editor", "k") == ("lncrease the font size",)


@pytest.mark.parametrize("text", ["", "not json", '{"Editor": {"k": "Save"}}'])
def test_a_damaged_file_means_to_ask_again(tmp_path: Path, text: str) -> None:
    (tmp_path / "names").write_text(text)
    names = IconNames(tmp_path / "names")
    assert names.of("Editor", "k") == ()
    names.keep("Editor", [told("Save")])
    assert IconNames(tmp_path / "names").of("Editor", "k") == ("Save",)


def test_a_file_that_cannot_be_written_is_known_for_this_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    names = IconNames(tmp_path / "file" / "names")
    names.keep("Editor", [told("Save")])
    assert names.of("Editor", "k") == ("Save",)


def test_one_application_is_forgotten_or_all(tmp_path: Path) -> None:
    names = IconNames(tmp_path / "names")
    for app in ("Editor", "Viewer"):
        names.keep(app, [told("Save"), told("Open", "o")])
    assert names.forget("editor") == 2
    assert list(IconNames(tmp_path / "names").all()) == ["Viewer"]
    assert names.forget() == 2
    assert IconNames(tmp_path / "names").all() == {}


def test_silence_is_remembered_for_this_run_alone(tmp_path: Path) -> None:
    names = IconNames(tmp_path / "names")
    names.keep_silent("Editor", "k")
    assert names.is_silent("Editor", "k")
    assert not IconNames(tmp_path / "names").is_silent("Editor", "k")


def icon_screen(reader: DrawnReader, *, shade: int = 0) -> tuple[Drawing, Box]:
    drawing = Drawing(window=WINDOW)
    sign = Image.new("RGB", (20, 20), (shade, 90, 160))
    sign.paste((250, 250, 250), (6, 6, 14, 14))
    drawing.image.paste(sign, (300, 60))
    return drawing, PixelBox(300, 60, 320, 80).box(reader.screen(drawing).size)


def test_the_key_is_every_pixel() -> None:
    reader = DrawnReader()
    drawing, box = icon_screen(reader)
    other, _ = icon_screen(reader, shade=1)
    assert picture_key(drawing.screenshot, box) == picture_key(icon_screen(reader)[0].screenshot, box)
    assert picture_key(drawing.screenshot, box) != picture_key(other.screenshot, box)
    assert picture_key(drawing.screenshot, box) != picture_key(
        drawing.screenshot, Box(left=0, top=0, right=1, bottom=1)
    )


def test_a_button_that_a_tooltip_calls_delete_is_as_risky_as_one_that_says_so() -> None:
    reader, names = DrawnReader(), IconNames()
    drawing, box = icon_screen(reader)
    screen = reader.screen(drawing)
    pointed = (Location(point=Point(x=310 / 640, y=70 / 400), confidence=1, by="pointed"),)
    click, named = Click(target="the third button"), NamedReader(reader, names)
    assert default_policy().ruling(click, pointed, screen=screen, reader=named).rule is None
    names.keep("Editor", [ToldName(picture_key(screen, box), "Delete page", "tooltip")])
    ruling = default_policy().ruling(click, pointed, screen=screen, reader=named)
    assert (ruling.then, ruling.why) == ("ask", "it deletes or overwrites: 'Delete'")


def test_an_application_without_names_is_read_as_before() -> None:
    reader, names = DrawnReader(), IconNames()
    screen = reader.screen(icon_screen(reader)[0].text("Save", 20, 20))
    names.keep("Viewer", [told("Delete")])
    assert NamedReader(reader, names).read(screen) == reader.read(screen)
