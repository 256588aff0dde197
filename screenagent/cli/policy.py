"""`screenagent policy`: what is allowed, asked about and denied."""

from __future__ import annotations

from pathlib import Path

import click

from screenagent.cli.options import FILE, FOLDER


@click.group
def policy() -> None:
    """Rules for what is allowed, asked about and denied."""


@policy.command
@click.argument("run", type=FOLDER)
@click.option("--policy", "path", type=FILE, help="A YAML file.")
def check(run: Path, *, path: Path | None) -> None:
    """What the policy would have said to each input of RUN, and what was said then.

    \b
    screenagent policy check runs/2026-11-22_10-15-03_open-the-file-menu --policy strict.yaml
    """
    from screenagent.approval import audit as checked
    from screenagent.assembly.parts import build_reader, read_policy
    from screenagent.runs.store import read_events
    from screenagent.settings import Settings

    chosen = read_policy(path or Settings.load().policy)
    unseen = 0
    for finding in checked(chosen, read_events(run), reader=build_reader(Settings.load())):
        click.echo(f"{finding}  [then: {finding.verdict.verdict}]")
        unseen += finding.unseen
    if unseen:
        click.echo(f"{unseen} were judged without their pictures, which were not kept: no words were read", err=True)


@policy.command
def schema() -> None:
    """The JSON Schema of a policy."""
    import json

    from screenagent.approval import Policy

    click.echo(json.dumps(Policy.model_json_schema(), indent=2))


@policy.command
def default() -> None:
    """The policy that holds where none is chosen, as a file to begin with."""
    from importlib import resources

    click.echo(resources.files("screenagent.approval").joinpath("default.yaml").read_text("utf-8"), nl=False)
