"""Finds a target by asking a vision model for its box, without thinking."""

from __future__ import annotations

from screenagent.geometry import Absent, Box, Location
from screenagent.parsing import box
from screenagent.protocols import Budget, Numbers, Refused, Request, Said, VisionModel
from screenagent.screenshot import Screenshot

# The words that the model was trained with, its "the the" included.
QUESTION = (
    "Locate the the UI element this instruction describes: {target}. Output its bbox coordinates using the format of "
    "[x1, y1, x2, y2] using relative coordinates from 0.0000 to 1.0000."
)
CONFIDENCE = 0.5  # the model says nothing of how sure it is
ZOOM = 0.5  # of the width and height: what a second look sees of the screen


class ModelGrounder:
    """The centre of the box is the point to act on. A second look near an earlier answer sees a part, enlarged."""

    def __init__(self, model: VisionModel) -> None:
        self._model = model

    def locate(self, target: str, screenshot: Screenshot, *, near: Location | None = None) -> Location | Absent:
        if near is None:
            return self._ask(target, screenshot)
        part = Box.around(near.point, width=ZOOM, height=ZOOM)
        crop = Screenshot.of(screenshot.pixels.crop(part.pixels(screenshot.size)))
        found = self._ask(target, crop)
        if isinstance(found, Absent) or found.box is None:
            return found
        return found.model_copy(update={"box": found.box.within(part), "point": found.point.within(part)})

    def _ask(self, target: str, picture: Screenshot) -> Location | Absent:
        request = Request(text=QUESTION.format(target=target), pictures=(picture,))
        answer = ""
        for chunk in self._model.generate(request, mode="nothink", grammar=Numbers(count=4), budget=Budget(answer=64)):
            if isinstance(chunk, Refused):
                return Absent(why=f"the model will not look for it: {chunk.text}")
            if isinstance(chunk, Said) and chunk.part == "answer":
                answer += chunk.text
        found = box(answer)
        return Location(point=found.center, box=found, confidence=CONFIDENCE, by="model")
