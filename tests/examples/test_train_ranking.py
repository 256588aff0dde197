"""The recipe of the ranking's weights: pages know their parts, and a fit finds what tells the right text."""

from __future__ import annotations

import importlib
from types import ModuleType

import numpy as np
import pytest

from screenagent.grounding.certainty import Signs
from screenagent.grounding.mentions import Look
from tests.paths import ROOT


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "train_ranking"))
    return {name: importlib.import_module(name) for name in ("choices", "evidence", "looks", "packages", "pages")}


def asked(recipe: dict[str, ModuleType], app: str, *, button: float, line: float) -> object:
    """A question with two texts of the same words; the first is the right one."""
    looks = (Look(button, 0, 0, 0, 0, 0, 0), Look(0, 0, 0, line, 0, 0, 0))
    shown = tuple(
        recipe["evidence"].Shown(
            by="text", text="Save", right=not number, score=1.0, factors={"name": 1.0}, signs=Signs(score=1.0), group=0,
            look=tuple(look),
        )
        for number, look in enumerate(looks)
    )  # fmt: skip
    return recipe["evidence"].Asked(
        folder="pages", app=app, picture="", kind="button", instruction="Save", absent=False, shown=shown
    )


def test_what_tells_the_thing_from_its_mention_gets_weight(recipe: dict[str, ModuleType]) -> None:
    known = [asked(recipe, f"app{number}", button=1.0, line=1.0) for number in range(40)]
    weights = Look(*recipe["choices"].look_weights(known).tolist())
    assert weights.button > 0.5
    assert weights.longer < -0.5
    assert weights.value == 0
    assert dict(recipe["choices"].decisions((one, np.array(weights)) for one in known)) == {"right": 40}


def test_an_application_is_judged_by_weights_that_were_fitted_without_its_words(recipe: dict[str, ModuleType]) -> None:
    words = [asked(recipe, f"{app}+{look}", button=1.0, line=0.0) for app in "abcdefgh" for look in ("x", "y")]
    seen: list[tuple[str, set[str]]] = []

    def fit(rest: list[object]) -> object:
        seen.append(("", {one.app[0] for one in rest}))  # type: ignore[attr-defined]
        return np.zeros(len(Look._fields))

    judged = list(recipe["choices"].held_out(words, fit))
    assert len(judged) == len(words)
    for one, _ in judged:
        assert any(one.app[0] not in rest for _, rest in seen)


def test_a_page_has_a_part_for_each_phrase_and_asks_for_what_it_lacks(recipe: dict[str, ModuleType]) -> None:
    pairs = [recipe["packages"].Pair(f"Name {word}", f"say what {word} is") for word in map(chr, range(97, 123))]
    pairs += [recipe["packages"].Pair(f"Other {word}", "") for word in map(chr, range(97, 123))]
    for kind in recipe["pages"].KINDS:
        page = recipe["pages"].made(recipe["looks"].LOOKS[-1], "", kind, pairs, "1", dark=False)
        again = recipe["pages"].made(recipe["looks"].LOOKS[-1], "", kind, pairs, "1", dark=False)
        assert page.html == again.html
        assert all(f'data-part="{part.mark}"' in page.html[0] and part.phrases for part in page.parts)
        assert page.absent


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("Whether to hide the first tab. Off by default.", "hide the first tab"),
        ("If defined, it will override the label", "override the label"),
        ("Create new snippet", "create new snippet"),
        ("PDF export (experimental)", "PDF export"),
    ],
)
def test_a_description_is_said_as_people_say_it(about: str, said: str, recipe: dict[str, ModuleType]) -> None:
    assert recipe["packages"].spoken(about) == said
