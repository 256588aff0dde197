"""What was measured of each tool, summed up as ratios to this agent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from screenagent.bench.peers.roster import OURS
from screenagent.bench.peers.session import Said
from screenagent.bench.results import percentile_ms
from screenagent.bench.truth.pairs import Twin
from screenagent.geometry import Value
from screenagent.showing import visible

PeerClass = Literal["done", "missed", "refused", "unsure", "silent", "through", "false", "wrong"]
"""Of a twin that works: `done`, or `missed` if it was not done or was called refused. Of a broken one: `refused`,
`unsure` if the tool says that it cannot tell, `silent` if it sent the input and claims nothing, `through` if it was
done all the same. Of both: `false` if it was called done and was not, `wrong` if something else was pressed."""

Part = Literal["gtk", "page", "twins"]
PARTS: Final[tuple[Part, ...]] = ("gtk", "page", "twins")


class PeerTurn(Value):
    """One turn of a tool: a process is started, clicks, and clicks again.

    Seconds: `cold` from the start of the process to its first click as the program got it; `clicks` and `answers` from
    the demand to the click and to the tool's answer, for the clicks after the first. `missed` of them never came.
    """

    part: Literal["gtk", "page"]
    peer: str
    version: str
    round: int
    cold: float | None
    clicks: tuple[float, ...]
    answers: tuple[float, ...]
    missed: int
    words: str = ""


class PeerTwin(Value):
    """What a tool said of a twin, and what was so."""

    part: Literal["twins"] = "twins"
    peer: str
    version: str
    pair: str
    twin: Twin
    found: PeerClass
    said: Said
    words: str = ""
    reports: tuple[str, ...] = ()
    seconds: float = 0.0


PeerResult = Annotated[PeerTurn | PeerTwin, Field(discriminator="part")]
PEER_RESULT: Final[TypeAdapter[PeerTurn | PeerTwin]] = TypeAdapter(PeerResult)


class PeerTimes(Value):
    """Milliseconds, each the median, and the quotient by this agent's in the same part; None if it is not known."""

    click_ms_p50: float | None
    answer_ms_p50: float | None
    cold_ms_p50: float | None
    click_ratio: float | None
    answer_ratio: float | None
    cold_ratio: float | None
    n: int
    missed: int


class PeerSummary(Value):
    """`works` and `broken` count the twins of each `PeerClass`."""

    version: str
    gtk: PeerTimes | None
    page: PeerTimes | None
    works: dict[str, int]
    broken: dict[str, int]


class PeersSummary(Value):
    """Every tool that was run, and why each of the others was not."""

    peers: dict[str, PeerSummary]
    skipped: dict[str, str]


def peer_class(twin: Twin, said: Said, *, happened: bool, slipped: bool) -> PeerClass:
    """Return what it was: `said` by the tool, `happened` and `slipped` in truth."""
    if slipped:
        return "wrong"
    if happened:
        return "through" if twin == "broken" else "missed" if said == "refused" else "done"
    if said == "done":
        return "false"
    if twin == "works":
        return "missed"
    return "silent" if said == "sent" else said


def peers_summary(results: Sequence[PeerTurn | PeerTwin], *, skipped: dict[str, str]) -> PeersSummary:
    names = dict.fromkeys(result.peer for result in results)
    return PeersSummary(peers={name: _summary(name, results) for name in names}, skipped=skipped)


def _summary(name: str, results: Sequence[PeerTurn | PeerTwin]) -> PeerSummary:
    own = [result for result in results if result.peer == name]
    twins = [result for result in own if isinstance(result, PeerTwin)]
    return PeerSummary(
        version=own[-1].version,
        gtk=_times(name, "gtk", results),
        page=_times(name, "page", results),
        works=dict(Counter(result.found for result in twins if result.twin == "works")),
        broken=dict(Counter(result.found for result in twins if result.twin == "broken")),
    )


def _times(name: str, part: Part, results: Sequence[PeerTurn | PeerTwin]) -> PeerTimes | None:
    turns = [one for one in results if isinstance(one, PeerTurn) and one.part == part]
    own = [turn for turn in turns if turn.peer == name]
    if not own:
        return None
    medians, ours = _medians(own), _medians([turn for turn in turns if turn.peer == OURS])
    return PeerTimes(
        **{f"{what}_ms_p50": median for what, median in medians.items()},
        **{f"{what}_ratio": _ratio(median, ours[what]) for what, median in medians.items()},
        n=sum(len(turn.clicks) for turn in own),
        missed=sum(turn.missed for turn in own),
    )


def _medians(turns: Sequence[PeerTurn]) -> dict[str, float | None]:
    seconds = {
        "click": [one for turn in turns for one in turn.clicks],
        "answer": [one for turn in turns for one in turn.answers],
        "cold": [turn.cold for turn in turns if turn.cold is not None],
    }
    return {what: percentile_ms(values, 50) for what, values in seconds.items()}


def _ratio(theirs: float | None, ours: float | None) -> float | None:
    return round(theirs / ours, 2) if theirs is not None and ours else None


def peer_progress(result: PeerTurn | PeerTwin) -> str:
    """A line about one turn or one attempt."""
    if isinstance(result, PeerTwin):
        return f"{result.pair} {result.twin}: {result.peer}: {result.found}, says {result.said}  {_told(result)}"
    medians = _medians([result])
    times = ", ".join(f"{what} {median:.0f} ms" for what, median in medians.items() if median is not None)
    missed = f"  missed {result.missed}: {_told(result)}" if result.missed else ""
    return f"{result.part} {result.round + 1}: {result.peer}: {times}{missed}"


def _told(result: PeerTurn | PeerTwin) -> str:
    """The beginning of what the tool said, on one line."""
    return visible(result.words)[:100]


def peers_table(summary: PeersSummary) -> str:
    """A line a tool; each time beside its quotient by this agent's."""
    head = f"{'':22}{'GTK, ms:':42}{'page, ms:':42}{'twins of':>16}"
    columns = "".join(f"{column:>14}" for column in ("click", "answer", "cold") * 2)
    lines = [_line(name, peer) for name, peer in summary.peers.items()]
    skipped = [f"not run: {name}: {why}" for name, why in summary.skipped.items()]
    return "\n".join([head, f"{'':22}{columns}   works  broken", *lines, *skipped])


def _line(name: str, peer: PeerSummary) -> str:
    times = "".join(_cell(part, what) for part in (peer.gtk, peer.page) for what in ("click", "answer", "cold"))
    works, total = peer.works.get("done", 0), sum(peer.works.values())
    wrong = ", ".join(f"{found} {count}" for found, count in sorted(peer.broken.items()))
    slips = ", ".join(f"{found} {peer.works[found]}" for found in ("false", "wrong") if found in peer.works)
    twins = f"   {works}/{total}   {wrong}" + (f" (works: {slips})" if slips else "") if total else ""
    return f"{name:22}{times}{twins}".rstrip()


def _cell(times: PeerTimes | None, what: str) -> str:
    if times is None or (median := getattr(times, f"{what}_ms_p50")) is None:
        return f"{'—':>14}"
    ratio = getattr(times, f"{what}_ratio")
    return f"{f'{median:.0f}' + (f' ×{ratio:.2f}' if ratio is not None else ''):>14}"
