"""Rules outside the model: which inputs are allowed, asked about or denied. The first that fits decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch, fnmatchcase
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from screenagent.actions import (
    CloseWindow,
    FocusWindow,
    HoldKeys,
    Input,
    OpenProgram,
    PressKeys,
    TypeText,
    WindowInput,
    targets,
)
from screenagent.approval.context import PolicyContext, reached_windows
from screenagent.approval.patterns import MatchTime, Pattern, SlowPattern
from screenagent.approval.triggers import pressed_together
from screenagent.geometry import Box, Location, Value
from screenagent.keys import key
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot, Window, Word
from screenagent.yaml_file import read_packaged, read_yaml

Then = Literal["allow", "ask", "deny"]
InputKind = Literal["click", "move", "drag", "scroll", "type_text", "press_keys", "hold_keys", "open", "focus", "close"]


def _combination(text: str) -> str:
    return "+".join(key(name) for name in text.split("+"))


Combination = Annotated[str, AfterValidator(_combination)]


class Rule(Value):
    """Fits where all that it names fits; one that names nothing fits everything.

    What is allowed has to be so by all that the action reaches: by what is read under the mouse and not by the target's
    words, in each of its places, and by exactly these keys. What is asked about or denied is so by each key that the
    action presses in whatever way, and by each button that its keys may press. What opens a program or is about a
    window is allowed only by a rule that names its kind, or nothing at all.
    """

    then: Then
    because: str = Field("", description="said to the person who is asked, and to the planner where it is denied")
    kinds: tuple[InputKind, ...] = Field((), description="kinds of action")
    apps: tuple[str, ...] = Field(
        (), description="applications in front, `*` for any letters; `terminal` is every terminal that is known"
    )
    title: Pattern | None = Field(None, description="regular expression for the title of the window in front")
    region: Box | None = Field(None, description="part of the screen that the action reaches into")
    text: Pattern | None = Field(
        None, description="regular expression for what is typed, or the command that is opened"
    )
    keys: tuple[Combination, ...] = Field(
        (), description="combinations that are among the keys pressed, held or, to ask or deny, typed: ctrl+q"
    )
    target: Pattern | None = Field(
        None,
        description="regular expression for what is read under the mouse; to ask or deny, for the target's words, too, "
        "and for the buttons and entries that keys can press",
    )
    near: Pattern | None = Field(
        None,
        description="regular expression for what is read at the field that was last clicked into, where keys go; where "
        "that is not known, for all that is read in the window",
    )
    shown: Pattern | None = Field(None, description="regular expression for what is read in the window in front")

    def why(self, action: Input, context: PolicyContext) -> str | None:
        """Return in words what made the rule fit; None if it does not fit. Raises `SlowPattern`."""
        reasons: list[str] = []
        for matched in self._matches(action, context):
            if matched is None:
                return None
            reasons += matched
        return f"{self.because or self.then}: {', '.join(reasons)}" if reasons else self.because or self.then

    def _matches(self, action: Input, context: PolicyContext) -> Iterator[list[str] | None]:
        """Yield for each condition the words that it matched, or None if it does not match.

        The conditions come in the order of their cost: what has to be read off the screen comes last.
        """
        window = context.window
        yield [] if action.kind in self.kinds or (not self.kinds and self._covers_unnamed(action)) else None
        yield [] if not self.apps or any(_is_app(window, app) for app in self.apps) else None
        yield [] if self.region is None or self._reaches(self.region, context.locations) else None
        yield self._match_keys(action) if self.keys else []
        title, found = window.title if window else "", partial(_found, context.match_time)
        yield [] if self.title is None else [repr(title)] if found(self.title, [title]) is not None else None
        yield found(self.text, _texts(action))
        if self.target is not None:
            yield self._match_target(self.target, action, context)
        if self.near is not None:
            yield found(self.near, [context.near])
        if self.shown is not None:
            yield found(self.shown, [context.shown])
        if window and self.apps and self.title is None:
            yield [repr(window.title or window.app)]

    def _covers_unnamed(self, action: Input) -> bool:
        """Whether a rule without kinds can fit: what was written for mouse and keys allows nothing else."""
        return self.then != "allow" or not isinstance(action, WindowInput) or self.model_fields_set <= _SAID

    def _reaches(self, region: Box, locations: Sequence[Location]) -> bool:
        inside = [location.point in region for location in locations]
        return all(inside) and bool(inside) if self.then == "allow" else any(inside)

    def _match_keys(self, action: Input) -> list[str] | None:
        pressed = [
            keys for keys in pressed_together(action) if any(self._are_among(among, keys) for among in self.keys)
        ]
        fits = bool(pressed) and (
            self.then != "allow" or (len(pressed) == len(pressed_together(action)) and _is_keys(action))
        )
        return ["+".join(pressed[0])] if fits else None

    def _are_among(self, combination: str, pressed: Sequence[str]) -> bool:
        named = set(combination.split("+"))
        return named == set(pressed) if self.then == "allow" else named <= set(pressed)

    def _match_target(self, pattern: str, action: Input, context: PolicyContext) -> list[str] | None:
        found = partial(_found, context.match_time)
        if self.then != "allow":
            words = _target_words(action)
            return found(pattern, words) or found(pattern, context.under) or found(pattern, context.triggered(action))
        hits = [found(pattern, [words]) for words in context.under]
        return None if not hits or None in hits else [word for hit in hits if hit for word in hit]


_SAID: Final = frozenset({"then", "because"})
"""What a rule may say without naming what it fits."""


def _texts(action: Input) -> list[str]:
    match action:
        case TypeText(text=text) | OpenProgram(command=text):
            return [text]
        case _:
            return []


def _target_words(action: Input) -> list[str]:
    match action:
        case FocusWindow(window=words) | CloseWindow(window=words):
            return [words]
        case _:
            return [target.words for target in targets(action)]


def _is_keys(action: Input) -> bool:
    return isinstance(action, PressKeys | HoldKeys)


def _found(time: MatchTime, pattern: str | None, texts: Iterable[str]) -> list[str] | None:
    """What fits the pattern first; nothing where there is no pattern, None where none of the texts fits it."""
    if pattern is None:
        return []
    hits = (time.first_match(pattern, text) for text in texts)
    return next(([repr(hit)] for hit in hits if hit is not None), None)


class SecretRule(Value):
    """Lets a secret be typed into the windows that it names, by application, title or both."""

    name: str = Field(min_length=1, description="the secret's name, `*` for any letters")
    apps: tuple[str, ...] = Field((), description="applications in front, as in a rule")
    title: Pattern | None = Field(None, description="regular expression for the title of the window in front")

    @model_validator(mode="after")
    def _names_a_window(self) -> Self:
        if not self.apps and self.title is None:
            raise ValueError("name the windows that the secret may go into, by `apps`, `title` or both")
        return self

    def fits(self, name: str, window: Window, time: MatchTime) -> bool:
        """Whether the secret of this name may be typed into the window. Raises `SlowPattern`."""
        return (
            fnmatchcase(name, self.name)
            and (not self.apps or any(_is_app(window, app) for app in self.apps))
            and (self.title is None or time.first_match(self.title, window.title) is not None)
        )


class Ruling(Value):
    """What a policy says of an action; `rule` counts from 1, None where none fits, which means ask."""

    then: Then = "ask"
    rule: int | None = None
    why: str = ""


class Policy(Value):
    """Rules in the order in which they are tried. The first that fits decides; where none does, it is asked.

    A secret goes only into a window that one of `secrets` names, whoever approves of it.
    """

    rules: tuple[Rule, ...] = ()
    secrets: tuple[SecretRule, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Policy:
        """Read the policy in a YAML file; raises `BadFile` that names what is wrong with it, and where."""
        return read_yaml(path, cls, what="a policy")

    def why_not(self, secret: str, window: Window | None) -> str | None:
        """Why `secret` may not be typed into `window`; None where it may."""
        front = f"{window.title!r} ({window.app})" if window else "no window"
        try:
            if window is not None and not window.own and self._lets(secret, window):
                return None
        except SlowPattern as slow:
            return f"whether {secret!r} may be typed into {front} cannot be judged: {slow}"
        return f"no rule under `secrets:` in the policy lets {secret!r} be typed into {front}"

    def _lets(self, secret: str, window: Window) -> bool:
        time = MatchTime()
        return any(rule.fits(secret, window, time) for rule in self.secrets)

    def ruling(
        self,
        action: Input,
        locations: Sequence[Location] = (),
        *,
        screen: Screenshot | None = None,
        reader: TextReader | None = None,
        focus: Location | None = None,
    ) -> Ruling:
        """By the windows that the input reaches and by what is read under the mouse, whatever the model calls it.

        The window in front counts as reached. Where several are, the strictest ruling holds. Where a pattern takes too
        long nobody can say what the policy means, and the input is denied.
        """

        def words() -> Sequence[Word]:
            return reader.read(screen) if reader and screen and screen.image is not None else ()

        reached = reached_windows(action, locations, screen) if screen else (None,)
        time = MatchTime()
        contexts = [PolicyContext(window, locations, focus, words, screen, time) for window in reached]
        return min((self._ruling(action, context) for context in contexts), key=_leniency)

    def _ruling(self, action: Input, context: PolicyContext) -> Ruling:
        for number, rule in enumerate(self.rules, start=1):
            try:
                why = rule.why(action, context)
            except SlowPattern as slow:
                return Ruling(then="deny", rule=number, why=f"rule {number} cannot be judged: {slow}")
            if why is not None:
                return Ruling(then=rule.then, rule=number, why=why)
        return Ruling()


def _leniency(ruling: Ruling) -> int:
    """Deny, ask, no rule, allow: with `risky_only` what no rule fits goes through, but still not as what is allowed."""
    return 2 if ruling.rule is None else {"deny": 0, "ask": 1, "allow": 3}[ruling.then]


@cache
def default_policy() -> Policy:
    """Asks before terminals, passwords, payments, deletion, sending and system settings; denies nothing."""
    return read_packaged(Path(__file__).with_name("default.yaml"), Policy)


def _is_app(window: Window | None, app: str) -> bool:
    if window is None:
        return False
    return window.is_terminal if app == "terminal" else fnmatch(window.app.lower(), app.lower())
