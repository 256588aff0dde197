"""The composition root: the only place that builds parts and wires them together."""
