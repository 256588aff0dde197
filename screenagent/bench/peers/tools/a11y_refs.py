"""a11y-computer-use: `find` gives a reference by name, `click` with `verify` and `set_value` take it.

It checks state and name first and answers with what changed in the tree, which is `sent`; what it calls unchanged or
not confirmed is `unsure`. Every program is granted beforehand, and what its host is asked to confirm is
allowed, as everything is in this bench.
"""

from __future__ import annotations

import re

from a11y_computer_use import safety, server
from answering import PeerAsked, ToolAnswer, answer_steps

UNSURE = re.compile("unknown|unverif|no change|unchanged|not confirmed|no visible", re.IGNORECASE)


def main() -> None:
    store = safety.PermissionStore()
    for program in ("python3", "chromium"):
        store.set_tier(program, safety.Tier.FULL)
    runtime = server.Runtime(store=store)
    answer_steps(lambda asked: _perform(runtime, asked), distribution="a11y-computer-use")


def _perform(runtime: server.Runtime, asked: PeerAsked) -> ToolAnswer:
    program, words = asked["process"], asked["words"]
    match asked["do"]:
        case "click":
            told = runtime.click(ref=_ref(runtime.find(program, words), words), verify=True, confirm=_allowed)
        case "type" | "choose":
            told = runtime.set_value(_ref(runtime.find(program, asked["at"]), asked["at"]), words)
        case "check":
            told = runtime.find(program, words)
            return ("refused" if "no elements match" in told else "done"), told
        case _:
            shown = runtime.desktop_snapshot(program, mode="full")
            row = re.search(rf'"{re.escape(asked["at"])}".*?(e\d+) button "{words}"', shown, re.DOTALL)
            if row is None:
                raise LookupError(f"{asked['at']} is not in the snapshot")
            told = runtime.click(ref=row[1], verify=True, confirm=_allowed)
    return ("unsure" if UNSURE.search(told) else "sent"), told


def _allowed(_question: str) -> bool:
    return True


def _ref(found: str, name: str) -> str:
    """Return the reference of the control with exactly that name: `find` gives what only contains it, too."""
    got = re.search(rf'(e\d+) (?!statictext)\S+ "{re.escape(name)}"', found)
    if got is None:
        raise LookupError(found)
    return got[1]


if __name__ == "__main__":
    main()
