"""Where things are: normalized in the middle, display units at the rim. Coordinates change space only here."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Unit = Annotated[float, Field(ge=0.0, le=1.0)]


class Value(BaseModel):
    """A frozen record: compared by content, refuses unknown fields, round-trips through JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Pixel(Value):
    """A place in a display's input units or in a picture's pixels; may be negative left of the main monitor."""

    x: int
    y: int


class Size(Value):
    width: int = Field(gt=0)
    height: int = Field(gt=0)


class Point(Value):
    """A place on a display: (0, 0) is its top left corner, (1, 1) its bottom right."""

    x: Unit
    y: Unit

    @classmethod
    def of_pixel(cls, pixel: Pixel, size: Size) -> Self:
        """The centre of `pixel` in a picture of `size`."""
        return cls(x=(pixel.x + 0.5) / size.width, y=(pixel.y + 0.5) / size.height)

    def pixel(self, size: Size) -> Pixel:
        """The pixel of a picture of `size` that holds this point."""
        return Pixel(
            x=min(int(self.x * size.width), size.width - 1),
            y=min(int(self.y * size.height), size.height - 1),
        )

    def within(self, box: Box) -> Point:
        """This point of a crop, as a point of the picture that `box` was cut from."""
        return Point(
            x=min(1.0, box.left + self.x * (box.right - box.left)),
            y=min(1.0, box.top + self.y * (box.bottom - box.top)),
        )


class Box(Value):
    left: Unit
    top: Unit
    right: Unit
    bottom: Unit

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.left > self.right or self.top > self.bottom:
            raise ValueError("a box's left and top come before its right and bottom")
        return self

    @classmethod
    def of_pixels(cls, edges: tuple[float, float, float, float], size: Size) -> Self:
        """`edges` are (left, top, right, bottom) in pixels of a picture of `size`; what lies outside is cut off."""
        left, top, right, bottom = edges
        return cls(
            left=min(max(left / size.width, 0.0), 1.0),
            top=min(max(top / size.height, 0.0), 1.0),
            right=min(max(right / size.width, 0.0), 1.0),
            bottom=min(max(bottom / size.height, 0.0), 1.0),
        )

    @classmethod
    def around(cls, point: Point, *, width: float, height: float) -> Self:
        """A box of normalized `width` and `height` round `point`, cut off at the edges of the display."""
        return cls(
            left=max(0.0, point.x - width / 2),
            top=max(0.0, point.y - height / 2),
            right=min(1.0, point.x + width / 2),
            bottom=min(1.0, point.y + height / 2),
        )

    def pixels(self, size: Size) -> tuple[int, int, int, int]:
        """(left, top, right, bottom) in pixels of a picture of `size`: what `Image.crop` takes."""
        return (
            round(self.left * size.width),
            round(self.top * size.height),
            round(self.right * size.width),
            round(self.bottom * size.height),
        )

    @property
    def center(self) -> Point:
        return Point(x=(self.left + self.right) / 2, y=(self.top + self.bottom) / 2)

    def within(self, box: Box) -> Box:
        """This box of a crop, as a box of the picture that `box` was cut from."""
        first = Point(x=self.left, y=self.top).within(box)
        last = Point(x=self.right, y=self.bottom).within(box)
        return Box(left=first.x, top=first.y, right=last.x, bottom=last.y)

    def __contains__(self, point: Point) -> bool:
        return self.left <= point.x <= self.right and self.top <= point.y <= self.bottom


WHOLE: Final = Box(left=0, top=0, right=1, bottom=1)
"""All of a picture."""


class Display(Value):
    """One monitor in the input space: its corner and size there, and how many picture pixels make one unit."""

    name: str
    origin: Pixel = Pixel(x=0, y=0)
    size: Size
    scale: float = Field(default=1.0, gt=0)

    def pixel(self, point: Point) -> Pixel:
        """Where to put the mouse for `point`."""
        inside = point.pixel(self.size)
        return Pixel(x=self.origin.x + inside.x, y=self.origin.y + inside.y)

    def point(self, pixel: Pixel) -> Point:
        """Where on this display the mouse at `pixel` is; a position beyond its edge is taken to the edge."""
        return Point(
            x=min(max((pixel.x - self.origin.x + 0.5) / self.size.width, 0.0), 1.0),
            y=min(max((pixel.y - self.origin.y + 0.5) / self.size.height, 0.0), 1.0),
        )

    def box(self, edges: tuple[int, int, int, int]) -> Box | None:
        """What of left, top, right and bottom in the input space is on this display; None where nothing is."""
        left, top, right, bottom = edges
        x, y = self.origin.x, self.origin.y
        box = Box.of_pixels((left - x, top - y, right - x, bottom - y), self.size)
        return box if box.right > box.left and box.bottom > box.top else None


class Location(Value):
    """Where a target is: the point to act on, its box where known, how sure, and who says so ("text", "model", …)."""

    kind: Literal["location"] = "location"
    point: Point
    box: Box | None = None
    confidence: Unit
    by: str


class Absent(Value):
    """The target is not on the screen; `why` is a sentence for the planner and the user."""

    kind: Literal["absent"] = "absent"
    why: str
