"""Attempts by Ray: on this machine, and on a cluster of two nodes whose head dies."""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

pytest.importorskip("ray", reason="the extra `fleet` is not installed")

import ray
from ray.cluster_utils import Cluster

from screenagent.control import until
from screenagent.errors import WrongUsage
from screenagent.fleet.bounds import NoRoom
from screenagent.fleet.jobs import planned_jobs
from screenagent.fleet.ray_cluster import DESKTOP_BYTES, STORE_BYTES, Ray
from screenagent.fleet.ray_head import NoCluster, head_address
from screenagent.fleet.results_folder import KeptAttempt, open_results_folder, read_results_folder
from screenagent.fleet.run import FleetRun
from tests.fleet.attempts import attempt, on_a_logical_desktop
from tests.fleet.test_run import brief

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]

ASKED: Final = {"suite": "fakes"}
WORKER: Final = "ray::remote_attempt"


def carried_out(
    works: Mapping[str, str], folder: Path, *, asked: str = "local", seconds: float = 30, retries: int = 1
) -> Sequence[KeptAttempt]:
    jobs = planned_jobs(works)
    with (
        open_results_folder(folder, ASKED) as results,
        Ray(asked, 2).workers(attempt, jobs=len(jobs), seconds=seconds, folder=folder) as workers,
    ):
        return FleetRun(jobs, workers, results, retries_infra=retries).run()


def ray_processes() -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.name().startswith("ray::") or process.name() in ("raylet", "gcs_server"):
                found.append(process)
    return found


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    before = {process.pid for process in ray_processes()}
    yield
    assert until(lambda: {process.pid for process in ray_processes()} <= before, seconds=10), ray_processes()


def test_the_outcomes_are_those_of_one_machine(tmp_path: Path) -> None:
    works = {
        "one": "pass",
        "crash": "raise",
        "killed": "exit 3",
        "hang": "hang",
        "no display": "no_display",
        "memory": "memory",
        "wrong": "fail",
        "last": "pass",
    }
    assert brief(carried_out(works, tmp_path, seconds=3, retries=0)) == [
        ("one", "passed", None),
        ("crash", "failed", None),
        ("killed", "infra", "worker"),
        ("hang", "failed", None),
        ("no display", "infra", "display"),
        ("memory", "infra", "memory"),
        ("wrong", "failed", None),
        ("last", "passed", None),
    ]


@pytest.mark.parametrize("whose", ["ours", "Ray's"])
def test_a_worker_that_is_killed_in_mid_task_is_infra_and_its_task_is_done_again(tmp_path: Path, whose: str) -> None:
    mark, again = tmp_path / "pid", tmp_path / "again"

    def kill() -> None:
        until(lambda: mark.is_file() and mark.read_text(), seconds=60)
        process = psutil.Process(int(mark.read_text()))
        (process if whose == "ours" else process.parent() or process).kill()

    killer = threading.Thread(target=kill)
    killer.start()
    last = carried_out({"slow": f"say-once {mark}", "other": "pass"}, tmp_path / "results")
    killer.join()
    assert brief(last) == [("slow", "passed", None), ("other", "passed", None)]
    kept = read_results_folder(tmp_path / "results")[1]
    assert [line.outcome for line in kept if line.job == "slow"] == ["infra", "passed"]
    assert not again.exists()


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    node = {"num_cpus": 1, "object_store_memory": STORE_BYTES, "memory": 2 * DESKTOP_BYTES}
    with socket.socket() as free:
        free.bind(("", 0))
        port = free.getsockname()[1]
    head = {**node, "include_dashboard": False, "gcs_server_port": port}
    two = Cluster(initialize_head=True, head_node_args=head)
    two.add_node(**node)
    yield two
    ray.shutdown()
    left = ray_processes()  # the agents of a raylet outlive it by a minute
    two.shutdown()
    for process in left:
        with suppress(psutil.NoSuchProcess):
            if process.ppid() == 1 or process.name().startswith("ray::"):
                process.kill()


def test_a_cluster_of_two_nodes_carries_out_and_a_head_that_was_started_anew_is_refused(
    tmp_path: Path, cluster: Any
) -> None:
    works = {f"task-{number}": "node" for number in range(8)}
    last = carried_out(works, tmp_path / "whole", asked=cluster.address)
    assert [line.outcome for line in last] == ["passed"] * 8
    assert len({str(line.detail) for line in last}) == 2, "both nodes had some"

    over = threading.Event()

    def restart() -> None:
        results = tmp_path / "results" / "results.jsonl"
        until(lambda: results.is_file() and results.read_text().count("\n") > 1, seconds=60)
        cluster.head_node.kill_gcs_server(check_alive=False)
        cluster.head_node.start_gcs_server()
        over.wait(60)  # the head ends with the thread that started it

    restarting = threading.Thread(target=restart)
    restarting.start()
    with pytest.raises(NoCluster, match="started anew"):
        carried_out({"quick": "pass", "hang": "hang"}, tmp_path / "results", asked=cluster.address, seconds=120)
    over.set()
    restarting.join()
    assert brief(read_results_folder(tmp_path / "results")[1]) == [("quick", "passed", None)]


def test_a_node_without_room_for_a_desktop_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screenagent.fleet.ray_cluster.DESKTOP_BYTES", 2**50)
    with pytest.raises(NoRoom, match="no node"):
        carried_out({"one": "pass"}, tmp_path)


@pytest.mark.parametrize("speaks", [None, b"", b"HTTP/1.0 200 OK\r\n\r\nhello"])
def test_a_head_that_is_dead_or_something_else_is_refused_at_once(tmp_path: Path, speaks: bytes | None) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        if speaks is not None:
            listening.listen()
            threading.Thread(target=answer_all, args=(listening, speaks), daemon=True).start()
        began = time.monotonic()
        with pytest.raises(NoCluster, match="no Ray head answers"):
            carried_out({"one": "pass"}, tmp_path, asked=address)
        assert time.monotonic() - began < 5
    assert read_results_folder(tmp_path)[1] == []


def answer_all(listening: socket.socket, speaks: bytes) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            connection.sendall(speaks)
            connection.close()


@pytest.mark.parametrize("said", ["ray://head:10001", "head", "head:0", "head:99999", "http://head:6379", ""])
def test_what_is_no_address_of_a_head_is_refused(said: str) -> None:
    with pytest.raises(WrongUsage, match="--ray takes"):
        head_address(said)


def test_auto_is_the_cluster_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert head_address("auto") is None
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "ray_current_cluster").write_text("192.0.2.1:6379\n")
    assert head_address("auto") == "192.0.2.1:6379"
    monkeypatch.setenv("RAY_ADDRESS", "head:6380")
    assert head_address("auto") == "head:6380"
    assert head_address("local") is None


TASKS: Final = 5000
DESKTOPS: Final = 200
KILLS: Final = 20


def kill_some(over: threading.Event, killed: list[int]) -> None:
    drawn = random.Random(1)
    while len(killed) < KILLS and not over.wait(drawn.uniform(0.1, 0.6)):
        workers = [process for process in ray_processes() if process.name().startswith(WORKER)]
        if workers:
            victim = drawn.choice(workers)
            with suppress(ProcessLookupError):
                os.kill(victim.pid, signal.SIGKILL)
                killed.append(victim.pid)


@pytest.mark.parametrize("kills", [False, True])
def test_5000_jobs_are_exact_and_cost_little_each(tmp_path: Path, kills: bool) -> None:
    jobs = planned_jobs({f"task-{number}": number % DESKTOPS for number in range(TASKS)}, seed=3)
    over, killed = threading.Event(), list[int]()
    with (
        open_results_folder(tmp_path, {"suite": "soak"}) as results,
        Ray("local", 4, fresh=False).workers(
            on_a_logical_desktop, jobs=len(jobs), seconds=60, folder=tmp_path
        ) as workers,
    ):
        killer = threading.Thread(target=kill_some, args=(over, killed), daemon=True)
        began = time.monotonic()
        if kills:
            killer.start()
        last = FleetRun(jobs, workers, results, retries_infra=KILLS).run()
        took = time.monotonic() - began
        over.set()
        kept = list(results.kept)
    driver_mb = psutil.Process().memory_info().rss / 2**20
    broken = sum(line.outcome == "infra" for line in kept)
    print(f"kills={len(killed)} infra={broken} seconds={took:.1f} ms_each={took / TASKS * 1000:.1f} mb={driver_mb:.0f}")
    assert [line.job for line in last] == [job.id for job in jobs]
    assert [(line.outcome, line.detail) for line in last] == [
        (found.outcome, found.detail) for found in map(on_a_logical_desktop, jobs)
    ]
    assert sum(line.outcome != "infra" for line in kept) == TASKS
    assert driver_mb <= 300
    if kills:
        assert len(killed) == KILLS
    else:
        assert took / TASKS <= 0.020
