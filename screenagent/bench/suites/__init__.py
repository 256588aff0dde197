"""Public suites of tasks, read from the user's own checkout; nothing of theirs is kept here."""
