"""What the settings say about a model behind a server reaches its connection."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("httpx2")  # an extra

from screenagent.assembly.models import ModelChoice, vision_model
from screenagent.control import Control
from screenagent.settings import Settings
from tests.raw_server import raw_server, sends, with_body

LISTING = with_body("200 OK", json.dumps({"object": "list", "data": [{"id": "phi4", "object": "model"}]}))


def test_the_proxy_of_the_settings_is_the_one_that_is_used() -> None:
    with raw_server(sends(LISTING)) as proxy:
        settings = Settings.load(model_proxy=proxy.url.removesuffix("/v1"))
        seeing = vision_model(ModelChoice("http://models.example:8000/v1"), settings, Control())
    assert proxy.requests[0].startswith(b"GET http://models.example:8000/v1/models ")
    assert seeing.remote is not None
    assert seeing.remote.endpoint.proxy == settings.model_proxy
    seeing.remote.close()
