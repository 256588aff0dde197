"""Playwright: locators by role, label and text in a Chromium of its own, which wait until a target can be acted on.

It raises an error after 5 s or says nothing; an `expect` that holds is `done`. Names match as a whole, as for the
other tools; by default they match in part.
"""

from __future__ import annotations

from answering import PeerAsked, ToolAnswer, answer_steps
from playwright.sync_api import Page, expect, sync_playwright

WAIT_MS = 5000


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", headless=False, args=["--no-sandbox", "--password-store=basic"]
        )
        page = browser.new_page()
        page.set_default_timeout(WAIT_MS)
        answer_steps(lambda asked: _perform(page, asked), distribution="playwright", close=browser.close)


def _perform(page: Page, asked: PeerAsked) -> ToolAnswer:
    words, at = asked["words"], asked["at"]
    match asked["do"]:
        case "open":
            page.goto(words)
        case "click":
            page.get_by_role(asked["role"], name=words, exact=True).click()
        case "type":
            page.get_by_label(at, exact=True).fill(words)
        case "check":
            expect(page.get_by_text(words)).to_be_visible()
            return "done", "visible"
        case "choose":
            page.locator("p", has_text=at).locator("select").select_option(words)
        case _:
            row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=at, exact=True))
            row.get_by_role("button", name=words, exact=True).click()
    return "sent", ""


if __name__ == "__main__":
    main()
