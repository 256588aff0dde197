"""Text arrives unchanged on keyboards that are laid out otherwise, also when the layout changes while we work."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest

from screenagent.actions import PressKeys, TypeText
from screenagent.control import Control
from screenagent.desktop.clipboard import NotLent
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.x11.input_devices import KeyboardLayout
from screenagent.screenshot import Window
from tests.builders import eventually

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


@pytest.mark.parametrize(
    ("layout", "text"), [("de", "Grüße, 20 € an über@weg.de"), ("pl", "zażółć gęślą jaźń"), ("fr", "à l'école ç")]
)
def test_what_a_layout_has_keys_for_is_typed_by_keys(
    own: VirtualDesktop, monkeypatch: pytest.MonkeyPatch, layout: str, text: str
) -> None:
    subprocess.run(["setxkbmap", layout], env=own.environment, check=True)
    monkeypatch.setattr(LocalDesktop, "_paste", _refused)
    assert typed(own, text) == text


def test_what_cannot_be_lent_to_the_clipboard_is_typed_by_keys_that_are_lent(
    own: VirtualDesktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["setxkbmap", "us"], env=own.environment, check=True)
    monkeypatch.setattr(LocalDesktop, "_paste", _refused)
    assert typed(own, "Grüße, 你好") == "Grüße, 你好"


def test_a_keyboard_that_lent_keys_is_what_it_was_once_it_is_closed(own: VirtualDesktop) -> None:
    subprocess.run(["setxkbmap", "us"], env=own.environment, check=True)
    before, layout = mapping(own), KeyboardLayout(own.display)
    layout.lend("aß你", wait=time.sleep)
    eventually(layout.follow)
    lent = [layout.find(character) for character in "ß你"]
    assert all(lent)
    assert mapping(own) != before
    layout.close()
    assert mapping(own) == before


def mapping(own: VirtualDesktop) -> list[str]:
    listed = subprocess.run(["xmodmap", "-pke"], env=own.environment, check=True, capture_output=True, text=True)
    return [line.strip() for line in listed.stdout.splitlines()]


def _refused(*_: object) -> None:
    raise NotLent("another program holds the clipboard", "clipboard")


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
