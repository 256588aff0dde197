"""A picture of one display, named by the digest of its pixels."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Final, Literal

from PIL import Image
from pydantic import ConfigDict, Field

from screenagent.geometry import Box, Display, Point, Size, Unit, Value
from screenagent.showing import LONGEST_NAME, abridged

TERMINALS: Final = frozenset(
    (
        *("alacritty", "com.gexperts.tilix", "com.mitchellh.ghostty", "com.raggesilver.blackbox", "foot", "footclient"),
        *("com.system76.cosmicterm", "ghostty", "gnome-terminal", "gnome-terminal-server", "guake", "kgx", "kitty"),
        *("konsole", "lxterminal", "mate-terminal", "org.contourterminal.contour", "org.gnome.console"),
        *("org.gnome.ptyxis", "org.gnome.terminal", "org.kde.konsole", "org.kde.yakuake", "org.wezfurlong.wezterm"),
        *("ptyxis", "qterminal", "rxvt", "sakura", "st", "st-256color", "terminator", "terminology", "tilix", "urxvt"),
        *("uxterm", "wezterm", "xfce4-terminal", "xterm", "yakuake"),
    )
)
"""Terminals, by the class of their windows on X11 and by their `app_id` on Wayland."""
_WORDS: Final = re.compile(r"[^\W\d_]+")
_BROWSER: Final = re.compile(r"chrom|firefox|edge|brave|vivaldi|opera|epiphany|falkon|librewolf", re.I)


def is_browser(application: str) -> bool:
    """Return whether an application shows web pages."""
    return _BROWSER.search(application) is not None


def _is_nothing(value: object) -> bool:
    return not value


class Window(Value):
    """A window of the display's window system: which application's, and what its title says.

    `own` is the terminal that we were started from: what is typed there reaches us, or a shell. `box` is where its
    contents are on the display, as far as they reach into it; None where that is not known, or where they lie on
    another one, which is `monitor`. `is_dialog` is what its application says.
    """

    id: int
    title: str = ""
    app: str = ""
    pid: int | None = None
    own: bool = False
    is_dialog: bool = Field(default=False, exclude_if=_is_nothing)
    box: Box | None = None
    monitor: str | None = Field(default=None, exclude_if=_is_nothing)

    @property
    def is_terminal(self) -> bool:
        return self.app.lower() in TERMINALS

    @property
    def is_browser(self) -> bool:
        return is_browser(self.app)

    def is_called_like(self, other: Window) -> bool:
        """Return whether both are of one application, with titles of the same words; marks and numbers may differ."""
        return self.app == other.app and _WORDS.findall(self.title) == _WORDS.findall(other.title)


class Screenshot(Value):
    """`size` is the picture's, in pixels; `image` is RGB and stays out of JSON, where `digest` stands for it.

    `covered` is where the terminal that we run in lies: it is blank in the picture, and what is under it is not seen.
    `moving` are the places that were seen to change by themselves when the picture was taken, and tips, which come and
    go with the mouse; `popups` are the menus and drop-down lists that were open, as far as that is known.
    `windows` are all that lie on the display, from the lowest to the top, each with the box of its frame; a menu or
    list has the title and the application of the window that it belongs to. Empty where they are not known.
    `managed` are the windows that programs have open, without panels, also the minimized and those on another desktop.
    `focus` is the window that has the input focus, if that is another than `window`, and `pointer` where the mouse is.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    digest: str
    size: Size
    display: Display
    window: Window | None = None
    covered: tuple[Box, ...] = ()
    moving: tuple[Box, ...] = ()
    popups: tuple[Box, ...] = ()
    windows: tuple[Window, ...] = Field(default=(), exclude_if=_is_nothing)
    managed: tuple[Window, ...] = Field(default=(), exclude_if=_is_nothing)
    focus: Window | None = Field(default=None, exclude_if=_is_nothing)
    pointer: Point | None = Field(default=None, exclude_if=_is_nothing)
    image: Image.Image | None = Field(default=None, exclude=True, repr=False)

    @classmethod
    def of(
        cls,
        image: Image.Image,
        *,
        display: Display | None = None,
        window: Window | None = None,
        covered: tuple[Box, ...] = (),
    ) -> Screenshot:
        """Take `image` as a screenshot; without a `display` it is a picture from a file, its own display at scale 1."""
        rgb = image if image.mode == "RGB" else image.convert("RGB")
        size = Size(width=rgb.width, height=rgb.height)
        return cls(
            digest=digest(rgb),
            size=size,
            display=display or Display(name="picture", size=size),
            window=window,
            covered=covered,
            image=rgb,
        )

    @property
    def unseen_words(self) -> str:
        """What is not seen: what lies under the terminal, and a window in front that is on another monitor."""
        return "; ".join(filter(None, (self._covered_words(), self._elsewhere_words())))

    def _covered_words(self) -> str:
        share = sum((box.right - box.left) * (box.bottom - box.top) for box in self.covered)
        return (
            f"this terminal covers {min(share, 1):.0%} of the screen, and what is under it is not seen" if share else ""
        )

    def _elsewhere_words(self) -> str:
        if self.window is None or self.window.monitor is None:
            return ""
        name, monitor = self.window.title or self.window.app or "untitled", self.window.monitor
        return f"the window in front, “{abridged(name, LONGEST_NAME)}”, is on another monitor: --display {monitor}"

    def window_at(self, point: Point) -> Window | None:
        """Return the window that lies on top there; None on the bare ground, and where windows are not known."""
        return next((window for window in reversed(self.windows) if window.box and point in window.box), None)

    @property
    def pixels(self) -> Image.Image:
        """The picture; raises where only its digest is known."""
        if self.image is None:
            raise ValueError(f"the picture of screenshot {self.digest} was not kept")
        return self.image


def digest(image: Image.Image) -> str:
    """What names a picture: its size and every pixel."""
    size = f"{image.width}x{image.height}".encode()
    return hashlib.blake2b(image.tobytes(), digest_size=12, key=size).hexdigest()


class Word(Value):
    """A word read off a screenshot; words with the same `line` stand in one line, in reading order."""

    text: str
    box: Box
    confidence: Unit = 1.0
    line: int = 0


ElementState = Literal[
    "disabled", "checked", "unchecked", "mixed", "selected", "unselected", "expanded", "collapsed", "focused",
    "editable", "pressed", "multiple", "password",
]  # fmt: skip


class Element(Value):
    """A control as its own program describes it: "button", "field", "item" …, its name, and where it says it is.

    `states` are those that the program tells: neither "checked" nor "unchecked" means that it said nothing of this.
    `value` is a field's text, a slider's number, a drop-down's choice; of a password as many dots as it has characters.
    """

    role: str
    name: str
    box: Box
    states: frozenset[ElementState] = frozenset()
    value: str | None = None


OPPOSITES: Final[Mapping[ElementState, tuple[ElementState, ...]]] = {
    "checked": ("unchecked", "mixed"),
    "unchecked": ("checked", "mixed"),
    "selected": ("unselected",),
    "unselected": ("selected",),
    "expanded": ("collapsed",),
    "collapsed": ("expanded",),
}


class ControlState(Value):
    """A control, as far as its state and value are known, and who says so."""

    box: Box
    role: str = ""
    states: frozenset[ElementState] = frozenset()
    value: str | None = None
    by: Literal["accessibility", "pixels", "words"] = "pixels"

    def is_in(self, state: ElementState) -> bool | None:
        """Whether it is in this state; None if nobody can say."""
        if state in self.states:
            return True
        return False if self.states.intersection(OPPOSITES.get(state, ())) else None
