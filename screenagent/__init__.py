"""A desktop agent that you supervise: it looks, plans, points, asks and acts."""

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """Return `__version__`, which is read when it is asked for."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import metadata

    try:
        return metadata.version("screenagent")
    except metadata.PackageNotFoundError:
        return "not installed"
