"""A `VisionModel` that runs elsewhere, behind an OpenAI-compatible server."""

from screenagent.models.remote.connecting import connect_server
from screenagent.models.remote.errors import ServerError
from screenagent.models.remote.model import RemoteModel
from screenagent.models.remote.providers import Provider, key_of

__all__ = ["Provider", "RemoteModel", "ServerError", "connect_server", "key_of"]
