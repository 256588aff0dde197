"""macOS, by its own interface: the permissions that input and pictures need, and the window in front. Unproven."""

from __future__ import annotations

import importlib
from typing import Any, Final

from screenagent.control import until
from screenagent.desktop import NoDesktop
from screenagent.desktop.plain_windows import PlainWindows
from screenagent.protocols import Retry
from screenagent.screenshot import Window

ON_SCREEN: Final = 1 << 0 | 1 << 4  # kCGWindowListOptionOnScreenOnly, kCGWindowListExcludeDesktopElements
COMBINED_SESSION: Final = 0  # kCGEventSourceStateCombinedSessionState
ALPHA_SHIFT: Final = 0x10000  # kCGEventFlagMaskAlphaShift
IGNORING_OTHERS: Final = 1 << 1  # NSApplicationActivateIgnoringOtherApps
ACTIVATE_SECONDS: Final = 2.0


def prepare_macos() -> None:
    """Without these permissions macOS drops input and blackens pictures without a word: refuse instead."""
    lacking = []
    if not importlib.import_module("ApplicationServices").AXIsProcessTrusted():
        lacking.append("Accessibility")
    if not _quartz().CGPreflightScreenCaptureAccess():
        lacking.append("Screen Recording")
    if lacking:
        raise NoDesktop(
            f"macOS lacks the permission for {' and '.join(lacking)}: allow your terminal in System Settings, "
            "Privacy & Security, and start it again"
        )


class MacWindows(PlainWindows):
    def foreground(self) -> Window | None:
        front = importlib.import_module("AppKit").NSWorkspace.sharedWorkspace().frontmostApplication()
        if front is None:
            return None
        pid = int(front.processIdentifier())
        for window in _quartz().CGWindowListCopyWindowInfo(ON_SCREEN, 0):
            if window["kCGWindowOwnerPID"] == pid and window["kCGWindowLayer"] == 0:
                return Window(
                    id=int(window["kCGWindowNumber"]),
                    title=str(window.get("kCGWindowName", "")),
                    app=str(front.localizedName()),
                    pid=pid,
                )
        return None

    def activate(self, window: Window) -> None:
        """Its application comes to the front; which of that one's windows is first, the application decides."""
        app_kit: Any = importlib.import_module("AppKit")
        app = app_kit.NSRunningApplication.runningApplicationWithProcessIdentifier_(window.pid or -1)
        if app is not None:
            app.activateWithOptions_(IGNORING_OTHERS)
        if not until(lambda: self._is_front(window), seconds=ACTIVATE_SECONDS):
            raise Retry(f"the window {window.title!r} does not come to the front", "not_in_front")

    def _is_front(self, window: Window) -> bool:
        front = self.foreground()
        return front is not None and front.id == window.id

    def caps_lock(self) -> bool:
        return bool(_quartz().CGEventSourceFlagsState(COMBINED_SESSION) & ALPHA_SHIFT)


def _quartz() -> Any:
    return importlib.import_module("Quartz")
