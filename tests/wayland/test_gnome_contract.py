"""What every desktop has to do, on GNOME."""

from __future__ import annotations

from screenagent.desktop.testing.contract import DesktopContract


class TestGnome(DesktopContract):
    pass
