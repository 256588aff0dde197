"""A stop key is heard although the app's own thread is busy, and what that needs of Textual is still there."""

from __future__ import annotations

import inspect
import os
import sys
import threading
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, cast

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.events import Key
from textual.message import Message

from screenagent.console.stop_keys import driver_that_reports_keys
from tests.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has another driver")


class LinuxDriver:
    """Stands in for Textual's driver of this name, which needs a terminal; its messages wait for a busy app."""

    def __init__(self, fileno: int) -> None:
        self.fileno = fileno
        self.exit_event = threading.Event()
        self.app_is_idle = threading.Event()
        self.taken_by_the_app: list[str] = []

    def process_message(self, message: Message) -> None:
        assert isinstance(message, Key)
        self.app_is_idle.wait(30)
        self.taken_by_the_app.append(message.key)


class Keyboard:
    """Types into a driver that is read in a thread of its own."""

    def __init__(self) -> None:
        ours, self._theirs = os.pipe()
        self.reported: list[str] = []
        self._heard = threading.Event()
        kind = driver_that_reports_keys(cast(type[Driver], LinuxDriver), self._report)
        self.driver = cast(Any, kind)(ours)
        self._reader = threading.Thread(target=self.driver.run_input_thread)
        self._reader.start()

    def type(self, keys: bytes) -> None:
        """Return when the first of them was reported."""
        os.write(self._theirs, keys)
        assert self._heard.wait(30)

    def _report(self, key: str) -> None:
        self.reported.append(key)
        self._heard.set()

    def close(self) -> None:
        self.driver.app_is_idle.set()
        os.close(self._theirs)
        self._reader.join()
        os.close(self.driver.fileno)


@pytest.fixture
def keyboard() -> Iterator[Keyboard]:
    opened = Keyboard()
    yield opened
    opened.close()


@pytest.mark.parametrize(("keys", "key"), [(b"\x1b", "escape"), (b"\x03", "ctrl+c")])
def test_a_stop_key_is_reported_while_the_app_is_busy(keyboard: Keyboard, keys: bytes, key: str) -> None:
    keyboard.type(keys)
    assert keyboard.reported == [key]
    assert keyboard.driver.taken_by_the_app == []


def test_a_key_that_begins_with_an_escape_is_one_key(keyboard: Keyboard) -> None:
    keyboard.type(b"\x1b[A")
    assert keyboard.reported == ["up"]


def test_the_app_gets_the_key_afterwards() -> None:
    keyboard = Keyboard()
    keyboard.type(b"y")
    keyboard.close()
    assert keyboard.driver.taken_by_the_app == ["y"]


def test_textual_still_has_the_private_parts_that_are_used() -> None:
    """If this fails, read `docs/decisions/stop-keys-in-the-reader-thread.md`."""
    from textual.drivers.linux_driver import LinuxDriver as TextualDriver

    code = inspect.getsource(TextualDriver)
    assert list(inspect.signature(TextualDriver.run_input_thread).parameters) == ["self"]
    assert list(inspect.signature(TextualDriver.process_message).parameters) == ["self", "message"]
    assert all(f"self.{name} = " in code for name in ("fileno", "exit_event"))
    assert "XTermParser(" in inspect.getsource(TextualDriver.run_input_thread)
    assert all(callable(getattr(XTermParser, name)) for name in ("feed", "tick"))


def test_the_version_of_textual_is_one_that_was_looked_at() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    needed = {Requirement(text).specifier for text in (*extras["console"], *extras["dev"]) if "textual" in text}
    assert needed == {SpecifierSet(">=8.2,<9")}
    assert version("textual") in SpecifierSet(">=8.2,<9")
