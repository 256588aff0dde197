"""A live run that several faces can attach to, and the inbox of what waits for a person."""
