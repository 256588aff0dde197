"""Decides which of the texts that a person typed may be written down, before anything of them is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from screenagent.geometry import Box, Point
from screenagent.grounding.naming import Namer
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot
from screenagent.scripts.recorder.blanked_screens import BlankedScreens
from screenagent.scripts.recorder.echo import Field, conceals, echo_of, field_typed_into
from screenagent.scripts.recorder.entries import Entry
from screenagent.scripts.recorder.gestures import Clicked, Dragged, Gesture, Typed
from screenagent.secrets import placeholder

NO_NAMES: Final = frozenset(("the", "a", "an", "field", "box", "entry", "of", "in", "row", "place", "at", "from"))
PASSWORD: Final = re.compile(
    r"pass ?(?:wor[dt]|phrase|code)|kennwort|mot de passe|contraseña|senha|palavra-passe|\bhasło|\bheslo|парол|\bparola"
    r"|lösenord|adgangskode|wachtwoord|salasana|jelszó|şifre|密码|密碼|パスワード|비밀번호|\bpin\b",
    re.IGNORECASE,
)
"""What a field is called whose text is one to hide, also while a person looks at it in the clear."""

HIDDEN: Final = "the field hid what was typed"
CALLED: Final = "the field is called one for a password"
UNSURE: Final = "it was not certain that the field showed what was typed"
SAME: Final = "another field hid the same text"


class TypedTexts:
    """Asked for all that was watched, in its order, each with what came after it.

    `secrets` gets the names that stand for texts which are not written down, each with the reason.
    """

    def __init__(self, namer: Namer, reader: TextReader, secrets: dict[str, str]) -> None:
        self._namer = namer
        self._reader = reader
        self._screens = BlankedScreens(reader)
        self._names: dict[str, str] = {}  # of the secrets, by their values
        self._secrets = secrets
        self._clicked: Clicked | Dragged | None = None  # what the focus was given to, if by the mouse

    def blanked(self, screenshot: Screenshot) -> Screenshot:
        """Return the screenshot without what fields hid."""
        return self._screens.blanked(screenshot)

    def judged(self, watched: Iterable[tuple[Gesture | Entry, Sequence[Gesture | Entry]]]) -> Iterator[Gesture]:
        """Yield the gestures that may be written down. A text that may not is a secret's name in them."""
        for one, later in watched:
            written = self._written(one, later) if isinstance(one, Entry) else (one,)
            for gesture in written:
                yield replace(gesture, seen=self.blanked(gesture.seen))
            if not isinstance(one, Entry):
                self._clicked = one if isinstance(one, Clicked | Dragged) else None

    def _written(self, entry: Entry, later: Sequence[Gesture | Entry]) -> tuple[Gesture, ...]:
        field = self._field(entry)
        reason = self._reason(entry, field, later)
        if reason is None:
            return entry.written
        name = self._secret(entry, field)
        self._secrets.setdefault(name, reason)
        before = self._screens.blanked(entry.seen)
        self._screens.hide(name, entry.text, before=entry.seen, shown=_shown(entry, field, later))
        first = entry.leading[-1] if entry.leading else entry
        return (*entry.leading, Typed(first.at, before, placeholder(name), before))

    def _reason(self, entry: Entry, field: Field, later: Sequence[Gesture | Entry]) -> str | None:
        """Return why a text is not to be written down; None if it may be."""
        if not entry.text.strip():
            return None
        if entry.text in self._names:
            return SAME
        seen = echo_of(entry, field, self._reader)
        if seen == "hidden" or any(conceals(entry, one.seen) for one in later):
            return HIDDEN
        if seen == "unsure":
            return UNSURE
        if PASSWORD.search(self._name(entry, field)):
            return CALLED
        return SAME if any(self._is_same_hidden(entry, one) for one in later if isinstance(one, Entry)) else None

    def _is_same_hidden(self, entry: Entry, later: Entry) -> bool:
        return later.text == entry.text and echo_of(later, self._field(later), self._reader) != "shown"

    def _field(self, entry: Entry) -> Field:
        clicked = self._clicked_at(entry)
        box = self._namer.bounds(clicked, entry.seen) if clicked else None
        return Field(clicked=box, others=self._namer.fields(entry.shown))

    def _clicked_at(self, entry: Entry) -> Point | None:
        match self._clicked:
            case Clicked(pixel=pixel) | Dragged(end=pixel):
                return entry.seen.display.point(pixel)
            case _:
                return None

    def _name(self, entry: Entry, field: Field) -> str:
        """What the field is called: by the click into it, or by where the text came to stand."""
        if (clicked := self._clicked_at(entry)) is not None:
            return self._namer.name(clicked, self.blanked(entry.seen))
        place: Box | None = field_typed_into(entry, field)
        return self._namer.name(place.center, self.blanked(entry.seen)) if place else ""

    def _secret(self, entry: Entry, field: Field) -> str:
        name = self._names.get(entry.text)
        if name is None:
            words = re.findall(r"[a-z0-9]+", self._name(entry, field).lower())
            base = "_".join(word for word in words if word not in NO_NAMES)[:24].strip("_") or "secret"
            names = (base, *(f"{base}_{more}" for more in range(2, 99)))
            name = next(one for one in names if one not in self._secrets)
            self._names[entry.text] = name
        return name


def _shown(entry: Entry, field: Field, later: Sequence[Gesture | Entry]) -> Screenshot:
    """Return the screenshot with the text as its field hides it, be it drawn late."""
    if field.clicked is None or entry.shown.digest != entry.seen.digest:
        return entry.shown
    edges = field.clicked.pixels(entry.seen.size)
    empty = entry.seen.pixels.crop(edges)
    for one in later:
        if one.seen.size == entry.seen.size and (drawn := one.seen.pixels.crop(edges)).tobytes() != empty.tobytes():
            image = entry.seen.pixels.copy()
            image.paste(drawn, edges[:2])
            return Screenshot.of(image, display=entry.seen.display, window=entry.seen.window)
    return entry.shown
