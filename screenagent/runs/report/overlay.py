"""Shows what the embedded grounder sees: the words, controls and icons of a screen, drawn on its picture."""

from __future__ import annotations

from PIL import Image

from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.roles import Role
from screenagent.runs.report.annotations import Annotation, Tone, outlined
from screenagent.screenshot import Screenshot

_TONES: dict[Role, Tone] = {
    "field": "field", "dropdown": "field", "mark": "icon", "button": "target", "cell": "absent",
}  # fmt: skip


def draw_overlay(screenshot: Screenshot, grounder: EmbeddedGrounder) -> Image.Image:
    """Labels in one colour with what was read above them, controls each in their kind's, icons with their best name."""
    screen = grounder.screen(screenshot)
    controls = [Annotation(control.rect.box(screen.size), _TONES[control.role]) for control in screen.layout.controls]
    texts = [Annotation(label.rect.box(screen.size), "text", label.text) for label in screen.labels]
    named = zip(screen.icons, grounder.words.names(screen.icons), strict=True)
    icons = [Annotation(icon.rect.box(screen.size), "icon", name) for icon, name in named]
    return outlined(screenshot.pixels, [*controls, *icons, *texts])
