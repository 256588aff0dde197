"""cua-driver: `run_steps` of its MCP server, by role and name, with `observe`; a row by the elements of the window.

What it sends is `sent`, unless what it observed is "no change", which is `unsure`. `expect` that holds is `done`. Its
painted cursor is not shown; with the argument `no-glide` it does not travel either.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from answering import PeerAsked, ToolAnswer, answer_steps
from mcp_host import ToolServer

SESSION = {"session": "work"}


def main() -> None:
    os.environ |= {"CUA_DRIVER_TELEMETRY": "0", "CUA_TELEMETRY_ENABLED": "false"}
    server = ToolServer(str(Path(sys.prefix, "bin", "cua-driver")), "mcp")
    server.call("start_session", **SESSION)
    server.call("set_agent_cursor_enabled", **SESSION, enabled=False)
    if "no-glide" in sys.argv:
        server.call("set_agent_cursor_motion", **SESSION, glide_duration_ms=1, dwell_after_click_ms=0)
    answer_steps(lambda asked: _perform(server, asked), distribution="cua-driver", close=server.close)


def _perform(server: ToolServer, asked: PeerAsked) -> ToolAnswer:
    at, words = {"window": asked["title"]}, asked["words"]
    field = at | {"role": "textfield", "name": asked["at"]}
    match asked["do"]:
        case "click":
            return _run(server, {"click": at | {"name": words, "role": asked["role"]}})
        case "type":
            said, told = _run(server, {"set_value": field | {"value": words}})
            keys = (
                {"click": field | {"delivery_mode": "foreground"}},
                {"type_text": field | {"text": words, "delivery_mode": "foreground"}},
            )
            return (said, told) if said != "refused" else _run(server, *keys)  # as the error proposes
        case "check":
            said, told = _run(server, {"expect": at | {"text": words}})
            return ("refused" if said == "refused" else "done"), told
        case "choose":  # the box has no accessible name
            return _run(server, {"set_value": at | {"role": "combobox", "nth": 0, "value": words}})
        case _:
            return _beside(server, asked)


def _run(server: ToolServer, *steps: dict[str, Any]) -> ToolAnswer:
    ok, text, data = server.call("run_steps", **SESSION, steps=list(steps), observe={})
    seen = (data.get("observation") or {}).get("summary", "")
    said = "refused" if not ok or not data.get("ok", ok) else "unsure" if seen.startswith("no change") else "sent"
    return said, f"{text} | {seen}"


def _beside(server: ToolServer, asked: PeerAsked) -> ToolAnswer:
    """Click the first button with that name after the row's text, in the tree's order."""
    _, _, listed = server.call("list_windows")
    window = next(one for one in listed["windows"] if asked["title"] in one["title"])
    where = {"pid": window["pid"], "window_id": window["window_id"]}
    _, _, state = server.call("get_window_state", **SESSION, **where, tree_format="elements", include_screenshot=False)
    labels = [element.get("label") for element in state["elements"]]
    after = state["elements"][labels.index(asked["at"]) :]
    button = next(one for one in after if "button" in one["role"] and one.get("label") == asked["words"])
    ok, text, data = server.call("click", **SESSION, **where, element_token=button["element_token"])
    effect = data.get("effect", "")
    said = {"confirmed": "done", "unverifiable": "unsure", "suspected_noop": "unsure", "refused": "refused"}
    return said.get(effect, "sent" if ok else "refused"), f"{effect}: {text}"


if __name__ == "__main__":
    main()
