"""`screenagent prove-offline`: that a whole task is done without any network."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Final

import click

EXIT_CODES: Final = {"proven": 0, "refuted": 1, "unproven": 3}


@click.command("prove-offline")
@click.option("--model", metavar="FOLDER|URL", help="Do the task with this model.")
@click.option("--task", help="Another task than to write a file in an editor.")
@click.option("--app", default="mousepad", show_default=True, help="What to open on the virtual desktop.")
@click.option("--way", type=click.Choice(["namespace", "strace"]), help="Only this way; both if not given.")
@click.option("--json", "as_json", is_flag=True, help="Print the proof as one JSON object.")
def prove_offline(*, model: str | None, task: str | None, app: str, way: str | None, as_json: bool) -> None:
    """Do a whole task on a virtual desktop where there is no network, and list every socket that is opened.

    In a network namespace without interfaces (unshare), under strace, or both, as far as this machine allows. What
    stays on this machine is allowed: the sockets of X11 and D-Bus, loopback, and those to the kernel.

    \b
    screenagent prove-offline
    screenagent prove-offline --model ~/models/phi-4-reasoning-vision --task "write a note and save it"

    Exit codes: 0 proven, 1 refuted (a socket went elsewhere), 3 unproven (no way is allowed, or the task failed).
    """
    from screenagent.diagnostics.offline import prove, ways

    allowed = {name: words for name, words in ways().items() if way in (None, name)}
    with tempfile.TemporaryDirectory(prefix="screenagent-offline-") as folder:
        saved = Path(folder) / "hello.txt"
        written = f"type 'Hello from nowhere', open the File menu, click Save As, type '{saved}', press enter"
        words = ["--virtual", "--app", app, "--approve", "never", "--plain", "--runs", f"{folder}/runs"]
        words += ["--model", model] if model else []
        private = Path(folder) / "run"  # what says there that a desktop is taken speaks of other displays
        private.mkdir(mode=0o700)
        command = [sys.executable, "-m", "screenagent", "run", task or written, *words]
        proof = prove(command, allowed, environment=os.environ | {"XDG_RUNTIME_DIR": str(private)})
        if task is None and proof.verdict == "proven" and not saved.is_file():
            proof = proof.model_copy(update={"verdict": "unproven", "detail": "the task says done, but saved nothing"})
    if as_json:
        click.echo(proof.model_dump_json())
    else:
        for socket in proof.opened:
            sign = click.style("✓", fg="green") if socket.local else click.style("✗", fg="red")
            click.echo(f"{sign} {socket.family:<11} {socket.times:>4}×  {socket.address}")
        colour = {"proven": "green", "refuted": "red", "unproven": "yellow"}[proof.verdict]
        click.echo(f"{click.style(proof.verdict, fg=colour, bold=True)}: {proof.detail}")
    sys.exit(EXIT_CODES[proof.verdict])
