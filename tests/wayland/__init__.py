"""Tests on a real GNOME Shell, for `make wayland`; see gnome.sh beside this."""
