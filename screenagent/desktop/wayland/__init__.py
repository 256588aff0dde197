"""Wayland desktops."""
