"""What a replay leaves beside its outcome: values that were read, and what a person has to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class Notes:
    """Kept by the planner while a script is played.

    `outputs` are the values that were read, and `tables` the rows, by the names that the script gives them.
    `set_aside` is why a person has to settle what was played; empty if nobody has to. `remarks` are what did not hold,
    or failed, and did not end it. `failed_after` is after how many steps of the run the script failed: what
    is done then tidies up.
    """

    outputs: dict[str, str] = field(default_factory=dict)
    tables: dict[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    set_aside: str = ""
    remarks: list[str] = field(default_factory=list)
    failed_after: int | None = None

    def remark(self, what: str) -> None:
        self.remarks.append(what)
