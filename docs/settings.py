"""Print the reference of the settings, from their model: `python docs/settings.py > docs/settings.md`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from pydantic.fields import FieldInfo

from screenagent.geometry import Size
from screenagent.settings import OLD_NAMES, Settings

INTRODUCTION = """\
# Settings

Printed by `python docs/settings.py > docs/settings.md`; a test fails when it is out of date.

Each setting is a line in `settings.toml` in your configuration folder (`~/.config/screenagent/` on Linux) or an
environment variable: `max_steps = 30`, or `SCREENAGENT_MAX_STEPS=30`. The environment overrides the file, and an option
of a command, such as `--max-steps 30`, overrides both. The start screen of `screenagent console` lists the settings in
force and where each value comes from; `screenagent schema settings` prints their JSON Schema.

| setting | default | what it is for |
| --- | --- | --- |"""

FORMER = """
Version 0.1 had other names for some settings. They still work in this version, with a warning:

| in version 0.1 | now |
| --- | --- |"""

IN_YOUR_FOLDERS = {
    "runs": "`runs` in your data folder",
    "model_weights": "`phi4` in your data folder",
    "model_socket": "`model.sock` in your data folder",
    "proven_models": "`proven_models.json` in your cache folder",
    "model_turns": "`model_turns` in your cache folder",
    "icon_names": "`icon_names.json` in your data folder",
    "portal_token": "`portal_token` in your data folder",
    "inbox": "`inbox` in your data folder",
    "accepted_steps": "`accepted_steps.json` in your data folder",
}


def reference() -> Iterator[str]:
    yield INTRODUCTION
    for name, field in Settings.model_fields.items():
        yield f"| `{name}` | {default_of(name, field)} | {field.description}{values_of(field)} |"
    yield FORMER
    for old, new in OLD_NAMES.items():
        yield f"| `{old}` | `{new}` |"


def default_of(name: str, field: FieldInfo) -> str:
    if name in IN_YOUR_FOLDERS:
        return IN_YOUR_FOLDERS[name]
    match field.default:
        case None:
            return ""
        case bool(value):
            return f"`{str(value).lower()}`"
        case Size(width=width, height=height):
            return f"`{{width = {width}, height = {height}}}`"
        case value:
            return f"`{value}`"


def values_of(field: FieldInfo) -> str:
    values = [value for value in get_args(field.annotation) if isinstance(value, str)]
    unnamed = [value for value in values if value not in (field.description or "")]
    return f" ({', '.join(values)})" if unnamed and unnamed != ["auto"] else ""


if __name__ == "__main__":
    print("\n".join(reference()))
