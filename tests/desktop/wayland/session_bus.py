"""A session bus of a test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PLAIN = """<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
<policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>"""


@contextmanager
def session_bus(folder: Path, *, activates: bool = True) -> Iterator[str]:
    """Run a bus whose socket is in `folder`, and yield its address; skip the test where there is none to run.

    What it starts has its sockets there, too: the buses for accessibility of two sessions would else be the same. One
    that does not activate services starts none of this machine's, such as its portals.
    """
    if shutil.which("dbus-daemon") is None:
        pytest.skip("needs dbus-daemon, which this machine does not have")
    (folder / "plain.conf").write_text(PLAIN)
    kind = "--session" if activates else f"--config-file={folder / 'plain.conf'}"
    command = ["dbus-daemon", kind, "--nofork", "--print-address=1", f"--address=unix:dir={folder}"]
    own = {name: value for name, value in os.environ.items() if name != "DISPLAY"} | {"XDG_RUNTIME_DIR": str(folder)}
    with subprocess.Popen(command, env=own, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as bus:
        assert bus.stdout
        try:
            yield bus.stdout.readline().strip()
        finally:
            bus.kill()
