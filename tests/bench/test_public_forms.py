"""The forms of public sets of screens, written here by hand after what they publish."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from screenagent.bench.questions import open_picture, read_questions
from screenagent.errors import BadFile

Item = dict[str, object]


def written(folder: Path, name: str, items: list[Item]) -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(items))
    return folder


def test_a_box_of_screenspot_is_left_top_width_height(tmp_path: Path) -> None:
    item: Item = {"img_filename": "a.png", "bbox": [10, 20, 30, 40], "instruction": "close", "data_type": "icon"}
    (found,) = read_questions(written(tmp_path, "screenspot_desktop_v2.json", [item | {"data_source": "windows"}]))
    assert (found.bbox, found.data_type, found.app) == ((10, 20, 30, 40), "icon", "windows")


def test_a_box_of_screenspot_pro_ends_with_right_and_bottom(tmp_path: Path) -> None:
    item: Item = {"img_filename": "vscode/a.png", "bbox": [10, 20, 40, 60], "instruction": "close", "ui_type": "icon"}
    more: Item = {"img_size": [3840, 2160], "application": "vscode", "group": "Dev", "instruction_cn": "关闭"}
    folder = written(tmp_path, "annotations/vscode_windows.json", [item | more, item | more | {"gt_type": "negative"}])
    there, absent = read_questions(folder)
    assert (there.bbox, there.data_type, there.app) == ((10, 20, 30, 40), "icon", "vscode")
    assert (absent.bbox, absent.absent) == (None, "near")


def test_osworld_g_has_boxes_polygons_and_refusals(tmp_path: Path) -> None:
    item: Item = {"image_path": "a.png", "image_size": [100, 100], "instruction": "close", "GUI_types": ["Icon"]}
    kinds: list[Item] = [
        {"box_type": "bbox", "box_coordinates": [10, 20, 30, 40]},
        {"box_type": "polygon", "box_coordinates": [10, 20, 40, 25, 30, 60]},
        {"box_type": "refusal", "box_coordinates": [-1, -1, -1, -1]},
    ]
    found = read_questions(written(tmp_path, "OSWorld-G.json", [item | kind for kind in kinds]))
    assert [one.bbox for one in found] == [(10, 20, 30, 40), (10, 20, 30, 40), None]


@pytest.mark.parametrize("told", [[1, 2], None, "12"])
def test_a_box_that_is_none_is_refused_with_its_place(tmp_path: Path, told: object) -> None:
    item: Item = {"image_path": "a.png", "instruction": "close", "box_type": "bbox", "box_coordinates": told}
    with pytest.raises(BadFile, match=r"0\.bbox"):
        read_questions(written(tmp_path, "OSWorld-G.json", [item]))


def test_pictures_are_found_in_a_folder_of_another_name(tmp_path: Path) -> None:
    (tmp_path / "screenspotv2_image").mkdir()
    Image.new("RGB", (4, 3)).save(tmp_path / "screenspotv2_image" / "a[1].png")
    assert open_picture(tmp_path, "a[1].png").size == (4, 3)
