"""What became of each twin, held against what was truly done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal

from screenagent.bench.results import percentile, wilson
from screenagent.bench.truth.pairs import Twin
from screenagent.events import Outcome, RunResult
from screenagent.geometry import Value

TruthClass = Literal["true_done", "false_done", "wrong", "false_failure", "unclear", "right_refusal"]
"""`true_done`: said done, and was. `false_done`: said done, and was not. `wrong`: something else was pressed, whatever
was said. `false_failure`: not said done of what works or was done. `unclear`: the broken twin, of which the agent says
that it does not know. `right_refusal`: the broken twin, of which it says that it was not done."""

SIGNS: Final[dict[TruthClass, str]] = {
    "true_done": "✓",
    "right_refusal": "✓",
    "unclear": "?",
    "false_failure": "✗",
    "false_done": "FALSE DONE",
    "wrong": "WRONG",
}
FALSE: Final[frozenset[TruthClass]] = frozenset({"false_done", "wrong"})


class TruthResult(Value):
    """`ended` is how the run ended: `unread` if the instruction was refused before anything was touched, `late` if it
    was given up after the bench's limit. `outcome` is what became of its last step, `reports` what truly happened."""

    pair: str
    kind: str
    twin: Twin
    found: TruthClass
    ended: RunResult | Literal["unread", "late"]
    outcome: Outcome | None = None
    expected: tuple[Outcome, ...] = ()
    message: str = ""
    evidence: str = ""
    did: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    happened: bool = False
    seconds: float = 0.0

    @property
    def in_other_words(self) -> bool:
        """Whether the broken twin was not called done, but by another outcome than the pair expects."""
        return bool(self.expected) and self.ended != "done" and self.outcome not in self.expected


class TruthSummary(Value):
    """How many twins of each class there are; `TruthClass` says what they mean.

    `outcomes` are those of the broken twins' last steps, `in_other_words` the pairs whose outcome is not the expected
    one, `false_interval` the share of broken twins that are false or wrong.
    """

    pairs: int
    true_done: int
    false_failure: int
    false_done: int
    wrong: int
    unclear: int
    right_refusal: int
    false_interval: tuple[float, float] | None
    outcomes: dict[str, int]
    in_other_words: tuple[str, ...]
    seconds_p50: float | None
    seconds: float
    not_right: tuple[str, ...]
    skipped: dict[str, str]


def classified(twin: Twin, *, done: bool, happened: bool, slipped: bool, outcome: Outcome | None) -> TruthClass:
    """Return what it was: `done` is what the agent said, `happened` and `slipped` what was truly so."""
    if slipped:
        return "wrong"
    if done:
        return "true_done" if happened else "false_done"
    if twin == "works" or happened:
        return "false_failure"
    return "unclear" if outcome == "unknown" else "right_refusal"


def truth_summary(results: Sequence[TruthResult], *, skipped: dict[str, str]) -> TruthSummary:
    found = Counter(result.found for result in results)
    broken = [result for result in results if result.twin == "broken"]
    said = Counter("done" if result.ended == "done" else result.outcome or result.ended for result in broken)
    not_right = [
        f"{result.pair} {result.twin}: {result.found}" for result in results if SIGNS[result.found] not in "✓?"
    ]
    return TruthSummary(
        pairs=len({result.pair for result in results}),
        true_done=found["true_done"],
        false_failure=found["false_failure"],
        false_done=found["false_done"],
        wrong=found["wrong"],
        unclear=found["unclear"],
        right_refusal=found["right_refusal"],
        false_interval=wilson(sum(result.found in FALSE for result in broken), len(broken)),
        outcomes=dict(said.most_common()),
        in_other_words=tuple(f"{one.pair} {one.outcome or one.ended}" for one in broken if one.in_other_words),
        seconds_p50=percentile([result.seconds for result in results], 50),
        seconds=round(sum(result.seconds for result in results), 1),
        not_right=tuple(not_right),
        skipped=skipped,
    )


def truth_progress(result: TruthResult) -> str:
    """A line about one attempt; what the agent said is in it unless all went as it should."""
    words = f"{result.message or result.evidence}" + ("" if result.found != "wrong" else f"  {result.reports}")
    said = "" if result.found == "true_done" else f"  {words}"
    return f"{result.pair} {result.twin}: {_said(result)}  {result.seconds:.1f} s{said}"


def truth_table(results: Sequence[TruthResult]) -> str:
    """A line a pair: its kind, what became of the twin that works, and of the one that does not."""
    by_pair: dict[str, dict[Twin, TruthResult]] = {}
    for result in results:
        by_pair.setdefault(result.pair, {})[result.twin] = result
    head = f"{'pair':28}{'kind':34}{'works':26}broken"
    return "\n".join([head, *(_line(pair, twins) for pair, twins in by_pair.items())])


def _line(pair: str, twins: dict[Twin, TruthResult]) -> str:
    kind = next(iter(twins.values())).kind
    works, broken = (_said(twins[twin]) if twin in twins else "" for twin in ("works", "broken"))
    return f"{pair:28}{kind:34}{works:26}{broken}".rstrip()


def _said(result: TruthResult) -> str:
    return f"{SIGNS[result.found]} {result.ended}, {result.outcome or '—'}"
