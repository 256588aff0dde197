"""Watches a person do a task once, and writes a script that does it again."""
