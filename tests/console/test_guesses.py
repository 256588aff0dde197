"""At a question about an unsure place the console lists and numbers the guesses, and takes a number."""

from __future__ import annotations

import pytest

from screenagent.console.view import PictureView
from screenagent.geometry import WHOLE, Doubt, Guess, Location, Pixel, Size
from screenagent.screenshot import Screenshot
from tests.console.console_runs import DONE, SAVE, SAVE_AT, SIZE, TRASH_AT, Stage, editor, piloted, until

FIRST = Location(point=SAVE_AT, confidence=0.4, by="text")
SECOND = Location(point=TRASH_AT, confidence=0.3, by="text")
GUESSES = (Guess(words="“Save”", location=FIRST), Guess(words="“Trash”", location=SECOND))
DOUBT = Doubt(why="two are alike", guesses=GUESSES)


class Doubtful:
    """Is never sure, and has the same guesses about everything."""

    def look_closer(self, _target: str, _screenshot: Screenshot, found: Location) -> Location:
        return found

    def doubt(self, _target: str, _screenshot: Screenshot, *, found: Location | None = None) -> Doubt:
        assert found
        return DOUBT


def test_the_guesses_are_numbered_on_the_picture() -> None:
    pixels = Size(width=320, height=180)
    plain, numbered = (PictureView(editor(0), (FIRST,), 0, guesses) for guesses in ((), (FIRST, SECOND)))
    assert plain.key != numbered.key
    assert plain.picture(WHOLE, pixels).tobytes() != numbered.picture(WHOLE, pixels).tobytes()


@pytest.mark.slow
@pytest.mark.parametrize(("number", "pixel"), [("1", SAVE_AT.pixel(SIZE)), ("2", TRASH_AT.pixel(SIZE))])
@piloted
async def test_a_number_does_it_at_that_guess(number: str, pixel: Pixel) -> None:
    stage = Stage(SAVE, DONE, guesser=Doubtful())
    async with stage.console.run_test(size=(200, 60)) as pilot:
        await until(pilot, lambda: stage.live.question)
        assert "2 “Trash” at (48, 153), 30% sure" in stage.text("proposal")
        await pilot.press("3", number)
        await until(pilot, lambda: stage.live.is_over)
        assert [place[0].pixel(SIZE) for place in stage.desktop.places] == [pixel]
