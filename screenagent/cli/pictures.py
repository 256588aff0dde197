"""`screenagent ground`, `see` and `ask`: what the grounder and the vision model make of a picture."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from screenagent.cli.options import (
    FILE,
    NEW_FILE,
    desk_option,
    family_option,
    leave_warm,
    load_settings,
    max_image_patches_option,
)
from screenagent.cli.output import echo, echo_json, echo_lines, prompt

if TYPE_CHECKING:
    from screenagent.geometry import Absent, Location, Pixel
    from screenagent.grounding.scoring import Candidate
    from screenagent.screenshot import Screenshot

MOST_EXPLAINED: Final = 5
"""Candidates that `--explain` lists."""


class PixelType(click.ParamType["Pixel"]):
    """A pixel of a picture, as in 412,233."""

    name = "X,Y"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Pixel:
        from screenagent.geometry import Pixel

        found = re.fullmatch(r"(\d{1,5}), ?(\d{1,5})", str(value), re.ASCII)
        if found is None:
            self.fail(f"{value!r} is not a pixel; write x and y, as in 412,233", param, ctx)
        return Pixel(x=int(found[1]), y=int(found[2]))


@click.command
@click.argument("picture", type=FILE)
@click.argument("target")
@click.option("--out", type=NEW_FILE, help="Where the marked picture goes.")
@click.option("--model", metavar="phi4|FOLDER|URL", help="Ask a model, too: the pulled one, a folder, or a server.")
@family_option
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
@click.option("--explain", "explained", is_flag=True, help="Number the best candidates and print their evidence.")
def ground(
    picture: Path,
    target: str,
    *,
    out: Path | None,
    model: str | None,
    model_family: str | None,
    as_json: bool,
    explained: bool,
) -> None:
    """Find TARGET, in words, on PICTURE: print the point, write the picture with a mark on it.

    \b
    screenagent ground screen.png "the Save button"
    screenagent ground screen.png "the second 'Open' in the menu" --out found.png
    screenagent ground screen.png "start playback" --model phi4
    screenagent ground screen.png "start playback" --model http://localhost:8080/v1 --family holo2
    screenagent ground screen.png "the Save button" --explain

    Exit codes: 0 found, 1 absent.
    """
    from screenagent.assembly.models import Models, pointing_settings
    from screenagent.assembly.parts import build_grounder, stoppable_control
    from screenagent.geometry import Location
    from screenagent.runs.report.annotations import Annotation, annotate, outlined

    if not target.strip():
        raise click.UsageError("TARGET is empty; name in words what to find, such as 'the Save button'")
    screen = _open_picture(picture)
    settings = pointing_settings(load_settings(model=model, model_family=model_family), model=model)
    leave_warm(settings)
    text = build_grounder(settings)
    with stoppable_control() as control:
        grounder = Models.of(settings, control).pointing(text) or text
    began = time.perf_counter()
    answer = grounder.locate(target, screen)
    seconds = time.perf_counter() - began
    marked = out or Path(f"{picture.stem}-ground.png")
    candidates = text.candidates(target, screen)[:MOST_EXPLAINED] if explained else []
    boxes = [candidate.spot.box(text.screen(screen).size) for candidate in candidates]
    numbered = [Annotation(box, "field", str(number)) for number, box in enumerate(boxes, start=1)]
    outlined(annotate(screen.pixels, answer, target), numbered).save(marked)
    if as_json:
        echo_json(answer.model_dump_json())
    elif isinstance(answer, Location):
        pixel = answer.point.pixel(screen.size)
        echo(f"{pixel.x} {pixel.y}")
    echo(_said(answer, target, seconds), err=True)
    for number, (candidate, box) in enumerate(zip(candidates, boxes, strict=True), start=1):
        echo(f"{number}  {_explained(candidate, box.center.pixel(screen.size))}", err=True)
    echo(f"marked in {marked}", err=True)
    sys.exit(0 if isinstance(answer, Location) else 1)


def _said(answer: Location | Absent, target: str, seconds: float) -> str:
    if answer.kind == "absent":
        return f"absent: {answer.why} ({seconds * 1000:.0f} ms)"
    place = f"({answer.point.x:.4f}, {answer.point.y:.4f})"
    return f"“{target}” is at {place}, sure to {answer.confidence:.0%}, by {answer.by}, in {seconds * 1000:.0f} ms"


def _explained(candidate: Candidate, pixel: Pixel) -> str:
    from screenagent.grounding.scoring import explain

    found = f"“{candidate.text}” at ({pixel.x}, {pixel.y}) by {candidate.by}"
    return f"{candidate.score:.3f} {found}: {explain(candidate)}"


@click.command
@click.argument("picture", type=FILE, required=False)
@desk_option
@click.option("--out", type=NEW_FILE, help="Where the drawing goes.")
def see(picture: Path | None, *, desk: str | None, out: Path | None) -> None:
    """Draw what the embedded grounder sees on PICTURE, the screen or a desk: its texts, fields, buttons and icons.

    What the seeing cost is said by stage, in milliseconds.

    \b
    screenagent see screen.png
    screenagent see --out now.png
    screenagent see --desk --out desk.png
    """
    from screenagent.assembly.parts import build_grounder
    from screenagent.perception.timing import Timing
    from screenagent.runs.report.overlay import draw_overlay as drawn

    if picture and desk is not None:
        raise click.UsageError("give a picture or --desk, not both; to leave the name out, write --desk last")
    began = time.perf_counter()
    screen = _open_picture(picture) if picture else _captured(desk)
    stages = Timing()
    settings = load_settings()
    leave_warm(settings)
    grounder = build_grounder(settings, stages=stages)
    captured = time.perf_counter()
    image = drawn(screen, grounder)
    drawing = time.perf_counter()
    target = out or Path(f"{picture.stem if picture else 'screen'}-see.png")
    image.save(target)
    labels, icons = grounder.screen(screen).labels, grounder.screen(screen).icons
    for label in labels:
        echo(label.text)
    taken = stages.take()
    spent = {"open" if picture else "capture": captured - began, **taken}
    spent["draw"] = drawing - captured - sum(taken.values())
    parts = ", ".join(f"{stage} {seconds * 1000:.0f}" for stage, seconds in spent.items())
    seen = f"{len(labels)} texts and {len(icons)} icons, seen in {sum(taken.values()) * 1000:.0f} ms"
    echo(f"{seen} (ms by stage: {parts}); drawn in {target}", err=True)


@click.command
@click.argument("picture", type=FILE, required=False)
@click.argument("pixel", type=PixelType(), required=False, metavar="X,Y")
def pick(picture: Path | None, pixel: Pixel | None) -> None:
    """Say what a script would call what is at a place, and what each way of finding targets says of it.

    Without PICTURE it is what the mouse points at when you press Enter here; nothing is clicked.

    \b
    screenagent pick
    screenagent pick screen.png 412,233

    Exit codes: 0 its words lead back to it, 1 they do not.
    """
    from screenagent.assembly.parts import build_grounder, open_desktop, stoppable_control
    from screenagent.grounding.pointed import pointed_at

    if (picture is None) != (pixel is None):
        raise click.UsageError("give a picture and a pixel on it, as in: screenagent pick screen.png 412,233")
    settings = load_settings()
    if picture is not None and pixel is not None:
        screen = _open_picture(picture)
        if not (pixel.x < screen.size.width and pixel.y < screen.size.height):
            raise click.UsageError(
                f"{picture} is {screen.size.width}x{screen.size.height}; {pixel.x},{pixel.y} is outside"
            )
        found = pointed_at(screen.display.point(pixel), screen, build_grounder(settings))
    else:
        prompt("point the mouse at it, and press Enter here", err=True)
        with stoppable_control() as control, open_desktop(settings, control, virtual=False, app=None) as desktop:
            screen, at = desktop.screenshot(), desktop.display.point(desktop.pointer())
            found = pointed_at(at, screen, build_grounder(settings, desktop=desktop))
    echo(found.words)
    for finding in found.findings:
        echo(f"  {finding}")
    sys.exit(0 if found.leads_back else 1)


def _captured(desk: str | None) -> Screenshot:
    from screenagent.assembly.parts import open_desktop, stoppable_control

    if desk is not None:
        from screenagent.desktop.desk import find_desk
        from screenagent.desktop.desk_desktop import desk_screenshot

        return desk_screenshot(find_desk(desk))
    with stoppable_control() as control, open_desktop(load_settings(), control, virtual=False, app=None) as desktop:
        return desktop.screenshot()


@click.command
@click.argument("words", nargs=-1, required=True, metavar="PICTURE… QUESTION")
@click.option("--think", is_flag=True, help="Let it think before it answers; the thought goes to stderr.")
@click.option(
    "--model", "source", default="phi4", show_default=True, help="The pulled weights, a folder, or a server's URL."
)
@family_option
@max_image_patches_option
def ask(
    *, words: tuple[str, ...], think: bool, source: str, model_family: str | None, max_image_patches: int | None
) -> None:
    """Ask the vision model about one or several pictures.

    \b
    screenagent ask screen.png "what does this dialog want?"
    screenagent ask before.png after.png "what changed?" --think
    """
    from screenagent.assembly.models import ModelChoice, vision_model
    from screenagent.assembly.parts import stoppable_control
    from screenagent.models.prompts import break_tokens
    from screenagent.models.vision import Finished, Refused, Request, TextChunk

    settings = load_settings(max_image_patches=max_image_patches, model_family=model_family)
    choice = ModelChoice(source, settings.model_name, settings.server, settings.model_family)
    *pictures, question = words
    request = Request(text=break_tokens(question), pictures=tuple(_open_picture(Path(picture)) for picture in pictures))
    with stoppable_control() as control:
        asked = vision_model(choice, settings, control)
        for chunk in asked.model.generate(request, mode="think" if think else "nothink"):
            match chunk:
                case TextChunk(text=text, part=part):
                    echo_lines(text, nl=False, err=part == "thought")
                case Finished(notes=notes, usage=usage):
                    echo("")
                    phases = ", ".join(f"{phase} {spent * 1000:.0f} ms" for phase, spent in usage.seconds.items())
                    echo("; ".join((*notes, phases, f"{usage.answer_tokens} tokens")), err=True)
                case Refused(text=text):
                    raise click.ClickException(f"the model refused: {text}")


def _open_picture(path: Path) -> Screenshot:
    """Return the picture in a file as a screenshot."""
    from PIL import Image, UnidentifiedImageError

    from screenagent.screenshot import Screenshot

    try:
        with Image.open(path) as image:
            return Screenshot.of(image.convert("RGB"))
    except FileNotFoundError as error:
        raise click.UsageError(f"there is no picture {path}") from error
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise click.UsageError(f"{path} cannot be read as a picture: {error}") from error
