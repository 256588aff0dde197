"""A `VisionModel` that runs elsewhere, behind an OpenAI-compatible server."""

from screenagent.server.connecting import connect
from screenagent.server.errors import ServerError
from screenagent.server.kinds import Kind, key_of
from screenagent.server.model import Server

__all__ = ["Kind", "Server", "ServerError", "connect", "key_of"]
