"""Serves the desktop to another agent over MCP: the same policy, person, guard and stop stand before every input."""
