"""A Ray cluster for as long as it carries out jobs: one that is there, or one of our own on this machine."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import ray
from ray._private import worker
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from screenagent.desktop.session_folder import guarded_folder
from screenagent.fleet.bounds import DESKTOP_MB, NoRoom
from screenagent.fleet.jobs import Attempt, Work
from screenagent.fleet.ray_head import Head, NoCluster, head_address
from screenagent.fleet.ray_place import DESKTOP, NodePlace, asker_environment, marked
from screenagent.fleet.ray_workers import RayWorkers
from screenagent.perception.weights import cores

STORE_BYTES: Final = 100 * 2**20
"""The object store of a Ray of our own: all that goes through it is jobs and results of a few kilobytes."""

PROBE_SECONDS: Final = 60.0
"""A node has so long to start a process and say what it lacks."""

DESKTOP_BYTES: Final = DESKTOP_MB * 2**20

SAID: Final = "ray.log"
"""The file in the folder of results for what Ray says, which it would print among the results."""


@dataclass(frozen=True)
class RayCluster:
    """A cluster that we are connected to; `head` is None if it is our own and ends with us."""

    head: Head | None

    def check(self) -> None:
        """Raise `NoCluster` if the head is gone, or is another one."""
        if self.head:
            self.head.check()

    def room(self, asked: int | None, jobs: int) -> int:
        """Return how many attempts to make at a time: as many as are `asked` for, by default as many as there are
        cores and memory for on all nodes. Raise `NoRoom` if there is none for a single one."""
        rooms = [_desktops(node["Resources"]) for node in ray.nodes() if node["Alive"]]
        if not any(rooms):
            raise NoRoom(
                f"no node of the Ray cluster has a core and {DESKTOP_MB} MB for a desktop; its {len(rooms)} nodes offer"
                f" {_offered()}"
            )
        return max(1, min(asked or sum(rooms), jobs))

    def check_nodes(self, place: NodePlace) -> None:
        """Raise `NoCluster` if a node cannot carry out jobs: it has another version, or sees another folder."""
        if self.head is None:
            return
        asked = {}
        for node in ray.nodes():
            if node["Alive"] and _desktops(node["Resources"]):
                there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
                probe = ray.remote(num_cpus=0, max_retries=0, scheduling_strategy=there)(_lacks)
                asked[probe.remote(place)] = node["NodeManagerHostname"]
        answered, silent = ray.wait(list(asked), num_returns=len(asked), timeout=PROBE_SECONDS)
        for probe in answered:
            if lacking := _answer(probe, asked[probe], place):
                raise NoCluster(lacking)
        if silent:
            raise NoCluster(f"the node {asked[silent[0]]} of the Ray cluster does not answer")


@contextmanager
def open_cluster(asked: str, said: Path) -> Iterator[RayCluster]:
    """Connect to the cluster that `asked` means (`auto`, `local`, an address), or start one of our own.

    What Ray prints goes to the file `said`. Nothing of it is sent anywhere: usage statistics are off.
    """
    address = head_address(asked)
    head = Head(address) if address else None
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["SPT_NOENV"] = (
        "1"  # a process that gives itself a title leaves its environment, by which a guard knows it
    )
    with said.open("a", encoding="utf-8", errors="replace") as file, redirect_stdout(file):
        if head:
            _begin(address=head.address)
            try:
                yield RayCluster(head)
            finally:
                ray.shutdown()
            return
        with _own_ray():
            yield RayCluster(None)


@contextmanager
def _own_ray() -> Iterator[None]:
    """Start a Ray of our own, which is gone with its folder and all its processes once this is left, however that is.

    Their guard knows them by the folder's name in their environment, as it does the processes of a desktop.
    """
    with guarded_folder() as folder:
        outside = os.environ.get(DESKTOP)
        os.environ[DESKTOP] = str(folder)
        try:
            _begin(
                address="local",
                num_cpus=cores(),
                object_store_memory=STORE_BYTES,
                include_dashboard=False,
                _temp_dir=str(folder),
            )
        finally:
            del os.environ[DESKTOP]
            os.environ |= {DESKTOP: outside} if outside else {}
        # Ray would wait more than a second for processes that have nothing to finish.
        node, worker._global_node = worker._global_node, None
        try:
            yield
        finally:
            ray.shutdown()
            _kill(node)


def _kill(node: Any) -> None:
    """Kill the processes of our own Ray, and what they started: Ray leaves some to notice by themselves that the
    others are gone. What those started in turn, the guards of desktops, is left to its work."""
    started = [psutil.Process(of.process.pid) for kind in node.all_processes.values() for of in kind]
    below = [child for process in started if process.is_running() for child in process.children()]
    node.kill_all_processes(check_alive=False, allow_graceful=False)
    for child in below:
        with suppress(psutil.NoSuchProcess):
            child.kill()


def _begin(**options: object) -> None:
    try:
        with _own_signals():
            ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **options)
    except (RuntimeError, ConnectionError, ValueError, OSError, RayError) as error:
        raise NoCluster(f"Ray {ray.__version__} cannot begin: {' '.join(str(error).split())}") from error


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep our own answer to SIGTERM: Ray would put its own into its place."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _lacks(place: NodePlace) -> str:
    return place.lacks() or place.cannot_write()


def _answer(probe: Any, node: str, place: NodePlace) -> str:
    try:
        said: str = ray.get(probe)
    except RayError as error:
        cause = getattr(error, "cause", None) or str(error).strip().partition("\n")[0]
        return f"the node {node} cannot begin; is screenagent {place.version} installed there? {cause}"
    return said


def _desktops(resources: Mapping[str, float]) -> int:
    """Return how many desktops a node has room for, by what Ray may use of it."""
    return int(min(resources.get("CPU", 0), resources.get("memory", 0) // DESKTOP_BYTES))


def _offered() -> str:
    there = ray.cluster_resources()
    return f"{there.get('CPU', 0):g} cores and {there.get('memory', 0) / 2**20:.0f} MB"


@dataclass(frozen=True)
class Ray:
    """Workers by Ray: `asked` is `auto`, `local` or an address, and `count` how many at a time, None as many as fit."""

    asked: str
    count: int | None = None
    fresh: bool = True

    @contextmanager
    def workers(self, attempt: Attempt[Work], *, jobs: int, seconds: float, folder: Path) -> Iterator[RayWorkers[Work]]:
        with marked(folder, asker_environment(folder)) as place, open_cluster(self.asked, folder / SAID) as cluster:
            cluster.check_nodes(place)
            workers = RayWorkers(
                attempt,
                place,
                count=cluster.room(self.count, jobs),
                seconds=seconds,
                memory=DESKTOP_BYTES,
                fresh=self.fresh,
                check=cluster.check,
            )
            try:
                yield workers
            finally:
                workers.stop()
