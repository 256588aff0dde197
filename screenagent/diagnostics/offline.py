"""Proves that a command stays off the network: runs it in a namespace without one, or traces each of its sockets."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from typing import Final, Literal

from screenagent.geometry import Value

ProofMethod = Literal["namespace", "strace"]
ProofCode = Literal["stayed_local", "reached_out", "no_method", "command_failed"]

# An X server started where no other is reached would take the place of one outside, whose socket lies in a folder.
OWN_DISPLAYS: Final = 'mkdir -p /tmp/.X11-unix && mount -t tmpfs -o mode=1777 none /tmp/.X11-unix && exec "$@"'
INSIDE: Final = ("--net", "--mount", "sh", "-c", OWN_DISPLAYS, "sh")
NAMESPACES: Final = (("unshare", *INSIDE), ("unshare", "--map-root-user", *INSIDE))
TRACE: Final = ("strace", "--follow-forks", "--seccomp-bpf", "-qq", "-e", "trace=%network", "-e", "signal=none")
LOCAL: Final = ("AF_UNIX", "AF_LOCAL")
KERNEL: Final = ("AF_NETLINK",)  # dbus-daemon's log of audits: it asks the kernel, and reaches nothing else
INTERNET: Final = ("AF_INET", "AF_INET6")

EVIDENCE: Final[Mapping[ProofMethod, str]] = {
    "namespace": "it was done where there is no network",
    "strace": "each socket that it opened was looked at, and none left this machine",
}

_CALL: Final = re.compile(r"^(?P<pid>\d+) +(?P<call>\w+)\((?P<rest>.*)")
_FAMILY: Final = re.compile(r"(?:socket|socketpair)\((AF_\w+)")
_ADDRESS: Final = re.compile(r"sa_family=(AF_\w+)(?:, ([^}]*))?")
_HOST: Final = re.compile(r'inet_(?:addr\(|pton\(AF_INET6, )"([^"]+)"')
_PORT: Final = re.compile(r"port=htons\((\d+)\)")
_PATH: Final = re.compile(r'sun_path=@?"([^"]*)"')


class Opened(Value):
    """Sockets of one address: how often they were used, and whether the address is on this machine."""

    family: str
    address: str
    times: int
    local: bool


class Proof(Value):
    """`refuted` if a socket left this machine; `unproven` if neither method is allowed here or the command failed."""

    verdict: Literal["proven", "refuted", "unproven"]
    code: ProofCode
    ways: tuple[ProofMethod, ...]
    detail: str
    opened: tuple[Opened, ...] = ()


def ways() -> dict[ProofMethod, tuple[str, ...]]:
    """Return the methods that this machine allows, each with the words that it puts before a command."""
    found: dict[ProofMethod, tuple[str, ...]] = {}
    if namespace := next((words for words in NAMESPACES if _works(words)), None):
        found["namespace"] = namespace
    with tempfile.TemporaryDirectory() as folder:
        if _works((*TRACE, "--output", f"{folder}/trace")):
            found["strace"] = TRACE
    return found


def prove(
    command: Sequence[str],
    allowed: Mapping[ProofMethod, tuple[str, ...]],
    *,
    environment: Mapping[str, str] | None = None,
) -> Proof:
    """Run `command` under all of the allowed methods at once; its output goes to ours."""
    named = tuple(allowed)
    if not allowed:
        detail = "neither a network namespace (unshare) nor strace is allowed here; run as root, or install strace"
        return Proof(verdict="unproven", code="no_method", ways=(), detail=detail)
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace"
        tracing = (*allowed["strace"], "--output", str(trace)) if "strace" in allowed else ()
        done = subprocess.run([*allowed.get("namespace", ()), *tracing, *command], check=False, env=environment)
        opened = tuple(sockets(trace.read_text(errors="replace").splitlines())) if tracing else ()
    elsewhere = [f"{socket.family} {socket.address}" for socket in opened if not socket.local]
    if elsewhere:
        detail = f"it reached for {', '.join(elsewhere)}"
        return Proof(verdict="refuted", code="reached_out", ways=named, detail=detail, opened=opened)
    if done.returncode:
        detail = f"the command ended with {done.returncode}"
        return Proof(verdict="unproven", code="command_failed", ways=named, detail=detail, opened=opened)
    detail = " and ".join(EVIDENCE[way] for way in named)
    return Proof(verdict="proven", code="stayed_local", ways=named, detail=detail, opened=opened)


def sockets(trace: Iterable[str]) -> Iterator[Opened]:
    """Yield the sockets in the output of strace, those of one address counted together."""
    seen, bare = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    addressed: set[tuple[str, str]] = set()
    for call in filter(None, map(_CALL.match, trace)):
        if made := _FAMILY.match(f"{call['call']}({call['rest']}"):
            bare[call["pid"], made[1]] += 1
        if call["call"] in ("connect", "bind", "sendto", "sendmsg", "sendmmsg"):
            for family, rest in _ADDRESS.findall(call["rest"]):
                seen[family, _place(family, rest)] += 1
                addressed.add((call["pid"], family))
    for (pid, family), times in bare.items():
        if (pid, family) not in addressed:
            seen[family, "to nobody yet"] += times
    for (family, address), times in sorted(seen.items()):
        if family != "AF_UNSPEC":
            yield Opened(family=family, address=address, times=times, local=_is_local(family, address))


def _place(family: str, rest: str) -> str:
    if family in INTERNET:
        host, port = _HOST.search(rest), _PORT.search(rest)
        return f"{host[1] if host else '?'} port {port[1] if port else '?'}"
    path = _PATH.search(rest)
    return path[1] if path else rest


def _is_local(family: str, address: str) -> bool:
    if family in LOCAL or family in KERNEL:
        return True
    if family not in INTERNET:
        return False
    try:
        host = ip_address(address.split(maxsplit=1)[0])
    except ValueError:
        return False
    mapped: IPv4Address | None = getattr(host, "ipv4_mapped", None)  # as IPv6 writes the older addresses
    return (mapped or host).is_loopback


def _works(words: Sequence[str]) -> bool:
    if shutil.which(words[0]) is None:
        return False
    return subprocess.run([*words, "true"], check=False, capture_output=True).returncode == 0
