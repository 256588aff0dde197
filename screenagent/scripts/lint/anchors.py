"""Anchors of a script that are missing, broken, unused or ambiguous."""

from __future__ import annotations

from collections.abc import Iterator

from screenagent.scripts import Anchors
from screenagent.scripts.file import Places
from screenagent.scripts.lint.finding import LintFinding, error_in, warning_of
from screenagent.scripts.replay.appearance import Appearance
from screenagent.scripts.schema import KeyPath, Script, TargetStep, paths


def anchor_findings(script: Script, anchors: Anchors, places: Places) -> Iterator[LintFinding]:
    named: set[str] = set()
    for path, step in paths(script):
        if not isinstance(step, TargetStep):
            continue
        for name in step.anchors:
            named.add(name)
            if name in anchors:
                yield from _anchor(name, anchors, places, path)
            elif step.anchor is not None:
                there = ", ".join(anchors.names()) or "none"
                what = f"the anchor {name!r} is not in {anchors.folder}; there are {there}"
                yield error_in(places.problem((*path, "anchor"), what, "no_anchor"))
    for name in anchors.names():
        if name not in named:
            what = f"the anchor {name!r} in {anchors.folder} belongs to no step; remove it, or name it with `anchor`"
            yield warning_of(places.problem((), what, "unused_anchor"))


def _anchor(name: str, anchors: Anchors, places: Places, path: KeyPath) -> Iterator[LintFinding]:
    try:
        appearance = Appearance(*anchors.read(name))
    except ValueError as error:
        yield error_in(places.problem(path, str(error), "bad_anchor"))
        return
    alike = appearance.anchor.alike
    if alike > 1 and not appearance.telling_texts:
        what = (
            f"the anchor {name!r} looked like {alike - 1} more on its screen, and nothing beside it tells it "
            "apart: a replay will ask"
        )
        yield warning_of(places.problem(path, what, "ambiguous_anchor"))
