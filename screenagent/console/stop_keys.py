"""Report keys in the thread that reads the terminal, so that a slow redraw cannot delay a stop.

`docs/decisions/stop-keys-in-the-reader-thread.md` says what of Textual this depends on.
"""

from __future__ import annotations

import os
import selectors
import sys
from codecs import getincrementaldecoder
from collections.abc import Callable
from threading import Event
from typing import Final

from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.events import Key
from textual.message import Message

POLL_SECONDS: Final = 0.1
ESCAPE_POLL_SECONDS: Final = 0.005


class _QuickEscapeReader:
    """Reads keys as Textual's driver does, but polls faster after an Esc.

    Textual's driver looks ten times a second whether an Esc was followed by more. By itself an Esc is a stop.
    """

    fileno: int
    exit_event: Event
    process_message: Callable[[Message], None]

    def run_input_thread(self) -> None:
        parser, decode = XTermParser(), getincrementaldecoder("utf-8")().decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            read = ""
            while not self.exit_event.is_set():
                if selector.select(ESCAPE_POLL_SECONDS if read.endswith("\x1b") else POLL_SECONDS):
                    read = decode(os.read(self.fileno, 4096))
                    if not read:
                        return  # the terminal is gone
                    for message in parser.feed(read):
                        self.process_message(message)
                for message in parser.tick():
                    read = ""
                    self.process_message(message)


def driver_that_reports_keys(driver: type[Driver], report: Callable[[str], None]) -> type[Driver]:
    """Return a subclass of `driver` that calls `report` with each key before the key gets in line for the app."""
    reader = (_QuickEscapeReader,) if driver.__name__ == "LinuxDriver" and sys.platform != "win32" else ()

    class ReportingDriver(*reader, driver):  # type: ignore[misc, valid-type] # which driver it is depends on the system
        def process_message(self, message: Message) -> None:
            if isinstance(message, Key):
                report(message.key)
            super().process_message(message)

    return ReportingDriver
