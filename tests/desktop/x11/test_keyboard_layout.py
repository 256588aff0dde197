"""Text arrives unchanged on keyboards that are laid out otherwise, also when the layout changes while we work."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from screenagent.actions import PressKeys, TypeText
from screenagent.control import Control
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.screenshot import Window

pytestmark = pytest.mark.display

TEXT = "xyz QWERTY <@> 123 {q} ~#"


@pytest.fixture(scope="module")
def own() -> Iterator[VirtualDesktop]:
    """A desktop whose keyboard no other test uses."""
    with VirtualDesktop(control=Control()) as desktop:
        yield desktop


@pytest.mark.parametrize("layout", ["us", "de", "fr", "ru"])
def test_text_is_the_same_in_every_layout(own: VirtualDesktop, layout: str) -> None:
    subprocess.run(["setxkbmap", layout], env=own.environment, check=True)
    assert typed(own, TEXT) == TEXT


def test_text_is_the_same_where_the_keyboard_is_switched_to_another_script(own: VirtualDesktop) -> None:
    layouts = ["setxkbmap", "us,ru", "-option", "grp:caps_toggle"]
    subprocess.run(layouts, env=own.environment, check=True)
    perform_input(own.desktop, PressKeys(keys=("caps_lock",)))
    assert typed(own, TEXT) == TEXT


def typed(desktop: VirtualDesktop, text: str) -> str:
    with Probe(desktop.display) as probe:
        desktop.desktop.activate(Window(id=probe.window, title="Probe"))
        perform_input(desktop.desktop, TypeText(text=text))
        probe.drain(seconds=0.2)
        return probe.text
