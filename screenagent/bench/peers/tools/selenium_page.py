"""Selenium: elements by XPath with their exact text in a Chromium of its own, waited for up to 5 s.

It raises an error or says nothing; a text that is found is `done`.
"""

from __future__ import annotations

from answering import PeerAsked, ToolAnswer, answer_steps
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

WAIT_SECONDS = 5
TAGS = {"button": "button", "link": "a"}


def main() -> None:
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    options.add_argument("--no-sandbox")
    driver = Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.implicitly_wait(WAIT_SECONDS)
    answer_steps(lambda asked: _perform(driver, asked), distribution="selenium", close=driver.quit)


def _perform(driver: Chrome, asked: PeerAsked) -> ToolAnswer:
    words, at = asked["words"], asked["at"]

    def element(path: str) -> WebElement:
        found: WebElement = driver.find_element(By.XPATH, path)
        return found

    match asked["do"]:
        case "open":
            driver.get(words)
        case "click":
            element(f"//{TAGS[asked['role']]}[normalize-space()='{words}']").click()
        case "type":
            element(f"//label[contains(.,'{at}')]//input").send_keys(words)
        case "check":
            element(f"//*[contains(text(),'{words}')]")
            return "done", "found"
        case "choose":
            Select(element(f"//p[contains(.,'{at}')]/select")).select_by_visible_text(words)
        case _:
            element(f"//tr[td[.='{at}']]//button[.='{words}']").click()
    return "sent", ""


if __name__ == "__main__":
    main()
