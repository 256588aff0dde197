"""Pages of one application in one look: settings, forms, tables, cards, dialogs and texts, each part with its name."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from looks import Look
from packages import Pair
from phrases import not_there, renamed, said

PEOPLE: Final = (
    "Ada Novak", "Ben Carter", "Omar Reyes", "Lucia Marin", "Jonas Weber", "Mei Tanaka", "Priya Nair", "Tom Baker",
    "Ines Duarte", "Karl Olsen", "Zoe Lambert", "Hugo Silva", "Nora Bauer", "Liam Walsh", "Eva Kovacs", "Sam Ortiz",
)  # fmt: skip
HEADS: Final = ("Name", "Amount", "Date", "State", "City", "Role", "Quantity", "Price", "Owner", "Size")
VALUES: Final = {
    "Amount": "{0}.50", "Date": "2024-0{1}-1{1}", "State": "open|closed|waiting|done", "City": "Lyon|Oslo|Porto|Riga",
    "Role": "Editor|Guest|Owner", "Quantity": "{0}", "Price": "{0}.99", "Owner": "ops|web|lab", "Size": "{0} kB",
}  # fmt: skip
ROW_ACTIONS: Final = ("Edit", "Delete", "Remove", "Open", "Details", "Share", "Invite", "Restore", "Approve", "Reject")
CONTROLS: Final = ("switch", "check", "select", "slider", "number", "field")


@dataclass(frozen=True)
class Part:
    """A part of a page that phrases mean: `kind` is what it is, `type` what a bench counts it as."""

    mark: str
    kind: str
    name: str
    phrases: Sequence[str]

    @property
    def type(self) -> str:
        return "field" if self.kind in ("field", "number", "select", "slider", "switch") else "text"


@dataclass
class Page:
    """A page while it is written: its HTML, what its parts are called, and what it does not have."""

    look: Look
    chance: random.Random
    pairs: list[Pair]
    html: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)

    def take(self) -> Pair:
        """Return a name that no other part of the page bears."""
        return self.pairs.pop()

    def part(self, kind: str, pair: Pair, row: str = "") -> str:
        """Note a part, and return its mark for its tag."""
        mark = f"p{len(self.parts)}"
        self.parts.append(Part(mark, kind, pair.label, said(kind, pair, row, self.chance)))
        return f' data-part="{mark}"'

    def write(self, *lines: str) -> None:
        self.html += lines

    def button(self, kind: str, pair: Pair, row: str = "", main: bool = False, more: str = "") -> str:
        classes = self.look.of("main" if main else "button")
        return f"<button{classes}{self.part(kind, pair, row)}{more}>{escape(pair.label)}</button>"

    def prose(self, *names: str) -> str:
        """Return a paragraph that speaks of other parts, as a guide does."""
        told = self.chance.choice(
            (
                "Use {0} to go on. You can change this at any time, and nothing is sent before you confirm it.",
                "Before you choose {0}, please read what it does; most people leave this as it is.",
                "This page is about {0}. Some of it needs a restart, and some takes a moment to be seen.",
            )
        )
        return f"<p{self.look.of('text')}>{escape(told.format(' and '.join(names)))}</p>"


def settings(page: Page) -> None:
    """Rows with the label at the left and its control at the right end."""
    page.write(f"<h2{page.look.of('heading')}>{escape(page.take().label)}</h2>")
    described = page.chance.random() < 0.6
    for _ in range(page.chance.randint(5, 8)):
        pair = page.take()
        hint = f"<br><small>{escape(pair.about)}</small>" if described and pair.about else ""
        shown = Pair(pair.label, "") if hint else pair
        control = _control(page, page.chance.choice(CONTROLS), shown)
        page.write(f'<div class="line"><span>{escape(pair.label)}{hint}</span><span>{control}</span></div>')
    page.write(page.button("button", page.take()), page.button("button", page.take(), main=True))


def _control(page: Page, kind: str, pair: Pair) -> str:
    mark, look = page.part(kind, pair), page.look
    value = page.chance.randint(2, 90)
    match kind:
        case "switch":
            on = " on" if page.chance.random() < 0.5 else ""
            return f'<span class="toggle{on}"{mark}><i></i></span>'
        case "check":
            return f'<input type="checkbox"{look.of("check")}{mark}{" checked" if value % 2 else ""}>'
        case "select":
            chosen = page.chance.choice(("Automatic", "Never", "Daily"))
            return f"<select{look.of('select')}{mark}><option>{chosen}</select>"
        case "slider":
            return f'<input type="range" value="{value}"{look.of("slider")}{mark}>'
        case "number":
            return f'<input type="number" value="{value}"{look.of("field")}{mark}>'
        case _:
            text = page.chance.choice(("", "default", "home"))
            return f'<input type="text" value="{text}"{look.of("field")}{mark}>'


def form(page: Page) -> None:
    """Fields below or beside their labels, a title that says what the button says, and two buttons."""
    main, stacked = page.take(), page.chance.random() < 0.5
    page.write(f"<h2{page.look.of('heading')}>{escape(main.label)}</h2>", page.prose(main.label))
    page.write(f'<div{page.look.of("form") or " "}><div class="{"stacked" if stacked else "beside"}">')
    for _ in range(page.chance.randint(3, 5)):
        pair = page.take()
        kind = page.chance.choice(("field", "field", "number", "select", "check"))
        if kind == "check":
            mark = page.part("check", pair)
            page.write(
                f'<div><label{mark}><input type="checkbox"{page.look.of("check")}> {escape(pair.label)}</label></div>'
            )
        else:
            name = f"<label{page.look.of('label')}>{escape(pair.label)}{page.chance.choice(('', ':'))}</label>"
            page.write(f"<div>{name}{_control(page, kind, pair)}</div>")
    page.write("</div></div>", page.button("button", main, main=True), page.button("button", page.take()))


def table(page: Page) -> None:
    """A table of people or things, with the same buttons in each row."""
    heads = ["Name", *page.chance.sample(HEADS[1:], page.chance.randint(2, 4))]
    actions = page.chance.sample(ROW_ACTIONS, page.chance.randint(1, 2))
    people = page.chance.sample(PEOPLE, page.chance.randint(4, 7))
    page.write(f"<h2{page.look.of('heading')}>{escape(page.take().label)}</h2>", page.button("button", page.take()))
    marks = [f"<th{page.look.of('cell')}{page.part('head', Pair(head, ''))}>{head}</th>" for head in heads]
    page.write(f"<table{page.look.of('table')}><thead><tr>{''.join(marks)}<th></th></tr></thead><tbody>")
    for number, person in enumerate(people):
        short = person.split()[0] if page.chance.random() < 0.5 else person
        cells = [f"<td{page.look.of('cell')}>{person}</td>"]
        for head in heads[1:]:
            values = VALUES[head].format(10 * number + 7, number + 1).split("|")
            mark = page.part("cell", Pair(head.lower(), ""), short) if page.chance.random() < 0.2 else ""
            cells.append(f"<td{page.look.of('cell')}{mark}>{values[number % len(values)]}</td>")
        buttons = "".join(page.button("row button", Pair(action, ""), short) for action in actions)
        page.write(f"<tr>{''.join(cells)}<td{page.look.of('cell')}>{buttons}</td></tr>")
    page.write("</tbody></table>")
    page.absent.append(not_there("row button", Pair(actions[0], ""), _other(people, page.chance), page.chance))
    other = next(action for action in ROW_ACTIONS if action not in actions)
    page.absent.append(not_there("row button", Pair(other, ""), people[0].split()[0], page.chance))


def _other(people: Sequence[str], chance: random.Random) -> str:
    return chance.choice([one for one in PEOPLE if one not in people]).split()[0]


def cards(page: Page) -> None:
    """Cards with a title, a text and the same button each."""
    action = page.chance.choice(("Open", "Select", "Details", "Install", "Start"))
    page.write(f"<h2{page.look.of('heading')}>{escape(page.take().label)}</h2>", '<div class="deck">')
    for _ in range(page.chance.randint(3, 6)):
        pair = page.take()
        about = pair.about or "Works with all of your files."
        page.write(f"<div{page.look.of('card')}><h3>{escape(pair.label)}</h3><p>{escape(about)}</p>")
        page.write(page.button("card button", Pair(action, ""), pair.label), "</div>")
    page.write("</div>")


def dialog(page: Page) -> None:
    """A dialog in front of a page; its title says what its button says."""
    behind = Page(page.look, page.chance, page.pairs)
    page.chance.choice((settings, form))(behind)
    html = [line.replace("data-part", "data-behind") for line in behind.html]
    main = page.take()
    page.write(*html, '<div class="veil"></div>', '<div class="modal-box">')
    if captioned := page.chance.random() < 0.5:
        page.write(f'<div class="caption"><span>{escape(main.label)}</span><span>✕</span></div>')
    page.write(f"<div{page.look.of('card')}>")
    page.write("" if captioned else f"<h3{page.look.of('heading')}>{escape(main.label)}</h3>", page.prose(main.label))
    if page.chance.random() < 0.6:
        pair = page.take()
        name = f"<label{page.look.of('label')}>{escape(pair.label)}</label>"
        page.write(f"<div>{name}{_control(page, 'field', pair)}</div>")
    page.write(page.button("button", Pair(page.chance.choice(("Cancel", "Not now", "Back")), "")))
    page.write(page.button("button", main, main=True), "</div></div>")


def article(page: Page) -> None:
    """Headings and paragraphs that mention what the buttons and links say."""
    pairs = [page.take() for _ in range(4)]
    page.write(
        f"<h2{page.look.of('heading')}>{escape(pairs[0].label)}</h2>", page.prose(pairs[1].label, pairs[2].label)
    )
    page.write(f"<h4>{escape(pairs[3].label)}</h4>", page.prose(pairs[3].label))
    page.write(page.button("button", pairs[1]), page.button("button", pairs[3], main=True))
    for pair in (pairs[2], page.take()):
        page.write(f'<p><a href="#"{page.part("link", pair)}>{escape(pair.label)}</a></p>')
    if page.chance.random() < 0.5:
        page.write(f'<div class="hint">{escape(pairs[1].label)}</div>')


def listing(page: Page) -> None:
    """An open list below what shows the value that is chosen, or an open menu below its title."""
    page.write(f"<h2{page.look.of('heading')}>{escape(page.take().label)}</h2>")
    options = [page.take() for _ in range(page.chance.randint(4, 7))]
    shown = page.chance.choice(options)
    page.write(f'<div class="beside"><div><label>{escape(page.take().label)}</label><div class="opener">')
    page.write(f'<div class="value"><span>{escape(shown.label)}</span><span>▾</span></div><div class="options">')
    page.write(*(f"<div{page.part('option', option)}>{escape(option.label)}</div>" for option in options))
    page.write("</div></div></div></div>", page.prose(shown.label))
    page.write(page.button("button", page.take()), page.button("button", page.take(), main=True))
    page.parts.sort(key=lambda part: part.name != shown.label)


KINDS: Final[tuple[Callable[[Page], None], ...]] = (settings, form, table, cards, dialog, article, listing)

_OWN_STYLE: Final = """
body{margin:0;font-family:FONT;font-size:SIZEpx;overflow:hidden}
.bar{display:flex;gap:14px;align-items:center;padding:8px 14px;border-bottom:1px solid #9996}
.line{display:flex;justify-content:space-between;align-items:center;padding:9px 12px;border-bottom:1px solid #9994}
.line input,.line select,.beside input,.beside select{width:auto;max-width:230px;margin:0}
.beside>div{display:flex;gap:12px;align-items:center;margin:7px 0}.beside>div>label{min-width:190px}
.stacked>div{margin:7px 0}.stacked input,.stacked select{max-width:330px}.stacked>div>label{display:block}
.toggle{display:inline-block;width:40px;height:22px;border-radius:11px;background:#999;position:relative}
.toggle i{position:absolute;left:3px;top:3px;width:16px;height:16px;border-radius:8px;background:#fff}
.toggle.on{background:#2a6fdb}.toggle.on i{left:21px}
.deck{display:grid;grid-template-columns:repeat(3,1fr);gap:14px}.framed{border:1px solid #999;padding:10px}
.veil{position:fixed;inset:0;background:#0007}.modal-box{position:fixed;left:25%;top:22%;width:46%;background:Canvas}
.hint{display:inline-block;background:#222;color:#eee;font-size:12px;padding:3px 7px;border-radius:3px}
.caption{display:flex;justify-content:space-between;background:#34609a;color:#fff;padding:5px 9px;font-weight:bold}
.opener{position:relative;width:260px}
.value{display:flex;justify-content:space-between;border:1px solid #888;padding:5px 9px}
.options{position:absolute;top:36px;left:0;width:258px;background:Canvas;border:1px solid #888;z-index:9}
.options div{padding:5px 9px}
button{margin:6px 8px 6px 0}input[type=checkbox],input[type=radio]{opacity:1!important;position:static!important;
pointer-events:auto!important;width:16px!important;height:16px;appearance:auto!important}
select{display:inline-block!important}
"""
FONTS: Final = ("DejaVu Sans", "Nimbus Sans", "P052", "DejaVu Serif", "URW Gothic", "Nimbus Sans Narrow")


def made(look: Look, sheet: str, kind: Callable[[Page], None], pairs: Sequence[Pair], seed: str, *, dark: bool) -> Page:
    """Return the page, its HTML whole; the same for the same seed."""
    chance = random.Random(seed)
    told = [pair for pair in pairs if pair.about]
    chosen = chance.sample(told, min(len(told), 12)) + chance.sample(list(pairs), min(len(pairs), 24))
    unique = {pair.label.casefold().rstrip(".… "): pair for pair in chosen}
    page = Page(look, chance, chance.sample(list(unique.values()), len(unique)))
    tabs = [page.take() for _ in range(3)]
    title = page.take()
    page.write(f'<div class="bar"><b>{escape(title.label)}</b>')
    page.write(*(f'<a href="#"{page.part("tab", tab)}>{escape(tab.label)}</a>' for tab in tabs))
    page.write(f"</div><main{look.of('page')}>")
    kind(page)
    page.write("</main>")
    if 'class="modal-box"' in "".join(page.html):
        page.parts = [part for part in page.parts if part.kind != "tab"]
    page.absent += _absent(page)
    page.html = [_whole(look, sheet, page.html, chance, dark=dark)]
    return page


def _absent(page: Page) -> Iterator[str]:
    """Yield phrases for what the page does not have: names of the same application, and a name with a word more."""
    kinds = [part.kind for part in page.parts if part.kind in ("button", "field", "switch", "select", "tab", "check")]
    for _ in range(min(3, len(page.pairs))):
        pair = page.take()
        yield not_there(page.chance.choice(kinds or ["button"]), pair, "", page.chance)
        if pair.about:
            yield said("button", pair, "", page.chance)[-1]
    if single := [part.name for part in page.parts if part.kind in ("button", "switch", "field", "tab")]:
        yield not_there("button", renamed(Pair(page.chance.choice(single), ""), page.chance), "", page.chance)


def _whole(look: Look, sheet: str, body: Sequence[str], chance: random.Random, *, dark: bool) -> str:
    style = _OWN_STYLE.replace("FONT", f"'{chance.choice(FONTS)}'").replace("SIZE", str(chance.choice((14, 15, 16))))
    turned = "" if look.dark or not dark else "html{filter:invert(1) hue-rotate(180deg);background:#fff}"
    attributes = look.dark if dark else look.light
    return (
        f'<!doctype html><html lang="en" {attributes}><meta charset="utf-8"><style>{sheet}</style>'
        f"<style>{style}{turned}</style><body {attributes}>{''.join(body)}</body></html>"
    )
