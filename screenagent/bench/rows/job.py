"""A job: the rows of a CSV file, and what happens at which of them."""

from __future__ import annotations

import csv
import random
from io import StringIO
from typing import Final

from screenagent.geometry import Value

COUNTRIES: Final = ("Austria", "Belgium", "Denmark", "France", "Germany", "Italy", "Norway", "Poland", "Spain")
WORDS: Final = (
    "Adler Birke Müller Größe Ångström Çelik Łukasz Señor Hawk Ivory Juniper Keller Lindgren Mosaic Noble Orchard"
    " Pfeiffer Quarry Rhône Sägewerk Thistle Übersee Viking Walnut Zürich"
).split()
KINDS: Final = ("Books", "Foods", "Garden", "GmbH", "Ltd", "Mills", "Print", "Sons", "Tools", "Works")
NOTES: Final = ("by post", "call first", "ring twice", "Tür 3", "second floor", "pays late", "new customer")
ODD: Final = ('says "at once"', "O'Neill's", "{{amount}}", "=1+1", "", "a, b; c", "{{secret:BANK}}", "#7 & <b>")
"""Notes that something between the CSV file and the form might take for more than letters."""

EVENTS: Final = 5
AS_WRITTEN: Final = {"interrupted": 6, "popup_after": 8, "killed": 11, "slow": 15, "away": 20}
"""At which rows the job of seed 0 has what happens, if it has so many rows."""


class Customer(Value):
    """A row, and what the form sends for it."""

    company: str
    amount: str
    country: str
    newsletter: str
    note: str


class RowsJob(Value):
    """The rows, and at which of them, counted from 1, something happens; `interrupted` and `killed` after so many
    seconds of the row."""

    seed: int
    customers: tuple[Customer, ...]
    interrupted: int
    interrupted_after: float
    killed: int
    killed_after: float
    popup_after: int
    slow: int
    away: int

    @classmethod
    def of(cls, seed: int, rows: int = 30) -> RowsJob:
        """Return the job of a seed; `rows` are at least as many as events."""
        chance = random.Random(seed)
        places = dict(zip(AS_WRITTEN, chance.sample(range(1, rows + 1), EVENTS), strict=True))
        if seed == 0 and rows >= max(AS_WRITTEN.values()):
            places = AS_WRITTEN
        return cls(
            seed=seed,
            customers=_customers(chance, rows),
            interrupted_after=round(chance.uniform(0.5, 9.0), 2),
            killed_after=round(chance.uniform(0.5, 9.0), 2),
            **places,
        )

    def row(self, number: int) -> Customer:
        return self.customers[number - 1]

    @property
    def csv(self) -> str:
        text = StringIO()
        writer = csv.DictWriter(text, list(Customer.model_fields), lineterminator="\n")
        writer.writeheader()
        writer.writerows(customer.model_dump() for customer in self.customers)
        return text.getvalue()


def _customers(chance: random.Random, rows: int) -> tuple[Customer, ...]:
    """Companies with amounts that tell all rows apart; one has the name of another, and one no amount."""
    names = [f"{first} {kind}" for first in WORDS for kind in KINDS]
    chance.shuffle(names)
    notes = [*ODD[:rows], *(chance.choice(NOTES) for _ in range(rows - len(ODD)))]
    chance.shuffle(notes)
    amounts = [f"{number}.{chance.randrange(100):02}" for number in chance.sample(range(1, 9999), rows)]
    twin, original, bare = chance.sample(range(rows), 3)
    names[twin] = names[original]
    amounts[bare] = ""
    return tuple(
        Customer(
            company=names[number],
            amount=amounts[number],
            country=chance.choice(COUNTRIES),
            newsletter=chance.choice(("yes", "no")),
            note=notes[number],
        )
        for number in range(rows)
    )
