"""The names under which servers list models lead to their families; those of other models, however alike, to none."""

from __future__ import annotations

import pytest

from screenagent.models import prompts
from screenagent.models.families import all_families, family_of

NAMES = {
    "phi4": "microsoft/Phi-4-reasoning-vision-15B Phi-4-reasoning-vision-15B-Q4_K_M.gguf phi4-rv:15b phi-4-vision",
    "qwen3": "Qwen/Qwen3-VL-8B-Instruct Qwen/Qwen3-VL-30B-A3B-Instruct-FP8 unsloth/Qwen3-VL-4B-Instruct-GGUF "
    "qwen3-vl:8b qwen3vl Qwen3VL-8B-Instruct-Q4_K_M.gguf qwen/qwen3-vl-8b qwen/qwen3-vl-235b-a22b-instruct "
    "qwen3-vl-plus mlx-community/Qwen3-VL-4B-Instruct-4bit Qwen/Qwen3.5-9B qwen3.5:9b Qwen3_5-27B qwen/qwen-3.5-27b "
    "Qwen/Qwen3.6-27B qwen3.6:27b Qwen/Qwen3.8-27B qwen3.8 Qwen3.8-Flash-Next",
    "qwen2.5-vl": "Qwen/Qwen2.5-VL-7B-Instruct Qwen/Qwen2.5-VL-72B-Instruct-AWQ qwen2.5vl:7b qwen2.5-vl-7b-instruct "
    "Qwen2.5-VL-7B-Instruct-Q4_K_M.gguf qwen/qwen2.5-vl-32b-instruct:free qwen/qwen-2.5-vl-7b-instruct Qwen2_5-VL-3B "
    "qwen25-vl-7b qwen2-5-vl-7b",
    "ui-tars-1.5": "ByteDance-Seed/UI-TARS-1.5-7B bytedance/ui-tars-1.5-7b UI-TARS-1.5-7B-Q8_0.gguf ui-tars-1-5-7b "
    "mlx-community/UI-TARS-1.5-7B-4bit hf.co/mradermacher/UI-TARS-1.5-7B-GGUF:Q4_K_M UI-TARS-1.5-7B-qwen2.5-vl",
    "ui-tars": "ByteDance-Seed/UI-TARS-7B-DPO bytedance-research/UI-TARS-7B-SFT UI-TARS-2B-SFT UI-TARS-72B-DPO "
    "ui-tars-2 UI-TARS-2.0 UI-TARS-1.0-7B doubao-1-5-ui-tars-250428 doubao-1.5-ui-tars",
    "holo1": "Hcompany/Holo1-7B Holo1-3B Holo1-3B-Q4_K_M.gguf",
    "holo1.5": "Hcompany/Holo1.5-7B Hcompany/Holo1.5-72B holo1-5-7b-20250915 Holo1.5-3B-GGUF",
    "holo2": "Hcompany/Holo2-8B Hcompany/Holo2-30B-A3B holo2-4b-20251115 Holo2-235B-A22B-Preview holo2",
    "holo3": "Hcompany/Holo3-35B-A3B Hcompany/Holo3.1-4B Hcompany/Holo-3.1-35B-A3B holo3-1-35b-a3b Holo3.1-0.8B-GGUF "
    "Hcompany/Holo4-27B Holo4-35B-A3B-NVFP4 holo3-122b-a10b",
    "ui-venus-1.0": "inclusionAI/UI-Venus-Ground-7B inclusionAI/UI-Venus-Ground-72B UI-Venus-1.0-7B",
    "ui-venus-1.5": "inclusionAI/UI-Venus-1.5-2B inclusionAI/UI-Venus-1.5-8B UI-Venus-1.5-30B-A3B",
    "ui-venus-2": "inclusionAI/UI-Venus-2-9B UI-Venus-2-27B ui-venus-2.0-9b UI-Venus-2-9B-Q4_K_M.gguf",
    "mai-ui": "Tongyi-MAI/MAI-UI-8B Tongyi-MAI/MAI-UI-2B MAI-UI-32B mai-ui-8b-qwen3-vl",
    "gui-owl": "mPLUG/GUI-Owl-7B mPLUG/GUI-Owl-32B GUI-Owl-7B-Qwen2.5-VL",
    "gui-owl-1.5": "mPLUG/GUI-Owl-1.5-8B-Instruct mPLUG/GUI-Owl-1.5-2B-Instruct gui-owl-1-5-32b "
    "GUI-Owl-1.5-4B-qwen3-vl",
    "gta1": "HelloKKMe/GTA1-7B Salesforce/GTA1-32B HelloKKMe/GTA1-7B-2507 gta1",
    "opencua": "xlangai/OpenCUA-7B xlangai/OpenCUA-32B xlangai/OpenCUA-72B OpenCUA-2.5-7B",
    "fara-7b": "microsoft/Fara-7B Fara-7B-Q4_K_M.gguf bartowski/microsoft_Fara-7B-GGUF",
    "fara-1.5": "microsoft/Fara1.5-9B microsoft/Fara-1.5-4B Fara1.5-27B",
    "ui-ins": "Tongyi-MiA/UI-Ins-7B Tongyi-MiA/UI-Ins-32B",
    "glm-v": "zai-org/GLM-4.5V zai-org/GLM-4.6V zai-org/GLM-4.6V-Flash z-ai/glm-4.5v THUDM/GLM-4.1V-9B-Thinking",
    "internvl": "OpenGVLab/InternVL3_5-8B OpenGVLab/InternVL3-78B InternVL3.5-241B-A28B internvl-3.5-8b",
    "gemini": "gemini-2.5-pro google/gemini-2.5-flash models/gemini-3-pro-preview gemini-3.1-pro gemini-3.8-flash",
    "mistral": "mistral-large-4 mistralai/Mistral-Large-4 mistral-small-2603 mistralai/Mistral-Small-4-119B-2603",
    "kimi": "moonshotai/Kimi-K2.5 kimi-k2.6 moonshotai/Kimi-VL-A3B-Instruct kimi-k2-5",
    "claude": "claude-opus-5 anthropic/claude-opus-4-5 claude-sonnet-4-5-20250929 us.anthropic.claude-haiku-4-5-v1:0 "
    "claude-3-5-sonnet-20241022 anthropic/claude-3.7-sonnet",
    "gpt": "gpt-5.1 openai/gpt-5.6-sol gpt-5.4-mini gpt-5.2-2025-12-11 gpt-6-astra openai/gpt-6",
}

STRANGERS = """
something else|model|default|gpt|claude|qwen|phi|holo|gemini|vision|local-model|my-finetune|llava:13b|moondream3-preview
Qwen4-VL|Qwen/Qwen4-VL-8B|Qwen/Qwen3-8B|qwen3:8b|qwen3-5b|Qwen3-Coder-30B-A3B|Qwen3-Omni-30B|qwen3.9|Qwen3.50|qwen3.5.1
Qwen/Qwen2-VL-7B-Instruct|Qwen-VL-Chat|Qwen/Qwen2.5-7B-Instruct|Qwen2.5-Omni-7B|qwen2.5|qwen2.5-coder|qwen-vl-max
Qwen/Qwen3-VL-Embedding-8B|Qwen/Qwen3-VL-Reranker-2B|myqwen3-vl
microsoft/Phi-4-multimodal-instruct|phi-4-mini|phi4|phi4-mini-reasoning|phi-4-reasoning|microsoft/Phi-4-reasoning-plus
microsoft/Phi-3.5-vision-instruct|phi-5-vision|microsoft/Phi-Ground|phi-4-visionary
holo9|Hcompany/Holo5-27B|holo|holotron-12b|Holo10-3B|hologram-7b|yolo3|holo3.5
UI-TARS|ui-tars:latest|UI-TARS-1.6-7B|UI-TARS-3|ui-tars-25|ByteDance/UI-TARS-desktop|doubao-seed-1.6
UI-Venus-3|ui-venus|inclusionAI/UI-Venus-Navi-7B|UI-Venus-1.6-8B|ui-venus-2.5|UI-Venus-20
gui-owl-9|gui-owl|GUI-Owl-2-8B|gui-owl-1.6|GUI-Owl-72B|mai-ui2-8b|MAI-DS-R1
OpenCUA-A3B|xlangai/OpenCUA-Qwen2-7B|opencua|evocua-8b|GTA2-7B|gta15|GTA1.5-7B
fara|Fara-2-9B|fara-14b|safara-7b|fara1.6|gui-ins-7b|UI-Ins2-7B|ui-instruct
glm-4.6|glm-4.5-air|zai-org/GLM-4.7V|glm-4v-9b|GLM-5V|InternVL4-8B|InternVL2_5-8B|internvl35|internlm3
gemini-1.5-pro|gemini-4-pro|gemini-embedding-001|gemma-3-27b|gemini-2.5-flash-preview-tts|gemini-30
mistral-large-2411|mistral-small-3.2|pixtral-12b|Mistral-7B-Instruct|mistral-large-40|ministral-8b
kimi-k2|moonshotai/Kimi-K2-Instruct|kimi-k2-thinking|kimi-k3|kimi-k2.50|kimi-latest
claude-code-router|claude-2.1|claude-instant-1.2|claude-4|claude-30|claudette-opus
gpt-oss:20b|gpt-4o|gpt-4.1|gpt-5|gpt-5-mini|gpt-7|gpt-5.10|gpt-60|chatgpt-5.1
GELab-Zero-4B-preview|Gelato-30B-A3B|stepfun-ai/GELab-Zero-4B|smolvlm
claude-opus-gemini-3-merge|gta1-vs-holo2|qwen3-vl-distilled-from-qwen2.5-vl
"""


def family_name(model: str) -> str | None:
    found = family_of(model)
    return found.name if found else None


def test_the_names_here_are_those_of_every_family() -> None:
    assert set(NAMES) == set(all_families())


@pytest.mark.parametrize(("family", "name"), [(family, name) for family in NAMES for name in NAMES[family].split()])
def test_a_name_that_a_server_lists_leads_to_its_family(family: str, name: str) -> None:
    assert family_name(name) == family
    assert family_name(name.upper()) == family
    assert family_name(f"/models/{name.lower()}") == family


@pytest.mark.parametrize("name", [name for line in STRANGERS.split("\n") for name in line.split("|") if name])
def test_the_name_of_an_unknown_or_merely_similar_model_leads_to_none(name: str) -> None:
    assert family_name(name) is None


@pytest.mark.parametrize("name", all_families())
def test_a_familys_title_and_rows_say_who_it_is(name: str) -> None:
    family = all_families()[name]
    assert family.title
    assert family.sizes
    assert family.verified or family.unverified
    assert set(family.trained_from) <= set(all_families()) - {name}


def test_every_prompt_for_a_place_is_one_of_a_family() -> None:
    used = {prompt for family in all_families().values() for prompt in (family.prompt, family.system)}
    assert {name for name in prompts.prompt_names() if name.startswith("ground_")} == used - {None}
