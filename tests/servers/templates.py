"""Our own chat templates, which switch reasoning in the two ways that models use."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

PHI4: Final = (
    files("screenagent.engine")
    .joinpath("synthetic_template.jinja")
    .read_text("utf-8")
    .replace("INSTRUCTIONS", "You see and point.")
)
"""The turns of Phi-4-reasoning-vision. The beginning of the assistant's turn switches reasoning."""

QWEN: Final = files(__package__).joinpath("qwen.jinja").read_text("utf-8")
"""The turns of Qwen3.5. `enable_thinking` switches reasoning, and earlier reasoning is removed from the turns."""

CHATML: Final = QWEN.partition("{%- if add_generation_prompt")[0] + (
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)
"""The turns of Qwen3-VL, which has no think mode."""
