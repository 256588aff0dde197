"""Plain English, read into steps and goals."""
