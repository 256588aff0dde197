"""The root of the engine's errors that its caller can fix."""


class EngineError(Exception):
    """What was handed to the engine, or the machine that it runs on, does not do; the text says why and what would."""
