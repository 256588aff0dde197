"""A `VisionModel` that runs elsewhere, behind an OpenAI-compatible server."""

from screenagent.models.remote.connecting import connect
from screenagent.models.remote.errors import ServerError
from screenagent.models.remote.model import Server
from screenagent.models.remote.providers import Kind, key_of

__all__ = ["Kind", "Server", "ServerError", "connect", "key_of"]
