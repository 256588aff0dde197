"""The probe window from outside: start it on a display, know where its parts are, read what it received."""

from __future__ import annotations

import time
from typing import Any, Final, Self

from screenagent.desktop.json_lines import Child, module_command, needed_environment
from screenagent.desktop.testing.probe_window import FIELD, PANEL, POPUP_PLACE, POPUP_SIZE, TARGETS, ProbeArea
from screenagent.geometry import Display, Location, Pixel, Point, Value

RECEIPT_SECONDS: Final = 5.0

Receipt = dict[str, Any]


class Shows(Value):
    """What a probe does by itself and in answer to a click; `delay` and `popup` are seconds from the click.

    `lag` is the seconds from a key to its letter.
    """

    delay: float = 0.0
    lag: float = 0.0
    popup: float | None = None
    caret: bool = False
    clock: bool = False


NOTHING_ELSE: Final = Shows()


class Probe:
    """A probe window on `display`, open while this is entered."""

    def __init__(
        self, display: str, *, at: tuple[int, int] = (60, 60), title: str = "Probe", shows: Shows = NOTHING_ELSE
    ) -> None:
        self._display = display
        self._options = [
            f"--title={title}",
            "--at",
            str(at[0]),
            str(at[1]),
            f"--delay={shows.delay}",
            f"--lag={shows.lag}",
        ]
        self._options += [f"--popup={shows.popup}"] if shows.popup is not None else []
        self._options += [f"--{name}" for name in ("caret", "clock") if getattr(shows, name)]
        self.title, self.receipts = title, list[Receipt]()
        self.window = 0
        self._corner = Pixel(x=0, y=0)

    def __enter__(self) -> Self:
        command = module_command("screenagent.desktop.testing.probe_window", *self._options)
        self._child = Child(command, environment=needed_environment() | {"DISPLAY": self._display})
        try:
            ready = self.wait_for("ready")
        except BaseException:
            self.__exit__()
            raise
        self.window = ready["window"]
        self._corner = Pixel(x=ready["x"], y=ready["y"])
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()

    def wait_for(self, happened: str, *, seconds: float = RECEIPT_SECONDS, **facts: object) -> Receipt:
        """The next receipt of this kind that says these facts."""
        deadline = time.monotonic() + seconds
        while (receipt := self._child.hear(max(0.0, deadline - time.monotonic()))) is not None:
            self.receipts.append(receipt)
            if receipt["event"] == happened and facts.items() <= receipt.items():
                return receipt
        last = self.receipts[-3:]
        raise TimeoutError(f"the probe did not say {happened!r} {facts or ''} within {seconds:g} s; it said {last}")

    def drain(self, *, seconds: float = 0.0) -> list[Receipt]:
        """All it has said and, for `seconds`, still says."""
        deadline = time.monotonic() + seconds
        while (receipt := self._child.hear(max(0.0, deadline - time.monotonic()))) is not None:
            self.receipts.append(receipt)
        return self.receipts

    def of(self, *kinds: str) -> list[Receipt]:
        """The receipts of these kinds so far."""
        return [receipt for receipt in self.receipts if receipt["event"] in kinds]

    @property
    def text(self) -> str:
        """What stands in its field, as far as it has been read."""
        return next((receipt["text"] for receipt in reversed(self.receipts) if receipt["event"] == "text"), "")

    def pixel(self, part: str) -> Pixel:
        """The middle of a target, of the "panel" or the "field", in the display's input space."""
        left, top, width, height = PARTS[part]
        return Pixel(x=self._corner.x + left + width // 2, y=self._corner.y + top + height // 2)

    def location(self, part: str, display: Display) -> Location:
        return Location(point=display.point(self.pixel(part)), confidence=1.0, by="probe")

    def answer_point(self, display: Display) -> Point:
        """A place in the panel where its colour shows whether it has answered an odd or an even number of times."""
        left, top, width, height = PARTS["panel"]
        return self._point(display, left + width - 20, top + height - 20)

    def popup_point(self, display: Display) -> Point:
        """A place that a popup covers with its colour, whatever frame the window manager gives it."""
        return self._point(display, POPUP_PLACE[0] + POPUP_SIZE[0] - 60, POPUP_PLACE[1] + POPUP_SIZE[1] - 40)

    def _point(self, display: Display, x: int, y: int) -> Point:
        return display.point(Pixel(x=self._corner.x + x, y=self._corner.y + y))


PARTS: Final[dict[str, ProbeArea]] = TARGETS | {"panel": PANEL, "field": FIELD}
