"""Coordinate spaces: the unit of a family's coordinates, and which axis comes first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from screenagent.geometry import Box, Point, Size, Value
from screenagent.protocols import Retry

Unit = Literal["fractions", "thousandths", "999ths", "pixels"]
"""Fractions of the picture's sides, or pixels of the picture as the model sees it, after its own resizing."""

ENDS: Final[dict[Unit, int]] = {"fractions": 1, "thousandths": 1000, "999ths": 999}
"""The coordinate of the right and the bottom edge. In pixels it is the picture's width or height."""

NUMBERS: Final[dict[Unit, str]] = {
    "fractions": r"(0\.[0-9]{1,4}|1\.0{1,4})",
    "thousandths": "(0|1000|[1-9][0-9]{0,2})",
    "999ths": "(0|[1-9][0-9]{0,2})",
    "pixels": "(0|[1-9][0-9]{0,3})",
}
"""The regular expression that constrains one coordinate."""


class Coordinates(Value):
    """A family's coordinate space; `y_first` if the vertical axis comes first, as in `[y1, x1, y2, x2]`."""

    unit: Unit
    y_first: bool = False

    @property
    def pattern(self) -> str:
        """The regular expression that constrains one coordinate."""
        return NUMBERS[self.unit]

    def ends(self, seen: Size) -> Size:
        """Return the coordinates of the bottom right corner of a picture that the model sees at this size."""
        end = ENDS.get(self.unit)
        return seen if end is None else Size(width=end, height=end)

    def numbers(self, parts: Sequence[float], seen: Size) -> list[str]:
        """Return the coordinates as the family writes them; `parts` are fractions of width and height in turn."""
        ends = self.ends(seen)
        counted = [part * (ends.height if number % 2 else ends.width) for number, part in enumerate(parts)]
        written = [f"{part:.4f}" if self.unit == "fractions" else str(round(part)) for part in counted]
        return [written[number ^ 1] for number in range(len(written))] if self.y_first else written

    def place(self, numbers: Sequence[float], seen: Size) -> Box | Point:
        """Return the point for two numbers, or the bounding box for four, whichever corner comes first.

        Raise `Retry` if it is not within the picture, or if the numbers are fractions in another coordinate space.
        """
        across, down = numbers[0::2], numbers[1::2]
        if self.y_first:
            across, down = down, across
        ends, said = self.ends(seen), ", ".join(f"{number:g}" for number in numbers)
        if max(across) > ends.width or max(down) > ends.height:
            pixels = " pixels" if self.unit == "pixels" else ""
            raise Retry(f"({said}) lies outside {ends.width} by {ends.height}{pixels}", "model_answer")
        if self.unit != "fractions" and max(numbers) <= 1 and any(number % 1 for number in numbers):
            raise Retry(f"({said}) are fractions, but {self.unit} are expected", "model_answer")
        if len(numbers) == 2:
            return Point(x=across[0] / ends.width, y=down[0] / ends.height)
        return Box.of_pixels((min(across), min(down), max(across), max(down)), ends)
