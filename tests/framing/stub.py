"""A server on this machine that behaves as badly as asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Handler", Any], None]


@dataclass
class Stub:
    """What it answers next, in turn, and what it was asked; the last behaviour stays."""

    port: int = 0
    behaviours: list[Behaviour] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/score"

    def will(self, *behaviours: Behaviour) -> None:
        self.behaviours[:] = behaviours


class Handler(BaseHTTPRequestHandler):
    stub: Stub

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.stub.asked.append((self.path, dict(self.headers), body))
        turn = self.stub.behaviours
        (turn.pop(0) if len(turn) > 1 else turn[0])(self, body)

    def send(self, status: int, data: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        return


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        return  # the client has gone, as some tests want it


@contextmanager
def stub_server() -> Iterator[Stub]:
    stub = Stub()
    with Server(("127.0.0.1", 0), type("Bound", (Handler,), {"stub": stub})) as server:
        stub.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield stub
        finally:
            stub.released.set()
            server.shutdown()
            thread.join()


def answer(content: Any) -> Behaviour:
    return lambda handler, body: handler.send(200, json.dumps(content).encode())


def raw(data: bytes) -> Behaviour:
    return lambda handler, body: handler.send(200, data)


def refuse(status: int, **headers: str) -> Behaviour:
    return lambda handler, body: handler.send(status, b"no", **headers)


def hang(handler: Handler, body: Any) -> None:
    """Say nothing until the test is over."""
    handler.stub.released.wait(60)


def drip(handler: Handler, body: Any) -> None:
    """Begin an answer that never ends."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"{")
    handler.stub.released.wait(60)


def hang_up(handler: Handler, body: Any) -> None:
    handler.connection.close()
