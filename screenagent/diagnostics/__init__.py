"""Checks this machine, this model and this build."""
