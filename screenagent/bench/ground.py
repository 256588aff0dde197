"""How often a grounder points into the right box, and how long it takes, on a folder of pictures in ScreenSpot form."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated

from PIL import Image, UnidentifiedImageError
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from screenagent.bench.statistics import percentile, wilson
from screenagent.geometry import Absent, Location, Value
from screenagent.protocols import Grounder
from screenagent.screenshot import Screenshot


class Item(BaseModel):
    """One question: what is asked of which picture, and where it is; without `bbox` it isn't there."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    picture: str = Field(validation_alias=AliasChoices("img_filename", "image", "file_name"))
    instruction: str
    bbox: Annotated[tuple[float, float, float, float] | None, Field(description="left, top, width, height in pixels")]
    data_type: str = "text"


class Result(Value):
    """One answer; `ms` only for the first question about a picture, `unchanged_ms` for the same one asked again;
    `calls` is how often a model was asked for it."""

    picture: str
    instruction: str
    bbox: tuple[float, float, float, float] | None
    data_type: str
    answer: Location | Absent
    x: float | None = None
    y: float | None = None
    strict: bool = False
    within_8px: bool = False
    ms: float | None = None
    unchanged_ms: float | None = None
    calls: int | None = None
    rss_mb: float | None = None


class Score(Value):
    n: int
    strict: float | None
    within_8px: float | None
    interval: tuple[float, float] | None


class Refusals(Value):
    n: int
    refused: float | None


class Summary(Value):
    n: int
    ms_p50: float | None
    ms_p95: float | None
    unchanged_ms_p50: float | None
    rss_peak_mb: float | None
    prefills_per_answer: float | None
    text: Score
    icon: Score
    field: Score
    all: Score
    absent: Refusals


def run(
    folder: Path,
    grounder: Grounder,
    *,
    results: Path,
    forget: Callable[[], None] = lambda: None,
    progress: Callable[[str], None] = lambda _: None,
    calls: Callable[[], int] | None = None,
) -> Summary:
    """Ask every question of `folder` that `results` has no answer to, and append the answers there picture by picture,
    so a run that was stopped goes on where it was. `forget` empties the grounder's caches before each picture,
    and `calls` says how often a model has been asked by then."""
    items = questions(folder)
    answered = {_key(result): result for result in _read(results)}
    known = [answered[_key(item)] for item in items if _key(item) in answered]
    todo = [item for item in items if _key(item) not in answered]
    if known:
        progress(f"{len(known)} of {len(items)} questions are answered in {results}; asking the other {len(todo)}")
    results.parent.mkdir(parents=True, exist_ok=True)
    pictures = [list(group) for _, group in groupby(sorted(todo, key=lambda item: item.picture), lambda i: i.picture)]
    for number, group in enumerate(pictures, start=1):
        fresh = _ask(folder, group, grounder, forget, calls)
        with results.open("a", encoding="utf-8") as lines:
            lines.writelines(result.model_dump_json() + "\n" for result in fresh)
        known += fresh
        hits = sum(result.strict for result in fresh)
        progress(f"{number}/{len(pictures)} {group[0].picture}: {hits} of {len(fresh)}, {fresh[0].ms or 0:.0f} ms")
    return summary(known)


def command(
    folder: Path,
    grounder: Grounder,
    *,
    results: Path,
    forget: Callable[[], None] = lambda: None,
    calls: Callable[[], int] | None = None,
) -> None:
    """`run`, its progress on stderr and its summary as the last line on stdout."""

    def progress(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    found = run(folder, grounder, results=results, forget=forget, progress=progress, calls=calls)
    progress(f"answers in {results}")
    print(found.model_dump_json())


def questions(folder: Path) -> list[Item]:
    """The items of `annotations.json`, or of whatever JSON lists lie in `folder`."""
    files = [folder / "annotations.json"]
    if not files[0].is_file():
        files = sorted(folder.glob("*.json"))
    if not files:
        raise ValueError(
            f"{folder} holds no annotations.json; expected a list of questions there, and images/ beside it"
        )
    items: list[Item] = []
    for file in files:
        try:
            items += TypeAdapter(list[Item]).validate_json(file.read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            raise ValueError(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    return items


def summary(results: Sequence[Result]) -> Summary:
    present = [result for result in results if result.bbox is not None]
    absent = [result for result in results if result.bbox is None]
    times = [result.ms for result in results if result.ms is not None]
    refused = sum(isinstance(result.answer, Absent) for result in absent)
    return Summary(
        n=len(results),
        ms_p50=percentile(times, 50),
        ms_p95=percentile(times, 95),
        unchanged_ms_p50=percentile([r.unchanged_ms for r in results if r.unchanged_ms is not None], 50),
        prefills_per_answer=_mean([result.calls for result in results if result.calls is not None]),
        rss_peak_mb=max((r.rss_mb for r in results if r.rss_mb is not None), default=None),
        text=_score(result for result in present if result.data_type == "text"),
        icon=_score(result for result in present if result.data_type == "icon"),
        field=_score(result for result in present if result.data_type == "field"),
        all=_score(present),
        absent=Refusals(n=len(absent), refused=refused / len(absent) if absent else None),
    )


def _mean(counts: Sequence[int]) -> float | None:
    return sum(counts) / len(counts) if counts else None


def _score(results: Iterable[Result]) -> Score:
    tried = list(results)
    n, strict = len(tried), sum(result.strict for result in tried)
    return Score(
        n=n,
        strict=strict / n if n else None,
        within_8px=sum(result.within_8px for result in tried) / n if n else None,
        interval=wilson(strict, n),
    )


def _ask(
    folder: Path,
    items: Sequence[Item],
    grounder: Grounder,
    forget: Callable[[], None],
    calls: Callable[[], int] | None,
) -> list[Result]:
    screenshot = Screenshot.of(_picture(folder, items[0].picture))
    forget()
    found = []
    for item in items:
        before, asked = time.perf_counter(), calls() if calls else 0
        answer = grounder.locate(item.instruction, screenshot)
        result = _result(item, answer, screenshot, ms=(time.perf_counter() - before) * 1000)
        found.append(result.model_copy(update={"calls": calls() - asked}) if calls else result)
    before = time.perf_counter()
    grounder.locate(items[0].instruction, screenshot)
    again = {"unchanged_ms": (time.perf_counter() - before) * 1000, "rss_mb": rss_peak_mb()}
    rest = [result.model_copy(update={"ms": None}) for result in found[1:]]
    return [found[0].model_copy(update=again), *rest]


def _result(item: Item, answer: Location | Absent, screenshot: Screenshot, *, ms: float) -> Result:
    asked = {"picture": item.picture, "instruction": item.instruction, "bbox": item.bbox, "data_type": item.data_type}
    if isinstance(answer, Absent):
        return Result(**asked, answer=answer, ms=ms)
    x, y = answer.point.x * screenshot.size.width, answer.point.y * screenshot.size.height
    hits = [_inside(item.bbox, x, y, slack) for slack in (0, 8)]
    return Result(**asked, answer=answer, x=x, y=y, strict=hits[0], within_8px=hits[1], ms=ms)


def _inside(bbox: tuple[float, float, float, float] | None, x: float, y: float, slack: float) -> bool:
    if bbox is None:
        return False
    left, top, width, height = bbox
    return left - slack <= x <= left + width + slack and top - slack <= y <= top + height + slack


def _picture(folder: Path, name: str) -> Image.Image:
    for path in (folder / "images" / name, folder / name):
        if path.is_file():
            try:
                return Image.open(path).convert("RGB")
            except (UnidentifiedImageError, OSError) as error:
                raise ValueError(f"the picture {path} can't be read: {error}") from None
    raise ValueError(f"the picture {name} is neither in {folder / 'images'} nor in {folder}")


def _key(asked: Item | Result) -> tuple[str, str, object]:
    return asked.picture, asked.instruction, asked.bbox


def _read(results: Path) -> list[Result]:
    """The answers so far; the last line may have been cut off when the run was stopped."""
    if not results.is_file():
        return []
    lines = results.read_text(encoding="utf-8").splitlines()
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(Result.model_validate_json(line))
        except ValidationError:
            if number < len(lines):
                raise ValueError(f"line {number} of {results} is no result of this bench; name another file") from None
    if len(found) < len(lines):
        results.write_text("".join(f"{line}\n" for line in lines[:-1]), encoding="utf-8")
    return found


def rss_peak_mb() -> float | None:
    """The most memory this process has held, where the system tells."""
    try:
        import resource  # noqa: PLC0415  # Windows has none
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)
