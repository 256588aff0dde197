"""The tools that are compared: where each is installed, and the adapter that drives it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from screenagent.desktop.json_lines import module_command

TOOLS: Final = Path(str(files("screenagent.bench.peers"))) / "tools"
OURS: Final = "screenagent"
TO_DESCRIPTOR_3: Final = ("sh", "-c", 'exec "$@" 3>&1 >&2', "adapter")
"""The answers' way past whatever a library prints."""
BY_SIGHT: Final = {"SCREENAGENT_ACCESSIBILITY": "false"}


@dataclass(frozen=True)
class Peer:
    """A tool as it is driven.

    `environment` is the folder of its virtual environment; `install` is what pip installs there, `programs` what has to
    be on the machine. With `from_system` the system's Python makes it, which has GObject and AT-SPI. `is_web` tools
    bring a browser of their own and know nothing but pages; `by_point` tools have to be told where to click.
    """

    name: str
    adapter: str
    environment: str = ""
    install: str = ""
    arguments: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    programs: tuple[str, ...] = ()
    from_system: bool = False
    is_web: bool = False
    by_point: bool = False

    @property
    def is_ours(self) -> bool:
        return not self.environment and not self.by_point

    def command(self, environments: Path | None) -> list[str]:
        """Return the command that starts its adapter."""
        if self.is_ours:
            return module_command(self.adapter)
        return [*TO_DESCRIPTOR_3, str(self._python(environments)), str(TOOLS / self.adapter), *self.arguments]

    def missing(self, environments: Path | None) -> str:
        """What is not there, and how it is made; empty if the tool can be run."""
        if self.environment and not (environments and self._python(environments).exists()):
            python = "/usr/bin/python3 -m venv --system-site-packages" if self.from_system else "python3 -m venv"
            made = f"{python} {self.environment} && {self.environment}/bin/pip install {self.install}"
            return f"it has no environment; in the folder of environments: {made}"
        programs = [name for name in self.programs if shutil.which(name) is None]
        return f"{', '.join(programs)} is not installed" if programs else ""

    def _python(self, environments: Path | None) -> Path:
        if environments is None or not self.environment:
            return Path(sys.executable)
        return environments / self.environment / "bin/python"


_WEB: Final = ("chromium", "chromedriver")

PEERS: Final = (
    Peer(OURS, "screenagent.bench.peers.this_agent"),
    Peer("screenagent-by-sight", "screenagent.bench.peers.this_agent", variables=tuple(BY_SIGHT.items())),
    Peer("cua-driver", "cua_steps.py", "cua", "cua-driver"),
    Peer("cua-driver-no-glide", "cua_steps.py", "cua", "cua-driver", arguments=("no-glide",)),
    Peer("a11y-computer-use", "a11y_refs.py", "a11y", "a11y-computer-use", from_system=True),
    Peer("dogtail", "dogtail_nodes.py", "dogtail", "dogtail", from_system=True),
    Peer(
        "pyautogui-tesseract",
        "pyautogui_ocr.py",
        "pyautogui",
        "pyautogui pytesseract pillow",
        programs=("tesseract", "scrot"),
    ),
    Peer("playwright", "playwright_page.py", "playwright", "playwright", programs=_WEB[:1], is_web=True),
    Peer("selenium", "selenium_page.py", "selenium", "selenium", programs=_WEB, is_web=True),
    Peer("xdotool", "xdotool_point.py", programs=("xdotool",), by_point=True),
)


def chosen_peers(names: Sequence[str]) -> list[Peer]:
    """Return the tools with these names, or all if none is named."""
    return [peer for peer in PEERS if not names or peer.name in names]
