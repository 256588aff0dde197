"""`screenagent policy` and `schema`: what is allowed, and what the files that people write may say."""

from __future__ import annotations

import json
from importlib import import_module, resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from screenagent.cli.options import FILE, load_settings, one_run
from screenagent.cli.output import echo, echo_json, echo_lines

if TYPE_CHECKING:
    from screenagent.approval import Policy

FILE_OR_FOLDER: Final = click.Path(exists=True, path_type=Path)
SCHEMAS: Final = {"script": "scripts.Script", "policy": "approval.Policy", "settings": "settings.Settings"}
"""The models, by the names of the files that they describe."""


@click.group
def policy() -> None:
    """Rules for what is allowed, asked about and denied."""


@policy.command
@click.argument("what", metavar="RUN|SCRIPT", type=FILE_OR_FOLDER)
@click.option("--policy", "path", type=FILE, help="A YAML file.")
def check(what: Path, *, path: Path | None) -> None:
    """What the policy would have said to each input of RUN, and what was said then; or what it says of SCRIPT.

    \b
    screenagent policy check runs/2026-11-22_10-15-03_open-the-file-menu --policy strict.yaml
    screenagent policy check invoice.yaml

    Of a script, each input is marked with what becomes of it under `--approve risky`: it asks, is refused, or goes on.
    What is on the screen then may make it stricter.
    """
    from screenagent.assembly.parts import read_policy

    chosen = read_policy(path or load_settings().policy)
    if what.is_dir():
        _check_run(what, chosen)
    else:
        _check_script(what, chosen)


def _check_script(script: Path, chosen: Policy) -> None:
    from screenagent.scripts.foreseen import foreseen_inputs
    from screenagent.scripts.linked import linked_file

    found = list(foreseen_inputs(linked_file(script), chosen))
    for each in found:
        echo(str(each))
    asked = sum(each.risky == "asks" for each in found)
    once = "; each is asked about once for each version of the script" if asked else ""
    echo(f"{len(found)} inputs, {asked} would be asked about{once}", err=True)


def _check_run(run: Path, chosen: Policy) -> None:
    from screenagent.approval import audit as checked
    from screenagent.assembly.parts import build_reader
    from screenagent.runs.store import read_events

    unseen = 0
    for finding in checked(chosen, read_events(one_run(run)), reader=build_reader(load_settings())):
        echo(f"{finding}  [then: {finding.verdict.verdict}]")
        unseen += finding.unseen
    if unseen:
        echo(f"{unseen} were judged without their pictures, which were not kept: no words were read", err=True)


@policy.command("schema")
def policy_schema() -> None:
    """The JSON Schema of a policy."""
    _print_schema("policy")


@policy.command
def default() -> None:
    """The policy that holds where none is chosen, as a file to begin with."""
    echo_lines(resources.files("screenagent.approval").joinpath("default.yaml").read_text("utf-8"), nl=False)


@click.command
@click.argument("kind", type=click.Choice(list(SCHEMAS)))
def schema(kind: str) -> None:
    """Print the JSON Schema of a script, a policy or the settings.

    \b
    screenagent schema script > script.schema.json
    # and on a script's first line: # yaml-language-server: $schema=script.schema.json
    """
    _print_schema(kind)


def _print_schema(kind: str) -> None:
    module, _, model = SCHEMAS[kind].partition(".")
    described = getattr(import_module(f"screenagent.{module}"), model)
    echo_json(json.dumps(described.model_json_schema(), indent=2))
