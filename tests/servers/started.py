"""Servers of other projects, each in its own process group that ends with the test."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx2

MEMORY: Final = 12 << 20
"""The memory limit of each process, in kilobytes of data."""
START_SECONDS: Final = 400
WATCHED: Final = 'exec 3<&0; (cat <&3; kill 0) & ulimit -d "$0"; exec nice "$@" 3<&- </dev/null'
"""A server and its children end when standard input closes, so they end with their parent, however it ended."""


class StartError(Exception):
    """The server ended or did not answer in time. The message is the end of its log."""


@contextmanager
def started(command: Sequence[str | Path], environment: Mapping[str, str], *, port: int, log: Path) -> Iterator[str]:
    """Run a server until the block ends; yield its address as soon as it reports that it is healthy."""
    address = f"http://127.0.0.1:{port}"
    with (
        log.open("w") as said,
        subprocess.Popen(
            ["sh", "-c", WATCHED, str(MEMORY), *command],
            env={**os.environ, "HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", **environment},
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as server,
    ):
        try:
            _wait(server, f"{address}/health", log)
            yield address
        finally:
            _end(server)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _wait(server: subprocess.Popen[bytes], health: str, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and server.poll() is None:
        try:
            if httpx2.get(health, timeout=5).is_success:
                return
        except httpx2.TransportError:
            time.sleep(0.2)
    raise StartError(log.read_text(errors="replace")[-3000:])


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the process and its children, with SIGTERM first and then SIGKILL."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, number)
            server.wait(20)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def vllm_command(python: Path, folder: Path, *, port: int, name: str, options: Sequence[str]) -> list[str | Path]:
    """Return the command of `vllm serve`, with a context for two pictures and one plan."""
    return [
        *(python, "-m", "vllm.entrypoints.openai.api_server", "--model", folder, "--served-model-name", name),
        *("--host", "127.0.0.1", "--port", str(port), "--enforce-eager", "--max-model-len", "16384"),
        *("--max-num-seqs", "2", "--limit-mm-per-prompt", '{"image": 2}', "--enable-prefix-caching"),
        *options,
    ]


VLLM_ENVIRONMENT: Final = {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "2",
}


def transformers_command(python: Path, folder: Path, *, port: int) -> list[str | Path]:
    serve = "from transformers.cli.transformers import main; main()"
    return [python, "-c", serve, "serve", folder, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
