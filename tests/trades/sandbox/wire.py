"""A plain caller on a real socket: nothing but http.client."""

import gzip
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

KEY = "key-of-tests"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        """What a success carries; anything else fails the test."""
        answer = self.json()
        assert answer["success"] is True, answer
        assert set(answer) == {"success", "data"}
        return answer["data"]

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and text of an error, whose envelope has nothing else in it."""
        answer = self.json()
        assert answer == {"success": False, "error": answer["error"]}
        return self.status, answer["error"]

    @property
    def ids(self) -> list[str]:
        return [trade["trade_id"] for trade in self.data["trades"]]


class Caller:
    """Calls one server, with a key; ``kept`` uses one connection for all calls."""

    def __init__(self, port: int, key: str | None = KEY) -> None:
        self.port = port
        self.key = key

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: object) -> Answer:
        target = quote(path) + (f"?{urlencode(query)}" if query else "")
        return self.send("GET", target, headers=headers)

    def post(self, path: str, body: object) -> Answer:
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send("POST", path, payload, {"Content-Type": "application/json"})

    def send(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            return self.over(connection, method, target, body, headers)
        finally:
            connection.close()

    def over(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One call over a connection that the test holds."""
        own = {"x-api-key": self.key} if self.key else {}
        connection.request(method, target, body, {**own, **(headers or {})})
        response = connection.getresponse()
        content = response.read()
        if response.getheader("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        return Answer(response.status, dict(response.getheaders()), content)
