"""`bench read`: whether values are read off drawn pages to the letter, in many typefaces, sizes and colours."""

from __future__ import annotations

import random
import string
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from screenagent.bench.results import percentile_ms, share
from screenagent.errors import WrongUsage
from screenagent.fakes import FakeGrounder
from screenagent.geometry import Value
from screenagent.perception.spelling import Spelling
from screenagent.perception.typefaces import typefaces
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot
from screenagent.scripts.replay.readout import Unread
from screenagent.scripts.replay.screen_readout import ScreenReadout
from screenagent.scripts.schema import ReadAs

TYPEFACES: Final = (
    "DejaVu Sans:style=Book", "DejaVu Sans:style=Condensed", "DejaVu Sans:style=Bold", "DejaVu Serif:style=Book",
    "DejaVu Sans Mono:style=Book", "Nimbus Sans:style=Regular", "Nimbus Sans:style=Bold",
    "Nimbus Sans Narrow:style=Regular", "Nimbus Roman:style=Regular", "Nimbus Mono PS:style=Regular",
    "C059:style=Roman", "URW Gothic:style=Book",
)  # fmt: skip
SIZES: Final = (12, 13, 14, 15, 16, 18, 20, 24)
GROUNDS: Final = (
    ((30, 30, 30), (246, 245, 244)),
    ((0, 0, 0), (255, 255, 255)),
    ((230, 230, 230), (40, 42, 46)),
    ((208, 211, 218), (13, 17, 23)),
)
PAGES: Final = 48
VALUES: Final = 12  # on each page
FRAME: Final = (128, 128, 128)
SMOOTHING: Final = 4  # times: some programs place letters between pixels; those pages are drawn larger and shrunk
_FIRST: Final = "Ada Grace Linus Søren Zoë Émile Jürgen María Ilse Oleg Will Bill Iris Owen Åsa Renée".split()
_LAST: Final = (
    "Lovelace Hopper O'Neill Müller Østergård García Ivanov Illmann Smith-Jones Quinn Billing Oslo Nguyen Ferreira"
).split()
_HOSTS: Final = "example.com mail.example.org il1.example.net acme-o.example".split()
_NAMES: Final = "lovelace hopper oneill muller illmann smith1 x10 li quinn oslo".split()


class DrawnValue(NamedTuple):
    """What is asked for, what is drawn, and what it is worth."""

    label: str
    kind: ReadAs
    what: str
    shown: str
    value: str


class ReadSummary(Value):
    """`right` is the share of the values that were read and not set aside; `set_aside` of all. `wrong` names what was
    called sure and is not what was drawn. `ms` are those of one value, the first look at its page included."""

    n: int
    right: float | None
    set_aside: float | None
    wrong: tuple[str, ...]
    set_aside_by_kind: dict[str, int]
    ms_p50: float | None
    ms_p95: float | None


@dataclass
class ReadTally:
    """What was asked for, and what came of it."""

    progress: Callable[[int, str], None]
    n: int = 0
    wrong: list[str] = field(default_factory=list)
    aside: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def ask(self, value: DrawnValue, readout: ScreenReadout, shot: Screenshot, where: str) -> None:
        """Read a value, and hold it against what was drawn."""
        began = time.perf_counter()
        found = readout.read(f"what is right of {value.label}", value.kind, shot)
        self.seconds.append(time.perf_counter() - began)
        self.n += 1
        if isinstance(found, Unread):
            self._set_aside(value, f"{where}: {found.why}")
        elif not found.is_sure:
            self._set_aside(value, f"{where}: {found.shown!r}, {found.doubt}")
        elif found.value != value.value:
            self.wrong.append(f"{value.shown!r} as {found.value!r} on {where}")
            self.progress(self.n, f"wrong: {self.wrong[-1]}")

    def _set_aside(self, value: DrawnValue, said: str) -> None:
        self.aside[value.what] += 1
        self.progress(self.n, f"set aside: {value.shown!r} on {said}")

    @property
    def summary(self) -> ReadSummary:
        aside = self.aside.total()
        return ReadSummary(
            n=self.n,
            right=share(self.n - aside - len(self.wrong), self.n - aside),
            set_aside=share(aside, self.n),
            wrong=tuple(self.wrong),
            set_aside_by_kind=dict(self.aside),
            ms_p50=percentile_ms(self.seconds, 50),
            ms_p95=percentile_ms(self.seconds, 95),
        )


def run_read(
    reader: TextReader,
    *,
    pages: int = PAGES,
    seed: int = 0,
    strange: bool = False,
    progress: Callable[[int, str], None] = lambda _number, _said: None,
) -> ReadSummary:
    """Read twelve values off each page. If `strange`, the typeface of a page is none of those that its letters are held
    against."""
    chance = random.Random(seed)
    files = [file for name in TYPEFACES if (file := _file(name))]
    if not files:
        raise WrongUsage(f"none of {', '.join(TYPEFACES)} is installed, in which the pages are drawn")
    tally = ReadTally(progress)
    for number in range(pages):
        file = files[number % len(files)]
        page = list(_values(chance))
        shot = Screenshot.of(_drawn(page, file, chance))
        compared = tuple(one for one in typefaces() if not strange or one != file)
        readout = ScreenReadout(reader, FakeGrounder({}), spelling=Spelling(compared))
        for value in page:
            tally.ask(value, readout, shot, f"page {number} in {Path(file).stem}")
    return tally.summary


def _values(chance: random.Random) -> Iterator[DrawnValue]:
    is_english = chance.random() < 0.5
    for label in ("Total", "Balance"):
        shown, value = _number(chance, is_english=is_english)
        yield DrawnValue(label, "number", "number", shown, value)
    yield DrawnValue("Net", "money", "number", *_money(chance, is_english=is_english))
    for label in ("Due", "Paid"):
        yield DrawnValue(label, "date", "date", *_date(chance))
    for label in ("Customer", "Contact"):
        name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
        yield DrawnValue(label, "text", "name", name, name)
    first = chance.choice(_FIRST).encode("ascii", "ignore").decode().lower()
    mail = f"{first}{chance.choice('._-')}{chance.choice(_NAMES)}@{chance.choice(_HOSTS)}"
    yield DrawnValue("Mail", "text", "mail", mail, mail)
    for label in ("Order", "Account"):
        code = _code(chance)
        yield DrawnValue(label, "text", "code", code, code)
    digit, letter = chance.choice(string.digits), chance.choice(string.ascii_letters)
    yield DrawnValue("Pieces", "number", "digit", digit, digit)
    yield DrawnValue("Grade", "text", "letter", letter, letter)


def _number(chance: random.Random, *, is_english: bool) -> tuple[str, str]:
    cents = chance.randint(0, 10 ** chance.randint(2, 9))
    plain = f"{cents // 100}.{cents % 100:02}"
    shown = chance.choice((f"{cents / 100:,.2f}", plain))
    shown = shown if is_english else shown.translate(str.maketrans(",.", ".,"))
    sign = chance.choice(("", "", "", "-"))
    return sign + shown, sign * bool(cents) + plain


def _money(chance: random.Random, *, is_english: bool) -> tuple[str, str]:
    shown, value = _number(chance, is_english=is_english)
    return chance.choice((f"€{shown}", f"{shown} €", f"EUR {shown}", f"{shown} USD", f"${shown}")), value


def _date(chance: random.Random) -> tuple[str, str]:
    day = date(1990, 1, 1) + timedelta(days=chance.randrange(16000))
    forms = ("%Y-%m-%d", "%d.%m.%Y", f"{day.day} %B %Y", f"%b {day.day}, %Y", f"{day.day}.{day.month}.%Y")
    return day.strftime(chance.choice(forms)), day.isoformat()


def _code(chance: random.Random) -> str:
    letters = string.ascii_uppercase
    mixed = "".join(chance.choice(letters + string.digits) for _ in range(chance.randint(5, 9)))
    account = f"DE{chance.randint(10, 99)} " + " ".join(f"{chance.randrange(10000):04}" for _ in range(4))
    number = f"INV-{chance.randint(2019, 2030)}-{chance.randrange(100000):05}"
    short = "".join(chance.choices(letters, k=3)) + f"-{chance.randrange(10000)}"
    return chance.choice((mixed, account, number, short))


def _drawn(page: Sequence[DrawnValue], file: str, chance: random.Random) -> Image.Image:
    """Return a form: labels, values, in fields on half of the pages, and another column with values of its own."""
    size, (ink, paper) = chance.choice(SIZES), chance.choice(GROUNDS)
    zoom = SMOOTHING if chance.random() < 0.5 else 1
    has_fields = chance.random() < 0.5
    font = ImageFont.truetype(file, size * zoom)
    row = round(size * chance.uniform(1.7, 2.4))
    image = Image.new("RGB", (1000 * zoom, (40 + row * len(page)) * zoom), paper)
    draw = ImageDraw.Draw(image)
    for number, value in enumerate(page):
        y = (20 + size + row * number) * zoom
        if has_fields:
            field = (194 * zoom, y - round(1.15 * size) * zoom, 640 * zoom, y + round(0.4 * size) * zoom)
            draw.rectangle(field, outline=FRAME, width=zoom)
        for x, text in ((20, f"{value.label}:"), (200, value.shown), (760, f"Note {number + 1}")):
            draw.text((x * zoom, y), text, ink, font, anchor="ls")
    return image if zoom == 1 else image.resize((image.width // zoom, image.height // zoom), Image.Resampling.BOX)


def _file(pattern: str) -> str | None:
    """Return the file of a typeface; None if it is not installed."""
    asked = ["fc-list", f":family={pattern.split(':', maxsplit=1)[0]}", "file", "style"]
    try:
        found = subprocess.run(asked, capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    style = pattern.partition("style=")[2]
    lines = (line for line in sorted(found.splitlines()) if style in line.partition("style=")[2].split(","))
    files = (line.split(": ")[0].rstrip(":") for line in lines)
    return next((file for file in files if file.endswith((".ttf", ".otf"))), None)
