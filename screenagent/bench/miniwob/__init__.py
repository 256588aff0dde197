"""`bench miniwob`: the tasks of MiniWoB++, done by pixels and input and judged by the pages' own reward."""
