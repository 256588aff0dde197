"""Decides which of the texts that a person typed may be written down, before anything of them is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from screenagent.geometry import WHOLE, Box, Point
from screenagent.grounding.naming import Namer
from screenagent.perception.changes import changed_shares
from screenagent.perception.similarity import letters_of, likeness
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot
from screenagent.scripts.recorder.blanked_screens import BlankedScreens
from screenagent.scripts.recorder.echo import Field, conceals, dotted, field_typed_into, sighting_of, typed_into
from screenagent.scripts.recorder.entries import AtTheEnd, Entry
from screenagent.scripts.recorder.gestures import Clicked, Dragged, Focused, Gesture, Pressed, Typed
from screenagent.scripts.replay.appearance import READ_ALIKE
from screenagent.secrets import placeholder

NO_NAMES: Final = frozenset(("the", "a", "an", "field", "box", "entry", "of", "in", "row", "place", "at", "from"))
PASSWORD: Final = re.compile(
    r"pass ?(?:wor[dt]|phrase|code)|kennwort|mot de passe|contraseña|senha|palavra-passe|\bhasło|\bheslo|парол|\bparola"
    r"|lösenord|adgangskode|wachtwoord|salasana|jelszó|şifre|密码|密碼|パスワード|비밀번호|\bpin\b",
    re.IGNORECASE,
)
"""What a field is called whose text is one to hide, also while a person looks at it in the clear."""

HIDDEN: Final = "the field hid what was typed"
TOLD: Final = "its program says that the field is one for a password"
CALLED: Final = "the field is called one for a password"
UNSURE: Final = "it was not certain that the field showed what was typed"
EARLIER: Final = "the field has hidden what was typed before"
SAME: Final = "another field hid the same text"


LEADING_ON: Final = (("tab",), ("shift", "tab"))

STILL_PAGE: Final = 0.1  # where less of the window than this has changed, its fields are those that they were

Later = Gesture | Entry | AtTheEnd


@dataclass(frozen=True)
class HiddenField:
    """Where a field is that has hidden a text, and the screenshot of the page that it was on."""

    box: Box
    seen: Screenshot

    def holds(self, box: Box, now: Screenshot) -> bool:
        """Return whether `box` is in that field on the same page."""
        here, then = now.window, self.seen.window
        same = here is not None and then is not None and here.id == then.id if here or then else True
        page = here.box if here and here.box else WHOLE
        return same and box.center in self.box and changed_shares(self.seen, now, [page])[0] < STILL_PAGE


class TypedTexts:
    """Asked for all that was watched, in its order, each with what came after it.

    `secrets` gets the names that stand for texts which are not written down, each with the reason; `since` is asked how
    the screen has looked since a moment.
    """

    def __init__(
        self, namer: Namer, reader: TextReader, secrets: dict[str, str], since: Callable[[float], Sequence[Screenshot]]
    ) -> None:
        self._namer = namer
        self._reader = reader
        self._screens = BlankedScreens(reader)
        self._names: dict[str, str] = {}  # of the secrets, by their values
        self._secrets = secrets
        self._since = since
        self._hidden: list[HiddenField] = []
        self._passwords: tuple[Box, ...] = ()  # that programs told of as the last click was made
        self._clicked: Clicked | Dragged | None = None  # what the focus was given to, if by the mouse
        self._led = True  # whether nothing but a key, or nobody, has said where the focus is

    def blanked(self, screenshot: Screenshot) -> Screenshot:
        """Return the screenshot without what fields hid."""
        return self._screens.blanked(screenshot)

    def judged(self, watched: Iterable[tuple[Gesture | Entry, Sequence[Later]]]) -> Iterator[Gesture]:
        """Yield the gestures that may be written down. A text that may not is a secret's name in them."""
        earlier: Screenshot | None = None
        for one, later in watched:
            if earlier is not None:
                self._hide_filled_in(earlier, one.seen)
            written = (*self._moved(one), *self._written(one, later)) if isinstance(one, Entry) else (one,)
            for gesture in written:
                yield replace(gesture, seen=self.blanked(gesture.seen))
            earlier = one.seen if not isinstance(one, Entry) else None
            if isinstance(one, Clicked):
                self._passwords = self._namer.passwords(one.seen)
            if not isinstance(one, Entry):
                self._led = _leads_on(one)
                self._clicked = one if isinstance(one, Clicked | Dragged) else None

    def _hide_filled_in(self, before: Screenshot, now: Screenshot) -> None:
        """Hide what a menu, the middle button or a keeper of passwords has put into a field that shows dots for it."""
        if (dots := dotted(before, now)) is not None:
            self._screens.hide("", "", before=before, shown=dots)

    def _written(self, entry: Entry, later: Sequence[Later]) -> tuple[Gesture, ...]:
        field = self._field(entry)
        reason = self._reason(entry, field, later)
        if reason is None:
            return entry.written
        name = self._secret(entry, field)
        self._secrets.setdefault(name, reason)
        if (place := _place(entry, field)) is not None:
            self._hidden.append(HiddenField(place, entry.seen))
        before = self._screens.blanked(entry.seen)
        self._screens.hide(name, entry.text, before=entry.seen, shown=_shown(entry, field, later))
        first = entry.leading[-1] if entry.leading else entry
        return (*entry.leading, Typed(first.at, before, placeholder(name), before))

    def _moved(self, entry: Entry) -> Iterator[Focused]:
        """Yield that the focus is in another field than was clicked last, or that nobody knows in which it is."""
        clicked, field = self._clicked_at(entry), self._field(entry)
        if field.clicked is not None and typed_into(entry, field.clicked):
            return
        box = self._entered(entry, field)
        box = None if box is not None and clicked is not None and clicked in box else box
        if box is not None or self._led:
            yield Focused(entry.at, entry.seen, box)

    def _entered(self, entry: Entry, field: Field) -> Box | None:
        """Return the only field that the text can have come into: one that shows it, or one for a password, or else one
        that has changed at all, as the field does that has lost the focus."""
        found = (box for box in (*field.others, *self._namer.fields(entry.seen)) if typed_into(entry, box))
        changed = _apart(found)
        secret = [box for box in self._namer.passwords(entry.shown) if typed_into(entry, box)]
        told = self._namer.focused(entry.seen)
        for boxes in ([box for box in changed if self._shows(entry, box)], secret, changed):
            if len(boxes) == 1:
                return boxes[0]
            if len(boxes) > 1:
                return next((box for box in boxes if told is not None and box.center in told), None)
        return None

    def _shows(self, entry: Entry, box: Box) -> bool:
        """Return whether the text is read in a field, or as much of it as was drawn or has room, and was not before."""
        wanted = letters_of(entry.text)
        before, after = (
            letters_of("".join(word.text for word in self._reader.read(screen) if word.box.center in box))
            for screen in (entry.seen, entry.shown)
        )
        begun = len(after) >= len(wanted) / 2 and after in wanted
        return before != after and (wanted in after or begun or likeness(wanted, after) >= READ_ALIKE)

    def _reason(self, entry: Entry, field: Field, later: Sequence[Later]) -> str | None:
        """Return why a text is not to be written down; None if it may be."""
        if not entry.text.strip() and not entry.pastes:
            return None
        if entry.text in self._names and not entry.pastes:
            return SAME
        place = _place(entry, field)
        if place is not None and any(hidden.holds(place, entry.seen) for hidden in self._hidden):
            return EARLIER
        told = (*self._passwords, *self._namer.passwords(entry.seen))
        if any(typed_into(entry, box) or (place is not None and place.center in box) for box in told):
            return TOLD
        seen, places = sighting_of(entry, field, self._reader)
        if seen == "hidden" or any(conceals(entry, look, places) for look in self._looks(entry, later)):
            return HIDDEN
        if seen == "unsure":
            return UNSURE if entry.text.strip() else None  # what was pasted is not known
        if PASSWORD.search(self._name(entry, field)):
            return CALLED
        return SAME if any(self._is_same_hidden(entry, one) for one in later if isinstance(one, Entry)) else None

    def _looks(self, entry: Entry, later: Sequence[Later]) -> Iterator[Screenshot]:
        yield from (one.seen for one in later)
        yield from self._since(entry.at)

    def _is_same_hidden(self, entry: Entry, later: Entry) -> bool:
        return later.text == entry.text and sighting_of(later, self._field(later), self._reader).echo != "shown"

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
        place = self._entered(entry, field)
        name = self._namer.name(place.center, self.blanked(entry.seen)) if place else ""
        return name if name.endswith(" field") else ""  # what stands in or beside it is no name

    def _secret(self, entry: Entry, field: Field) -> str:
        name = self._names.get(entry.text)
        if name is None or entry.pastes:
            words = re.findall(r"[a-z0-9]+", self._name(entry, field).lower())
            base = "_".join(word for word in words if word not in NO_NAMES)[:24].strip("_") or "secret"
            names = (base, *(f"{base}_{more}" for more in range(2, 99)))
            name = next(one for one in names if one not in self._secrets)
            if not entry.pastes:
                self._names[entry.text] = name
        return name


def _leads_on(gesture: Gesture) -> bool:
    """Return whether it moves the focus and does nothing else."""
    return isinstance(gesture, Pressed) and gesture.keys in LEADING_ON


def _apart(boxes: Iterable[Box]) -> list[Box]:
    """Return the boxes, of those that are the same field the first."""
    found: list[Box] = []
    for box in boxes:
        if not any(box.center in other for other in found):
            found.append(box)
    return found


def _place(entry: Entry, field: Field) -> Box | None:
    """Return the bounds of the field that the text was typed into, as far as they are known."""
    return field.clicked or field_typed_into(entry, field)


def _shown(entry: Entry, field: Field, later: Sequence[Later]) -> Screenshot:
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
