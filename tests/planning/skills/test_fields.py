"""A field is set and cleared whatever its keys do, or the skill fails."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from PIL import Image, ImageDraw, ImageFont

from screenagent.actions import Click, PressKeys, TypeText
from screenagent.events import PlannedStep
from screenagent.geometry import Box, Location, Size
from screenagent.planning.instructions.steps import click_into
from screenagent.planning.skills import fields
from screenagent.planning.skills.skill import SkillFailed
from screenagent.planning.skills.view import ScreenView
from screenagent.screenshot import Screenshot, Word

SIZE = Size(width=400, height=120)
FIELD = Box.of_pixels((100, 40, 360, 68), SIZE)
USUAL = frozenset((("ctrl", "a"), ("shift", "home"), ("shift", "end")))


@dataclass
class Entry:
    """A field whose keys in `marking` select its text; it can be read and found, and shows `hint` while it is empty."""

    text: str
    marking: frozenset[tuple[str, ...]] = USUAL
    hint: str = ""
    deletes: bool = True
    most: int = 99
    """The largest number that it keeps, once it has lost the focus."""
    taken: str = ""
    """What it had when it lost the focus."""
    enlarged: str = ""
    """What is read where it is looked at enlarged, if that is something else."""
    at: int = 0
    marked: bool = False
    words: dict[str, list[Word]] = field(default_factory=dict)

    def do(self, step: PlannedStep) -> None:
        match step.action:
            case Click():
                self.at, self.marked = len(self.text), False
            case TypeText(text=text):
                self._replace(text)
            case PressKeys(keys=("tab",)):
                self.taken = self.text = str(min(int(self.text), self.most))
            case PressKeys(keys=keys) if keys in self.marking:
                self.marked = True
            case PressKeys(keys=("delete",)) if self.marked or self.deletes:
                self._replace("") if self.marked else self._cut(self.at, self.at + 1)
            case PressKeys(keys=("backspace",), times=times) if self.deletes:
                self._cut(max(0, self.at - times), self.at)
            case PressKeys(keys=keys):
                self.at, self.marked = (0 if keys[-1] in ("a", "home") else len(self.text)), False

    def _replace(self, text: str) -> None:
        if not self.deletes:
            return
        if self.marked:
            self.text, self.at = "", 0
        self.text, self.marked = self.text[: self.at] + text + self.text[self.at :], False

    def _cut(self, start: int, end: int) -> None:
        self.text, self.at = self.text[:start] + self.text[end:], start

    @property
    def screen(self) -> Screenshot:
        image, font = Image.new("RGB", (SIZE.width, SIZE.height), (240, 240, 240)), ImageFont.load_default(15)
        draw, shown = ImageDraw.Draw(image), self.text or self.hint
        draw.rectangle((100, 40, 360, 68), fill="white", outline=(120, 120, 120))
        width = font.getlength(shown)
        if self.marked and self.text:
            draw.rectangle((106, 44, 106 + width, 64), fill=(50, 100, 220))
        ink = "white" if self.marked and self.text else "black" if self.text else (150, 150, 150)
        draw.text((106, 54), shown, fill=ink, font=font, anchor="lm")
        screen = Screenshot.of(image)
        box = Box.of_pixels((106, 44, 106 + width, 64), SIZE)
        self.words[screen.digest] = [Word(text=shown, box=box)] if shown else []
        return screen

    def read(self, screenshot: Screenshot) -> list[Word]:
        if screenshot.digest in self.words:
            return self.words[screenshot.digest]
        return [Word(text=self.enlarged or self.text, box=Box(left=0, top=0, right=1, bottom=1))]

    def locate(self, _target: str, _screenshot: Screenshot, *, near: Location | None = None) -> Location:
        return Location(point=FIELD.center, box=FIELD, confidence=1, by="field")

    def carry_out(self, skill: str, text: str = "") -> list[PlannedStep]:
        """Do what the skill says, and return the steps."""
        view, done = ScreenView(self, self), []
        view.screen = self.screen
        entering, target = click_into("the Name field"), "the Name field"
        work = {
            "set": fields.set_text(view, entering, target, text),
            "set value": fields.set_value(view, entering, target, text),
            "clear": fields.clear_text(view, entering, target),
        }
        for steps in work[skill]:
            for step in steps:
                self.do(step)
                done.append(step)
            view.screen = self.screen
        return done


TK = USUAL - {("ctrl", "a")}


@pytest.mark.parametrize("marking", [USUAL, TK, frozenset({("shift", "end")}), frozenset()])
@pytest.mark.parametrize("hint", ["", "Your name"])
@pytest.mark.parametrize("text", ["Ada", ""])
def test_a_field_is_set_and_cleared_whatever_its_keys_do(
    marking: frozenset[tuple[str, ...]], hint: str, text: str
) -> None:
    entry = Entry(text, marking, hint)
    entry.carry_out("set", "Bob")
    assert entry.text == "Bob"
    entry.carry_out("clear")
    assert entry.text == ""


def test_what_ctrl_a_selects_is_typed_over() -> None:
    kinds = [step.action.kind for step in Entry("Ada").carry_out("set", "Bob")]
    assert kinds == ["click", "press_keys", "type_text"]


@pytest.mark.parametrize("skill", ["set", "clear"])
def test_a_field_that_keeps_its_text_is_no_success(skill: str) -> None:
    entry = Entry("Ada", frozenset(), deletes=False)
    with pytest.raises(SkillFailed, match="Ada"):
        entry.carry_out(skill, "Bob")


def test_a_number_is_taken_over_by_the_field_and_is_seen_to_stay() -> None:
    entry = Entry("9")
    done = [step.action for step in entry.carry_out("set value", "4")]
    assert entry.taken == "4"
    assert done[-2:] == [PressKeys(keys=("tab",)), PressKeys(keys=("shift", "tab"))]
    with pytest.raises(SkillFailed, match="it reads “3”"):
        Entry("1", most=3).carry_out("set value", "4")


def test_a_number_that_is_misread_at_its_size_is_looked_at_enlarged_before_it_is_called_another() -> None:
    Entry("1", most=3, enlarged="4").carry_out("set value", "4")


def test_a_text_is_not_taken_over_by_keys_that_may_do_something_else() -> None:
    entry = Entry("Ada")
    entry.carry_out("set value", "Bob")
    assert (entry.text, entry.taken) == ("Bob", "")
