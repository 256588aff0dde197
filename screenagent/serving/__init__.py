"""Downloads weights and serves the engine on a local socket."""
