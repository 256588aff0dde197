"""Learns from pages which of several texts is meant, and refits the factors of the ranking.

    python examples/train_ranking/train_ranking.py --folder ~/ranking [--pages 320] [FOLDER…]

Fetches the packages, draws the pages, asks the embedded grounder for their parts, fits and measures. Each FOLDER is one
of `screenagent bench ground`, whose answers count as well. Stopped, it goes on where it was. Prints the weights of
screenagent/grounding/mentions.py, and tables of how often they are right on applications they were fitted without.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import choices
import draw
import evidence
import looks
import numpy as np
import packages
import pages

from screenagent.bench.devtools import BrowserPage
from screenagent.grounding.mentions import Look


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--folder", type=Path, required=True, help="where packages, pages and answers are kept")
    parser.add_argument("--pages", type=int, default=320)
    parser.add_argument("--at-once", type=int, default=1000, help="how many pages are drawn before it ends")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    packages.fetch(given.folder)
    if drawn(given.folder, given.pages, given.at_once) < given.pages:
        return
    asked = evidence.collected([given.folder / "pages", *given.folders], given.folder / "evidence.jsonl")
    report(asked)


def drawn(folder: Path, count: int, at_once: int) -> int:
    """Draw the pages that aren't there yet, `at_once` at most, and return how many there are."""
    target, words = folder / "pages", packages.pairs(folder)
    (target / "images").mkdir(parents=True, exist_ok=True)
    (target / "questions").mkdir(exist_ok=True)
    missing = [number for number in range(count) if not _questions(target, number).exists()]
    if missing:
        with draw.headless() as browser:
            for number in missing[:at_once]:
                _draw(browser, folder, number, words)
    files = sorted((target / "questions").glob("*.json"))
    asked = [one for file in files for one in json.loads(file.read_text("utf-8"))]
    (target / "annotations.json").write_text(json.dumps(asked, indent=0), "utf-8")
    return len(files)


def _questions(target: Path, number: int) -> Path:
    return target / "questions" / f"{number:04}.json"


def _draw(browser: BrowserPage, folder: Path, number: int, words: dict[str, list[packages.Pair]]) -> None:
    """Draw one page: looks, words, kinds and sizes are mixed, so that each comes with all others."""
    look, apps = looks.LOOKS[number % len(looks.LOOKS)], sorted(words)
    app, kind = apps[7 * number % len(apps)], pages.KINDS[(number // len(looks.LOOKS) + number) % len(pages.KINDS)]
    sheet = packages.unpacked(folder, look.package) / "package" / look.sheet
    style = sheet.read_text("utf-8") if look.package else ""
    page = pages.made(look, style, kind, words[app], str(number), dark=number % 3 == 2)
    picture = f"{number:04}.png"
    size = draw.SIZES[number // 2 % len(draw.SIZES)]
    boxes = draw.draw(browser, page, folder / "pages" / "images" / picture, size)
    asked = list(draw.questions(page, boxes, picture, f"{app}+{look.package}"))
    _questions(folder / "pages", number).write_text(json.dumps(asked, indent=0), "utf-8")


def report(asked: Sequence[evidence.Asked]) -> None:
    """Print the weights, and how often they are right: on pages whose words they were fitted without, on other folders,
    of which they know nothing, and without each of them."""
    drawn_pages = [one for one in asked if one.folder == "pages"]
    weights = choices.look_weights(drawn_pages)
    print(json.dumps({"weights": dict(zip(Look._fields, weights.round(2).tolist(), strict=True))}))
    _report_marks("pages", list(choices.held_out(drawn_pages, choices.look_weights)))
    _report_marks("pages in looks held out", list(choices.held_out(drawn_pages, choices.look_weights, by=choices.look)))
    for folder in sorted({one.folder for one in asked} - {"pages"}):
        _report_marks(folder, [(one, weights) for one in asked if one.folder == folder])
    for number, name in enumerate(Look._fields):
        without = choices.held_out(drawn_pages, partial(choices.look_weights, without=number))
        print(json.dumps({"without": name, "groups": dict(choices.decisions(without))}))
    for factor, fit in choices.refitted_factors(asked).items():
        print(json.dumps({"factor": factor, **fit._asdict()}))


def _report_marks(name: str, judged: Sequence[choices.Judged]) -> None:
    """Print by kind how many questions are asked, right, wrong and refused, without the weights and with them."""
    print(json.dumps({"folder": name, "groups": dict(choices.decisions(judged))}))
    nothing = np.zeros(len(Look._fields))
    before, after = choices.marks((one, nothing) for one, _ in judged), choices.marks(judged)
    for kind in before:
        print(json.dumps({"kind": kind, "without": before[kind], "with": after[kind]}))


if __name__ == "__main__":
    main()
