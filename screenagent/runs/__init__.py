"""Where runs are stored, and for how long."""
