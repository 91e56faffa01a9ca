"""``comments:analyze`` through the WSGI handler: requests a second and p95, one process.

Everything a request of a client costs but the socket: middleware, key, quota, word lists, JSON,
detector. Comments are made up of three kinds: civil ones, inflammatory ones, and one in ten as
long as an article. The demo site on SQLite as its settings have it.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import _index

CIVIL = "I went there last week and the new bridge is worth the walk, number {}."
ANGRY = "You are a complete moron, number {}, and your friends are no better."
LONG = "The council met on Monday. Nobody objected to the plan, item {}. "
ATTRIBUTES = ("TOXICITY", "SEVERE_TOXICITY", "INSULT", "THREAT")
ADDRESS = "/perspective/v1alpha1/comments:analyze"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=300, help="requests a round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with ExitStack() as stack:
        own = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["DATABASE_URL"] = f"sqlite:///{own}/analyze.sqlite3"
        os.environ["DEMO_DIR"] = str(own)
        _index.use_django("project.settings")
        ask = client()
        for what, text in (("short", [CIVIL, ANGRY]), ("mixed", [CIVIL, ANGRY] * 4 + [LONG * 60])):
            report(what, ask, text, options)
    return 0


def client() -> Callable[[str], float]:
    """Return a function that analyses a text and returns the seconds it took."""
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    from moderation.models import ApiKey
    from moderation.services import api_keys

    call_command("migrate", verbosity=0)
    row = ApiKey(name="benchmark", per_second=None, per_minute=None, per_day=1_000_000)
    secret = api_keys.create(row)
    application = get_wsgi_application()

    def ask(text: str) -> float:
        asked = {
            "comment": {"text": text},
            "requestedAttributes": {name: {} for name in ATTRIBUTES},
        }
        body = json.dumps(asked).encode()
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": ADDRESS,
            "QUERY_STRING": f"key={secret}",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        }
        statuses: list[str] = []
        started = time.perf_counter()
        answer = application(environ, lambda status, _headers: statuses.append(status))
        content = b"".join(answer)
        spent = time.perf_counter() - started
        answer.close()  # type: ignore[attr-defined]
        assert statuses == ["200 OK"], (statuses, content)
        assert len(json.loads(content)["attributeScores"]) == len(ATTRIBUTES)
        return spent

    return ask


def report(
    what: str, ask: Callable[[str], float], texts: list[str], options: argparse.Namespace
) -> None:
    """Ask again and again, never the same text twice, and print the best and the middle round."""
    ask(texts[0].format("zero"))
    rounds = []
    for turn in range(options.rounds):
        asked = [
            texts[number % len(texts)].replace("{}", f"{turn}-{number}")
            for number in range(options.requests)
        ]
        rounds.append([ask(text) for text in asked])
    rates = [len(times) / sum(times) for times in rounds]
    late = min(statistics.quantiles(times, n=20)[-1] for times in rounds)
    middle = statistics.median(time for times in rounds for time in times)
    print(
        f"{what}: {max(rates):.0f} requests a second at best, {statistics.median(rates):.0f} in "
        f"the middle; median {1000 * middle:.1f} ms, p95 {1000 * late:.1f} ms at best"
    )


if __name__ == "__main__":
    sys.exit(main())
