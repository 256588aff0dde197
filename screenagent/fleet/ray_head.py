"""The head of a Ray cluster: where it is, whether it answers, and whether it is still the same one."""

from __future__ import annotations

import os
import re
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import grpc
from ray._private.grpc_utils import init_grpc_channel
from ray.core.generated import gcs_service_pb2, gcs_service_pb2_grpc

from screenagent.errors import UserError, WrongUsage

ANSWER_SECONDS: Final = 3.0
"""A head that is asked for the first time has so long to answer."""

WATCH_SECONDS: Final = 2.0
"""So often a head is asked while jobs are under way; an answer may take half as long."""

GONE_SECONDS: Final = 10.0
"""A head without an answer for so long is gone. Ray itself ends the process that asks after a minute."""

KEPT: Final = "what was done is kept, and the same command goes on"

ADDRESS: Final = re.compile(r"([\w.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})")


class NoCluster(UserError):
    """There is no cluster to carry out jobs, or it is not there any more."""

    code = "no_cluster"


def head_address(asked: str) -> str | None:
    """Return the address of the head that `asked` means; None for a Ray of our own on this machine.

    `auto` is the cluster that this machine belongs to, if there is one: RAY_ADDRESS, or what `ray start` has written
    down.
    """
    address = _known_address() if asked == "auto" else asked
    if address in (None, "local"):
        return None
    if address.startswith("ray://"):
        raise WrongUsage(
            f"--ray takes the address of the head, such as head:6379, and not that of a Ray client ({address}); run"
            " this command on a machine of the cluster"
        )
    if not (match := ADDRESS.fullmatch(address)) or not 0 < int(match[2]) < 65536:
        raise WrongUsage(f"--ray takes auto, local or the address of a head, such as head:6379, and not {address!r}")
    return address


def _known_address() -> str | None:
    if said := os.environ.get("RAY_ADDRESS", "").strip():
        return None if said == "auto" else said
    folder = os.environ.get("RAY_TMPDIR") or (tempfile.gettempdir() if os.environ.get("TMPDIR") else "/tmp")
    try:
        return (Path(folder) / "ray" / "ray_current_cluster").read_text().strip() or None
    except OSError:
        return None


def cluster_id(address: str, *, seconds: float) -> bytes | None:
    """Ask the head at `address` for the name of its cluster; None if nothing answers as Ray does."""
    with init_grpc_channel(address) as channel:
        head = gcs_service_pb2_grpc.NodeInfoGcsServiceStub(channel)
        try:
            reply = head.GetClusterId(gcs_service_pb2.GetClusterIdRequest(), timeout=seconds)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.UNAUTHENTICATED:
                raise NoCluster(
                    f"the head at {address} asks for another token; put the one of its ~/.ray/auth_token there"
                ) from error
            return None
        found: bytes = reply.cluster_id
        return found


@dataclass
class Head:
    """The head of the cluster that carries out our jobs."""

    address: str
    _id: bytes = field(init=False)
    _seen: float = field(init=False, default_factory=time.monotonic)
    _asked: float = field(init=False, default_factory=time.monotonic)

    def __post_init__(self) -> None:
        found = cluster_id(self.address, seconds=ANSWER_SECONDS)
        if found is None:
            raise NoCluster(
                f"no Ray head answers at {self.address}; start one there (`ray start --head`), or take --ray local"
            )
        self._id = found

    def check(self) -> None:
        """Raise `NoCluster` if the head is gone or was started anew: it knows nothing of our jobs then."""
        now = time.monotonic()
        if now - self._asked < WATCH_SECONDS:
            return
        self._asked = now
        found = cluster_id(self.address, seconds=WATCH_SECONDS / 2)
        if found is None and now - self._seen > GONE_SECONDS:
            raise NoCluster(f"the Ray head at {self.address} is gone; {KEPT} once it is back")
        if found is not None and found != self._id:
            raise NoCluster(f"the Ray head at {self.address} was started anew, and knows nothing of this run; {KEPT}")
        if found is not None:
            self._seen = now
