"""Windows, by its own interface: pixels that are pixels on every monitor, and the window in front. Unproven."""

from __future__ import annotations

import ctypes
from pathlib import PureWindowsPath
from typing import Any, Final

from screenagent.control import until
from screenagent.desktop import NoDesktop
from screenagent.desktop.plain_windows import PlainWindows
from screenagent.protocols import Retry
from screenagent.screenshot import Window

PER_MONITOR_AWARE_V2: Final = -4  # DPI_AWARENESS_CONTEXT_PER_MONITOR_AWARE_V2
PER_MONITOR_AWARE: Final = 2  # DPI_AWARENESS_PER_MONITOR_AWARE
QUERY_LIMITED_INFORMATION: Final = 0x1000
CAPITAL: Final = 0x14
LONGEST_PATH: Final = 32768
ACTIVATE_SECONDS: Final = 2.0


def prepare_win32() -> None:
    """Count in physical pixels on every monitor. Comes before any import of a library that sends input."""
    user32, _ = _libraries()
    user32.SetProcessDpiAwarenessContext.argtypes = [ctypes.c_void_p]
    user32.GetThreadDpiAwarenessContext.restype = ctypes.c_void_p
    user32.GetAwarenessFromDpiAwarenessContext.argtypes = [ctypes.c_void_p]
    user32.SetProcessDpiAwarenessContext(PER_MONITOR_AWARE_V2)  # fails where it was set before, so look at what holds
    awareness = user32.GetAwarenessFromDpiAwarenessContext(user32.GetThreadDpiAwarenessContext())
    if awareness != PER_MONITOR_AWARE:
        raise NoDesktop(
            f"this process does not count in physical pixels (its DPI awareness is {awareness}): open the desktop "
            "before anything imports pyautogui, on Windows 10 1703 or later"
        )


class Win32Windows(PlainWindows):
    def __init__(self) -> None:
        self._user32, self._kernel32 = _libraries()

    def foreground(self) -> Window | None:
        id = self._user32.GetForegroundWindow()
        if not id:
            return None
        title = ctypes.create_unicode_buffer(self._user32.GetWindowTextLengthW(id) + 1)
        self._user32.GetWindowTextW(id, title, len(title))
        pid = ctypes.c_ulong()
        self._user32.GetWindowThreadProcessId(id, ctypes.byref(pid))
        return Window(id=id, title=title.value, app=self._program(pid.value), pid=pid.value)

    def activate(self, window: Window) -> None:
        self._user32.SetForegroundWindow(window.id)
        if not until(lambda: self._user32.GetForegroundWindow() == window.id, seconds=ACTIVATE_SECONDS):
            raise Retry(f"the window {window.title!r} does not come to the front", "not_in_front")

    def caps_lock(self) -> bool:
        return bool(self._user32.GetKeyState(CAPITAL) & 1)

    def _program(self, pid: int) -> str:
        process = self._kernel32.OpenProcess(QUERY_LIMITED_INFORMATION, False, pid)
        if not process:
            return ""
        try:
            path, size = ctypes.create_unicode_buffer(LONGEST_PATH), ctypes.c_ulong(LONGEST_PATH)
            found = self._kernel32.QueryFullProcessImageNameW(process, 0, path, ctypes.byref(size))
            return PureWindowsPath(path.value).stem if found else ""
        finally:
            self._kernel32.CloseHandle(process)


def _libraries() -> tuple[Any, Any]:
    load: Any = ctypes.WinDLL  # type: ignore[attr-defined,unused-ignore] # there only on Windows
    return load("user32"), load("kernel32")
