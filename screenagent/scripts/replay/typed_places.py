"""Where the typed values of a recording or a replay stand, so that the anchors do not know a target by them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from screenagent.geometry import Box
from screenagent.perception.changes import changed_shares
from screenagent.perception.similarity import letters_of, likeness
from screenagent.screenshot import Screenshot, Word
from screenagent.scripts.anchors import NearbyText
from screenagent.scripts.replay.appearance import READ_ALIKE, Appearance

MORE: Final = 2  # words that come with a typed text beside its own, which may be misread; with more a page has come
HIGHEST: Final = 64  # pixels that a field of one line is high; of a higher one only the words are hidden
SHORTEST: Final = 2  # letters of a value that is known again elsewhere


@dataclass(frozen=True)
class TypedPlace:
    """The words that a typed text brought onto the screen, and the field that they stand in, as far as it is known."""

    words: tuple[Word, ...]
    area: Box

    def holds(self, word: Word) -> bool:
        """Return whether a word that was read later is one of them, where it was."""
        letters = letters_of(word.text)
        return any(word.box.center in own.box and letters == letters_of(own.text) for own in self.words)


@dataclass
class TypedPlaces:
    """Asked for each typed text, and then for the appearance of each target, in their order."""

    _texts: list[str] = field(default_factory=list)
    _places: list[TypedPlace] = field(default_factory=list)

    def note(
        self, text: str, before: Screenshot, after: Screenshot, read: Iterable[Word], *, area: Box | None = None
    ) -> None:
        """Note the words `read` on `after` that a typed text, or a choice, brought onto the screen, and its field."""
        self._texts.append(text)
        words = list(read)
        shares = changed_shares(before, after, [word.box for word in words])
        changed = [word for word, share in zip(words, shares, strict=True) if share > 0]
        own = {letters_of(word) for word in text.split()}
        few = len(changed) <= len(text.split()) + MORE
        found = changed if few else [word for word in changed if letters_of(word.text) in own]
        if found:
            is_line = area is not None and area.exact_pixels(after.size).height <= HIGHEST
            inside = area is not None and any(word.box.center in area for word in found)
            self._places.append(TypedPlace(tuple(found), area if area and is_line and inside else _around(found)))

    def without(self, words: Iterable[Word]) -> list[Word]:
        """Return the words without those that stand where they were typed."""
        return [word for word in words if not any(place.holds(word) for place in self._places)]

    def unknowing(self, appearance: Appearance, read: Sequence[Word], *, data: Iterable[Box] = ()) -> Appearance:
        """Return the appearance without typed values: those in its picture are blurred, and of its neighbours only
        those stay by which it is called or told from others. `read` are the words on its screen, and `data` is where
        other values stand there."""
        anchor = appearance.anchor
        kept = appearance.telling_texts if anchor.alike > 1 else ()
        beside = tuple(text for text in anchor.beside if text in kept or self._stays(text, anchor.target))
        there = [place.area for place in self._places if any(map(place.holds, read))]
        return Appearance(anchor.model_copy(update={"beside": beside}), appearance.picture).hiding((*there, *data))

    def _stays(self, nearby: NearbyText, target: str) -> bool:
        return nearby.text in target or not _is_any_of(nearby.text, self._texts)


def _around(words: Sequence[Word]) -> Box:
    return Box.around_all(word.box for word in words)


def _is_any_of(text: str, values: Sequence[str]) -> bool:
    known = [value for value in values if len(letters_of(value)) >= SHORTEST]
    return any(likeness(value, text) >= READ_ALIKE for value in known)
