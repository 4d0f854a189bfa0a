"""A market of the test's own, on a real socket."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from trades.sandbox.sandbox import Sandbox
from trades.sandbox.server import SandboxServer


@pytest.fixture
def market(settings: LazySettings) -> Iterator[SandboxServer]:
    with Sandbox() as sandbox, SandboxServer(sandbox) as server:
        settings.VPSBOT_URL = server.api_url
        settings.MANNCO_URL = server.url
        settings.STEAM_URL = server.url
        yield server
