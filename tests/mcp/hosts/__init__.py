"""Trials of real hosts by hand: `python -m tests.mcp.hosts.trial HOST PROGRAM`. No test runs them."""
