"""dogtail: nodes by exact name and role on the accessibility bus, clicked by the mouse.

It raises an error or says nothing.
"""

from __future__ import annotations

from answering import PeerAsked, ToolAnswer, answer_steps
from dogtail.config import config
from dogtail.rawinput import type_text
from dogtail.tree import root

ROLES = {"button": "push button", "link": "link"}


def main() -> None:
    config.search_cutoff_count = 5  # about as many seconds as the others wait
    answer_steps(_perform, distribution="dogtail")


def _perform(asked: PeerAsked) -> ToolAnswer:
    app, words = root.application(asked["application"]), asked["words"]
    match asked["do"]:
        case "click":
            app.child(name=words, role_name=ROLES[asked["role"]]).click()
        case "type":
            app.child(name=asked["at"], role_name="entry").click()
            type_text(words)
        case "check":
            found = app.find_children(lambda node: words in (node.name or ""))
            return ("done" if found else "refused"), f"{len(found)} nodes with that text"
        case "choose":  # the box has no accessible name
            app.find_children(lambda node: node.role_name == "combo box")[0].combovalue = words
        case _:
            y = app.child(name=asked["at"]).position[1]
            buttons = app.find_children(lambda node: node.name == words and node.role_name == "push button")
            min(buttons, key=lambda button: abs(button.position[1] - y)).click()
    return "sent", ""


if __name__ == "__main__":
    main()
