"""A program that is told, on a real socket, and cases made the way the site makes them."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone

from moderation.models import Delivery, Webhook
from moderation.services import webhooks
from tests.admin.conftest import (  # noqa: F401 - fixtures of the desk
    _detectors,
    article_case,
    colleague,
    comment_case,
    make_user,
    moderator,
    policy,
    root,
    senior,
)


class Receiver:
    """Answers with ``status`` and ``headers``; ``messages`` are headers and body of each POST."""

    def __init__(self) -> None:
        self.status, self.headers, self.messages = 204, {}, []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.messages.append((dict(self.headers), body))
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST  # noqa: N815 - the name that http.server calls

            def log_message(self, *_args) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01])
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def told(self) -> list[dict]:
        return [json.loads(body) for _headers, body in self.messages]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def own_network(settings):
    settings.MODERATION = {**settings.MODERATION, "WEBHOOK_ALLOWED_NETWORKS": ["127.0.0.0/8"]}


@pytest.fixture
def receiver(own_network):
    program = Receiver()
    yield program
    program.close()


@pytest.fixture
def webhook(db, receiver) -> Webhook:
    return webhooks.save(Webhook(name="site", url=receiver.url))


def make_due() -> list[int]:
    """Let the time for an undo, or a pause, be over; return what waits."""
    waiting = Delivery.objects.filter(state="pending").order_by("pk")
    waiting.update(next_at=timezone.now())
    return list(waiting.values_list("pk", flat=True))
