"""Rules outside the model: which inputs are allowed, asked about or denied. The first that fits decides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch, fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import AfterValidator, Field, ValidationError, model_validator

from screenagent.actions import Action, HoldKeys, Input, PressKeys, TypeText, describe, targets
from screenagent.events import Event, Grounded, Observed, Reviewed, Verdict
from screenagent.geometry import Box, Location, Value
from screenagent.keys import key
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot, Window, Word

Then = Literal["allow", "ask", "deny"]
Kind = Literal["click", "move", "drag", "scroll", "type_text", "press_keys", "hold_keys"]


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


def _combination(text: str) -> str:
    return "+".join(key(name) for name in text.split("+"))


Pattern = Annotated[str, AfterValidator(_pattern)]
Combination = Annotated[str, AfterValidator(_combination)]


class Rule(Value):
    """Fits where all that it names fits; one that names nothing fits everything."""

    then: Then
    because: str = Field("", description="said to the person who is asked, and to the planner where it is denied")
    kinds: tuple[Kind, ...] = Field((), description="kinds of action")
    apps: tuple[str, ...] = Field(
        (), description="applications in front, `*` for any letters; `terminal` is every terminal that is known"
    )
    title: Pattern | None = Field(None, description="regular expression for the title of the window in front")
    region: Box | None = Field(None, description="part of the screen that the action reaches into")
    text: Pattern | None = Field(None, description="regular expression for what is typed")
    keys: tuple[Combination, ...] = Field((), description="combinations that are among the keys pressed: ctrl+q")
    target: Pattern | None = Field(
        None, description="regular expression for the target's words, or for what is read under the mouse"
    )

    def why(self, action: Input, *, window: Window | None, locations: Sequence[Location], under: str) -> str | None:
        """What made it fit, in words; None where it does not fit."""
        found: list[str] = []
        if self.kinds and action.kind not in self.kinds:
            return None
        if self.apps and not any(_is_app(window, app) for app in self.apps):
            return None
        if self.region and not any(location.point in self.region for location in locations):
            return None
        if self.keys:
            pressed = action.keys if isinstance(action, PressKeys | HoldKeys) else ()
            if not any(set(combination.split("+")) <= set(pressed) for combination in self.keys):
                return None
            found.append("+".join(pressed))
        for pattern, texts in (
            (self.title, (window.title if window else "",)),
            (self.text, (action.text if isinstance(action, TypeText) else "",)),
            (self.target, (*targets(action), under)),
        ):
            if pattern is None:
                continue
            match = next((hit for text in texts if (hit := re.search(pattern, text, re.IGNORECASE))), None)
            if match is None:
                return None
            found.append(repr(match.string if pattern is self.title else match.group()))
        if self.apps and window and self.title is None:
            found.append(repr(window.title or window.app))
        return f"{self.because or self.then}: {', '.join(found)}" if found else self.because or self.then


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

    def fits(self, name: str, window: Window) -> bool:
        return (
            fnmatchcase(name, self.name)
            and (not self.apps or any(_is_app(window, app) for app in self.apps))
            and (self.title is None or re.search(self.title, window.title, re.IGNORECASE) is not None)
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
        """The policy in a YAML file; what is wrong with it is a `ValueError` that names the place."""
        try:
            return cls.model_validate(yaml.safe_load(path.read_text("utf-8")))
        except yaml.YAMLError as error:
            raise ValueError(f"{path} is not YAML: {error}") from error
        except ValidationError as error:
            wrong = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in wrong["loc"])
            raise ValueError(f"{path} is no policy: {where}: {wrong['msg']}") from error

    def why_not(self, secret: str, window: Window | None) -> str | None:
        """Why `secret` may not be typed into `window`; None where it may."""
        if window is None or window.own or not any(rule.fits(secret, window) for rule in self.secrets):
            front = f"{window.title!r} ({window.app})" if window else "no window"
            return f"no rule under `secrets:` in the policy lets {secret!r} be typed into {front}"
        return None

    def ruling(
        self,
        action: Input,
        locations: Sequence[Location] = (),
        *,
        screen: Screenshot | None = None,
        reader: TextReader | None = None,
    ) -> Ruling:
        """By the window in front and by what is read under the mouse, whatever the model calls it."""
        window = screen.window if screen else None
        words = reader.read(screen) if reader and screen and screen.image is not None and locations else ()
        under = " ".join(read_under(location, words) for location in locations)
        for number, rule in enumerate(self.rules, start=1):
            why = rule.why(action, window=window, locations=locations, under=under)
            if why is not None:
                return Ruling(then=rule.then, rule=number, why=why)
        return Ruling()


@cache
def default_policy() -> Policy:
    """Asks before terminals, passwords, payments, deletion, sending and system settings; denies nothing."""
    text = resources.files("screenagent.approval").joinpath("default.yaml").read_text("utf-8")
    return Policy.model_validate(yaml.safe_load(text))


class Finding(Value):
    """An input of a run that is over: what a policy says of it, and what was said when it happened."""

    action: Action
    ruling: Ruling
    verdict: Verdict

    def __str__(self) -> str:
        said = f"{self.ruling.then:<5} {describe(self.action)}"
        return f"{said}  ({self.ruling.why})" if self.ruling.why else said


def check(policy: Policy, events: Iterable[Event], *, reader: TextReader | None = None) -> Iterator[Finding]:
    """What `policy` would have said to each input that was reviewed in a run."""
    screen: Screenshot | None = None
    asked: Grounded | None = None
    for event in events:
        match event:
            case Observed(screenshot=screenshot):
                screen = screenshot
            case Grounded():
                asked = event
            case Reviewed(verdict=verdict) if asked is not None and isinstance(asked.action, Input):
                ruling = policy.ruling(asked.action, asked.locations, screen=screen, reader=reader)
                yield Finding(action=asked.action, ruling=ruling, verdict=verdict)
                asked = None
            case _:
                pass


def read_under(location: Location, words: Iterable[Word]) -> str:
    """The words at a place: those in its box, and those that stand next to each other where the point is."""
    inside = [word for word in words if location.box and word.box.center in location.box]
    for line in _runs(words):
        box = Box(left=line[0].box.left, top=min(word.box.top for word in line), right=line[-1].box.right,
                  bottom=max(word.box.bottom for word in line))  # fmt: skip
        if location.point in box:
            inside += [word for word in line if word not in inside]
    return " ".join(word.text for word in inside)


def _runs(words: Iterable[Word]) -> Iterator[list[Word]]:
    """Words of a line that stand closer together than one is high."""
    run: list[Word] = []
    for word in words:
        if run and (word.line != run[-1].line or word.box.left - run[-1].box.right > word.box.bottom - word.box.top):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _is_app(window: Window | None, app: str) -> bool:
    if window is None:
        return False
    return window.is_terminal if app == "terminal" else fnmatch(window.app.lower(), app.lower())
