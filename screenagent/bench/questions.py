"""The questions of `bench ground`: those of a folder in ScreenSpot form, and others about what is absent.

What is absent is made of what is there: things of other screens, names with a word too many, and targets that are
painted over.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from glob import escape as glob_escape
from itertools import groupby, islice
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from PIL import Image, UnidentifiedImageError
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from screenagent.errors import BadFile
from screenagent.geometry import PixelBox, Size
from screenagent.grounding.expression import parse
from screenagent.grounding.vocabulary import tokens
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot, Word

Sort = Literal["easy", "renamed", "painted", "near"]
PixelEdges = tuple[float, float, float, float]
"""left, top, width, height in pixels"""

EACH: dict[Sort, int] = {"easy": 3, "renamed": 2, "painted": 2}
"""How many of a sort are asked of a picture, at most."""

_MORE = ("As", "All", "Copy", "Again", "Later")
"""What a name is lengthened by; the first that stands nowhere on the picture is taken."""


class GroundQuestion(BaseModel):
    """What is asked of which picture, and where it is; without `bbox` it isn't there, or is `painted` over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    picture: str = Field(validation_alias=AliasChoices("img_filename", "image", "file_name", "image_path"))
    instruction: str
    bbox: Annotated[PixelEdges | None, Field(description="left, top, width, height in pixels")]
    data_type: str = Field("text", validation_alias=AliasChoices("data_type", "ui_type"))
    app: str = Field("", validation_alias=AliasChoices("app", "application", "data_source"))
    absent: Sort | None = None
    painted: PixelEdges | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_other_forms(cls, given: object) -> object:
        """Read the forms of ScreenSpot-Pro, whose boxes end with right and bottom, and of OSWorld-G."""
        if not isinstance(given, dict):
            return given
        if "box_type" in given:
            return given | _of_osworld_g(given["box_type"], given.get("box_coordinates"))
        if {"ui_type", "img_size"} <= given.keys():
            return given | _of_screenspot_pro(given.get("bbox"), given.get("gt_type"))
        return given

    def about_absent(self, sort: Sort, **changed: str | PixelEdges | None) -> GroundQuestion:
        return self.model_copy(update={"bbox": None, "absent": sort, **changed})


def _of_screenspot_pro(bbox: Any, kind: object) -> dict[str, object]:
    if kind == "negative":
        return {"bbox": None, "absent": "near"}
    match bbox:
        case [left, top, right, bottom]:
            return {"bbox": (left, top, right - left, bottom - top)}
    return {}


def _of_osworld_g(kind: object, told: Any) -> dict[str, object]:
    """Return the box: a polygon has the box around it, and a refusal has none."""
    match kind, told:
        case "refusal", _:
            return {"bbox": None, "absent": "near"}
        case "bbox", [left, top, width, height]:
            return {"bbox": (left, top, width, height)}
        case "polygon", [_, _, _, _, _, _, *_] as edges:
            across, down = edges[0::2], edges[1::2]
            return {"bbox": (min(across), min(down), max(across) - min(across), max(down) - min(down))}
    return {"bbox": ()}


def read_questions(folder: Path) -> list[GroundQuestion]:
    """Return the questions in `annotations.json`, or in whatever JSON lists lie in `folder` or its `annotations/`.

    Besides ScreenSpot's own form, those of ScreenSpot-Pro and OSWorld-G are read.
    """
    files = [folder / "annotations.json"]
    if not files[0].is_file():
        files = sorted(folder.glob("*.json")) or sorted((folder / "annotations").glob("*.json"))
    if not files:
        raise BadFile(f"{folder} holds no annotations.json; expected a list of questions there, and images/ beside it")
    found: list[GroundQuestion] = []
    for file in files:
        try:
            found += TypeAdapter(list[GroundQuestion]).validate_json(file.read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            raise BadFile(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    return found


def open_picture(folder: Path, name: str) -> Image.Image:
    for path in (folder / "images" / name, folder / name, *folder.glob(f"*/{glob_escape(name)}")):
        if path.is_file():
            try:
                return Image.open(path).convert("RGB")
            except (UnidentifiedImageError, OSError) as error:
                raise BadFile(f"the picture {path} can't be read: {error}") from None
    raise BadFile(f"the picture {name} is neither in {folder / 'images'} nor in {folder}")


def absent_questions(folder: Path, asked: Sequence[GroundQuestion], reader: TextReader) -> list[GroundQuestion]:
    """Return the same questions about what is absent for the same questions about what is there.

    `reader` reads the pictures, since what is called absent must not stand there by chance.
    """
    made: list[GroundQuestion] = []
    present = sorted((one for one in asked if one.bbox), key=lambda one: one.picture)
    for picture, group in groupby(present, key=lambda one: one.picture):
        own, chance = list(group), random.Random(picture)
        screenshot = Screenshot.of(open_picture(folder, picture))
        words = reader.read(screenshot)
        others = [one for one in asked if one.bbox and one.picture != picture]
        sorts: dict[Sort, Iterator[GroundQuestion]] = {
            "easy": _of_others(picture, chance.sample(others, len(others)), words),
            "renamed": _renamed(chance.sample(own, len(own)), words),
            "painted": _painted(chance.sample(own, len(own)), words, screenshot.size),
        }
        made += [one for sort, some in sorts.items() for one in islice(some, EACH[sort])]
    return made


def near_misses(file: Path, asked: Sequence[GroundQuestion]) -> list[GroundQuestion]:
    """Return the questions in `file`, by picture: about what is not there although something like it is."""
    try:
        written = TypeAdapter(Mapping[str, tuple[str, ...]]).validate_python(yaml.safe_load(file.read_bytes()))
    except (yaml.YAMLError, ValidationError) as error:
        raise BadFile(f"{file} is not a list of targets for each picture: {error}") from None
    pictures = {one.picture: one for one in asked}
    return [
        pictures[picture].about_absent("near", instruction=target, data_type="text")
        for picture, targets in written.items()
        if picture in pictures
        for target in targets
    ]


def _of_others(picture: str, others: Sequence[GroundQuestion], words: Sequence[Word]) -> Iterator[GroundQuestion]:
    """Ask for what other screens have and no word of which is read here; an icon has no words to tell it by."""
    there = _stems(word.text for word in words)
    for one in others:
        told = _stems([parse(one.instruction).name])
        if one.data_type != "icon" and told and told.isdisjoint(there):
            yield one.about_absent("easy", picture=picture)


def _renamed(own: Sequence[GroundQuestion], words: Sequence[Word]) -> Iterator[GroundQuestion]:
    there = {word.text.lower().strip(".…") for word in words}
    more = next((word for word in _MORE if word.lower() not in there), None)
    for one in own:
        phrase = parse(one.instruction)
        if (phrase.named or phrase.quoted) and more and one.instruction.count(phrase.name) == 1:
            yield one.about_absent("renamed", instruction=one.instruction.replace(phrase.name, f"{phrase.name} {more}"))


def _painted(own: Sequence[GroundQuestion], words: Sequence[Word], size: Size) -> Iterator[GroundQuestion]:
    """Ask for what is there once: painted over, it is not there; a field is gone though its label is left."""
    for one in own:
        assert one.bbox
        left, top, width, height = one.bbox
        inside = PixelBox.at(left, top, width=width, height=height)
        rest = _stems(word.text for word in words if not inside.holds(*word.box.exact_pixels(size).center))
        told = _stems([parse(one.instruction).name])
        if one.data_type == "field" or (told and told.isdisjoint(rest)):
            yield one.about_absent("painted", painted=one.bbox)


def _stems(texts: Iterator[str] | Sequence[str]) -> set[str]:
    return {token.stem for text in texts for token in tokens(text) if token.weight > 0.1}


def painted_over(image: Image.Image, bbox: PixelEdges) -> Image.Image:
    """The picture with the box and its border gone into what is round it."""
    left, top, width, height = bbox
    box = (max(0, int(left) - 3), max(0, int(top) - 3), int(left + width) + 4, int(top + height) + 4)
    inside = (box[0], box[1], min(box[2], image.width), min(box[3], image.height))
    if inside[2] <= inside[0] or inside[3] <= inside[1]:
        return image
    around = image.crop((inside[0] - 2, inside[1] - 2, inside[2] + 2, inside[3] + 2))
    ring = [around.getpixel((x, y)) for x in range(around.width) for y in (0, 1, around.height - 2, around.height - 1)]
    colour = max(set(ring), key=ring.count)
    covered = image.copy()
    covered.paste(colour, inside)  # type: ignore[arg-type]  # a pixel of an RGB image is a triple
    return covered
