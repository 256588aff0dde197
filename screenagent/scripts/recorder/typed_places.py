"""Where the typed values of a recording stand, so that the anchors do not know a target by them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from screenagent.perception.changes import changed_shares
from screenagent.perception.similarity import letters_of, likeness
from screenagent.screenshot import Screenshot, Word
from screenagent.scripts.anchors import NearbyText
from screenagent.scripts.replay.appearance import READ_ALIKE, Appearance

MORE: Final = 2  # words that come with a typed text beside its own, which may be misread; with more a page has come
SHORTEST: Final = 2  # letters of a value that is known again elsewhere


@dataclass
class TypedPlaces:
    """Asked for each typed text, and then for the appearance of each target, in their order."""

    _texts: list[str] = field(default_factory=list)
    _words: list[Word] = field(default_factory=list)

    def note(self, text: str, before: Screenshot, after: Screenshot, read: Iterable[Word]) -> None:
        """Note the words `read` on `after` that a typed text, or a choice, brought onto the screen."""
        self._texts.append(text)
        words = list(read)
        shares = changed_shares(before, after, [word.box for word in words])
        changed = [word for word, share in zip(words, shares, strict=True) if share > 0]
        own = {letters_of(word) for word in text.split()}
        few = len(changed) <= len(text.split()) + MORE
        self._words += changed if few else [word for word in changed if letters_of(word.text) in own]

    def without(self, words: Iterable[Word]) -> list[Word]:
        """Return the words without those that stand where they were typed."""
        return [word for word in words if not any(_is_same(word, typed) for typed in self._words)]

    def unknowing(self, appearance: Appearance) -> Appearance:
        """Return the appearance without typed values among its neighbours, but for those by which it is called or told
        from others."""
        anchor = appearance.anchor
        kept = appearance.telling_texts if anchor.alike > 1 else ()
        beside = tuple(text for text in anchor.beside if text in kept or self._stays(text, anchor.target))
        return Appearance(anchor.model_copy(update={"beside": beside}), appearance.picture)

    def _stays(self, nearby: NearbyText, target: str) -> bool:
        return nearby.text in target or not _is_any_of(nearby.text, self._texts)


def _is_same(word: Word, typed: Word) -> bool:
    return word.box.center in typed.box and letters_of(word.text) == letters_of(typed.text)


def _is_any_of(text: str, values: Sequence[str]) -> bool:
    known = [value for value in values if len(letters_of(value)) >= SHORTEST]
    return any(likeness(value, text) >= READ_ALIKE for value in known)
