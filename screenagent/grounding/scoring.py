"""What speaks for a candidate: named evidence, its weights, and the score that they add up to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from screenagent.geometry import PixelBox
from screenagent.grounding.phrase import Bond

# What a candidate needs.
SURE: Final = 0.38  # a candidate with a lower score counts as absent; on the development screens, most of those are
LIKELY: Final = 1.1  # an icon needs this times `SURE`, since on a full screen some icon is a little like anything
MOVED_ICON: Final = 0.75  # a likely icon may lose this much by its place, which only chooses among its like
ALIKE: Final = 0.9  # candidates of at least this share of the best score are counted for "the second …"

# The name.
NAMELESS: Final = 0.7  # a control that was asked for by its role alone
ROLE_WORD: Final = 0.9  # if a text matches the role word better than this, the word is a name after all
WRITTEN: Final = 0.9  # if a text matches better than this, no icon is looked for
PLACEHOLDER_NAME: Final = 0.85  # a field that says the name and more of what is entered
LOOKS_SO: Final = 0.94  # a text that was read as another, but looks like the name

# The tie between the name and what is pointed at.
AREA: Final = 0.9  # a text area below a label or beside it
CLOSED_LIST: Final = 0.73  # a button in the row of a label, if a drop-down was asked for: its arrow may be a small one
LABEL_ALONE: Final = 0.5  # a label, if a field or a setting was asked for: its control may not have been recognized
LABEL_OF_BUTTONS: Final = 0.8  # the same for a setting that has at most buttons beside it
LABEL_OF_ANOTHER: Final = 0.35  # the same for a label with a colon: it names a field that was not recognized
NOT_READ: Final = 0.9  # a name that the program states and that is not read at its place

# The role.
MISFIT: Final = 0.3  # a framed control of another role
UNLIKE_ITS_ROLE: Final = 0.94  # a text that does not look like its role; only a little less, to choose between equals
UNLIKE_A_BUTTON: Final = 0.7  # a text without a button round it, if the phrase describes a button but does not name it
PLAIN_LINK: Final = 0.75  # a text without a color, if a link was asked for: it may be a plain word of that name
PLACEHOLDER: Final = 0.8  # a text in a field, if a menu or a button was asked for

# The kind of text.
HEADLINE: Final = 0.95  # a text much larger than most
ANY_SUCH: Final = 0.4  # the name itself, if any such thing is meant: "File" for "open a file"
BAR_TITLE: Final = 0.85  # a title in a menu bar that shares words: "Reports" for "show the balance report"
SHARED_WORDS: Final = 0.75  # a text that matches less than this only shares words with the phrase

# Rivals, neighbours and the place on the screen.
BESIDE_TEXT: Final = 0.85  # an icon, if a text may be meant just as well
ANCHOR: Final = 0.7  # a neighbour has to match better than this
ANCHORS_ALIKE: Final = 0.05  # neighbours that match worse than the best by at most this are all tried
NO_RELATION: Final = 0.3  # a candidate that does not stand in the relation
ASLANT: Final = 0.2  # what a candidate loses that stands out of line with its neighbour
FAR: Final = 0.4  # what a candidate loses at the far end of the screen from its neighbour
FAR_IN_ROW: Final = 0.2  # the same if both may belong to one row
OPPOSITE: Final = 0.7  # a candidate at the opposite side of the screen
TOWARDS: Final = 0.3  # what a candidate at the named side gains


@dataclass(frozen=True)
class Neighbour:
    """A relation that the phrase names, and how well the candidate stands in it."""

    kind: Bond
    other: str
    fit: float


@dataclass(frozen=True)
class Evidence:
    """What speaks for a candidate and against it; each number is a factor, and 1 says nothing."""

    name: float
    """How well the written text, the drawn text or the icon matches the name."""
    meaning: float = 0.0
    """How likely the text means what was said in other words; counts in place of the name where that says less."""
    tie: float = 1.0
    """How surely the name belongs to what is pointed at."""
    role: float = 1.0
    """How well it fits the role that was asked for."""
    headline: float = 1.0
    """Less for a headline, which names what is below it."""
    text_kind: float = 1.0
    """Less for a text that names a kind of thing rather than the target."""
    mention: float = 1.0
    """Less for a text that only mentions what another text of the same words is."""
    rival: float = 1.0
    """Less for an icon if a text fits, too."""
    neighbours: tuple[Neighbour, ...] = ()
    place: float = 1.0
    """Less for what is not at the named side of the screen."""


def score(evidence: Evidence) -> float:
    """Return the product of all evidence, always in the same order, so that a score is the same to the last digit."""
    named = max(evidence.name, evidence.meaning)
    product = named * evidence.tie * (evidence.role * evidence.headline) * evidence.text_kind * evidence.rival
    for neighbour in evidence.neighbours:
        product *= neighbour.fit
    return product * evidence.place * evidence.mention


@dataclass(frozen=True)
class Candidate:
    """A possible target: `rect` is what to point at; `text` is written at `written`, in `rect` or beside it; `by` is
    the method that found it."""

    rect: PixelBox
    text: str
    evidence: Evidence
    by: str
    written: PixelBox | None = None

    @cached_property
    def score(self) -> float:
        return score(self.evidence)

    @property
    def spot(self) -> PixelBox:
        """Where to point: at the text in it, since a frame may be more than the control."""
        return self.written or self.rect

    def beside(self, neighbour: Neighbour) -> Candidate:
        """Return the candidate with one more relation judged."""
        neighbours = (*self.evidence.neighbours, neighbour)
        return replace(self, evidence=replace(self.evidence, neighbours=neighbours))

    def mentioned(self, mention: float) -> Candidate:
        """Return the candidate judged as a mention of something else."""
        return replace(self, evidence=replace(self.evidence, mention=mention))

    def placed(self, place: float) -> Candidate:
        """Return the candidate with its place on the screen judged."""
        return replace(self, evidence=replace(self.evidence, place=place))


PREPOSITIONS: Final[dict[Bond, str]] = {
    "near": "near", "left": "left of", "right": "right of", "above": "above", "below": "below", "inside": "in",
    "row": "in the row of", "card": "on the card of",
}  # fmt: skip


def explain(candidate: Candidate) -> str:
    """Return the evidence in one line: how well the name or the icon matches, and each factor that is not 1."""
    evidence = candidate.evidence
    matched = f"{'icon' if candidate.by == 'icon' else 'name'} {evidence.name:.2f}"
    if evidence.meaning > evidence.name:
        matched = f"meaning {evidence.meaning:.2f}"
    return " · ".join((matched, *_factors(evidence)))


def _factors(evidence: Evidence) -> Iterator[str]:
    named = {
        "label of the control": evidence.tie,
        "role": evidence.role,
        "headline": evidence.headline,
        "kind of text": evidence.text_kind,
        "mention of another": evidence.mention,
        "a text fits, too": evidence.rival,
    }
    yield from (f"{name} ×{factor:.2f}" for name, factor in named.items() if factor != 1)
    for neighbour in evidence.neighbours:
        yield f"{PREPOSITIONS[neighbour.kind]} “{neighbour.other}” ×{neighbour.fit:.2f}"
    if evidence.place != 1:
        yield f"place on the screen ×{evidence.place:.2f}"
