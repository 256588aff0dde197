"""The prompt templates: rendered strictly, and identified by the digest of their text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jinja2 import Environment

_PACKAGED: Final = Path(__file__).parents[1] / "_prompts"
FOLDER: Final = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[2] / "prompts"
"""The templates' folder: inside the package in a wheel, beside it in a checkout."""

_GAP: Final = "\u200b"  # a zero-width space
_TOKEN: Final = r"""(?:
    < (?= \u200b* (?:
        [|｜] [^<>\["\\\x00-\x1f]{1,60} >                # <|im_end|>, <|channel>, <｜User｜>
      | [^<>\["\\\x00-\x1f|｜]{1,60} [|｜] >             # <turn|>
      | /? (?: think | thought | grounding_think | answer | tool_call | tool_response | tools | arg_key | arg_value
             | image | img | video | audio | vision | point | points | box | ref | quad
             | s | unk | pad | bos | eos | eot | sep | cls | mask ) >    # <think>, </think>, <image>, </s>
      | /? (?: start | end | begin ) _of_ \w{1,40} >      # <start_of_turn>
      | /? \w{1,40} _ (?: context | token | pad | start | end | prefix | suffix | middle ) >    # <fim_prefix>
      | (?: extra_id | unused | special | reserved | loc | seg ) [_\w]{0,40}? \d+ >    # <unused42>, <extra_id_0>
      | 0x [0-9a-f]{2} >                                 # <0x0A>
      | < /? SYS >>                                      # <<SYS>>
    ))
  | \[ (?= \u200b* /? (?:
        INST | IMG | IMG_BREAK | IMG_END | THINK | TOOL_CALLS | TOOL_RESULTS | TOOL_CONTENT | AVAILABLE_TOOLS | ARGS
      | SYSTEM_PROMPT | MODEL_SETTINGS | CALL_ID | AUDIO | BEGIN_AUDIO | PREFIX | SUFFIX | MIDDLE
      | CLS | SEP | PAD | UNK | MASK | BOS | EOS
      ) \] )                                             # [INST], [/INST], [IMG]
)"""
"""The first character of a special token of a common model. Servers also look for such tokens in user text."""
_UNBROKEN: Final = re.compile(_TOKEN, re.VERBOSE | re.IGNORECASE)
_BROKEN: Final = re.compile(rf"(?P<first>{_TOKEN}) \u200b", re.VERBOSE | re.IGNORECASE)


def render_prompt(name: str, variables: Mapping[str, object]) -> str:
    """Render the template `name`; missing and unknown variables are errors.

    Special tokens in a variable remain text: `break_tokens` breaks them up.
    """
    unknown = set(variables) - declared(name)
    if unknown:
        raise TypeError(f"the prompt {name!r} has no variable {', '.join(sorted(unknown))}")
    return _environment().get_template(f"{name}.j2").render(variables).strip()


@cache
def declared(name: str) -> frozenset[str]:
    """Return the variables named in the first line of a template. It may name none: `{# variables: #}`."""
    first = source(name).partition("\n")[0]
    found = re.fullmatch(r"\{# variables:((?: \w+,?)*) #\}", first)
    if found is None:
        raise ValueError(f"the first line of the prompt {name!r} does not name its variables: {first!r}")
    return frozenset(found[1].replace(",", " ").split())


def prompt_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.j2")))


def source(name: str) -> str:
    return (FOLDER / f"{name}.j2").read_text(encoding="utf-8")


def digests() -> dict[str, str]:
    """Return the digest of each template's text, for the record of a run."""
    return {name: hashlib.sha256(source(name).encode()).hexdigest()[:12] for name in prompt_names()}


def prompt_screen(text: str) -> str:
    """Return `text` from a screen between tags that the text itself cannot close."""
    inside = " ".join(text.replace("<", "‹").replace(">", "›").split())
    return f"<screen>{inside}</screen>"


def break_tokens(text: str) -> str:
    """Return `text` with a zero-width space after the first character of each special token."""
    return _UNBROKEN.sub(rf"\g<0>{_GAP}", text)


def restore_tokens(text: str) -> str:
    """Return `text` as it was before `break_tokens`."""
    return _BROKEN.sub(r"\g<first>", text)


def _without_tokens(value: object) -> object:
    return break_tokens(value) if isinstance(value, str) else value


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        finalize=_without_tokens,
    )
    environment.filters["screen"] = prompt_screen
    return environment
