"""What buttons and keys are called by compositors, as far as the process that releases them has to know it too."""

from __future__ import annotations

from typing import Final

BUTTONS: Final = {1: 0x110, 2: 0x112, 3: 0x111}
"""What Linux calls the buttons, by the numbers that X gives them."""
TEXT_CODES: Final = (*range(2, 12), *range(16, 26), *range(30, 39), *range(44, 51), *range(120, 245))
"""The keys that a text's characters are put on; never Escape, Return or a modifier, which the compositor may take."""
TEXT: Final = 0x10000
"""What a text's characters are held by: their code points, from here on; a key of a chord is below it."""
