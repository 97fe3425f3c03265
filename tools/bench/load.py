"""Load from one thread: many keep-alive connections to a server on this machine, each with a request under way."""

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(slots=True)
class Load:
    """What came back: seconds from request to whole response, and how many had which status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Responses a second."""
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        """The latency, in seconds, that this share of the responses did not exceed."""
        return sorted(self.latencies)[min(int(share * len(self.latencies)), len(self.latencies) - 1)]


class Connection:
    """One connection. `on_response(status, body)` gives the next request, or None when there is nothing more to ask."""

    def __init__(self, port: int, first: bytes, on_response: Callable[[int, bytes], bytes | None]) -> None:
        self._port = port
        self.on_response = on_response
        self.request: bytes | None = first
        self.sent_at = 0.0
        self._received = b""

    @cached_property
    def wire(self) -> socket.socket:
        """Made with the first request: a connection that says nothing for long is closed."""
        made = socket.create_connection(("127.0.0.1", self._port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def send(self) -> None:
        """Send the request whose turn it is."""
        assert self.request is not None
        wire = self.wire
        self.sent_at = time.perf_counter()
        wire.sendall(self.request)

    def receive(self) -> tuple[int, bytes] | None:
        """Status and body once the response is whole; None before."""
        part = self.wire.recv(262144)
        if not part:
            raise ConnectionError("The server closed the connection.")
        self._received += part
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return None
        self._received = b""
        return int(head[9:12]), body


def _length(head: bytes) -> int:
    lower = head.lower()
    start = lower.find(b"\r\ncontent-length:")
    return int(lower[start + 17 :].split(b"\r\n", 1)[0]) if start >= 0 else 0


def drive(connections: list[Connection], seconds: float) -> Load:
    """Keep every connection busy for so long; requests under way at the end are waited for."""
    load = Load()
    ready = selectors.DefaultSelector()
    start = time.perf_counter()
    under_way = 0
    for one in connections:
        if one.request is not None:
            ready.register(one.wire, selectors.EVENT_READ, one)
            one.send()
            under_way += 1
    while under_way:
        for key, _ in ready.select(timeout=60) or _late():
            one = key.data
            response = one.receive()
            if response is None:
                continue
            now = time.perf_counter()
            load.latencies.append(now - one.sent_at)
            load.statuses[response[0]] = load.statuses.get(response[0], 0) + 1
            one.request = one.on_response(*response)
            if one.request is None or now - start >= seconds:
                ready.unregister(one.wire)
                under_way -= 1
            else:
                one.send()
    load.seconds = time.perf_counter() - start
    ready.close()
    return load


def _late() -> list[tuple[selectors.SelectorKey, int]]:
    raise TimeoutError("The server did not answer within a minute.")
