"""A theme of mouse cursors that show nothing: a headless Sway paints the cursor into its pictures, where it would lie
over what is clicked."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

NAME: Final = "screenagent-blank"
SHADOWED: Final = ("default", "Adwaita", "breeze_cursors", "Yaru", "hicolor")
"""Themes that programs ask for by themselves; those of a home folder go before the system's."""
LARGE: Final = 24  # pixels; the size that programs ask for, whatever the picture in it measures
IMAGE: Final = 0xFFFD0002
"""What Xcursor calls a chunk that is an image."""
NAMES: Final = (
    "default left_ptr arrow top_left_arrow pointer hand hand1 hand2 pointing_hand text xterm ibeam vertical-text "
    "wait watch progress left_ptr_watch half-busy help question_arrow crosshair cross tcross cell plus move fleur "
    "all-scroll size_all grab openhand grabbing closedhand dnd-move dnd-copy dnd-link dnd-none dnd-ask "
    "dnd-no-drop copy alias link no-drop not-allowed forbidden crossed_circle circle context-menu zoom-in "
    "zoom-out none col-resize row-resize n-resize e-resize s-resize w-resize ne-resize nw-resize se-resize "
    "sw-resize ew-resize ns-resize nesw-resize nwse-resize size_ver size_hor size_bdiag size_fdiag split_v "
    "split_h sb_h_double_arrow sb_v_double_arrow top_side bottom_side left_side right_side top_left_corner "
    "top_right_corner bottom_left_corner bottom_right_corner"
).split()


def write_blank_cursors(home: Path) -> str:
    """Write the theme into a home folder; return its name, which `XCURSOR_THEME` is to be."""
    folder = home / ".icons" / NAME
    cursors = folder / "cursors"
    cursors.mkdir(parents=True, mode=0o700)
    (folder / "index.theme").write_text(f"[Icon Theme]\nName={NAME}\n")
    (cursors / NAMES[0]).write_bytes(_blank())
    for name in NAMES[1:]:
        (cursors / name).symlink_to(NAMES[0])
    for theme in SHADOWED:  # its cursors only: an index here would hide the theme's icons, without which GTK 3 aborts
        (folder.parent / theme).mkdir(mode=0o700)
        (folder.parent / theme / "cursors").symlink_to(cursors)
    return NAME


def _blank() -> bytes:
    """Return a cursor of one transparent pixel, in Xcursor's form."""
    size, version, at = 1, 1, 28
    head = struct.pack("<4sIII", b"Xcur", 16, 0x10000, 1)
    entry = struct.pack("<III", IMAGE, LARGE, at)
    chunk = struct.pack("<IIIIIIIII", 36, IMAGE, LARGE, version, size, size, 0, 0, 0)
    return head + entry + chunk + bytes(4 * size * size)
