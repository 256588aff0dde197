"""What only X11 knows."""
