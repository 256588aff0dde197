"""xdotool: is told the point and clicks there; the least that a click can take. It knows no words and says nothing."""

from __future__ import annotations

import subprocess

from answering import PeerAsked, ToolAnswer, answer_steps


def main() -> None:
    answer_steps(_perform)


def _perform(asked: PeerAsked) -> ToolAnswer:
    subprocess.run(["xdotool", "mousemove", *map(str, asked["point"]), "click", "1"], check=True)
    return "sent", ""


if __name__ == "__main__":
    main()
