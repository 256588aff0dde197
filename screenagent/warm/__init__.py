"""A process that has everything loaded, from which runs are forked, so that they begin at once (Linux)."""
