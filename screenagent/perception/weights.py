"""The weights that lie in the package, opened for the CPU."""

from __future__ import annotations

import os
import threading
import zlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from screenagent.errors import UserError, WrongUsage
from screenagent.perception.heap import share_heap

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

FOLDER = Path(__file__).parent / "networks"

Letters = Literal["latin", "cjk"]


class OcrWeights(NamedTuple):
    """The weights that find lines of text, and those that read them."""

    detector: Path
    recogniser: Path


LATIN: Final = OcrWeights(FOLDER / "PP-OCRv6_det_tiny.onnx", FOLDER / "PP-OCRv6_rec_tiny_latin.onnx")


def reading(letters: Letters) -> OcrWeights:
    """Small ones for Latin lie in the package; those for Chinese and Japanese, too, come in the wheel of rapidocr."""
    if letters == "latin":
        return LATIN
    wheel = find_spec("rapidocr")
    if wheel is None or wheel.origin is None:
        raise MissingWeights(
            "reading Chinese and Japanese takes the weights that come with rapidocr: "
            'pip install "screenagent[cjk]", or set letters to latin'
        )
    models = Path(wheel.origin).parent / "models"
    return OcrWeights(models / "PP-OCRv6_det_small.onnx", models / "PP-OCRv6_rec_small.onnx")


class MissingWeights(WrongUsage):
    """What was asked for is not installed; the text says what to install."""

    code = "missing_weights"


class BrokenWeights(UserError):
    """A weight file is missing or can't be read; the text says which and how to restore it."""

    code = "broken_weights"

    def __init__(self, path: Path, problem: str) -> None:
        package = "screenagent" if path.parent == FOLDER else path.parent.parent.name
        checkout = f", or in a checkout with `git checkout -- {path.name}` in {path.parent}"
        super().__init__(
            f"the weights in {path} {problem}; restore them with `pip install --force-reinstall --no-deps {package}`"
            + (checkout if package == "screenagent" else "")
        )


_loading: Final = threading.Lock()
"""Protects what is loaded: a thread that needs weights waits for the one that is loading them."""


def open_session(path: Path) -> InferenceSession:
    """Return the session for a file of weights, loaded once. It computes on the thread that calls it."""
    with _loading:
        return _session(path)


@cache
def _session(path: Path) -> InferenceSession:
    # Loading onnxruntime takes longer than a command line should take to answer, so only who sees pays for it.
    # From 1.32 on it tells its maker of each session over the network, unless this stands here when it is loaded.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # noqa: PLC0415

    onnxruntime.disable_telemetry_events()
    if not path.is_file():
        raise BrokenWeights(path, "are missing")
    share_heap()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Both keep the largest screen's memory for ever, and save no time that can be measured.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        if type(error).__module__.startswith("onnxruntime"):
            raise BrokenWeights(path, "are broken") from error
        raise


def read_array(path: Path) -> npt.NDArray[Any]:
    """Return the array that a file of numbers holds."""
    if not path.is_file():
        raise BrokenWeights(path, "are missing")
    try:
        return np.asarray(np.load(path))
    except (OSError, ValueError, EOFError) as error:
        raise BrokenWeights(path, "are broken") from error


def read_arrays(path: Path, *names: str) -> dict[str, npt.NDArray[Any]]:
    """Return the named arrays that a file holds."""
    if not path.is_file():
        raise BrokenWeights(path, "are missing")
    try:
        with np.load(path) as file:
            return {name: file[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
        raise BrokenWeights(path, "are broken") from error


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
