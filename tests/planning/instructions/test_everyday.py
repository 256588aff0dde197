"""Everyday instructions for many kinds of programs, as people write them: understood, or refused with what to write."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from screenagent.planning import RefusalCode, Unreadable, read_instructions


class Refused(NamedTuple):
    """A refusal, and words that its reason has to hold."""

    code: RefusalCode
    words: str


EVERYDAY: list[tuple[str, str | Refused]] = [
    # what people write, and the same written as plain steps
    # a text editor
    ("save the file", "save"),
    ("save as notes.txt", "save as “notes.txt”"),
    ('save the document as "my letter.txt"', "save as “my letter.txt”"),
    (
        'Open notes.txt, add a line saying "Call Ann" at the end, and save.',
        "double-click “notes.txt”; press ctrl+end; press enter; type “Call Ann”; save",
    ),
    ("add a line that says Goodbye", "press end; press enter; type “Goodbye”"),
    ('append "The end" to the document', "press ctrl+end; type “The end”"),
    ("replace cat with dog", "replace “cat” with “dog”"),
    ('replace all "colour" with "color" and save', "replace “colour” with “color”; save"),
    ("find the word Tuesday", "press ctrl+f; type “Tuesday”; press enter"),
    ("go to the end of the document", "press ctrl+end"),
    ("select all the text and delete it", "press ctrl+a; press delete"),
    ("select the word cat and make it bold", "select the word “cat”; make it bold"),
    ("undo the last change twice", "press ctrl+z 2 times"),
    ("undo twice", "press ctrl+z 2 times"),
    ("print the document", "press ctrl+p"),
    ("delete the last line", Refused("goal", "delete notes.txt")),
    ("go to line 12", Refused("unknown_verb", "open the Search menu, click Go to Line, type 12, press enter")),
    ("count the words", Refused("goal", "open the File menu, click Save As")),
    # a file manager
    ("rename old.txt to new.txt", "rename “old.txt” to “new.txt”"),
    ('Please rename the folder Photos to "Pictures 2024"', "rename “Photos” to “Pictures 2024”"),
    ("rename the file", Refused("goal", "rename notes.txt to plan.txt")),
    ("move report.pdf into Archive", "move “report.pdf” into “Archive”"),
    ("move notes.txt to the Backup folder", "move “notes.txt” into “Backup”"),
    ("delete old.txt", "delete “old.txt”"),
    ("delete everything", Refused("goal", "delete notes.txt")),
    ("put old.txt in the trash", "delete “old.txt”"),
    ("empty the trash", Refused("unnamed", "the trash")),
    ("create a new folder called Invoices", "make a folder called “Invoices”"),
    ('make a folder named "Tax 2025" and open it', "make a folder called “Tax 2025”; double-click “Tax 2025”"),
    ("create a new folder in Documents", Refused("goal", 'new folder called "Tax 2025"')),
    ("open report.pdf", "double-click “report.pdf”"),
    (
        "open the folder Documents and then open notes.txt",
        "double-click “the folder Documents”; double-click “notes.txt”",
    ),
    ("copy a.txt into Backup", Refused("goal", "ctrl+drag notes.txt to Backup")),
    ("select a.txt and b.txt", "click “a.txt”; ctrl+click “b.txt”"),
    ("click notes.txt and rename it to plan.txt", "click “notes.txt”; rename “notes.txt” to “plan.txt”"),
    ("go up one folder", "press alt+up"),
    ("sort by date", Refused("goal", "click the Date column")),
    # a browser
    ("choose Anyone for link sharing", "choose Anyone as the link sharing"),
    ("click Close, then confirm with Close for good", "click “Close”; click “Close for good”"),
    ("tick the third check box in the list", "tick the third check box in the list"),
    ("open a new tab and go to example.org", "press ctrl+t; press ctrl+l; type “example.org”; press enter"),
    (
        "visit https://example.com/help and click Sign in",
        "press ctrl+l; type “https://example.com/help”; press enter; press Sign in",
    ),
    ("type example.org in the address bar and press enter", "type “example.org” into the address bar; press enter"),
    ("go to the address bar", "press ctrl+l"),
    ("reload the page", "press f5"),
    ("go back to the previous page", "press alt+left"),
    ("close this tab", "press ctrl+w"),
    ("switch to the next tab", "press ctrl+page_down"),
    ("bookmark this page", "press ctrl+d"),
    ('find "price" on this page', "press ctrl+f; type “price”; press enter"),
    ("scroll to the bottom of the page", "scroll the page to the bottom"),
    ("zoom in twice", "press ctrl++ 2 times"),
    ("wait for the page to load", Refused("no_words", "wait until Saved appears")),
    (
        "log in as ann with the password 1234",
        Refused("goal", 'enter the username "ann" and the password "secret", press log in'),
    ),
    ("download the file", Refused("goal", "click Download")),
    # a calculator
    ("calculate 12 times 34", "calculate 12 * 34"),
    ("work out 100 divided by 4", "calculate 100 / 4"),
    ("what is 5 plus 6?", Refused("question", "calculate 5 plus 6")),
    ("multiply 6 by 7", "calculate 6 * 7"),
    ("calculate 12 * (3 + 4)", Refused("goal", "calculate 12 times 34")),
    ("click 7, then +, then 8, then =", "click “7”; click “+”; click “8”; click “=”"),
    ("press 1, press 2, press +, press 3, press =", "press 1; press 2; press +; press 3; press ="),
    # a spreadsheet
    ("go to cell B2", "go to cell B2"),
    ("type 42 in cell B2", "go to cell B2; type “42”; press enter"),
    ("enter Total in A1 and press enter", "go to cell A1; type “Total”; press enter"),
    ("write =A1+B1 in cell C1", "go to cell C1; type “=A1+B1”; press enter"),
    ("type 1 in A1, 2 in A2", "go to cell A1; type “1”; press enter; go to cell A2; type “2”; press enter"),
    ("type 5 in B2, press enter, type 6", "go to cell B2; type “5”; press enter; type “6”"),
    ('set cell C3 to "Total"', "go to cell C3; type “Total”; press enter"),
    ("select cells A1 to B5", "select A1:B5"),
    ("make cell A1 bold", "go to cell A1; press ctrl+b"),
    ("clear cell B2", "go to cell B2; press delete"),
    ("insert a row", Refused("unknown_form", "right-click 3, click Insert Row")),
    ("add up A1 to A5", Refused("goal", 'type "=SUM(A1:A5)" in cell A6')),
    ("save it as budget.ods", "save as “budget.ods”"),
    # a terminal
    ("type ls -l and press enter", "type “ls -l”; press enter"),
    ("run the command ls -la", "type “ls -la”; press enter"),
    ('run "git status" in the terminal', "type “git status”; press enter"),
    ("run ls", Refused("goal", "type ls, press enter")),
    ("clear the screen", Refused("unnamed", "the screen")),
    # settings
    ("turn on Wi-Fi", "tick “Wi-Fi”"),
    ("turn Bluetooth off", "untick “Bluetooth”"),
    ("enable Dark mode and disable Automatic updates", "tick “Dark mode”; untick “Automatic updates”"),
    ("tick Show line numbers and untick Wrap lines", "tick “Show line numbers”; untick “Wrap lines”"),
    ("set the volume slider to 30", "set the volume slider to 30"),
    ("set the brightness to 50", "set brightness to 50"),
    ("set the Paper format to A5, press enter", "set Paper format to A5; press enter"),
    ("change the language to German", "set language to German"),
    ("set the table to dinner", Refused("goal", "set the Brightness slider to 50")),
    ("tick Lena Fry and Otto Weiss", "tick Lena Fry and Otto Weiss"),
    ("untick Large icons and Small toolbar", "untick Large icons and Small toolbar"),
    ("turn the volume up", Refused("goal", "set the Volume slider to 50")),
    ("choose 14 from the Font size dropdown", "choose “14” from the Font size dropdown"),
    # mail
    (
        "type bob@example.org in the To field, type Lunch in the Subject field and click Send",
        "type “bob@example.org” into the To field; type “Lunch” into the Subject field; press Send",
    ),
    ("type Hi Bob, how are you? and send it", "type “Hi Bob, how are you?”; click “the Send button”"),
    ("reply to the message", "click “the Reply button”"),
    (
        "forward the mail to ann@example.org",
        Refused(
            "unknown_verb",
            "click Write, type bob@example.org in the To field, type Lunch in the Subject field, click Send",
        ),
    ),
    (
        "write a mail to Bob",
        Refused(
            "goal", "click Write, type bob@example.org in the To field, type Lunch in the Subject field, click Send"
        ),
    ),
    ("mark it as read", Refused("goal", "right-click the message, click Mark as Read")),
    ("delete the mail from Bob", Refused("goal", "delete notes.txt")),
    # pictures
    ("next picture", "press right"),
    ("rotate the picture to the right", Refused("goal", "click the Rotate Right button")),
    ("zoom to fit", Refused("goal", "zoom in twice")),
    ("go to full screen", "press f11"),
    # a document viewer
    ("go to page 5", "go to page 5"),
    ("turn to the next page", "go to the next page"),
    ("go to the last page", "go to the last page"),
    ("print page 3", Refused("goal", "press ctrl+p")),
    # music
    ("play the next song", "click “the Next button”"),
    ("pause the music", "click “the Pause button”"),
    ("mute the sound", "click “the Mute button”"),
    ("stop the music", "click “the Stop button”"),
    # anywhere
    ("click File, then Save As, then OK", "click “File”; click “Save As”; press OK"),
    ("click bold, then italic, then underline", "click “bold”; click “italic”; click “underline”"),
    ("open the File menu, then New, then Folder", "click “the File menu”; click “New”; click “Folder”"),
    ("press Tab, then Enter", "press tab; press enter"),
    ("click OK, then close the window", Refused("goal", "click the Close button")),
    ("make sure the file is saved", Refused("unknown_form", "check that Saved is shown")),
    ("don't save", Refused("negated", "say what to do, not what to leave")),
    ("take a screenshot", Refused("goal", "press print screen")),
    ("quit the program", "press ctrl+q"),
]


def said(task: str) -> list[str]:
    """Return the steps of `task` in words."""
    return [str(step) for step in read_instructions(task).steps[:-1]]


@pytest.mark.parametrize(("task", "meant"), EVERYDAY, ids=[task for task, _ in EVERYDAY])
def test_an_everyday_instruction_is_understood_or_refused_with_a_way_to_say_it(task: str, meant: str | Refused) -> None:
    if isinstance(meant, Refused):
        with pytest.raises(Unreadable) as refused:
            read_instructions(task)
        assert refused.value.code == meant.code
        assert meant.words in refused.value.why
    else:
        assert said(task) == said(meant)


def test_most_of_them_are_understood() -> None:
    assert sum(isinstance(meant, str) for _, meant in EVERYDAY) >= 0.7 * len(EVERYDAY)


STEPS: list[tuple[str, str]] = [
    # what is understood, and what is done
    ("open a new tab", "press ctrl+t"),
    ("zoom out 3 times", "press ctrl+- 3 times"),
    ("go to example.org", "press ctrl+l; type “example.org”; press enter"),
    ("add a line saying Goodbye", "press end; press enter; type “Goodbye”"),
    ("type 42 in cell B2", "go to cell B2; type “42”; press enter"),
    ("type 42 in cell B2, press tab", "go to cell B2; type “42”; press tab"),
    ("rename a.txt to b.txt", "rename “a.txt” to “b.txt”"),
    ("put a.txt in the recycle bin", "delete “a.txt”"),
    ("calculate 12 times 34", "calculate 12 * 34"),
    ("subtract 5 from 20", "calculate 20 - 5"),
    ("open a.txt", "double-click “a.txt”"),
    ("select a.txt, b.txt and c.txt", "click “a.txt”; ctrl+click “b.txt”; ctrl+click “c.txt”"),
    ("click 7, +, 5, =", "click “7”; click “+”; click “5”; click “=”"),
    ("undo my last change", "press ctrl+z"),
    ("scroll down to the end of the page", "scroll the page to the end"),
    ("click cell B2", "go to cell B2"),
    ("click B2", "click “B2”"),
    ("set A1 to 10", "go to cell A1; type “10”; press enter"),
]


@pytest.mark.parametrize(("task", "steps"), STEPS, ids=[task for task, _ in STEPS])
def test_a_wish_becomes_these_steps(task: str, steps: str) -> None:
    assert "; ".join(said(task)) == steps


def test_a_wish_that_shows_something_is_expected_to_and_one_that_need_not_is_not() -> None:
    task = "new tab, reload the page, zoom in, add a line, copy it, go to the address bar"
    shown = [step.expectation is not None for step in read_instructions(task).plan.steps[:-1]]
    assert shown == [True, False, True, False, True, False, False]


@pytest.mark.parametrize(
    "task",
    [
        "delete everything",
        "delete the file",
        "delete all files",
        "delete the selected row",
        "empty the trash",
        "clear the screen",
        "move everything to the trash",
        "rename the file",
        "rename it to a.txt",
        "drag a.txt to Trash and empty it",
        "type Ada and delete it",
    ],
)
def test_nothing_is_destroyed_that_is_not_named(task: str) -> None:
    with pytest.raises(Unreadable):
        read_instructions(task)
