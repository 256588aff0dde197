"""A run to look at afterwards: one self-contained HTML page that replays it, and an animated GIF."""
