"""The page itself: one document with its script and its style in it, and the policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

POLICY: Final = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types"
)

HEADERS: Final = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), clipboard-read=()"),
    ("x-frame-options", "DENY"),
)
NOTHING: Final = "default-src 'none'; frame-ancestors 'none'"
"""The policy of everything that is not the page."""


@dataclass(frozen=True)
class Page:
    """The document, its content security policy and its icon."""

    document: bytes
    policy: str
    icon: bytes


@cache
def whole_page() -> Page:
    """Return the page, put together from the files of this package."""
    here = files(__package__)
    document, style, script = (here.joinpath(f"page.{kind}").read_text("utf-8") for kind in ("html", "css", "js"))
    document = document.replace("/* style */", style, 1).replace("/* script */", script, 1)
    policy = POLICY.format(script=_hash(script), style=_hash(style))
    return Page(document.encode(), policy, here.joinpath("icon.svg").read_bytes())


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
