"""Where things are: normalized in the middle, display units at the rim. Coordinates change space only here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Unit = Annotated[float, Field(ge=0.0, le=1.0)]
LATER: Final = ConfigDict(defer_build=True)
"""A type's validator is built when the first value is validated: most commands validate few of the types."""


class Value(BaseModel):
    """A frozen record: compared by content, refuses unknown fields, round-trips through JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", **LATER)


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
        return Pixel(x=min(int(self.x * size.width), size.width - 1), y=min(int(self.y * size.height), size.height - 1))

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
        """Return the box of a `PixelBox`, or of its four edges, in a picture of `size`; parts outside are cut off."""
        left, top, right, bottom = edges
        return cls(
            left=min(max(left / size.width, 0.0), 1.0),
            top=min(max(top / size.height, 0.0), 1.0),
            right=min(max(right / size.width, 0.0), 1.0),
            bottom=min(max(bottom / size.height, 0.0), 1.0),
        )

    @classmethod
    def around_all(cls, boxes: Iterable[Box]) -> Self:
        """Return the smallest box that contains all `boxes`."""
        boxes = tuple(boxes)
        return cls(
            left=min(box.left for box in boxes),
            top=min(box.top for box in boxes),
            right=max(box.right for box in boxes),
            bottom=max(box.bottom for box in boxes),
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

    def exact_pixels(self, size: Size) -> PixelBox:
        """Return this box in pixels of a picture of `size`, not rounded."""
        return PixelBox(
            self.left * size.width, self.top * size.height, self.right * size.width, self.bottom * size.height
        )

    def pixels(self, size: Size) -> tuple[int, int, int, int]:
        """Return (left, top, right, bottom) in whole pixels of a picture of `size`, as `Image.crop` takes them."""
        return self.exact_pixels(size).rounded

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


class PixelBox(NamedTuple):
    """A rectangle in a picture's pixels or in a display's input units; the edges need not be whole numbers.

    Fields of this type are called `rect`, those of a normalized `Box` are called `box`.
    """

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around_all(cls, boxes: Iterable[PixelBox]) -> PixelBox:
        """Return the smallest box that contains all `boxes`."""
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return cls(min(lefts), min(tops), max(rights), max(bottoms))

    @classmethod
    def at(cls, left: float, top: float, *, width: float, height: float) -> PixelBox:
        """Return the box of this size whose upper left corner is at `left` and `top`."""
        return cls(left, top, left + width, top + height)

    def box(self, size: Size) -> Box:
        """Return this rectangle of a picture of `size` as a normalized box."""
        return Box.of_pixels(self, size)

    @property
    def rounded(self) -> tuple[int, int, int, int]:
        """(left, top, right, bottom) in whole pixels."""
        return round(self.left), round(self.top), round(self.right), round(self.bottom)

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def center_x(self) -> float:
        return (self.left + self.right) / 2

    @property
    def center_y(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def center(self) -> tuple[float, float]:
        return self.center_x, self.center_y

    def holds(self, x: float, y: float) -> bool:
        """Return whether the place lies in this box or on its edge."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def grown(self, across: float, down: float | None = None) -> PixelBox:
        """Return this box with its edges moved outwards: left and right by `across`, top and bottom by `down`."""
        down = across if down is None else down
        return PixelBox(self.left - across, self.top - down, self.right + across, self.bottom + down)

    def moved(self, right: float, down: float) -> PixelBox:
        """Return a box of the same size that lies this much further right and down."""
        return PixelBox(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def clipped(self, width: float, height: float) -> PixelBox:
        """Return this box with its edges moved into a picture of this size."""
        return PixelBox(max(0, self.left), max(0, self.top), min(width, self.right), min(height, self.bottom))

    def scaled(self, by: float) -> PixelBox:
        """Return this box in a picture that is `by` times as large."""
        return PixelBox(self.left * by, self.top * by, self.right * by, self.bottom * by)

    def shared_width(self, other: PixelBox) -> float:
        """Return how many columns both cover; a negative number is the gap between them."""
        return min(self.right, other.right) - max(self.left, other.left)

    def shared_height(self, other: PixelBox) -> float:
        """Return how many rows both cover; a negative number is the gap between them."""
        return min(self.bottom, other.bottom) - max(self.top, other.top)

    def shared_area(self, other: PixelBox) -> float:
        return max(0.0, self.shared_width(other)) * max(0.0, self.shared_height(other))

    def beside(self, other: PixelBox) -> bool:
        """Return whether both stand in one row: the center of the lower one lies within the height of the other."""
        small, large = sorted((self, other), key=lambda box: box.height)
        return large.top <= small.center_y <= large.bottom


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
        box = PixelBox(*edges).moved(-self.origin.x, -self.origin.y).box(self.size)
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


class Guess(Value):
    """A place that may be meant, and what is written or drawn there."""

    words: str
    location: Location

    def is_at(self, point: Point) -> bool:
        """Whether `point` is in its box."""
        return self.location.box is not None and point in self.location.box


class Doubt(Value):
    """Why a target's place is too unsure to be acted on without a person, in words, and what may be meant: the
    likeliest first, which is where the action goes unless another one is picked."""

    why: str
    guesses: tuple[Guess, ...] = Field(min_length=1)
