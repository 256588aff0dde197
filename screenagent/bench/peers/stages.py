"""Where the tools are tried: a GTK program and a page of buttons that say when each was pressed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from screenagent.bench.devtools import BrowserPage, browser
from screenagent.bench.peers.roster import Peer
from screenagent.bench.peers.session import AppNames
from screenagent.bench.truth.attempts import BARE, SCREEN, put_mouse_away
from screenagent.bench.truth.pairs import Report, TruthPair, Twin
from screenagent.bench.truth.witness import Witness
from screenagent.control import Control, until
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.x11.xvfb import x_authority

SYSTEM_PYTHON: Final = "/usr/bin/python3"
PROGRAM: Final = Path(str(files("screenagent.bench.peers"))) / "gtk_buttons.py"
LABELS: Final = ("One", "Two", "Three", "Four", "Install", "Archive", "Save as", "Seven")
PANEL: Final = TruthPair(id="panel", kind="click", page="panel.html", task="click Seven", truth=Report(line="pressed"))
PANEL_SECONDS: Final = 5.0
TOLD_SECONDS: Final = 0.8
"""After a page was painted, the browser takes a moment to tell the accessibility bus of it."""
REST_SECONDS: Final = 0.25


@dataclass(frozen=True)
class ClickStage:
    """A desktop with one window of buttons.

    `lines` are what the program or page said so far. `begin` shows a page anew, or gives its address to a tool that
    has a browser of its own.
    """

    part: Literal["gtk", "page"]
    virtual: VirtualDesktop
    names: AppNames
    lines: Callable[[], Sequence[str]]
    begin: Callable[[Peer], str] = lambda _: ""

    def presses(self, label: str) -> list[float]:
        """Return when the button was pressed, each time."""
        return [float(line.split()[-1]) for line in self.lines() if line.startswith(f"pressed {label} ")]

    def point(self, label: str) -> tuple[int, int]:
        """Return the middle of the button on the screen, if the program tells."""
        places = [line.split()[-2:] for line in self.lines() if line.startswith(f"at {label} ")]
        return (int(places[-1][0]), int(places[-1][1])) if places else (0, 0)


@contextmanager
def gtk_stage() -> Iterator[ClickStage]:
    with TemporaryDirectory(prefix="screenagent-peers-") as folder:
        said = Path(folder, "said.txt")
        said.touch()
        names = AppNames(title="Panel", process="python3", application=PROGRAM.name)
        with VirtualDesktop([SYSTEM_PYTHON, str(PROGRAM), str(said), *LABELS], size=SCREEN) as virtual:
            stage = ClickStage("gtk", virtual, names, lambda: said.read_text("utf-8").splitlines())
            until(lambda: stage.point(LABELS[-1]) != (0, 0), seconds=PANEL_SECONDS)
            yield stage


@contextmanager
def page_stage() -> Iterator[ClickStage]:
    with Witness() as witness, browser_of(witness) as (virtual, page):
        begin = partial(show_twin, witness, page, PANEL, "works")
        names = AppNames(title="Order", process="chromium", application="Chromium")
        yield ClickStage("page", virtual, names, lambda: witness.reports, begin)


@contextmanager
def browser_of(witness: Witness) -> Iterator[tuple[VirtualDesktop, BrowserPage]]:
    """A browser that tells the accessibility bus of its pages."""
    shown = (*BARE, "--force-renderer-accessibility", f"--app={witness.blank}")
    with browser(Control(), *shown, size=SCREEN) as (virtual, page):
        yield virtual, page


def show_twin(witness: Witness, page: BrowserPage, pair: TruthPair, twin: Twin, peer: Peer) -> str:
    """Show the twin's page, or an empty one if the tool has a browser of its own. Return the address."""
    url = witness.begin(pair, twin)
    page.load(witness.blank)
    if not peer.is_web:
        page.load(url)
        page.painted()
        time.sleep(TOLD_SECONDS)
    return url


def environment_of(peer: Peer, virtual: VirtualDesktop) -> Mapping[str, str]:
    """The environment of a tool on that desktop, with what a session has that somebody logged in to."""
    authority = virtual.folder / "home" / ".Xauthority"
    authority.write_bytes(x_authority(virtual.display, b"0" * 16))  # the server lets everybody in, by any cookie
    session = {"XAUTHORITY": str(authority), "XDG_SESSION_TYPE": "x11"}
    return virtual.environment | session | dict(peer.variables)


def come_to_rest(virtual: VirtualDesktop) -> None:
    """Put the mouse where it touches nothing, and let what reacts to that come to its end."""
    put_mouse_away(virtual)
    time.sleep(REST_SECONDS)
