"""Which places belong to the window that is worked in, and which to the window manager or the desktop around it.

A window's own buttons, its title, panels and the desktop are meant only by words that name them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from screenagent.geometry import PixelBox
from screenagent.grounding.icon_match import CROSS, row_left_of
from screenagent.grounding.phrase import Phrase
from screenagent.grounding.scoring import ALIKE, SURE, Candidate
from screenagent.perception.icon_encoder import IconWords
from screenagent.perception.labels import Label
from screenagent.perception.screen import ScreenContents
from screenagent.screenshot import is_browser

TITLE_BAR: Final = 48  # pixels: the height of the tallest title bars
PANEL: Final = 48  # pixels from the upper or lower edge of the screen, where panels lie
TOOLBAR: Final = 96  # pixels: the height of a browser's tabs and its bar with the address
MENU: Final = 64  # pixels from the right edge of a browser's window, where it has its own menu
_INVITES: Final = re.compile(r"\b(?:url|(?:web )?address|websites|google|the web)\b", re.I)
_ADDRESS: Final = re.compile(r"\S://|^/\S+/\S|^(?:[\w-]+\.)+[a-z]{2,}(?:/\S*)?$|^localhost\b", re.I)
EXACT: Final = 0.9  # a name that matches better is not a guess
_BUTTON: Final = r"\b(?:close|quit|dismiss|exit|restore|enlarge|hide|shade|move|resize|drag)\b"
_WINDOW: Final = r"\b(?:window|dialog|app|application|program)\b"
_ALONE: Final = r"\b(?:(?:un)?maximi[sz]e|minimi[sz]e|iconify|title ?bar)\b|^\W*close\W*$"
_DESKTOP: Final = (
    r"\b(?:panel|task ?bar|(?:system |notification )?tray|notification area|dock|launcher|start menu|desktop|wallpaper"
    r"|workspace|applet|clock)\b"
)


def within_window(
    phrase: Phrase, candidates: Sequence[Candidate], screen: ScreenContents, words: IconWords
) -> list[Candidate]:
    """Return the candidates without those that are part of what surrounds the window in front, unless that is named."""
    if screen.front is None or _names_surroundings(phrase):
        return list(candidates)
    buttons = list(window_buttons(screen.front, screen, words)) if any(one.by == "icon" for one in candidates) else []
    inside = [one for one in candidates if screen.front.holds(*one.spot.center) and one.rect not in buttons]
    best = max((one.score for one in inside), default=0.0)
    outside = [
        one
        for one in candidates
        if not screen.front.holds(*one.spot.center) and _may_be_meant(one, screen) and one.score * ALIKE > best
    ]
    return [*inside, *outside]


def in_dialog(candidates: Sequence[Candidate], screen: ScreenContents) -> list[Candidate]:
    """Of several candidates that fit about as well, return those in the dialog that lies in front of the others."""
    alike = [one for one in candidates if one.score >= ALIKE * candidates[0].score]
    if len(alike) < 2 or screen.dialog is None:
        return list(candidates)
    return [one for one in alike if screen.dialog.holds(*one.spot.center)] or list(candidates)


def within_menu(candidates: Sequence[Candidate], screen: ScreenContents) -> list[Candidate]:
    """Return the candidates without those beside an open menu that match no better than one in it: whatever is clicked
    beside a menu, the click only closes it."""
    inside = [one for one in candidates if any(menu.holds(*one.spot.center) for menu in screen.popups)]
    best = max((one.score for one in inside), default=0.0)
    if best < SURE:
        return list(candidates)
    name = max(_match(one) for one in inside if one.score * ALIKE <= best <= one.score)
    return [one for one in candidates if one in inside or _match(one) > name]


def _match(candidate: Candidate) -> float:
    return max(candidate.evidence.name, candidate.evidence.meaning)


def of_browser_or_page(phrase: Phrase, rects: Sequence[PixelBox], screen: ScreenContents) -> list[PixelBox]:
    """Return the places without the corner where a browser has its own menu, or only that if the browser is named."""
    if screen.front is None or not is_browser(screen.application):
        return list(rects)
    corner = PixelBox(screen.front.right - MENU, screen.front.top, screen.front.right, screen.front.top + TOOLBAR)
    return [rect for rect in rects if corner.holds(*rect.center) == _names_browser(phrase)]


def within_page(rect: PixelBox, screen: ScreenContents) -> bool:
    """Return whether a place lies in the page that a browser shows, rather than in the bars above it."""
    front = screen.front
    return front is not None and is_browser(screen.application) and rect.center_y > front.top + TOOLBAR


def is_address_bar(label: Label, screen: ScreenContents) -> bool:
    """Return whether a text invites to type an address in the bar at the top of a browser's window."""
    if screen.front is None or not is_browser(screen.application) or not _INVITES.search(label.text):
        return False
    return screen.front.top <= label.rect.center_y < screen.front.top + TOOLBAR


def of_page(phrase: Phrase, rects: Sequence[PixelBox], screen: ScreenContents) -> list[PixelBox]:
    """Return the places without a browser's own tabs and bars, unless the browser is named or there are no others."""
    if screen.front is None or not is_browser(screen.application) or _names_browser(phrase):
        return list(rects)
    bars = screen.front.top + TOOLBAR
    if not any(label.rect.center_y < bars and _ADDRESS.search(label.text) for label in screen.labels):
        return list(rects)  # without bars, as on the whole screen
    return [rect for rect in rects if rect.center_y > bars] or list(rects)


def _names_browser(phrase: Phrase) -> bool:
    said = " ".join((phrase.name, phrase.about, *(relation.other for relation in phrase.relations)))
    return re.search(r"\b(?:browser|chrom(?:e|ium)|firefox)\b", said, re.I) is not None


def _names_surroundings(phrase: Phrase) -> bool:
    """Whether the words ask for a window's button or title, or for something of the desktop."""
    said = " ".join((phrase.verb, phrase.name, phrase.about, phrase.container or "")).strip().lower()
    if re.search(_ALONE, said) or (re.search(_BUTTON, said) and re.search(_WINDOW, said)):
        return True
    where = [relation.other.lower() for relation in phrase.relations]
    return any(re.search(_DESKTOP, words) for words in (said, *where))


def _may_be_meant(candidate: Candidate, screen: ScreenContents) -> bool:
    """Whether something outside the window in front, as in a menu that reaches beyond it or in another window, is no
    part of a title bar or a panel."""
    assert screen.front is not None
    x, y = candidate.spot.center
    if candidate.by == "icon" or (screen.front.grown(0, TITLE_BAR).holds(x, y) and y < screen.front.top):
        return False
    in_panel = y < PANEL or y > screen.size.height - PANEL
    return candidate.evidence.name >= EXACT or not in_panel


def window_buttons(front: PixelBox, screen: ScreenContents, words: IconWords) -> Iterator[PixelBox]:
    """Yield the buttons of a window that draws its own title bar: the row at its upper right that ends in a cross."""
    cross = words.vector([("window close", 1.0)])
    for number, icon in enumerate(screen.icons):
        at_corner = icon.rect.top < front.top + TITLE_BAR and 0 <= front.right - icon.rect.right < TITLE_BAR
        if at_corner and float(icon.vector @ cross) > CROSS:
            yield from (screen.icons[place].rect for place in row_left_of(number, screen.icons))
