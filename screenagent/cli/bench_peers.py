"""`screenagent bench peers`: other tools beside this agent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from screenagent.cli.options import FOLDER, NEW_FILE

if TYPE_CHECKING:
    from screenagent.bench.peers.results import Part

INTERRUPTED = 130


@click.command
@click.option(
    "--environments",
    type=FOLDER,
    envvar="SCREENAGENT_PEERS",
    help="The folder with a virtual environment for each tool; or SCREENAGENT_PEERS.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Only this tool; may be given several times.")
@click.option("--part", "parts", multiple=True, type=click.Choice(["gtk", "page", "twins"]), help="Only this part.")
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--results", type=NEW_FILE, help="Keep each measurement there, and go on from it.")
@click.option("--json", "as_json", is_flag=True, help="Print no table.")
def peers(
    *,
    environments: Path | None,
    only: tuple[str, ...],
    parts: tuple[Part, ...],
    rounds: int,
    results: Path | None,
    as_json: bool,
) -> None:
    """Try other tools beside this agent, on the same program and page and on ten pairs of working and broken pages.

    Nothing is installed. A tool whose environment is not there is left out and named, with the command that makes it.
    In a turn a process is started, clicks and clicks again; the tools take turns. Each is driven by one of its
    documented ways; the adapters in screenagent/bench/peers/tools say which, and what its answers are taken for.
    Ctrl-C prints what there is.

    \b
    screenagent bench peers --environments ~/peers
    screenagent bench peers --environments ~/peers --only screenagent --only dogtail --part gtk --rounds 3
    """
    from screenagent.bench.peers.comparison import Comparison
    from screenagent.bench.peers.results import PARTS, peer_progress, peers_summary, peers_table
    from screenagent.bench.peers.roster import PEERS, chosen_peers

    if unknown := set(only) - {peer.name for peer in PEERS}:
        names = ", ".join(peer.name for peer in PEERS)
        raise click.UsageError(f"there is no tool {', '.join(sorted(unknown))}; there are {names}")
    wanted = chosen_peers(only)
    skipped = {peer.name: missing for peer in wanted if (missing := peer.missing(environments))}
    for name, missing in skipped.items():
        click.echo(f"skipped {name}: {missing}", err=True)
    comparison = Comparison(environments, results, lambda result: click.echo(peer_progress(result), err=True))
    interrupted = False
    try:
        comparison.run([peer for peer in wanted if peer.name not in skipped], parts or PARTS, rounds=rounds)
    except KeyboardInterrupt:
        interrupted = True
    summary = peers_summary(comparison.found, skipped=skipped)
    if not as_json:
        click.echo(peers_table(summary), err=True)
    click.echo(summary.model_dump_json())
    sys.exit(INTERRUPTED if interrupted else 0)
