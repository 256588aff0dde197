"""llama.cpp's own server, from the wheel `xllamacpp`, in a separate process.

Run as a program, this module is that process. It ends when its standard input closes, so it ends with its parent.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.paths import ROOT

MEMORY: Final = 4 << 30
"""Bytes of address space; the server maps 1.5 GB of it and uses 0.2 GB."""
CONTEXT: Final = 16384
READY: Final = "answering on "
START_SECONDS: Final = 60


class StartError(Exception):
    """The server ended before it answered. The message is the end of its log."""


@contextmanager
def llama_server(
    model: Path, tower: Path, *, template: str | None, log: Path, python: str | Path = sys.executable
) -> Iterator[str]:
    """Serve the model with a vision encoder and, if given, another chat template; yield the address."""
    command = [str(python), "-m", __name__, str(model), str(tower)]
    command += ["--template", template] if template else []
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as server,
    ):
        try:
            yield _address(server, log)
        finally:
            server.kill()


def _address(server: subprocess.Popen[str], log: Path) -> str:
    assert server.stdout is not None
    for line in server.stdout:
        if line.startswith(READY):
            return line.removeprefix(READY).strip()
    raise StartError(log.read_text(errors="replace")[-2000:])


def serve(model: Path, tower: Path, template: str | None) -> None:
    """Load the model, print the free port that it is served on, and wait until standard input is closed."""
    import xllamacpp

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    options = xllamacpp.CommonParams()
    options.model.path, options.mmproj.path = str(model), str(tower)
    options.model_alias = {model.parent.name}
    options.port = 0
    options.n_ctx = CONTEXT
    options.n_parallel = 1
    options.cpuparams.n_threads = options.cpuparams_batch.n_threads = 1
    options.endpoint_slots = True
    if template:
        options.chat_template = template
    server = xllamacpp.Server(options)
    print(f"{READY}{server.listening_address}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    arguments = ArgumentParser()
    arguments.add_argument("model", type=Path)
    arguments.add_argument("tower", type=Path)
    arguments.add_argument("--template")
    serve(**vars(arguments.parse_args()))
