"""What buttons and keys are called by compositors, as far as the process that releases them has to know it too."""

from __future__ import annotations

from typing import Final

BUTTONS: Final = {1: 0x110, 2: 0x112, 3: 0x111}
"""What Linux calls the buttons, by the numbers that X gives them."""
SPARE_CODES: Final = (*range(120, 183), *range(200, 248))
"""Keys that mean nothing on a keyboard for the USA, on which other characters are put."""
LENT: Final = 0x10000
"""What a character is held by that is put on a key: its code point, from here on; other keys are below it."""
DEAF_SECONDS: Final = 0.55
"""GTK 3 takes a click in a menu within 0.5 s of the press that opened it for the end of that press, which it has not
seen: on Wayland a menu takes the mouse before the button is up."""
