"""A label that is not the one that was asked for is not taken for it, and is named."""

from __future__ import annotations

import pytest

from screenagent.fakes import FakeReader
from screenagent.geometry import Absent, Location
from screenagent.grounding.embedded import EmbeddedGrounder
from tests.builders import PAGE, Drawing, words

OTHERS = """
Generate | Regenerate / Cancel
Save | Don't save / Cancel
Undo | Redo / Cut
Read | Unread / Help
Log in | Log out / Help
Yes | Yes to all / No
Accept | Except / Help
Subscribe | Unsubscribe / Keep
Connect | Disconnect / Wait
Allow | Disallow / Deny
OK | Book / Cancel
Go | Good / Golf
New | News / Renew
Add | Address / Madder
Send | Resend code / Sender
Off | Office / Offer
Import | Important / Export
Continue | Discontinue / Back
Mute | Unmute / Commute
Pin | Unpin / Spin
Check out | Check in / Back
Move up | Move down / Back
Sort ascending | Sort descending / Back
Before | After / Back
Keep my changes | Discard my changes / Back
Enable | Disable / Help
Disable | Enable / Help
Lock | Unlock / Back
Install | Uninstall / Back
Follow | Unfollow / Help
Increase | Decrease / Help
Show | Hide / Back
Hide | Show / Back
Next | Previous / Help
Log in | Log out / Help
Log out | Log in / Help
Start | Restart / Stop
Stop | Start / Help
Read | Unread / Help
Copy | Copy as path / Cut
Delete | Delete all / Back
Delete | Delete account / Back
Page 2 | Page 12 / Page 3
Send | Send later / Help
Reply | Reply all / Help
Select | Select all / Help
Print | Print preview / Help
Save | Save as template / Help
Save | Saved / Help
Save | Autosave / Help
Large | X-Large / Small
Check | Uncheck / Help
Tick | Untick / Help
Archive | Unarchive / Help
Block | Unblock / Help
Activate | Deactivate / Help
Approve | Disapprove / Help
Agree | Disagree / Help
Do | Undo / Redo
Turn on | Turn off / Help
Zoom in | Zoom out / Help
Sign in | Sign out / Help
Sign in | Sign up / Help
Roll up | Roll down / Help
Open | Reopen / Help
Open | Opened / Help
Load | Upload / Download
Load | Reload / Help
Play | Replay / Display
Order 1234 | Order 1235 / Help
Room 101 | Room 107 / Help
12.06.2026 | 12.08.2026 / Help
report_2024-01.pdf | report_2024-07.pdf / notes.txt
modem | modern / model
1 | 7 / 4 / 2
5 | -5 / 15
Version 3 | Version 8 / Version 13
+1 | -1 / Help
Public | Private / Republic
Valid | Invalid / Help
Include | Exclude / Help
Encrypt | Decrypt / Help
Attach | Detach / Help
Grant | Revoke / Help
Apply | Reapply / Help
Submit | Resubmit / Help
View | Preview / Review
Port | Import / Export / Report
Ascending | Descending / Help
Online | Offline / Help
Yes | Yes, all / No
Ignore | Ignore all / Help
Change | Exchange / Help
Confirm | Confirm later / Help
Remind me | Remind me later / Help
Ask | Never ask again / Don't ask
Track | Do not track / Help
Close | Close all / Close others / Enclose
Iceland | Ireland / Iran
Paid | Paid monthly / Unpaid
Austria | Australia / Help
Monday | Mondays off / Sunday
Left | Right / Help
Earlier | Later / Help
More | Fewer / Less
Cancel order | Keep order / Help
Keep order | Cancel order / Help
Buy | Sell / Buyer
Mark as read | Mark as unread / Help
Not now | Now / Help
Don't save | Save / Cancel
Allow once | Always allow / Deny
Deny | Denyhosts / Allow
C | C++ / C#
"""

LONGER = """
Save | Save changes
Bluetooth | Bluetooth settings
Inbox | Inbox (3)
Sign in | Sign in here
Error | Errors
Folder | Folders
Delete | Remove
Exit | Quit
"""


def table(lines: str) -> list[tuple[str, list[str]]]:
    rows = (line.partition(" | ") for line in lines.strip().splitlines())
    return [(asked, shown.split(" / ")) for asked, _, shown in rows]


def located(target: str, labels: list[str]) -> Location | Absent:
    """Return where the target is among labels that stand far from each other."""
    screen = words((label, 40, 40 + 80 * number) for number, label in enumerate(labels))
    return EmbeddedGrounder(FakeReader(screen)).locate(target, Drawing(PAGE.width, PAGE.height).screenshot)


@pytest.mark.parametrize(("asked", "shown"), table(OTHERS))
def test_another_label_is_not_taken_and_the_nearest_is_named(asked: str, shown: list[str]) -> None:
    for target in (asked, f"'{asked}'"):
        answer = located(target, shown)
        assert isinstance(answer, Absent)
        assert any(f"“{label}”" in answer.why for label in shown)


@pytest.mark.parametrize(("asked", "shown"), table(OTHERS))
def test_an_equal_label_comes_first(asked: str, shown: list[str]) -> None:
    answer = located(f"'{asked}'", [*shown, asked])
    assert isinstance(answer, Location)
    assert answer.point.y * PAGE.height == pytest.approx(50 + 80 * len(shown))


@pytest.mark.parametrize(("asked", "shown"), table(LONGER))
def test_a_label_that_says_the_same_in_other_words_is_taken(asked: str, shown: list[str]) -> None:
    assert isinstance(located(asked, [*shown, "Help"]), Location)


def test_a_name_in_a_line_that_was_read_with_its_neighbour_is_found() -> None:
    screen = [*words([("X-Large", 40, 100)]), *words([("Bobt", 40, 140)])]
    beside = [word.model_copy(update={"line": screen[-1].line}) for word in words([("Large", 96, 140)])]
    answer = EmbeddedGrounder(FakeReader([*screen, *beside])).locate("Large", Drawing(1000, 500).screenshot)
    assert isinstance(answer, Location)
    assert answer.point.y == pytest.approx(150 / 500)


def test_save_with_dots_is_told_from_save() -> None:
    answer = located("'Save...'", ["Save", "Save…"])
    assert isinstance(answer, Location)
    assert answer.point.y == pytest.approx(130 / 500)
