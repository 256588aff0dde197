"""The page's document: small, whole, and with no way for text to become markup."""

from __future__ import annotations

import re

from screenagent.web.page import whole_page

HEAVY = 150_000


def test_the_page_is_light() -> None:
    assert len(whole_page().document) + len(whole_page().icon) < HEAVY


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    written = whole_page().document.decode()
    assert re.findall(r"https?://[^\s\"'`)]+", written) == []
    assert re.findall(r"(?:src|href)=\"(?!/icon\.svg)[^\"]+\"", written) == []
    assert re.findall(r"@import|url\(", written) == []


def test_no_text_can_become_markup_or_code() -> None:
    written = whole_page().document.decode()
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser"
    code = r"\beval\(|new Function|\son\w+=\""
    assert re.findall(f"{ways}|{code}", written) == []


def test_the_policy_lets_in_only_the_script_and_the_style_of_the_page() -> None:
    policy = dict(part.strip().partition(" ")[::2] for part in whole_page().policy.split(";"))
    assert policy["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy["script-src"])
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy["style-src"])
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
