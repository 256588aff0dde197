"""What a replay leaves beside its outcome: values that were read, and what a person has to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from screenagent.events import Account


@dataclass
class Notes:
    """Kept by the planner while a script is played.

    `outputs` are the values that were read, and `tables` the rows, by the names that the script gives them.
    `set_aside` is why a person has to settle what was played; empty if nobody has to. `remarks` are what did not hold,
    or failed, and did not end it. `failed_after` is after how many steps of the run the script failed: what
    is done then tidies up. `foreseen` are the numbers of the steps that failed in an attempt, and `gone_on_from` is why
    those failed that the script went on from.
    """

    outputs: dict[str, str] = field(default_factory=dict)
    tables: dict[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    set_aside: str = ""
    remarks: list[str] = field(default_factory=list)
    failed_after: int | None = None
    foreseen: list[int] = field(default_factory=list)
    gone_on_from: list[str] = field(default_factory=list)

    def remark(self, what: str) -> None:
        self.remarks.append(what)

    @property
    def account(self) -> Account:
        """What a replay that says "done" has beside its steps."""
        return Account(read=len(self.outputs), foreseen=tuple(self.foreseen))

    @property
    def ending(self) -> str:
        """How a script ended that was played to its end, in words."""
        read = len(self.outputs)
        values = f", and {read} value{'s were' if read > 1 else ' was'} read" if read else ""
        failed = "".join(f"; the script went on from a failure: {why}" for why in self.gone_on_from)
        return f"every step was carried out{values}{failed}"
