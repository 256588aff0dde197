"""Loads what a run would load, so that what is forked from here has it."""

from __future__ import annotations

import gc
import threading
from collections.abc import Sequence
from importlib import import_module

from PIL import Image, ImageDraw

from screenagent.approval import AllowAll
from screenagent.assembly.agent import build_embedded
from screenagent.assembly.parts import read_policy
from screenagent.fakes import FakeDesktop
from screenagent.perception.weights import FOLDER, open_session
from screenagent.screenshot import Screenshot


class StillThreads(Exception):
    """Something that was loaded keeps threads, which would be missing in a fork."""


def load(modules: Sequence[str]) -> None:
    """Import the modules, open all weights, and leave no thread behind."""
    for name in modules:
        import_module(name)
    for weights in sorted(FOLDER.glob("*.onnx")):
        open_session(weights)
    read_policy(None)
    _click()
    gc.collect()
    _wait_for_threads()
    gc.freeze()  # what is here stays here, and is shared with each fork


def _click() -> None:
    """Click a button on a picture of our own, which loads what is only loaded when it is used."""
    desktop = FakeDesktop(screen=lambda _: _drawn())
    for event in build_embedded(desktop, AllowAll(), None).run("click the Save button"):
        event.model_dump_json()


def _drawn() -> Screenshot:
    picture = Image.new("RGB", (320, 200), "white")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((40, 40, 140, 80), fill="#dddddd", outline="#333333")
    pen.text((70, 52), "Save", fill="black")
    pen.ellipse((200, 50, 224, 74), fill="#2060c0")
    return Screenshot.of(picture)


def _wait_for_threads() -> None:
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join(5.0)
    if left := [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]:
        raise StillThreads(", ".join(left))
