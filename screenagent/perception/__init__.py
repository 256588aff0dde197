"""The embedded grounder: reads and measures the screen on a CPU, with weights that lie in the package."""
