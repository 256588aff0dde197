"""What reaches for the network is noticed, and nothing of ours does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from screenagent.diagnostics.offline import Opened, Proof, ProofMethod, prove, sockets, ways

if TYPE_CHECKING:
    from screenagent.desktop.virtual import VirtualDesktop

ALLOWED = ways()

TRACE = r"""
101 socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3
101 connect(3, {sa_family=AF_UNIX, sun_path=@"/tmp/.X11-unix/X0"}, 20) = 0
101 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 4
101 connect(4, {sa_family=AF_INET, sin_port=htons(8000), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EINPROGRESS
102 connect(4, {sa_family=AF_INET6, sin6_port=htons(1), inet_pton(AF_INET6, "::1", &sin6_addr)}, 28) = 0
102 connect(4, {sa_family=AF_INET6, sin6_port=htons(2), inet_pton(AF_INET6, "::ffff:127.0.0.1", &sin6_addr)}, 28) = 0
103 sendto(5, "a"..., 3, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("9.9.9.9")}, 16 <unfinished ...>
104 socket(AF_INET6, SOCK_DGRAM, IPPROTO_IP) = 6
105 socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) = 6
106 socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT) = 5
107 bind(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("0.0.0.0")}, 16) = 0
108 connect(3, {sa_family=AF_UNSPEC, sa_data="\0\0"}, 16) = 0
not a line of a trace
""".strip().splitlines()


def test_a_trace_says_where_sockets_went_and_which_of_those_are_here() -> None:
    found = {f"{opened.family} {opened.address}": opened.local for opened in sockets(TRACE)}
    assert found == {
        "AF_UNIX /tmp/.X11-unix/X0": True,
        "AF_INET 127.0.0.1 port 8000": True,
        "AF_INET6 ::1 port 1": True,
        "AF_INET6 ::ffff:127.0.0.1 port 2": True,
        "AF_INET 9.9.9.9 port 53": False,
        "AF_INET6 to nobody yet": False,
        "AF_PACKET to nobody yet": False,
        "AF_NETLINK to nobody yet": True,
        "AF_INET 0.0.0.0 port 80": False,
    }


def test_alike_ones_are_counted_together() -> None:
    line = '7 connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 20) = 0'
    assert list(sockets([line, line])) == [Opened(family="AF_UNIX", address="/run/x", times=2, local=True)]


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


REACHES = (
    "import socket, contextlib\nwith contextlib.suppress(OSError), socket.socket() as s: s.connect(('192.0.2.1', 9))"
)
STAYS = (
    "import socket, contextlib\nwith contextlib.suppress(OSError), socket.socket() as s: s.connect(('127.0.0.1', 9))"
)


@pytest.mark.skipif("strace" not in ALLOWED, reason="strace is not allowed here, or not installed")
class TestStrace:
    by: ClassVar[dict[ProofMethod, tuple[str, ...]]] = {"strace": ALLOWED.get("strace", ())}

    def test_one_that_reaches_out_is_refuted_though_it_fails_and_says_nothing(self) -> None:
        proof = prove(python(REACHES), self.by)
        assert (proof.code, [socket.address for socket in proof.opened if not socket.local]) == (
            "reached_out",
            ["192.0.2.1 port 9"],
        )

    def test_so_is_one_whose_child_reaches_out(self) -> None:
        child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {REACHES!r}])"
        assert prove(python(child), self.by).verdict == "refuted"

    def test_loopback_is_this_machine(self) -> None:
        proof = prove(python(STAYS), self.by)
        assert proof.verdict == "proven"
        assert "127.0.0.1 port 9" in [opened.address for opened in proof.opened]


@pytest.mark.skipif("namespace" not in ALLOWED, reason="a network namespace is not allowed here")
def test_in_a_namespace_nobody_can_be_reached(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        program = f"import socket; socket.create_connection(('127.0.0.1', {port}))"
        proof = prove(python(program), {"namespace": ALLOWED["namespace"]})
        assert (proof.verdict, proof.code) == ("unproven", "command_failed")
    assert prove(["true"], {"namespace": ALLOWED["namespace"]}).verdict == "proven"


@pytest.mark.slow
def test_where_neither_is_allowed_it_is_unproven_with_a_code_of_its_own(tmp_path: Path) -> None:
    assert prove(["true"], {}).verdict == "unproven"
    done = subprocess.run(
        [sys.executable, "-m", "screenagent", "prove-offline", "--json"],
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert Proof.model_validate_json(done.stdout).code == "no_method"


@pytest.mark.display
@pytest.mark.skipif(not ALLOWED, reason="neither a network namespace nor strace is allowed here")
def test_a_whole_task_is_done_without_a_network_and_beside_other_displays(virtual: VirtualDesktop) -> None:
    outside = Path(f"/tmp/.X11-unix/X{virtual.display.removeprefix(':')}")
    before = outside.stat().st_ino
    done = subprocess.run(
        [sys.executable, "-m", "screenagent", "prove-offline", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert outside.stat().st_ino == before
    proof = Proof.model_validate_json(done.stdout)
    assert proof.verdict == "proven"
    assert set(proof.ways) == set(ALLOWED)
    if "strace" in ALLOWED:
        assert any(opened.address.startswith("/tmp/.X11-unix/") for opened in proof.opened)
        assert [opened for opened in proof.opened if opened.family not in ("AF_UNIX", "AF_NETLINK")] == []


NEEDS_A_DISPLAY = "screenagent.desktop.pynput_input"  # by pynput, which finds one when it is imported
TORCH = ("engine", "models.phi4", "serving", "bench", "cli.bench")
IMPORT_ALL = """
import importlib, pkgutil, sys
touched = []
def hook(event, args):
    if event.startswith("socket.") and event not in ("socket.gethostname",):
        touched.append((event, repr(args)))
sys.addaudithook(hook)
import screenagent
failed = []
for module in pkgutil.walk_packages(screenagent.__path__, "screenagent."):
    if module.name.endswith("__main__") or module.name.startswith(tuple(sys.argv[1:])):
        continue
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        if error.name not in ("ray", "grpc"):  # an extra of its own, too large for the tests
            failed.append(str(error))
print(len(sys.modules), touched, failed)
assert not touched
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "without",
    [[f"screenagent.{name}" for name in TORCH], pytest.param([], marks=pytest.mark.soak)],
    ids=["all but what imports torch", "all"],
)
def test_importing_all_that_is_ours_opens_no_socket_and_asks_no_name_server(without: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [*python(IMPORT_ALL), NEEDS_A_DISPLAY, *without],
        env=os.environ | {"DISPLAY": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[] []" in done.stdout


READS = """
from PIL import Image
from screenagent.perception.reader import ScreenReader
from screenagent.screenshot import Screenshot
ScreenReader().read(Screenshot.of(Image.new("RGB", (64, 48))))
"""


@pytest.mark.slow
def test_the_runtime_of_the_reader_keeps_no_id_of_this_machine_and_tells_nobody_of_it(tmp_path: Path) -> None:
    """From 1.32 on onnxruntime makes an id, and sends what it did to its maker half a minute later."""
    subprocess.run(python(READS), env=os.environ | {"HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == []
