from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from screenagent.bench.ground import (
    GroundRate,
    GroundResult,
    GroundScore,
    GroundSetup,
    PictureTransform,
    Refusals,
    command,
    run_ground,
)
from screenagent.bench.questions import painted_over, read_questions
from screenagent.bench.results import percentile, wilson
from screenagent.fakes import FakeReader, ScriptedModel
from screenagent.geometry import Absent, Location, Point
from screenagent.grounding.model import ModelGrounder
from screenagent.models.families import family_named
from screenagent.models.vision import Metered
from screenagent.screenshot import Screenshot
from screenagent.usage import Meter
from tests.builders import words


class Pointing:
    """Points to where it was told, and remembers what it was asked."""

    def __init__(self, points: dict[str, tuple[float, float]], *, stop_at: str = "") -> None:
        self._points = points
        self._stop_at = stop_at
        self.asked: list[str] = []

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        if target == self._stop_at:
            raise KeyboardInterrupt
        self.asked.append(target)
        if target not in self._points:
            return Absent(why=f"no {target}")
        x, y = self._points[target]
        point = Point(x=x / screenshot.size.width, y=y / screenshot.size.height)
        return Location(point=point, confidence=0.9, by="test")


ITEMS = [
    {"img_filename": "one.png", "instruction": "save", "bbox": [10, 10, 20, 10], "data_type": "text", "app": "x"},
    {"img_filename": "one.png", "instruction": "gear", "bbox": [50, 10, 10, 10], "data_type": "icon"},
    {"img_filename": "two.png", "instruction": "name", "bbox": [10, 40, 60, 10], "data_type": "field"},
    {"img_filename": "two.png", "instruction": "nothing", "bbox": None, "data_type": "text"},
]
NONE = GroundRate(n=0, refused=None)
POINTS = {"save": (15.0, 15.0), "gear": (65.0, 15.0), "name": (90.0, 45.0)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for name in ("one.png", "two.png"):
        Image.new("RGB", (100, 60)).save(tmp_path / "images" / name)
    (tmp_path / "annotations.json").write_text(json.dumps(ITEMS))
    return tmp_path


def test_a_hit_is_strict_or_within_eight_pixels_or_none(folder: Path) -> None:
    found = run_ground(folder, GroundSetup(grounder=Pointing(POINTS)), results=folder / "r.jsonl")
    assert (found.n, found.all.n) == (4, 3)
    assert found.text == GroundScore(n=1, strict=1.0, within_8px=1.0, interval=wilson(1, 1))
    assert found.icon == GroundScore(n=1, strict=0.0, within_8px=1.0, interval=wilson(0, 1))
    assert found.field == GroundScore(n=1, strict=0.0, within_8px=0.0, interval=wilson(0, 1))
    assert found.absent == Refusals(n=1, refused=1.0, easy=NONE, hard=NONE, lost=0.0)


def test_what_an_answer_cost_is_counted_in_calls_of_the_model(folder: Path) -> None:
    model = ScriptedModel(lambda request, mode: "[0.1, 0.1, 0.2, 0.2]")
    meter = Meter()
    grounder = ModelGrounder(Metered(model, meter, name="phi4"), family_named("phi4"))
    found = run_ground(folder, GroundSetup(grounder=grounder, calls=lambda: meter.calls), results=folder / "r.jsonl")
    assert found.prefills_per_answer == 1
    assert (
        run_ground(folder, GroundSetup(grounder=Pointing(POINTS)), results=folder / "none.jsonl").prefills_per_answer
        is None
    )


def test_a_kind_that_was_not_asked_for_has_no_rate(folder: Path) -> None:
    (folder / "annotations.json").write_text(json.dumps(ITEMS[:1]))
    found = run_ground(folder, GroundSetup(grounder=Pointing(POINTS)), results=folder / "r.jsonl")
    assert found.icon == GroundScore(n=0, strict=None, within_8px=None, interval=None)
    assert found.absent == Refusals(n=0, refused=None, easy=NONE, hard=NONE, lost=0.0)


def test_each_picture_is_asked_about_first_with_empty_caches_and_once_again(folder: Path) -> None:
    grounder, told = Pointing(POINTS), []
    found = run_ground(
        folder,
        GroundSetup(grounder=grounder, forget=lambda: told.append(len(grounder.asked))),
        results=folder / "r.jsonl",
    )
    assert grounder.asked == ["save", "gear", "save", "save", "name", "nothing", "name", "name"]
    assert told == [0, 4]
    assert found.ms_p50 is not None
    assert found.unchanged_ms_p50 is not None


def test_a_stopped_run_goes_on_where_it_was_and_says_so(folder: Path) -> None:
    results = folder / "r.jsonl"
    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        run_ground(folder, GroundSetup(grounder=Pointing(POINTS, stop_at="name")), results=results)
    second = Pointing(POINTS)
    found = run_ground(folder, GroundSetup(grounder=second), results=results, progress=said.append)
    assert second.asked == ["name", "nothing", "name", "name"]
    assert said[0] == f"2 of 4 questions are answered in {results}; asking the other 2"
    assert (found.n, found.all.n) == (4, 3)
    assert run_ground(folder, GroundSetup(grounder=Pointing({})), results=results) == found


def test_a_line_cut_off_by_a_crash_is_asked_again(folder: Path) -> None:
    results = folder / "r.jsonl"
    whole = run_ground(folder, GroundSetup(grounder=Pointing(POINTS)), results=results)
    text = results.read_text()
    results.write_text(text[: len(text) - 30])
    again = run_ground(folder, GroundSetup(grounder=Pointing(POINTS)), results=results)
    assert (again.n, again.all, again.absent) == (4, whole.all, whole.absent)
    assert len(results.read_text().splitlines()) == 4


def test_a_file_of_something_else_is_refused(folder: Path) -> None:
    results = folder / "notes.txt"
    results.write_text("shopping list\nbread\n")
    with pytest.raises(ValueError, match=r"line 1 of .*notes\.txt is no result of this bench"):
        run_ground(folder, GroundSetup(grounder=Pointing(POINTS)), results=results)
    assert results.read_text() == "shopping list\nbread\n"


def test_the_last_line_on_stdout_is_the_summary(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command(folder, GroundSetup(grounder=Pointing(POINTS)), results=folder / "r.jsonl")
    out, err = capsys.readouterr()
    assert list(json.loads(out)) == [
        "n", "ms_p50", "ms_p95", "unchanged_ms_p50", "stages_ms_p50", "rss_peak_mb", "prefills_per_answer",
        "text", "icon", "field", "all", "absent",
    ]  # fmt: skip
    assert "one.png" in err


def test_any_json_list_beside_the_pictures_will_do(folder: Path) -> None:
    (folder / "annotations.json").rename(folder / "screenspot_desktop.json")
    assert [item.instruction for item in read_questions(folder)] == ["save", "gear", "name", "nothing"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('[{"img_filename": "one.png", "instruction": "save"}]', "bbox: Field required"),
        ("[1]", "should be an object"),
        ("not json", "Invalid JSON"),
    ],
)
def test_a_bad_list_is_named_with_what_is_wrong(folder: Path, content: str, complaint: str) -> None:
    (folder / "annotations.json").write_text(content)
    with pytest.raises(ValueError, match=f"annotations.json: .*{complaint}"):
        read_questions(folder)


def test_a_folder_without_a_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no annotations\.json"):
        read_questions(tmp_path)


def test_a_picture_that_is_missing_or_broken_is_named(folder: Path) -> None:
    (folder / "images" / "one.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"one\.png can't be read"):
        run_ground(folder, GroundSetup(grounder=Pointing(POINTS)), results=folder / "r.jsonl")
    (folder / "images" / "one.png").unlink()
    with pytest.raises(ValueError, match=r"one\.png is neither in"):
        run_ground(folder, GroundSetup(grounder=Pointing(POINTS)), results=folder / "r.jsonl")


def test_wilsons_interval_is_the_published_one() -> None:
    assert wilson(8, 10) == pytest.approx((0.490, 0.943), abs=0.001)
    assert wilson(0, 10) == pytest.approx((0.0, 0.278), abs=0.001)
    assert wilson(0, 0) is None


def test_a_percentile_is_one_of_the_values() -> None:
    assert [percentile([3.0, 1.0, 2.0], percent) for percent in (0, 50, 95)] == [1.0, 2.0, 3.0]
    assert percentile([], 50) is None


def test_the_opposite_colours_and_a_larger_picture_have_the_same_answers(folder: Path) -> None:
    save = (folder / "images" / "one.png", folder / "images" / "two.png")
    for path in save:
        Image.new("RGB", (100, 60), "navy").save(path)
    shown: list[tuple[int, tuple[int, ...]]] = []

    class Looking(Pointing):
        def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
            shown.append((screenshot.size.width, screenshot.pixels.getpixel((0, 0))))  # type: ignore[arg-type]
            return super().locate(target, screenshot, near=near)

    larger = {target: (x * 1.25, y * 1.25) for target, (x, y) in POINTS.items()}
    view = PictureTransform(negated=True, scaled=1.25)
    found = run_ground(folder, GroundSetup(grounder=Looking(larger)), results=folder / "r.jsonl", view=view)
    assert (found.text.strict, found.icon.within_8px, found.field.within_8px) == (1.0, 1.0, 0.0)
    assert set(shown) == {(125, (255, 255, 127))}


SAVE_UNDO = FakeReader(words([("Save", 900, 450), ("Undo", 900, 480)]))
THERE = [
    {"img_filename": "one.png", "instruction": "click 'Save'", "bbox": [10, 10, 20, 10]},
    {"img_filename": "one.png", "instruction": "click 'Undo'", "bbox": [50, 10, 20, 10]},
    {"img_filename": "two.png", "instruction": "click 'Print'", "bbox": [10, 40, 20, 10]},
    {"img_filename": "two.png", "instruction": "the gear", "bbox": [50, 40, 20, 10], "data_type": "icon"},
]


def test_what_is_not_there_is_asked_for_and_its_refusal_counted(folder: Path) -> None:
    (folder / "annotations.json").write_text(json.dumps(THERE))
    nobody, all_knowing = Pointing({}), Pointing({"click 'Save'": (15.0, 15.0)})
    eyes = GroundSetup(grounder=nobody, insisting=all_knowing)
    found = run_ground(folder, eyes, results=folder / "r.jsonl", absent=SAVE_UNDO)
    asked = [GroundResult.model_validate_json(line) for line in (folder / "r.jsonl").read_text().splitlines()]
    made = {(one.picture, one.instruction, one.absent) for one in asked if one.absent}
    assert made == {
        ("one.png", "click 'Print'", "easy"),  # “Save” and “Undo” stand on both, by this reader
        ("one.png", "click 'Save As'", "renamed"),
        ("one.png", "click 'Undo As'", "renamed"),
        ("two.png", "click 'Print As'", "renamed"),
        ("two.png", "click 'Print'", "painted"),
        ("two.png", "the gear", "painted"),
    }
    assert (found.absent.easy, found.absent.hard) == (GroundRate(n=1, refused=1.0), GroundRate(n=5, refused=1.0))
    assert found.absent.lost == 0.25
    again = run_ground(folder, GroundSetup(grounder=all_knowing), results=folder / "r.jsonl", absent=SAVE_UNDO)
    assert again == found


def test_what_is_painted_over_is_gone_with_its_border() -> None:
    image = Image.new("RGB", (60, 40), "white")
    ImageDraw.Draw(image).rectangle((20, 10, 40, 20), fill="red", outline="black")
    assert painted_over(image, (20, 10, 21, 11)).getcolors() == [(60 * 40, (255, 255, 255))]
    assert painted_over(image, (500, 500, 5, 5)).tobytes() == image.tobytes()
