"""A run to look at afterwards: one self-contained HTML page that replays it, and an animated GIF."""

from screenagent.runs.report.gif import write_gif
from screenagent.runs.report.html import write_html

__all__ = ["write_gif", "write_html"]
