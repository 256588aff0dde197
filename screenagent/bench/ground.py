"""How often a grounder points into the right box, and how long it takes, on a folder of pictures in ScreenSpot form."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageOps

from screenagent.bench import questions
from screenagent.bench.results import keep_results, percentile, read_bench_results, rss_peak_mb, share, wilson
from screenagent.geometry import Absent, Location, Value
from screenagent.grounding.certainty import Signs
from screenagent.protocols import Grounder, TextReader
from screenagent.screenshot import Screenshot


@dataclass(frozen=True)
class PictureTransform:
    """How the pictures are shown: as they are, in the opposite colours, or larger."""

    negated: bool = False
    scaled: float = 1.0

    def of(self, image: Image.Image) -> Image.Image:
        shown = ImageOps.invert(image) if self.negated else image
        if self.scaled == 1:
            return shown
        size = max(1, round(image.width * self.scaled)), max(1, round(image.height * self.scaled))
        return shown.resize(size, Image.Resampling.LANCZOS)


class GroundResult(Value):
    """One answer, in pixels of the picture as it lies in the folder; `ms` and its parts only for the first question
    about a picture, `unchanged_ms` for the same one asked again; `calls` is how often a model was asked for it; `lost`
    where the place is known but not believed in."""

    picture: str
    instruction: str
    bbox: questions.PixelEdges | None
    data_type: str
    app: str = ""
    absent: questions.Sort | None = None
    painted: questions.PixelEdges | None = None
    answer: Location | Absent
    x: float | None = None
    y: float | None = None
    strict: bool = False
    within_8px: bool = False
    lost: bool = False
    signs: Signs | None = None
    ms: float | None = None
    stages_ms: Mapping[str, float] | None = None
    unchanged_ms: float | None = None
    calls: int | None = None
    rss_mb: float | None = None


class GroundScore(Value):
    n: int
    strict: float | None
    within_8px: float | None
    interval: tuple[float, float] | None


class GroundRate(Value):
    n: int
    refused: float | None


class Refusals(Value):
    """Of what is not there, how much was called absent: `easy` are things of other screens, `hard` ones have a word too
    many or are painted over. `lost` is the part of what is there that was called absent though its place was known."""

    n: int
    refused: float | None
    easy: GroundRate
    hard: GroundRate
    lost: float | None


class GroundSummary(Value):
    n: int
    ms_p50: float | None
    ms_p95: float | None
    unchanged_ms_p50: float | None
    stages_ms_p50: Mapping[str, float]
    rss_peak_mb: float | None
    prefills_per_answer: float | None
    text: GroundScore
    icon: GroundScore
    field: GroundScore
    all: GroundScore
    absent: Refusals


@dataclass(frozen=True, kw_only=True)
class GroundSetup:
    """What the bench asks, and what it may look into: `forget` empties caches before each picture, `insisting` answers
    whatever it is asked, `stages` are seconds since it was last called, `calls` how often a model was asked so far,
    `signs` what the confidence in an answer is made of."""

    grounder: Grounder
    forget: Callable[[], None] = lambda: None
    insisting: Grounder | None = None
    stages: Callable[[], Mapping[str, float]] = dict
    calls: Callable[[], int] | None = None
    signs: Callable[[str, Screenshot], Signs | None] | None = None


def run_ground(
    folder: Path,
    eyes: GroundSetup,
    *,
    results: Path,
    view: PictureTransform = PictureTransform(),  # frozen
    absent: TextReader | None = None,
    near: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> GroundSummary:
    """Ask every question of `folder` that `results` has no answer to, and append the answers there picture by picture,
    so a run that was stopped goes on where it was. With `absent`, which reads what is there, ask what is not, too; with
    `near`, a file, ask for what that says is not there."""
    items = questions.read_questions(folder)
    if absent:
        items += questions.absent_questions(folder, items, absent)
    if near:
        items += questions.near_misses(near, items)
    answered = {_key(result): result for result in read_bench_results(results, GroundResult.model_validate_json)}
    known = [answered[_key(item)] for item in items if _key(item) in answered]
    todo = [item for item in items if _key(item) not in answered]
    if known:
        progress(f"{len(known)} of {len(items)} questions are answered in {results}; asking the other {len(todo)}")
    results.parent.mkdir(parents=True, exist_ok=True)
    pictures = [list(group) for _, group in groupby(sorted(todo, key=lambda item: item.picture), lambda i: i.picture)]
    for number, group in enumerate(pictures, start=1):
        fresh = _ask(folder, group, eyes, view)
        keep_results(results, *fresh)
        known += fresh
        hits = sum(result.strict for result in fresh)
        asked = sum(result.bbox is not None for result in fresh)
        progress(f"{number}/{len(pictures)} {group[0].picture}: {hits} of {asked}, {fresh[0].ms or 0:.0f} ms")
    return ground_summary(known)


def command(
    folder: Path,
    eyes: GroundSetup,
    *,
    results: Path,
    view: PictureTransform = PictureTransform(),  # frozen
    absent: TextReader | None = None,
) -> None:
    """`run`, its progress on stderr and its summary as the last line on stdout."""

    def progress(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    found = run_ground(folder, eyes, results=results, view=view, absent=absent, progress=progress)
    progress(f"answers in {results}")
    print(found.model_dump_json())


def ground_summary(results: Sequence[GroundResult]) -> GroundSummary:
    present = [result for result in results if result.bbox is not None]
    absent = [result for result in results if result.bbox is None]
    times = [result.ms for result in results if result.ms is not None]
    stages = [result.stages_ms for result in results if result.stages_ms]
    calls = [result.calls for result in results if result.calls is not None]
    return GroundSummary(
        n=len(results),
        ms_p50=percentile(times, 50),
        ms_p95=percentile(times, 95),
        unchanged_ms_p50=percentile([r.unchanged_ms for r in results if r.unchanged_ms is not None], 50),
        stages_ms_p50={
            stage: percentile([one.get(stage, 0.0) for one in stages], 50) or 0.0
            for stage in dict.fromkeys(stage for one in stages for stage in one)
        },
        prefills_per_answer=share(sum(calls), len(calls)),
        rss_peak_mb=max((r.rss_mb for r in results if r.rss_mb is not None), default=None),
        text=_score(result for result in present if result.data_type == "text"),
        icon=_score(result for result in present if result.data_type == "icon"),
        field=_score(result for result in present if result.data_type == "field"),
        all=_score(present),
        absent=Refusals(
            **_rate(absent).model_dump(),
            easy=_rate(result for result in absent if result.absent == "easy"),
            hard=_rate(result for result in absent if result.absent in ("renamed", "painted")),
            lost=share(sum(result.lost for result in present), len(present)),
        ),
    )


def _rate(results: Iterable[GroundResult]) -> GroundRate:
    asked = list(results)
    refused = sum(isinstance(result.answer, Absent) for result in asked)
    return GroundRate(n=len(asked), refused=share(refused, len(asked)))


def _score(results: Iterable[GroundResult]) -> GroundScore:
    tried = list(results)
    n, strict = len(tried), sum(result.strict for result in tried)
    return GroundScore(
        n=n,
        strict=share(strict, n),
        within_8px=share(sum(result.within_8px for result in tried), n),
        interval=wilson(strict, n),
    )


def _ask(
    folder: Path, items: Sequence[questions.GroundQuestion], eyes: GroundSetup, view: PictureTransform
) -> list[GroundResult]:
    image = questions.open_picture(folder, items[0].picture)
    screenshot = Screenshot.of(view.of(image))
    eyes.forget()
    eyes.stages()
    found: list[GroundResult] = []
    for item in sorted(items, key=lambda item: item.painted is not None):
        shown = (
            screenshot if item.painted is None else Screenshot.of(view.of(questions.painted_over(image, item.painted)))
        )
        before, asked = time.perf_counter(), eyes.calls() if eyes.calls else 0
        answer = eyes.grounder.locate(item.instruction, shown)
        result = _result(item, answer, shown, view, ms=(time.perf_counter() - before) * 1000)
        if not found:
            result = result.model_copy(update={"stages_ms": {name: s * 1000 for name, s in eyes.stages().items()}})
        if eyes.signs and isinstance(answer, Location):
            result = result.model_copy(update={"signs": eyes.signs(item.instruction, shown)})
        if eyes.calls:
            result = result.model_copy(update={"calls": eyes.calls() - asked})
        if eyes.insisting and isinstance(answer, Absent) and item.bbox:
            insisted = _result(item, eyes.insisting.locate(item.instruction, shown), shown, view, ms=0)
            result = result.model_copy(update={"lost": insisted.strict})
        found.append(result)
    again = sorted(items, key=lambda item: item.painted is not None)[0]
    eyes.grounder.locate(again.instruction, screenshot)
    before = time.perf_counter()
    eyes.grounder.locate(again.instruction, screenshot)
    unchanged = {"unchanged_ms": (time.perf_counter() - before) * 1000, "rss_mb": rss_peak_mb()}
    rest = [result.model_copy(update={"ms": None}) for result in found[1:]]
    return [found[0].model_copy(update=unchanged), *rest]


def _result(
    item: questions.GroundQuestion,
    answer: Location | Absent,
    screenshot: Screenshot,
    view: PictureTransform,
    *,
    ms: float,
) -> GroundResult:
    asked = GroundResult(**item.model_dump(), answer=answer, ms=ms)
    if isinstance(answer, Absent):
        return asked
    x = answer.point.x * screenshot.size.width / view.scaled
    y = answer.point.y * screenshot.size.height / view.scaled
    strict, near = (_inside(item.bbox, x, y, slack) for slack in (0, 8))
    return asked.model_copy(update={"x": x, "y": y, "strict": strict, "within_8px": near})


def _inside(bbox: questions.PixelEdges | None, x: float, y: float, slack: float) -> bool:
    if bbox is None:
        return False
    left, top, width, height = bbox
    return left - slack <= x <= left + width + slack and top - slack <= y <= top + height + slack


def _key(asked: questions.GroundQuestion | GroundResult) -> tuple[str, str, object, object]:
    return asked.picture, asked.instruction, asked.bbox, asked.painted
