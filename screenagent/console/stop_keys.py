"""Keys that are heeded in the thread that reads the terminal, however much the screen still has to draw."""

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

LOOK_SECONDS: Final = 0.1
ESCAPE_LOOK_SECONDS: Final = 0.005


class _Reading:
    """Reads as Textual's driver does, which looks ten times a second whether an Esc is followed by more; this one looks
    at once when that time is over, since an Esc by itself is a stop."""

    fileno: int
    exit_event: Event
    process_message: Callable[[Message], None]

    def run_input_thread(self) -> None:
        parser, decode = XTermParser(), getincrementaldecoder("utf-8")().decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            read = ""
            while not self.exit_event.is_set():
                if selector.select(ESCAPE_LOOK_SECONDS if read.endswith("\x1b") else LOOK_SECONDS):
                    read = decode(os.read(self.fileno, 4096))
                    if not read:
                        return  # the terminal is gone
                    for message in parser.feed(read):
                        self.process_message(message)
                for message in parser.tick():
                    read = ""
                    self.process_message(message)


def telling_driver(driver: type[Driver], pressed: Callable[[str], None]) -> type[Driver]:
    """`driver`, but each key is told to `pressed` before it gets in line for the app."""
    reading = (_Reading,) if driver.__name__ == "LinuxDriver" and sys.platform != "win32" else ()

    class Telling(*reading, driver):  # type: ignore[misc, valid-type] # which driver it is depends on the system
        def process_message(self, message: Message) -> None:
            if isinstance(message, Key):
                pressed(message.key)
            super().process_message(message)

    return Telling
