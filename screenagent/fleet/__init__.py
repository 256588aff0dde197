"""Many jobs at once, each in a process and on a desktop of its own: attempts, retries, and the folder of results."""
