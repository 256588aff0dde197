"""Wayland sessions: each compositor is reached by what it offers, and what it lacks is refused by name."""
