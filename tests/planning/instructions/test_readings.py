"""Unquoted words that can be read in two ways are refused with both; where one way is plain, it is taken."""

from __future__ import annotations

import pytest

from screenagent.planning import Unreadable, read_instructions


def said(task: str) -> list[str]:
    """Return the steps of `task` in words."""
    return [str(step) for step in read_instructions(task).steps[:-1]]


TWO_READINGS: list[tuple[str, str]] = [
    # task, the second reading
    # and <verb>
    ("type Ada and save", "the text “Ada” and then save"),
    ("type Ada and submit", "go on with “type Ada”"),
    ("type Ada and submit it", "the text “Ada” and then submit it"),
    ("type Ada and confirm", "the text “Ada” and then confirm"),
    ("type Ada and close the window", "go on with “type Ada”"),
    ("type Ada and send", "the text “Ada” and then send"),
    ("type Ada and go", "the text “Ada” and then go"),
    ("type Ada and copy it", "go on with “type Ada”"),
    ("type Ada and copy", "the text “Ada” and then copy"),
    ("type Ada and undo", "the text “Ada” and then undo"),
    ("type Ada and search", "the text “Ada” and then search"),
    ("type Ada and continue", "the text “Ada” and then continue"),
    ("type Ada and tab", "the text “Ada” and then press tab"),
    ("type Ada and run it", "go on with “type Ada”"),
    ("type Ada and delete it", "go on with “type Ada”"),
    ("type Ada and quit", "the text “Ada” and then quit"),
    ("type Ada and log in", "go on with “type Ada”"),
    ("type Ada and Save", "the text “Ada” and then Save"),
    ("type Ada, save", "the text “Ada” and then save"),
    ("type Ada and wait", "the text “Ada” and then wait"),
    ("type Ada and look", "the text “Ada” and then look"),
    ("type Ada and start the search", "go on with “type Ada”"),
    ("type open and close", "the text “open” and then close"),
    ("type cut and paste", "the text “cut” and then paste"),
    ("type copy and paste", "the text “copy” and then paste"),
    ("type Find and Replace", "the text “Find” and then Replace"),
    ("type hello and press", "the text “hello” and then press"),
    # keys
    ("type Ada enter", "the text “Ada” and then press enter"),
    ("type Ada Enter", "the text “Ada” and then press enter"),
    ("type Ada press enter", "the text “Ada” and then press enter"),
    ("type Ada tab Bob", "the text “Ada” and then tab Bob"),
    ("type Ada Tab Bob Tab", "the text “Ada” and then Tab Bob Tab"),
    ("type Ada ctrl+s", "the text “Ada” and then press ctrl+s"),
    ("type Ada, tab, Bob", "the text “Ada” and then tab, Bob"),
    ("type Ada plus enter", "the text “Ada” and then press enter"),
    ("type Ada with enter", "the text “Ada” and then press enter"),
    ("type Ada + enter", "the text “Ada” and then press enter"),
    ("type Ada (enter)", "the text “Ada” and then press enter"),
    ("type Ada↵", "the text “Ada” and then press enter"),
    ("type Ada <enter>", "the text “Ada” and then press enter"),
    ("type enter", "the key"),
    ("type Enter", "the key"),
    # in
    ("type Bob in Name", "the text “Bob” typed into Name"),
    ("type Bob at the end", "the text “Bob” typed at the end"),
    ("type Bob at the end of the line", "the text “Bob” typed at the end of the line"),
    ("type Bob at the top", "the text “Bob” typed at the top"),
    ("type Bob below the title", "the text “Bob” typed below the title"),
    ("type Bob after Ada", "the text “Bob” typed after Ada"),
    ("type Bob in the first row", "the text “Bob” typed into the first row"),
    ("type Bob in line 3", "the text “Bob” typed into line 3"),
    ("type Bob on line 3", "the text “Bob” typed on line 3"),
    ("type Bob on the second line", "the text “Bob” typed on the second line"),
    ("type hello in bold", "the text “hello” typed in bold"),
    ("type hello in a new document", "the text “hello” typed into a new document"),
    ("type hello in the window", "the text “hello” typed into the window"),
    ("type hello in Notes", "the text “hello” typed into Notes"),
    ("type hello twice", "the text “hello” and how to type it, twice"),
    ("type hello 3 times", "the text “hello” and how to type it, 3 times"),
    ("type hello for the name", "the text “hello” typed into the name"),
    ("type Ada as name", "the text “Ada” typed into name"),
    ("type Ada for Name", "the text “Ada” typed into Name"),
    ("type Ada in Name and Bob in City", "the text “Ada in Name and Bob” typed into City"),
    # second clause
    ("type Ada. Save", "the text “Ada” and then Save"),
    ("type Ada; save", "the text “Ada” and then save"),
    ("type a card saying Hello", "the text “a card” and how to type it, saying Hello"),
    ("type Ada when the dialog appears", "the text “Ada” and how to type it, when the dialog appears"),
    ("type Ada if the field is empty", "the text “Ada” and how to type it, if the field is empty"),
    ("type Ada until it fits", "the text “Ada” and how to type it, until it fits"),
    ("type Ada without pressing enter", "the text “Ada” and how to type it, without pressing enter"),
    ("type Ada so that it says Ada", "the text “Ada” and how to type it, so that it says Ada"),
    ("type Ada to search", "the text “Ada” and how to type it, to search"),
    ("type Ada to log in", "the text “Ada” and how to type it, to log in"),
    ("type Ada, but do not press enter", "the text “Ada” and how to type it, but do not press enter"),
    ("type Ada but don't press enter", "the text “Ada” and how to type it, but don't press enter"),
    ("type Ada before clicking Save", "the text “Ada” and how to type it, before clicking Save"),
    ("type Ada after clicking Name", "the text “Ada” and how to type it, after clicking Name"),
    ("type Ada by pressing keys", "the text “Ada” and how to type it, by pressing keys"),
    ("fill in Name with Ada and save", "the text “Ada” and then save"),
    ("fill in Name with Ada in the form", "the text “Ada” typed into the form"),
    ("replace the text in the Name field with Ada and save", "the text “Ada” and then save"),
    ("write Ada in Name", "the text “Ada” typed into Name"),
    ("ask me if it is right and save", "the text “if it is right” and then save"),
    ("click Save and close", "“Save” and then close"),
    ("click Save and exit", "“Save” and then exit"),
    ("click OK and save", "“OK” and then save"),
    ("click Save and wait", "“Save” and then wait"),
    ("choose Save and Quit", "“Save” and then Quit"),
    ("drag a.txt to Trash and confirm", "“Trash” and then confirm"),
    ("type made in China", "the text “made” typed into China"),
    ("type Meeting in Room 3", "the text “Meeting” typed into Room 3"),
    ("choose Find and Replace", "“Find” and then Replace"),
    ("type wash the car and clean the house", "go on with “type wash the car”"),
]


@pytest.mark.parametrize(("task", "second"), TWO_READINGS, ids=[task for task, _ in TWO_READINGS])
def test_words_with_two_readings_are_refused_with_both(task: str, second: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_instructions(task)
    assert refused.value.code == "ambiguous"
    assert refused.value.why.startswith("this could be ")
    assert second in refused.value.why
    assert "quotes" in refused.value.why


@pytest.mark.parametrize(
    "task",
    [
        "type in the Name field",
        "type the date",
        "type your name",
        "type my password",
        "type the password",
        "type something",
        "type a new line",
        "type nothing",
        "ask me for the name and type it",
    ],
)
def test_words_that_stand_for_a_text_are_not_typed(task: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_instructions(task)
    assert refused.value.code == "no_text"


PLAIN: list[tuple[str, str]] = [
    # task, the same without a second reading
    ("type Ada and press enter", "type “Ada”; press enter"),
    ("type Ada and save it", "type “Ada”; save"),
    ("type Ada and save the file", "type “Ada”; save"),
    ("type Ada and click OK", "type “Ada”; press OK"),
    ("type Ada and hit enter", "type “Ada”; press enter"),
    ("type Ada and send it", "type “Ada”; click “the Send button”"),
    ("type Ada and print it", "type “Ada”; press ctrl+p"),
    ("type Ada and enter", "type “Ada”; press enter"),
    ("type Ada then save", "type “Ada”; save"),
    ("type Ada, save it", "type “Ada”; save"),
    ("type Ada, then click Save", "type “Ada”; click “Save”"),
    ("type Ada and Bob", "type “Ada and Bob”"),
    ("type salt and pepper", "type “salt and pepper”"),
    ("type search and rescue", "type “search and rescue”"),
    ("type ladies and gentlemen", "type “ladies and gentlemen”"),
    ("type black and white", "type “black and white”"),
    ("type rock and roll", "type “rock and roll”"),
    ("type hello and goodbye", "type “hello and goodbye”"),
    ("type Ada, ctrl+s", "type “Ada”; press ctrl+s"),
    ("type Ada followed by enter", "type “Ada”; press enter"),
    ("type Ada then enter", "type “Ada”; press enter"),
    ("type Ada, Enter", "type “Ada”; press enter"),
    ("type in Ada", "type “Ada”"),
    ("type in hello world", "type “hello world”"),
    ("type in Name", "type “Name”"),
    ("type in Ada in the Name field", "type “Ada” into the Name field"),
    ("type hello in cell B2", "go to cell B2; type “hello”; press enter"),
    ("type 42 in cell B2", "go to cell B2; type “42”; press enter"),
    ("type 42 in B2", "go to cell B2; type “42”; press enter"),
    ("enter 42 in B2", "go to cell B2; type “42”; press enter"),
    ("type 42 into B2", "go to cell B2; type “42”; press enter"),
    ("type 42 into cell B2", "go to cell B2; type “42”; press enter"),
    ("put 42 in cell B2", "go to cell B2; type “42”; press enter"),
    ("put 42 in B2", "go to cell B2; type “42”; press enter"),
    ("write 42 in the cell B2", "go to cell B2; type “42”; press enter"),
    ("type Bob in the Name field", "type “Bob” into the Name field"),
    ("type Bob in the box", "type “Bob” into the box"),
    ("type Bob in Name field", "type “Bob” into Name field"),
    ("type Bob in the search box", "type “Bob” into the search box"),
    ("type Bob on the Name field", "type “Bob” into the Name field"),
    ("type Bob to the Name field", "type “Bob” into the Name field"),
    ("type Bob in the terminal", "type “Bob” into the terminal"),
    ("type Bob in the address bar", "type “Bob” into the address bar"),
    ("type meet me in Berlin", "type “meet me in Berlin”"),
    ("type I live in Paris", "type “I live in Paris”"),
    ("type in Berlin", "type “Berlin”"),
    ("type hello in capitals", "type “HELLO”"),
    ("type hello in upper case", "type “HELLO”"),
    ("type hello in a new line", "press end; press enter; type “hello”"),
    ("type hello in the document", "type “hello” into the document"),
    ("type Ada as the name", "enter “Ada” as the name"),
    ("type Ada into Name and Bob into City", "type “Ada” into Name; type “Bob” into City"),
    (
        "type Ada into the Name field and London into the City field",
        "type “Ada” into the Name field; type “London” into the City field",
    ),
    ("type Ada into Name, London into City", "type “Ada” into Name; type “London” into City"),
    ("type Ada into Name and press enter", "type “Ada” into Name; press enter"),
    ("type Ada into Name and save", "type “Ada” into Name; save"),
    (
        "type Ada into Name and click Save and wait until Saved appears",
        "type “Ada” into Name; click “Save”; wait until “Saved” is seen",
    ),
    ("type Ada. Then click Save", "type “Ada”; click “Save”"),
    ("type Ada. Click Save", "type “Ada”; click “Save”"),
    ("type Ada. Save the file.", "type “Ada”; save"),
    ("type the following: hello", "type “hello”"),
    ("type the following text: hello", "type “hello”"),
    ("type hello world into it", "type “hello world”"),
    (
        "set the Name field to Ada and the City field to London",
        "set the Name field to “Ada”; set the City field to “London”",
    ),
    (
        "set the Name field to Ada, the City field to London",
        "set the Name field to “Ada”; set the City field to “London”",
    ),
    ("fill in Name with Ada and press enter", "type “Ada” into Name; press enter"),
    ("enter Ada and press enter", "type “Ada”; press enter"),
    ("enter Ada as the user name and log in", "enter “Ada” as the user name; press log in"),
    (
        "enter Ada as the user name and secret as the password and log in",
        "enter “Ada” as the user name; enter “secret” as the password; press log in",
    ),
    ("write Ada and press enter", "type “Ada”; press enter"),
    ("write Ada on the Name field", "type “Ada” into the Name field"),
    ("click Name and type Ada", "type “Ada” into Name"),
    ("click Save in the File menu and press enter", "click “Save in the File menu”; press enter"),
    ("click Find and Replace", "click “Find and Replace”"),
    ("click OK then", "click “OK then”"),
    ("open notes.txt and type hello", "double-click “notes.txt”; type “hello”"),
    ("open notes.txt and print it", "double-click “notes.txt”; press ctrl+p"),
    ("search for cats and dogs", "search for cats and dogs"),
    ("search for cats and click the first result", "search for cats; click “the first result”"),
    ("search for cats and press enter", "search for cats; press enter"),
    ("check that Ada and Bob is shown", "check that “Ada and Bob” is seen"),
    ("wait until Done appears and click OK", "wait until “Done” is seen; press OK"),
    ("type the tab is open", "type “the tab is open”"),
    ("type git add . and press enter", "type “git add .”; press enter"),
    ("type =B1+F5 in cell C1", "go to cell C1; type “=B1+F5”; press enter"),
    ("type Thanks for the message", "type “Thanks for the message”"),
    (
        "type Dear Ann, the books have arrived in London. Best wishes, Bob",
        "type “Dear Ann, the books have arrived in London. Best wishes, Bob”",
    ),
    ("type please enter your name", "type “please enter your name”"),
]


@pytest.mark.parametrize(("task", "steps"), PLAIN, ids=[task for task, _ in PLAIN])
def test_words_with_one_sensible_reading_are_read_so(task: str, steps: str) -> None:
    assert said(task) == said(steps)


@pytest.mark.parametrize(("task", "_"), TWO_READINGS, ids=[task for task, _ in TWO_READINGS])
def test_the_first_reading_is_a_quote_away(task: str, _: str) -> None:
    verb, _, text = task.partition(" ")
    if verb == "type":
        assert str(read_instructions(f"type “{text}”").steps[0]) == f"type “{text}”"
