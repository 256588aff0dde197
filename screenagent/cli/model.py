"""`screenagent model …`: the vision model's weights, its server, its checks, and the known families."""

from __future__ import annotations

import json
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from screenagent.cli.options import NEW_FOLDER, QUANT, family_option, load_settings
from screenagent.cli.output import Painted, echo, echo_json, echo_lines, paint

if TYPE_CHECKING:
    from screenagent.engine.config import Quant


@click.group
def model() -> None:
    """Download, serve and verify Phi-4-reasoning-vision; check any other model; list the known families.

    \b
    screenagent model pull --quant int4
    screenagent model serve
    screenagent model verify
    screenagent model check --model http://localhost:8000/v1
    screenagent model families
    """


@model.command
@click.option("--to", "folder", type=NEW_FOLDER, help="The folder to download to.")
@click.option("--revision", default="main", show_default=True, help="A commit, tag or branch of the repository.")
@click.option(
    "--quant", type=QUANT, default="none", show_default=True, help="Also write quantized weights, next to it."
)
@click.option("--for", "server", type=click.Choice(["vllm"]), help="Also write a folder that this server can load.")
def pull(*, folder: Path | None, revision: str, quant: Quant, server: str | None) -> None:
    """Download the weights to a local folder: pinned by commit and hash, resumable, after a disk space check."""
    if server and quant != "none":
        raise click.UsageError("a server loads the published weights: give --for or --quant, not both")
    from screenagent.serving.vllm_files import write_vllm_files
    from screenagent.serving.weights import HuggingFace
    from screenagent.serving.weights import pull_weights as bring

    weights = folder or load_settings().model_weights
    pulled = bring(weights, hub=HuggingFace(), revision=revision, quant=quant, say=_say)
    echo(write_vllm_files(pulled) if server else pulled)


@model.command
@click.option("--weights", type=NEW_FOLDER, help="The folder that `model pull` made.")
@click.option("--port", type=click.IntRange(1, 65535), help="Loopback port; defaults to a private Unix socket.")
@click.option("--quant", type=QUANT, help="Quantization; defaults to the largest that fits.")
@click.option("--device", help="cuda, mps or cpu; defaults to the best one available.")
def serve(*, weights: Path | None, port: int | None, quant: Quant | None, device: str | None) -> None:
    """Keep the engine loaded for run, ground and ask. Serves OpenAI's chat completions to this machine only."""
    from screenagent.models.phi4 import load_phi4
    from screenagent.serving.server import serve_engine as answer

    settings = load_settings(model_weights=weights)
    phi4 = load_phi4(settings.model_weights, device=device, quant=quant, say=_say)
    socket = None if port else settings.model_socket
    _say(f"answering on {f'127.0.0.1:{port}' if port else socket}; press Ctrl-C to stop")
    answer(phi4.engine, socket=socket, port=port or 0)


@model.command
@click.option("--weights", type=NEW_FOLDER, help="The folder that `model pull` made.")
@click.option(
    "--quant", "quants", type=QUANT, multiple=True, help="Quantizations to compare with the published weights."
)
@click.option("--device", help="cuda, mps or cpu; defaults to the best one available.")
@click.option("--count", type=click.IntRange(1, 30), default=30, show_default=True, help="The number of screens.")
def verify(*, weights: Path | None, quants: tuple[Quant, ...], device: str | None, count: int) -> None:
    """Check tokens, grounding, plans, modes and refusals of the real weights on drawn screens; print a report."""
    from screenagent.bench.verify import verify_weights as check
    from screenagent.models.phi4 import load_phi4

    folder = load_settings(model_weights=weights).model_weights
    first = load_phi4(folder, device=device, quant="none", say=_say)
    others = ((quant, load_phi4(folder, device=device, quant=quant, say=_say)) for quant in quants)
    forms = chain([("none", first)], others)
    echo_lines(str(check(first.engine.chat, forms, where=first.engine.device.type, count=count, say=_say)))


@model.command
@click.option("--model", "place", metavar="FOLDER|URL", help="The model to check; defaults to the one in the settings.")
@family_option
def check(*, place: str | None, model_family: str | None) -> None:
    """Send the model every kind of request that a run makes, about a known picture, and say what is wrong.

    \b
    screenagent model check --model http://localhost:8080/v1
    screenagent model check --model http://localhost:8000/v1 --family ui-venus-2

    Exit codes: 0 everything works, 1 something is wrong.
    """
    from screenagent.assembly.models import planning_choice, vision_model
    from screenagent.assembly.parts import stoppable_control
    from screenagent.diagnostics.model_check import ModelCheck

    settings = load_settings(model=place, model_family=model_family)
    choice = planning_choice(settings)
    if choice is None:
        raise click.UsageError("no model is set; name one with --model, or set `model` in the settings")
    with stoppable_control() as control:
        seeing = vision_model(choice, settings, control)
        wrong = 0
        for finding in ModelCheck(seeing.model, seeing.family, seeing.binds, settings.max_image_patches).findings():
            wrong += not finding.works
            sign = paint("✓", fg="green") if finding.works else paint("✗", fg="red")
            echo(sign, f" {finding.what}: {finding.said}")
    sys.exit(1 if wrong else 0)


@model.command
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print each family as a JSON object.")
def families(*, name: str | None, as_json: bool) -> None:
    """List the known model families: answer format, coordinate space, think switch and published accuracy.

    With the NAME of a family or a model, show its prompts, an example answer and the sources.

    \b
    screenagent model families
    screenagent model families holo2
    screenagent model families qwen2.5vl:7b --json
    """
    from screenagent.cli import family_table
    from screenagent.models.families import all_families, family_named, family_of

    found = [family_of(name) or family_named(name)] if name else list(all_families().values())
    if as_json:
        for family in found:
            echo_json(json.dumps(family_table.family_as_json(family), ensure_ascii=False))
    else:
        echo(Painted(family_table.family_details(found[0]) if name else family_table.families_table(found)))


def _say(line: str) -> None:
    echo(line, err=True)
