"""Options of commands that several workers can carry out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import click

from screenagent.cli.options import gathered

MOST_WORKERS: Final = 256


class WorkersType(click.ParamType[int]):
    """A number of workers, or `auto`, which is 0 here: as many as there are cores and memory for."""

    name = "workers"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if value == "auto":
            return 0
        try:
            count = int(value)
        except ValueError:
            count = 0
        if not 1 <= count <= MOST_WORKERS:
            self.fail(f"{value!r}; write a number from 1 to {MOST_WORKERS}, or auto", param, ctx)
        return count


@dataclass(frozen=True, kw_only=True)
class FleetOptions:
    """How many workers there are; what they try again; how many may ask the model at a time."""

    workers: int | None
    retries_infra: int
    model_concurrency: int | None

    @property
    def asked(self) -> int | None:
        """The number that was asked for; None for as many as there is room for."""
        return self.workers or None


fleet_options: Final = gathered(
    "fleet",
    FleetOptions,
    click.option(
        "--workers",
        type=WorkersType(),
        metavar="N|auto",
        help="Carry out so many at once, each on a desktop of its own; auto: as many as there is room for.",
    ),
    click.option(
        "--retries-infra",
        type=click.IntRange(0, 100),
        default=1,
        show_default=True,
        help="With --workers: try again so often what the machine broke.",
    ),
    click.option(
        "--model-concurrency",
        type=click.IntRange(1, 1000),
        metavar="N",
        help="With --workers: so many ask the model at a time.",
    ),
)
