"""What people say about a target, read into its parts: "the second 'Save' button below Name" has a name, a role, a
number and a neighbour."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Final

from screenagent.geometry import Value
from screenagent.grounding.phrase import Bond, Container, Phrase, Relation, Side
from screenagent.perception.roles import Role
from screenagent.yaml_file import read_packaged


class Grammar(Value):
    """Patterns of what people say, from `expression.yaml`. Of each list, the first that fits counts."""

    roles: tuple[tuple[Role, str], ...]
    document: str
    containers: tuple[tuple[Container, str], ...]
    pointing: tuple[str, ...]
    verbs: tuple[tuple[Role | None, str], ...]
    ordinals: dict[int, tuple[str, ...]]
    bonds: tuple[tuple[Bond, str], ...]
    sides: dict[str, Side]
    amounts: dict[str, str]


GRAMMAR: Final = read_packaged(Path(__file__).with_name("expression.yaml"), Grammar)

_ANY_ROLE = "|".join(f"(?:{pattern})" for _, pattern in GRAMMAR.roles)
_POINT = "|".join(GRAMMAR.pointing)
_VERB = "|".join(f"(?:{pattern})" for role, pattern in GRAMMAR.verbs if role)
"""The verbs that take "in" or "on"; "View" and "Open" before these are names: "View in the second row"."""
_ORDINALS = {word: number for number, words in GRAMMAR.ordinals.items() for word in words}
_ORDINAL = "|".join(sorted(_ORDINALS, key=len, reverse=True))

MOST_RELATIONS: Final = 8
"""What has more of what may be relations is a text rather than a place."""

_QUOTED = re.compile(r"(?<!\w)(?:\"([^\"]+)\"|“([^”]+)”|«([^»]+)»|‘([^’]+)’|'((?:[^']|(?<=\w)'(?=\w))+)')(?!\w)")
_HELD = re.compile(r"⟨(\d+)⟩")
_OBJECT = r"(?=\S)(?!(?:and|or|&)\b)"
"""What follows a verb; the first word of "Find and Replace" is none."""
_ARTICLE = r"(?:the|an?|any|this|that|my|your|its|their|some)"
*_HARD, _SOFT = (pattern for _, pattern in GRAMMAR.bonds)
# "in" and its like are a relation only before something that is pointed out: "zoom in", "turn on" have none.
_RELATION = re.compile(
    r"\s+(?:that is |which is |that's )?(?:(?P<hard>" + "|".join(_HARD) + r")\s+|"
    rf"(?P<soft>{_SOFT})\s+(?=(?:{_ARTICLE}\b|⟨|\w+'s\b|[A-Z])))"
)
_SIDE_WORDS = r"(?:(?:top|upper|bottom|lower|left|right|middle|center|centre)[\s-]*)+"
_SIDES = re.compile(
    r"\s+(?:(?:in|at|on|to|near) the\s+)?(?:(?:very|far)\s+)?"
    rf"(?P<sides>{_SIDE_WORDS})"
    r"(?:(?:hand )?(?:corner|side|edge|part))?(?: of the (?:screen|window|page|dialog))?$"
)
_TURNS = re.compile(
    r"(?:align|justify|rotate|turn|flip|move|shift|go|jump|scroll|skip|step|pan)(?: (?:it|them|up|on|back|over|all))?"
    r"|(?:align|justify|rotate|turn|flip|move|shift) the (?:text|picture|image|page|view|selection|object|paragraph)",
    re.I,
)
"""Which way something is to go, as in "align left" and "go to the top", is no part of the screen."""
_BEARS = re.compile(
    r"\s*\b(?:(?:that|which) )?(?:labell?ed|called|named|titled|entitled|with the (?:text|label|name|title)|"
    r"(?:that )?(?:shows|says|reads|contains|displays)|showing|saying|reading|containing)\s+(?:as\s+)?"
)

_DOCUMENT = re.compile(
    rf"(?:(?:{_POINT}) (?:(?:on|at|in|into|inside|over) )?)?"
    rf"(?:(?:the )?(?P<sides>{_SIDE_WORDS})(?:(?:hand )?(?:corner|side|edge|part))? of )?"
    rf"the (?P<area>{GRAMMAR.document})"
)
_LEAD = re.compile(rf"^(?:(?:please|now|then)\s+)?(?:(?:into|in|onto|on|at|to|inside)\s+(?={_ARTICLE}\b|⟨))?", re.I)
_A_ROW = r"(?:row|line|entry)"
_A_CARD = r"(?:card|tile)"


def _holder(kind: str, *, called: str) -> re.Pattern[str]:
    """Return the pattern of a place that is named by what stands in it: "in the row of Ada", "in Ada's row"."""
    return re.compile(
        r"\s+(?:in|on|from|of|at|within|inside)\s+(?:"
        rf"(?:the\s+)?{kind}\s+(?:of|for|with|named|called|labell?ed|containing|that (?:says|shows))\s+(?P<named>.+?)"
        rf"|(?P<owner>(?:(?!\s(?:in|on|from|of|at)\s).)+?)(?:['’]s|(?<=s)['’])\s+{kind}"
        rf"|the\s+(?!(?:{_ORDINAL}|same|next|top|bottom|upper|lower|selected)\b)(?P<called>(?:(?!\sthe\s).)+?)\s+{called}"
        rf")(?=\s+(?:in|on|at|from)\s+{_ARTICLE}\b|$)"
    )


_ROW = _holder(_A_ROW, called="(?:row|line)")
_CARD = _holder(_A_CARD, called=_A_CARD)
"""A quoted name is not taken apart."""
_NUMBERED_ROW = re.compile(
    rf"\s+(?:in|on|from|of|at|within|inside)\s+(?:the\s+(?P<word>{_ORDINAL})\s+row|row\s+(?:number\s+)?(?P<number>\d{{1,3}}))"
    r"(?:\s+of the (?:table|list|grid))?$"
)
_MEANS = re.compile(
    r"\A.+\s+by (?:(?:left|right|double)[- ]?)?(?:clicking|pressing|tapping|selecting|choosing)(?: on)?\s+", re.I
)
"""What is before it says what for: "open the calendar by clicking the clock"."""
_TOPIC = re.compile(r"(?:.*\s)?(?:topic|section|page|article|chapter)s? (?:about|on)\s+(?P<name>.+)", re.I)
_AMOUNT = re.compile(
    r"how (?P<much>many|much|long|often|big|large|far)\s+(?P<thing>.+?)(?:\s+(?:is|are|to be|should be|gets?)\b.*)?",
    re.I,
)
_OWNED = re.compile(rf"(?:{_ARTICLE}\s+)?(?P<owner>[^⟨⟩]+?)['’]s\s+(?P<thing>.+)")
_NAME_ROLE = re.compile(rf"(?P<name>.+?)(?<!\bthe)(?<!\ba)(?<!\ban)\s+(?P<role>{_ANY_ROLE})", re.I)
_ROLE_NAME = re.compile(
    rf"(?P<role>{_ANY_ROLE})(?:{_BEARS.pattern}|\s+(?=⟨)|(?<=word)\s+(?=\S+$)|(?<=phrase)\s+|(?<=sentence)\s+|"
    r"(?<=(?-i:[a-z]))\s+(?=(?-i:[A-Z])))(?P<name>.+)",
    re.I,
)
_CONTROL = "|".join(
    f"(?:{pattern})" for role, pattern in GRAMMAR.roles if role in ("slider", "dropdown", "checkbox", "field")
)
_USED = re.compile(
    rf"^(?P<name>\S+(?: (?!with\b|using\b|via\b|by\b)\S+){{0,4}}) (?:with|using|via|by|on) (?:the|its) "
    rf"(?P<role>{_CONTROL})$",
    re.I,
)
_LABELLED_LAST = re.compile(
    r"^(?P<thing>(?:the|a) [\w -]+?) (?P<place>(?:in|on|of) the [\w -]+?) "
    r"(?P<bears>(?:labell?ed|called|named|titled) (?:⟨\d+⟩|\S+))$"
)
"""In "the button in the dialog labelled Cancel" it is the button that is."""


@dataclass(frozen=True)
class Reading:
    """A phrase while it is being read: `rest` is what no rule has taken yet, the other fields are what rules found."""

    rest: str
    held: tuple[str, ...] = ()
    """The quoted names; ⟨0⟩ in `rest` stands for the first of them, so that no rule takes a name apart."""
    head: str = ""
    """What is left when the verb, the neighbours and the places are taken out; the name, if nothing else is."""
    verb: str = ""
    implied: Role | None = None
    """The role that the verb implies; a role word counts for more."""
    role: Role | None = None
    named: bool = False
    quoted: bool = False
    ordinal: int = 0
    relations: tuple[Relation, ...] = ()
    container: Container | None = None
    sides: tuple[Side, ...] = ()
    about: str = ""
    indefinite: bool = False

    def restored(self, text: str) -> str:
        """Return `text` with the quoted names put back, and without punctuation round it."""
        return _unpunctuated(_HELD.sub(lambda match: self.held[int(match[1])], text))

    def plain(self, text: str) -> str:
        """Return the same without articles at the start."""
        return self.restored(_bare(text))


Rule = Callable[[Reading], Reading]


def parse(target: str) -> Phrase:
    """Take `target` apart by `RULES`, one after the other. What no rule takes stays in the name."""
    reading = Reading(rest=target)
    for rule in RULES:
        reading = rule(reading)
    return Phrase(
        name=reading.plain(reading.rest) or reading.plain(reading.head) or reading.verb or target.strip(),
        quoted=reading.quoted,
        named=reading.named,
        nameless=not reading.named and reading.role is not None,
        verb=reading.verb,
        role=reading.role or reading.implied,
        ordinal=reading.ordinal,
        relations=tuple(one.model_copy(update={"other": reading.plain(one.other)}) for one in reading.relations),
        container=reading.container,
        sides=reading.sides,
        about=reading.restored(reading.about),
        indefinite=reading.indefinite and not (reading.quoted or reading.named),
    )


def described(phrase: Phrase) -> Phrase:
    """Return the phrase with its relations taken for more of the description."""
    others = tuple(relation.model_copy(update={"kind": "inside"}) for relation in phrase.relations)
    return phrase.model_copy(update={"relations": others, "named": False})


def hold_quotes(reading: Reading) -> Reading:
    """Put a sign in the place of each quoted name: "press 'Close'" becomes "press ⟨0⟩"."""
    held: list[str] = []

    def hold(quoted: re.Match[str]) -> str:
        held.append(next(group for group in quoted.groups() if group).strip())
        return f"⟨{len(held) - 1}⟩"

    rest = _unpunctuated(" ".join(_QUOTED.sub(hold, reading.rest).split()).strip("!"))
    return replace(reading, rest=rest, held=tuple(held))


def drop_purpose(reading: Reading) -> Reading:
    """Drop what the step is for: "open the calendar by clicking the clock" is about the clock."""
    return replace(reading, rest=_MEANS.sub("", reading.rest))


def drop_lead(reading: Reading) -> Reading:
    """Drop "please" and a preposition at the start: "into the Name field"."""
    return replace(reading, rest=_LEAD.sub("", reading.rest))


def move_label(reading: Reading) -> Reading:
    """Put the label beside its bearer: of "the button in the dialog labelled Cancel", the button bears it."""
    return replace(reading, rest=_LABELLED_LAST.sub(r"\g<thing> \g<bears> \g<place>", reading.rest))


def take_document(reading: Reading) -> Reading:
    """Take the area of the document, and which part of it: "the middle of the drawing area"."""
    area = _DOCUMENT.fullmatch(reading.rest)
    if area is None:
        return reading
    sides = dict.fromkeys(GRAMMAR.sides[word] for word in re.findall(r"\w+", area["sides"] or ""))
    return replace(reading, rest=area["area"], role="document", sides=tuple(sides))


def take_topic(reading: Reading) -> Reading:
    """Keep only the title: "the help topic about editing contacts" bears the name "editing contacts"."""
    topic = _TOPIC.fullmatch(reading.rest)
    return replace(reading, rest=topic["name"]) if topic else reading


def take_numbered_row(reading: Reading) -> Reading:
    """Take the row by its number: "Edit in the second row", "the date in row 3"."""
    row = _NUMBERED_ROW.search(reading.rest)
    if row is None or row.start() == 0:
        return reading
    number = int(row["number"]) if row["number"] else _ORDINALS[row["word"]]
    relation = Relation(kind="row", other=row[0].split(maxsplit=1)[1], ordinal=number)
    return replace(reading, rest=reading.rest[: row.start()], relations=(*reading.relations, relation))


def take_row(reading: Reading) -> Reading:
    """Take the row that the target stands in: "Edit in Ada's row", "the date in the row of Ada"."""
    return _taken_from(reading, _ROW, "row")


def take_card(reading: Reading) -> Reading:
    """Take the card that the target stands on: "Buy on the Lamp card"."""
    return _taken_from(reading, _CARD, "card")


def _taken_from(reading: Reading, holder: re.Pattern[str], kind: Bond) -> Reading:
    place = holder.search(reading.rest)
    if place is None or place.start() == 0:
        return reading
    name = place["named"] or place["owner"] or place["called"]
    rest = reading.rest[: place.start()] + reading.rest[place.end() :]
    return replace(reading, rest=rest, relations=(*reading.relations, Relation(kind=kind, other=name)))


def join_role(reading: Reading) -> Reading:
    """Put the control that is used beside its name: "Brightness with the slider" is the Brightness slider."""
    return replace(reading, rest=_USED.sub(r"\g<name> \g<role>", reading.rest))


def take_relations(reading: Reading) -> Reading:
    """Take what the target stands near to or within: "the OK button near Cancel", "'Quit' in the menu"."""
    spoken = reading.rest
    cuts = [cut for cut in _RELATION.finditer(spoken) if not _is_verb_part(spoken, cut)]
    if len(cuts) > MOST_RELATIONS:
        return reading
    head = spoken[: cuts[0].start()] if cuts else spoken
    relations: list[Relation] = []
    container: Container | None = None
    for cut, following in zip_longest(cuts, cuts[1:]):
        other = spoken[cut.end() : following.start() if following else None].strip()
        if cut["soft"] and (place := _container(other)):
            container = container or place
        elif cut["soft"] and _SIDES.fullmatch(f" {_bare(other)}"):
            head = f"{head} at the {_bare(other)}"
        elif other:
            relations.append(Relation(kind=_bond(cut["hard"] or cut["soft"]), other=other))
    return replace(reading, rest=head, relations=(*reading.relations, *relations), container=container)


def take_sides(reading: Reading) -> Reading:
    """Take the part of the screen: "the menu button at the top right"."""
    place = _SIDES.search(reading.rest)
    if not place or place.start() == 0 or _TURNS.fullmatch(reading.rest[: place.start()]):
        return reading
    sides = dict.fromkeys(GRAMMAR.sides[word] for word in re.findall(r"\w+", place["sides"]))
    return replace(reading, rest=reading.rest[: place.start()], sides=tuple(sides))


def take_verb(reading: Reading) -> Reading:
    """Take what is done, and the role that it implies: "tick 'Match case'" is about a check box."""
    for role, pattern in GRAMMAR.verbs:
        if match := re.match(rf"({pattern})\s+{_OBJECT}", reading.rest, re.I):
            return replace(reading, rest=reading.rest[match.end() :], verb=match[1].lower(), implied=role)
    pointing = re.match(rf"(?:{_POINT})\s+(?:(?:on|at|in|into|inside|over)\s+)?{_OBJECT}", reading.rest, re.I)
    return replace(reading, rest=reading.rest[pointing.end() :]) if pointing else reading


def take_owner(reading: Reading) -> Reading:
    """Take the owner for a container: "the document viewer's help" is within the document viewer."""
    owned = _OWNED.fullmatch(reading.rest)
    if not owned:
        return reading
    return replace(
        reading, rest=owned["thing"], relations=(*reading.relations, Relation(kind="inside", other=owned["owner"]))
    )


def name_amount(reading: Reading) -> Reading:
    """Turn a question into the name of its field: "how long the alarm rings" is "the alarm rings duration"."""
    asked = _AMOUNT.fullmatch(reading.rest)
    if not asked:
        return reading
    return replace(reading, rest=f"{asked['thing']} {GRAMMAR.amounts.get(asked['much'].lower(), '')}".strip())


def take_option(reading: Reading) -> Reading:
    """Take what an option is for: of "set the alarm to Monday", the target is the item "Monday"."""
    head = reading.rest
    reading = replace(reading, head=head)
    if reading.verb in ("set", "change", "adjust") or re.match(r"(?:switch|zoom|label|list|mark|group)\s", head, re.I):
        thing, linked, option = re.sub(r"\s+(to|as|by)\s+", "\0", head, count=1).partition("\0")
        if linked:
            return replace(reading, rest=option, about=thing, implied="item")
    return reading


def take_ordinal(reading: Reading) -> Reading:
    """Take the number: "the second Save button". "First Name" with capitals is a label, and so is "the first name"."""
    match = re.match(rf"(?:{_ARTICLE}\s+)?({_ORDINAL})\s+(?!names?\b)(?=\S)", reading.rest)
    return replace(reading, rest=reading.rest[match.end() :], ordinal=_ORDINALS[match[1]]) if match else reading


def note_indefinite(reading: Reading) -> Reading:
    """Note that any such thing is meant: "open a file"."""
    return replace(reading, indefinite=bool(reading.verb and re.match(r"(?:an?|some)\s", reading.rest, re.I)))


def take_role(reading: Reading) -> Reading:
    """Take the role word, and note whether a name stood beside it: "the Save button", "the field labelled Name"."""
    if reading.role:
        return reading
    bare = _bare(reading.rest)
    if re.fullmatch("new tab", bare, re.I):  # no tab that is called new
        return replace(reading, rest=bare)
    if role := _role_of(bare.lower(), reading.verb):
        return replace(reading, rest=bare, role=role)
    for pattern in (_NAME_ROLE, _ROLE_NAME):
        if match := pattern.fullmatch(bare):
            return replace(reading, rest=match["name"], role=_role_of(match["role"].lower(), reading.verb), named=True)
    return replace(reading, rest=_BEARS.sub(" ", bare).strip())


def take_quoted_name(reading: Reading) -> Reading:
    """Take the first quoted text for the name, and the words beside it for a description."""
    quotes = _HELD.findall(reading.rest)
    if not quotes:
        return reading
    about = f"{reading.about} {_HELD.sub(' ', reading.rest)}".strip()
    return replace(reading, rest=f"⟨{quotes[0]}⟩", about=about, quoted=True)


RULES: Final[tuple[Rule, ...]] = (
    hold_quotes,
    drop_purpose,
    drop_lead,
    move_label,
    take_document,
    take_topic,
    take_numbered_row,
    take_row,
    take_card,
    join_role,
    take_relations,
    take_sides,
    take_verb,
    take_owner,
    name_amount,
    take_option,
    take_ordinal,
    note_indefinite,
    take_role,
    take_quoted_name,
)
"""The order is part of the meaning: a rule sees only what the earlier ones have left."""


def _is_verb_part(spoken: str, cut: re.Match[str]) -> bool:
    """Whether the "in" belongs to the verb, as in "type in the Name field"."""
    before = spoken[: cut.end()].strip()
    return bool(cut["soft"] and re.fullmatch(rf"(?:{_POINT}|{_VERB})(?: (?:on|in|at|into|inside|from))?", before, re.I))


def _bond(word: str) -> Bond:
    return next(kind for kind, pattern in GRAMMAR.bonds if re.fullmatch(pattern, word))


def _container(words: str) -> Container | None:
    bare = _bare(words)
    return next((name for name, pattern in GRAMMAR.containers if re.fullmatch(pattern, bare, re.I)), None)


def _role_of(word: str, verb: str) -> Role | None:
    if word == "box" and re.match(r"(?:un)?(?:tick|check|mark)|enable|disable|toggle", verb):
        return "checkbox"
    return next((role for role, pattern in GRAMMAR.roles if re.fullmatch(pattern, word)), None)


def _unpunctuated(text: str) -> str:
    """Return the text without punctuation round it; three dots at the end belong to a name."""
    bare = text.strip(" ,.;:")
    return f"{bare}..." if text.endswith("...") else bare


def _bare(words: str) -> str:
    """Return the words without articles at the start."""
    return re.sub(rf"^(?:{_ARTICLE}\s+)+(?=\S)", "", words.strip(), flags=re.I)
