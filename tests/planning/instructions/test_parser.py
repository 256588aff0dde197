"""What the reader of plain instructions understands: a table of sentences and the actions they ask for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from screenagent import keys
from screenagent.actions import (
    Action,
    Ask,
    Change,
    Click,
    Drag,
    Finish,
    HoldKeys,
    Move,
    PressKeys,
    Scroll,
    TypeText,
    Wait,
    WaitFor,
)
from screenagent.planning import UNDERSTOOD, RefusalCode, Unreadable, read_instructions


def actions(task: str) -> list[Action]:
    """The actions read from `task`, without the `Finish` that ends every plan."""
    *steps, finish = read_instructions(task).plan.steps
    assert isinstance(finish.action, Finish)
    assert finish.action.success
    return [step.action for step in steps]


def click(target: str, **how: object) -> Click:
    return Click.model_validate({"target": target, **how})


def press(chord: str, times: int = 1) -> PressKeys:
    return PressKeys(keys=keys.chord(chord), times=times)


def text(text: str) -> TypeText:
    return TypeText(text=text)


def seen(words: str, seconds: float = 10) -> WaitFor:
    return WaitFor(words=words, seconds=seconds)


def gone(words: str, seconds: float = 10) -> WaitFor:
    return WaitFor(words=words, gone=True, seconds=seconds)


def drag(*path: str, **how: object) -> Drag:
    return Drag.model_validate({"path": path, **how})


def scroll(direction: str, notches: int = 5, target: str | None = None) -> Scroll:
    return Scroll.model_validate({"direction": direction, "notches": notches, "target": target})


FILE_SAVE = [click("File"), click("Save")]

SENTENCES: list[tuple[str, Sequence[Action]]] = [
    # whole tasks, and how steps are set apart
    (
        "open the File menu, click Save As, type notes.txt, press enter",
        [click("the File menu"), click("Save As"), text("notes.txt"), press("enter")],
    ),
    (
        "Open the File menu. Click \"Save As\". Type 'notes.txt' and press Enter.",
        [click("the File menu"), click("Save As"), text("notes.txt"), press("enter")],
    ),
    ("open File, click Save", FILE_SAVE),
    ("open File; click Save", FILE_SAVE),
    ("open File then click Save", FILE_SAVE),
    ("open File and click Save", FILE_SAVE),
    ("open File and then click Save.", FILE_SAVE),
    ("open File, and then, click Save", FILE_SAVE),
    ("Open File. After that, click Save.", FILE_SAVE),
    ("open File\nclick Save\n", FILE_SAVE),
    ("open File\r\n\r\nclick Save", FILE_SAVE),
    ("1. open File\n2. click Save", FILE_SAVE),
    ("1) open File 2) click Save", FILE_SAVE),
    ("1. Open File. 2. Click Save.", FILE_SAVE),
    ("(1) open File\n(2) click Save", FILE_SAVE),
    ("- open File\n- click Save", FILE_SAVE),
    ("* open File\n* click Save.\n", FILE_SAVE),
    ("• open File\n• click Save", FILE_SAVE),
    ("Step 1: open File\nStep 2: click Save", FILE_SAVE),
    ("Do the following: open File, click Save", FILE_SAVE),
    ("First, open File; then click Save. That's it!", FILE_SAVE),
    ("Please open File and now click Save, thanks", FILE_SAVE),
    ("Could you please open File and click Save?", FILE_SAVE),
    ("I'd like you to open File, and finally you should click Save", FILE_SAVE),
    ("click File, then Save", FILE_SAVE),
    ("click File, Save", FILE_SAVE),
    ("File > Save", FILE_SAVE),
    ("choose File → Save", FILE_SAVE),
    ("click 'File' > 'Save'", FILE_SAVE),
    ("go to File -> Save", FILE_SAVE),
    ("open file > save", [click("file"), click("save")]),
    ("choose Save from the File menu", [click("the File menu"), click("Save")]),
    # clicks
    ("click on the Save button", [click("the Save button")]),
    ("press the Save button", [click("the Save button")]),
    ("hit Cancel", [click("Cancel")]),
    ("push “OK”", [click("OK")]),
    ("choose Print...", [click("Print...")]),
    ("click Save As…, then press enter", [click("Save As…"), press("enter")]),
    ("pick the second 'Open' in the menu", [click("the second 'Open' in the menu")]),
    ("click on Open in the toolbar", [click("Open in the toolbar")]),
    ("in the File menu, click Save As", [click("Save As in the File menu")]),
    ("click Find and Replace", [click("Find and Replace")]),
    ("click Cut and Paste", [click("Cut and Paste")]),
    ("click the Yes button and the Close button", [click("the Yes button"), click("the Close button")]),
    ('click "A", "B" and "C, D"', [click("A"), click("B"), click("C, D")]),
    ("click 7, click +, click 5, click =", [click("7"), click("+"), click("5"), click("=")]),
    ("click Next, Next", [click("Next"), click("Next")]),
    ("click Next twice", [click("Next"), click("Next")]),
    ("click the Up button 3 times", [click("the Up button")] * 3),
    ("double-click notes.txt", [click("notes.txt", count=2)]),
    ("double click on notes.txt in the list", [click("notes.txt in the list", count=2)]),
    ("triple-click the first line", [click("the first line", count=3)]),
    ("right-click notes.txt and choose Rename", [click("notes.txt", button="right"), click("Rename")]),
    ("middle click the tab", [click("the tab", button="middle")]),
    ("click notes.txt with the right mouse button", [click("notes.txt", button="right")]),
    ("ctrl+click a.txt", [click("a.txt", modifiers=("ctrl",))]),
    ("control-click a.txt", [click("a.txt", modifiers=("ctrl",))]),
    ("shift+ctrl+click a.txt", [click("a.txt", modifiers=("shift", "ctrl"))]),
    ("hold shift and click a.txt", [click("a.txt", modifiers=("shift",))]),
    ("hold down ctrl, double-click a.txt", [click("a.txt", modifiers=("ctrl",), count=2)]),
    ("click a.txt while holding shift", [click("a.txt", modifiers=("shift",))]),
    ("click a.txt with the ctrl key held down", [click("a.txt", modifiers=("ctrl",))]),
    ("hover over File and click it", [Move(target="File"), click("File")]),
    ("click OK to close the dialog", [click("OK")]),
    ("accept by clicking OK", [click("OK")]),
    ("open the Downloads folder", [click("the Downloads folder", count=2)]),
    ("open the file notes.txt", [click("the file notes.txt", count=2)]),
    ("switch to the Advanced tab", [click("the Advanced tab")]),
    ("go to Settings", [click("Settings")]),
    ("click in the text area", [click("the text area")]),
    ("focus the address bar", [click("the address bar")]),
    ("put the cursor in the Name field", [click("the Name field")]),
    ("check Wrap lines", [click("Wrap lines")]),
    ("tick Bold and untick Italic", [click("Bold"), click("Italic")]),
    ('uncheck "Match case", "Whole word"', [click("Match case"), click("Whole word")]),
    ("check the box next to Wrap", [click("the box next to Wrap")]),
    ("open the View menu and toggle Line Numbers", [click("the View menu"), click("Line Numbers")]),
    # typing
    ("type hello", [text("hello")]),
    ("type Hello  World", [text("Hello  World")]),
    ("type hello, world", [text("hello, world")]),
    ("type red, green and blue, then press enter", [text("red, green and blue"), press("enter")]),
    ("type hello and press enter", [text("hello"), press("enter")]),
    ("type hello, enter", [text("hello"), press("enter")]),
    ("type hello followed by Enter", [text("hello"), press("enter")]),
    ("type Hello. How are you?", [text("Hello. How are you?")]),
    ("type notes.txt.", [text("notes.txt")]),
    ("type 1,000 and 2,000", [text("1,000 and 2,000")]),
    ("type it's 5 o'clock, isn't it", [text("it's 5 o'clock, isn't it")]),
    ('type 5" nails', [text('5" nails')]),
    ("type ls -l | grep x; cat y, then press enter", [text("ls -l | grep x; cat y"), press("enter")]),
    ('type print("hello, world") and press enter', [text('print("hello, world")'), press("enter")]),
    ('type "Dear Sir, please open the door"', [text("Dear Sir, please open the door")]),
    ("type “a, then b and c. Press enter”", [text("a, then b and c. Press enter")]),
    ("type ‘don’t’ and press enter", [text("don’t"), press("enter")]),
    ("type `ls; exit`", [text("ls; exit")]),
    ("type '  two  blanks  '", [text("  two  blanks  ")]),
    ('type "one\ntwo"', [text("one\ntwo")]),
    ('type "He said "hi""', [text('He said "hi"')]),
    ('type the text "hello"', [text("hello")]),
    ("write 12*7=", [text("12*7=")]),
    ("type the number 42", [text("42")]),
    ("Type: Hello World", [text("Hello World")]),
    ("type meet me in Berlin", [text("meet me in Berlin")]),
    ("type Bob into Name", [click("Name"), text("Bob")]),
    ("type bob@example.org in the E-mail field", [click("the E-mail field"), text("bob@example.org")]),
    ('enter "Bob, Jr." in Name and press Tab', [click("Name"), text("Bob, Jr."), press("tab")]),
    ('insert "x" into the first cell', [click("the first cell"), text("x")]),
    ("in the Name field, type Bob", [click("the Name field"), text("Bob")]),
    (
        "In the Find field type foo, in the Replace field type bar",
        [click("the Find field"), text("foo"), click("the Replace field"), text("bar")],
    ),
    (
        'enter "bob" as the user name and "a, b" as the password',
        [click("the user name"), text("bob"), click("the password"), text("a, b")],
    ),
    ("enter bob as the user name", [click("the user name"), text("bob")]),
    ('paste "hello" into the Name field', [click("the Name field"), text("hello")]),
    ("fill in the Name field with Bob Jones", [click("the Name field"), text("Bob Jones")]),
    ('fill "Bob" into Name', [click("Name"), text("Bob")]),
    (
        "fill in First name with Bob and Last name with Jones",
        [click("First name"), text("Bob"), click("Last name"), text("Jones")],
    ),
    (
        'type "Bob" in the Name field and "Berlin" in the City field',
        [click("the Name field"), text("Bob"), click("the City field"), text("Berlin")],
    ),
    ("click Name and type Bob into it", [click("Name"), text("Bob")]),
    ("clear the Name field", [click("the Name field"), press("ctrl+a"), press("delete")]),
    ("empty Name and type Bob", [click("Name"), press("ctrl+a"), press("delete"), text("Bob")]),
    ("replace the text in the Name field with Bob", [click("the Name field"), press("ctrl+a"), text("Bob")]),
    ("set the Name field to Bob", [click("the Name field"), press("ctrl+a"), text("Bob")]),
    # keys
    ("press ctrl+s", [press("ctrl+s")]),
    ("press Ctrl-S", [press("ctrl+s")]),
    ("press control and s", [press("ctrl+s")]),
    ("press ctrl + shift + s", [press("ctrl+shift+s")]),
    ("use ctrl+s", [press("ctrl+s")]),
    ("ctrl+s", [press("ctrl+s")]),
    ("press F5", [press("f5")]),
    ("press the Enter key", [press("enter")]),
    ("hit enter again", [press("enter")]),
    ("press page down", [press("page_down")]),
    ("press Tab twice", [press("tab", 2)]),
    ("press Down 3 times", [press("down", 3)]),
    ("press the down arrow key three times", [press("down", 3)]),
    ("press Tab, Tab and Enter", [press("tab"), press("tab"), press("enter")]),
    ("press ctrl+a then delete", [press("ctrl+a"), press("delete")]),
    ("press 7, press +, press 5, press =", [press("7"), press("+"), press("5"), press("=")]),
    ("press ctrl++, then press ctrl+,", [press("ctrl++"), press("ctrl+,")]),
    ("press ctrl+s to save the file", [press("ctrl+s")]),
    ("save the file by pressing ctrl+s", [press("ctrl+s")]),
    ("Save with ctrl+s and close the tab with ctrl+w", [press("ctrl+s"), press("ctrl+w")]),
    ("press and release ctrl", [press("ctrl")]),
    ("press Home, then press the Home button", [press("home"), click("the Home button")]),
    ("hold shift for 2 seconds", [HoldKeys(keys=("shift",), seconds=2)]),
    ("press and hold the space key for 1.5 s", [HoldKeys(keys=("space",), seconds=1.5)]),
    ("keep w pressed for half a second", [HoldKeys(keys=("w",), seconds=0.5)]),
    ("select all", [press("ctrl+a")]),
    ("select all the text in the editor", [click("the editor"), press("ctrl+a")]),
    ("select everything, copy it, undo", [press("ctrl+a"), press("ctrl+c"), press("ctrl+z")]),
    (
        "select all and copy and paste it into Notes",
        [*map(press, ("ctrl+a", "ctrl+c")), click("Notes"), press("ctrl+v")],
    ),
    ("select all and delete it", [press("ctrl+a"), press("delete")]),
    # the mouse
    ("hover over Help", [Move(target="Help")]),
    ("move the mouse to “Help”", [Move(target="Help")]),
    ("point at the Help menu", [Move(target="the Help menu")]),
    ("scroll down", [scroll("down")]),
    ("scroll down 3 times", [scroll("down", 3)]),
    ("scroll up by two notches", [scroll("up", 2)]),
    ("scroll right 4 times in the table", [scroll("right", 4, "the table")]),
    ("scroll 10 notches left over the canvas", [scroll("left", 10, "the canvas")]),
    ("scroll the list down by 5", [scroll("down", 5, "the list")]),
    ("scroll down the page", [scroll("down")]),
    ("drag a.txt to Trash", [drag("a.txt", "Trash")]),
    ("drag and drop a.txt onto the Trash icon", [drag("a.txt", "the Trash icon")]),
    ("drag from the slider to the right edge", [drag("the slider", "the right edge")]),
    ('drag "A" to "B" via "C"', [drag("A", "C", "B")]),
    ("drag A through C to B", [drag("A", "C", "B")]),
    ("hold ctrl and drag a.txt to Backup", [drag("a.txt", "Backup", modifiers=("ctrl",))]),
    *(
        (said, [drag("a.txt", "Backup", slowly=True)])
        for said in (
            "drag a.txt to Backup slowly",
            "slowly drag a.txt to Backup",
            "drag a.txt slowly to Backup",
            "drag “a.txt” to “Backup” slowly",
            "drag and drop a.txt onto Backup with a long press",
        )
    ),
    ("click Save and slowly drag a to b", [Click(target="Save"), drag("a", "b", slowly=True)]),
    ("slowly drag a to b via c", [drag("a", "c", "b", slowly=True)]),
    ("hold ctrl and drag a to b slowly", [drag("a", "b", modifiers=("ctrl",), slowly=True)]),
    ("right-drag a.txt to Backup", [drag("a.txt", "Backup", button="right")]),
    # waiting, looking, asking
    ("wait 2 seconds", [Wait(seconds=2)]),
    ("wait for 500 ms", [Wait(seconds=0.5)]),
    ("wait a minute", [Wait(seconds=60)]),
    ("wait until Saved appears", [seen("Saved")]),
    ("wait for the 'Save As' dialog to appear", [seen("Save As")]),
    ("wait for the Saved message", [seen("Saved")]),
    ("wait until Find and Replace is shown for up to 20 seconds", [seen("Find and Replace", 20)]),
    ("wait up to 1 minute until Done appears", [seen("Done", 60)]),
    ("wait until the Saving window disappears", [gone("Saving")]),
    ("wait until Saving is no longer shown, at most 5 s", [gone("Saving", 5)]),
    ("when Saved appears, click OK", [seen("Saved"), click("OK")]),
    ('press ctrl+s and "Saved" should appear', [press("ctrl+s"), seen("Saved")]),
    ("check that Saved is shown", [seen("Saved", 0)]),
    ("verify that there is a Save button", [seen("Save", 0)]),
    ("make sure that the result shows 42", [seen("42", 0)]),
    ('verify that the title is "Untitled"', [seen("Untitled", 0)]),
    ("check that Open and Save are shown", [seen("Open", 0), seen("Save", 0)]),
    ("make sure “Error” is not shown", [gone("Error", 0)]),
    ("check that there is no error", [gone("error", 0)]),
    ("ask me whether to go on, then click OK", [Ask(question="whether to go on"), click("OK")]),
    ("ask: Really delete a, b and c?", [Ask(question="Really delete a, b and c?")]),
]


@pytest.mark.parametrize(("task", "expected"), SENTENCES, ids=[task for task, _ in SENTENCES])
def test_a_sentence_is_read_as_these_actions(task: str, expected: Sequence[Action]) -> None:
    assert actions(task) == expected


@pytest.mark.parametrize("example", UNDERSTOOD)
def test_what_is_said_to_be_understood_is(example: str) -> None:
    assert actions(example)


REFUSALS: list[tuple[str, str, RefusalCode, str]] = [
    # task, the phrase that is named, the code, and what is suggested instead
    ("", "", "empty", "“open the File menu, click the Save button”"),
    (" \n ", "", "empty", "“open the File menu, click the Save button”"),
    ("x" * 10_001, "xxx", "too_long", ""),
    ("press a, " * 501, "press a", "too_many_steps", ""),
    ("please", "please", "unknown_verb", "“click the Save button”"),
    ("foo bar", "foo bar", "unknown_verb", "“click the Save button”"),
    ("book me a flight", "book me a flight", "goal", ""),
    ("find cheap hotels", "find cheap hotels", "goal", "“press ctrl+f, type the words, press enter”"),
    ("write an essay about whales", "write an essay about whales", "goal", ""),
    ("write a letter to Bob", "write a letter to Bob", "goal", ""),
    ("write a note saying buy milk", "write a note saying buy milk", "goal", ""),
    ("check my mail", "check my mail", "goal", ""),
    ("what is on the screen?", "what is on the screen?", "question", ""),
    ("close the window", "close the window", "goal", "“click the Close button”"),
    ("click Save, book me a flight", "book me a flight", "goal", ""),
    ("click Save. Then rename the file.", "rename the file", "goal", ""),
    ("type hello and rename the file", "rename the file", "ambiguous", "go on with"),
    ("type Dear Sir, please open the door", "open the door", "ambiguous", "go on with"),
    ("type hello, then world", "world", "unknown_verb", ""),
    ("type hello\nworld", "world", "unknown_verb", ""),
    ("type 'a' and 'b'", "'b'", "unknown_verb", "“click the Save button”"),
    ("type 'Dear Bob' press enter", "type 'Dear Bob' press enter", "unknown_form", "“type "),
    ("click Save press enter", "click Save press enter", "run_together", "“press”"),
    ("ask me for the name, then type it", "type it", "no_text", ""),
    ("make sure that Wrap is ticked", "make sure that Wrap is ticked", "unknown_form", "“check that Saved is shown”"),
    ("click at 300, 200", "200", "unknown_verb", "“click the Save button”"),
    ("maximize the window", "maximize the window", "goal", ""),
    ("don't click Save", "don't click Save", "negated", ""),
    ("if a dialog appears, click OK", "if a dialog appears", "conditional", ""),
    ("click Next until Done appears", "click Next until Done appears", "conditional", "“until …”"),
    ("repeat that 3 times", "repeat that 3 times", "conditional", ""),
    ("press ctlr+s", "press ctlr+s", "unknown_key", "'ctrl'"),
    ("press ctrl+entr", "press ctrl+entr", "unknown_key", "'enter'"),
    ("press entr", "press entr", "unknown_key", "'enter'"),
    ("press the any key", "press the any key", "unknown_key", "'any'"),
    ("hold shfit for 2 seconds", "hold shfit for 2 seconds", "unknown_key", "'shift'"),
    ("hold shift", "hold shift", "unknown_form", "“hold shift for 2 seconds”"),
    ("hold shift for 90 seconds", "hold shift for 90 seconds", "bad_value", "60"),
    ("wait", "wait", "unknown_form", "“wait 2 seconds”"),
    ("wait 0 seconds", "wait 0 seconds", "bad_value", "0"),
    ("wait until it appears", "wait until it appears", "no_words", "“wait until Saved appears”"),
    ("wait until the dialog appears", "wait until the dialog appears", "no_words", "“wait until Saved appears”"),
    ("wait until the page is loaded", "wait until the page is loaded", "unknown_form", "“wait until Saved appears”"),
    ("check that Wrap is ticked", "check that Wrap is ticked", "not_checkable", "“check that Saved is shown”"),
    ("scroll down 500 times", "scroll down 500 times", "bad_value", "100"),
    ("drag a.txt", "drag a.txt", "unknown_form", "“drag notes.txt to Trash”"),
    ("click it", "click it", "no_antecedent", ""),
    ('click Save, type "hello', '"hello', "unclosed_quote", ""),
    ("click “Save", "“Save", "unclosed_quote", ""),
    ('type ""', 'type ""', "bad_value", ""),
    ("insert a table", "insert a table", "unknown_form", "“open the Insert menu, click Table”"),
    ("click Save, type", "type", "unknown_form", "“type "),
    ("enter 13/13/2016 as the date", "enter 13/13/2016 as the date", "bad_date", ""),
    ("enter 25:70 as the time", "enter 25:70 as the time", "bad_time", ""),
]


@pytest.mark.parametrize(("task", "phrase", "code", "suggested"), REFUSALS, ids=[task[:40] for task, *_ in REFUSALS])
def test_what_is_no_step_is_refused_by_name(task: str, phrase: str, code: RefusalCode, suggested: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_instructions(task)
    assert refused.value.phrase.strip().startswith(phrase)
    assert refused.value.code == code
    assert suggested in refused.value.why


REFUSAL_WORDS: list[tuple[str, str]] = [
    ("x" * 10_001, "the task has 10001 characters; at most 10000 are read"),
    ("press a, " * 501, "these are 501 steps; at most 500 are taken in one task"),
    ("book me a flight", "this says what to reach, not how, and that needs a model; without one, name the steps"),
    ("don't click Save", "say what to do, not what to leave"),
    ("press ctlr+s", "unknown key 'ctlr'; did you mean 'ctrl'?"),
    ("click Save press enter", "put a comma before “press”, or the name in quotes"),
]


@pytest.mark.parametrize(("task", "why"), REFUSAL_WORDS, ids=[task[:40] for task, _ in REFUSAL_WORDS])
def test_a_refusal_says_what_was_wrong_and_what_to_do(task: str, why: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_instructions(task)
    assert refused.value.why.startswith(why)
    assert str(refused.value) == f"cannot read “{refused.value.phrase}”: {refused.value.why}"


@pytest.mark.parametrize("task", ["type hello, then world", "type hello\nworld"])
def test_a_refusal_after_unquoted_text_suggests_quotes(task: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_instructions(task)
    assert refused.value.why.endswith("put that text in quotes")


def test_what_should_change_the_screen_is_expected_to() -> None:
    task = (
        "click Save, click the Name field, click in the text area, tick the Wrap box, type a, drag b to c, "
        "hover over d, press ctrl+s, scroll down, wait 1 s, wait until e appears, right-click the Name field"
    )
    expected = [Change(), None, None, Change(), Change(), Change(), None, Change(), None, None, None, Change(), None]
    assert [step.expectation for step in read_instructions(task).plan.steps] == expected


def test_the_plan_ends_in_one_success() -> None:
    assert [step.action for step in read_instructions("press enter").plan.steps] == [
        press("enter"),
        Finish(success=True, message="the step was carried out"),
    ]


# Two other ways to say each.
PARAPHRASES: list[tuple[str, str, str]] = [
    ("click OK", "please press OK", "Click on OK."),
    ("click the Save button", "hit the Save button", "choose the Save button"),
    ("click 'Save As'", 'select "Save As"', "pick “Save As”"),
    ("click File, then click Quit", "File > Quit", "1. Click File\n2. Click Quit"),
    ("double-click notes.txt", "double click on notes.txt", "now doubleclick notes.txt"),
    ("right-click notes.txt", "click notes.txt with the right button", "right click on notes.txt"),
    ("ctrl+click a.txt", "hold ctrl and click a.txt", "click on a.txt while holding ctrl"),
    ("shift-click a.txt", "hold down the shift key and click a.txt", "click a.txt with shift held"),
    ("tick Bold", "check Bold", "mark Bold"),
    ("open the File menu", "click on the File menu", "go to the File menu"),
    ("switch to the Fonts tab", "click the Fonts tab", "go to the Fonts tab"),
    ("choose Save from the File menu", "click the File menu, click Save", "open the File menu and select Save"),
    (
        "click the Yes button, click the No button",
        "click the Yes button and the No button",
        "click the Yes button, then the No button",
    ),
    ("click Next twice", "click Next, click Next", "click Next 2 times"),
    ("type hello", "write hello", 'Please type "hello"'),
    ("type hello, press enter", "type hello and hit Enter", "type hello followed by the enter key"),
    ("type Bob into the Name field", "in the Name field, type Bob", "fill in the Name field with Bob"),
    ("enter 'Bob' in Name", "type Bob into Name", "click in Name and type Bob into it"),
    (
        "set the Name field to Bob",
        "replace the text in the Name field with Bob",
        "click the Name field, press ctrl+a, type Bob",
    ),
    ("clear the Name field", "empty the Name field", "delete the text in the Name field"),
    ("press enter", "hit the Enter key", "press Return"),
    ("press ctrl+s", "press Control-S", "use the ctrl+s shortcut"),
    ("press ctrl+shift+t", "press ctrl + shift + T", "press ctrl-shift-t"),
    ("press Tab 2 times", "press Tab twice", "press the tab key two times"),
    ("press Tab, press Enter", "press Tab and Enter", "press Tab, then Enter"),
    ("press down 3 times", "press the Down arrow three times", "hit the down key 3x"),
    ("press escape", "press Esc", "tap the escape key"),
    ("press page down", "press PgDn", "press the Page Down key"),
    ("select all", "press ctrl+a", "select everything"),
    ("copy it", "press ctrl+c", "copy the selection"),
    ("hold shift for 2 seconds", "press and hold shift for 2 s", "keep shift pressed for two seconds"),
    ("scroll down 3 times", "scroll down by 3 notches", "scroll 3 lines down"),
    ("scroll up 2 times in the list", "scroll the list up twice", "scroll up in the list by 2"),
    ("drag a.txt to Trash", "drag and drop a.txt onto Trash", "drag from a.txt to Trash"),
    ("drag a to b via c", "drag a via c to b", "drag a through c onto b"),
    ("hover over Help", "move the mouse over Help", "point at Help"),
    ("wait 2 seconds", "wait for 2 s", "pause for two seconds"),
    ("wait until Saved appears", "wait for Saved to appear", "wait until Saved is shown"),
    ("wait until Saving disappears", "wait until Saving is gone", "wait for Saving to disappear"),
    ("check that Saved is shown", "make sure Saved is visible", "verify that Saved appears"),
    ("check that Error is not shown", "make sure there is no Error", "verify that Error is gone"),
    ("ask me whether to go on", "ask whether to go on", "ask the user whether to go on"),
]


@pytest.mark.parametrize(("task", "second", "third"), PARAPHRASES, ids=[task for task, _, _ in PARAPHRASES])
def test_other_words_for_the_same_give_the_same_plan(task: str, second: str, third: str) -> None:
    assert actions(second) == actions(task)
    assert actions(third) == actions(task)
