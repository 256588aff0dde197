"""Decides which element on the screen a target's words mean."""
