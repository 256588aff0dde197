"""Rectangles in a picture's pixels: what seeing works with, before and after a `Box` crosses the boundary."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from screenagent.geometry import Box, Size


class Rect(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, box: Box, size: Size) -> Rect:
        return cls(box.left * size.width, box.top * size.height, box.right * size.width, box.bottom * size.height)

    @classmethod
    def round_all(cls, rects: Iterable[Rect]) -> Rect:
        """The smallest rectangle that holds them all."""
        lefts, tops, rights, bottoms = zip(*rects, strict=True)
        return cls(min(lefts), min(tops), max(rights), max(bottoms))

    def box(self, size: Size) -> Box:
        return Box.of_pixels(self, size)

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
    def x(self) -> float:
        """Of its centre."""
        return (self.left + self.right) / 2

    @property
    def y(self) -> float:
        """Of its centre."""
        return (self.top + self.bottom) / 2

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def grown(self, by: float) -> Rect:
        return Rect(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def clipped(self, width: float, height: float) -> Rect:
        return Rect(max(0, self.left), max(0, self.top), min(width, self.right), min(height, self.bottom))

    def scaled(self, by: float) -> Rect:
        return Rect(self.left * by, self.top * by, self.right * by, self.bottom * by)

    def shared_width(self, other: Rect) -> float:
        """How many columns both cover; negative: the gap between them."""
        return min(self.right, other.right) - max(self.left, other.left)

    def shared_height(self, other: Rect) -> float:
        """How many rows both cover; negative: the gap between them."""
        return min(self.bottom, other.bottom) - max(self.top, other.top)

    def shared_area(self, other: Rect) -> float:
        return max(0.0, self.shared_width(other)) * max(0.0, self.shared_height(other))

    def beside(self, other: Rect) -> bool:
        """Whether both stand in one row: the centre of the lower one of them lies within the other's height."""
        small, large = sorted((self, other), key=lambda rect: rect.height)
        return large.top <= small.y <= large.bottom
