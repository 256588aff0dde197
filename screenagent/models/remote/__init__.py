"""A vision-language model behind an OpenAI-compatible server."""

from screenagent.models.remote.errors import ServerError
from screenagent.models.remote.model import RemoteModel, connect_server
from screenagent.models.remote.providers import Endpoint, Provider, key_of

__all__ = ["Endpoint", "Provider", "RemoteModel", "ServerError", "connect_server", "key_of"]
