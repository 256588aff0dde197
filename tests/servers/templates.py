"""Chat templates of our own that switch thinking in the two ways that models have."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

PHI4: Final = (
    files("screenagent.engine")
    .joinpath("synthetic_template.jinja")
    .read_text("utf-8")
    .replace("INSTRUCTIONS", "You see and point.")
)
"""The turns of Phi-4-reasoning-vision. Thinking is switched by how the assistant's turn is begun."""

QWEN: Final = files(__package__).joinpath("qwen.jinja").read_text("utf-8")
"""The turns of Qwen3.5. Thinking is switched by `enable_thinking`, and earlier thoughts are taken out of the turns."""

CHATML: Final = QWEN.partition("{%- if add_generation_prompt")[0] + (
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)
"""The turns of Qwen3-VL, which has no think mode."""
