"""A sink is a function of an event: this one adds up where the time of a run went."""

import sys
from collections import Counter
from pathlib import Path

from screenagent.runs.store import read_events

if len(sys.argv) < 2:
    sys.exit("usage: python examples/sink.py RUN   (a folder that `screenagent run` recorded)")

seconds: Counter[str] = Counter()
for event in read_events(Path(sys.argv[1])):
    seconds.update(event.usage.seconds)
for phase, spent in seconds.most_common():
    print(f"{phase:>8}  {spent * 1000:8.1f} ms")
