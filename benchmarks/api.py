"""The API under load: 20 clients that read, check, analyse, claim, decide and note at once.

gunicorn with PostgreSQL and Redis of its own. Counts refusals as answers and anything from 500 as
a failure; afterwards every decision, note and counted change must be there once, and the audit
trail must verify.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.services import HOST, PostgreSQL, Redis, free_port

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = 20
CASES = 300
DESK = "/api/v1/"
POLICY = "counted"
TEXTS = (
    "Thank you for the article, I had no idea.",
    "You are an idiot and everybody knows it.",
    "The bridge was closed for three weeks. Why did nobody tell the shops?",
)
SETTINGS = """
from tests.settings import *
import os
DEBUG = False
CACHES = {"default": {
    "BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["REDIS_URL"],
}}
DATABASES["default"]["CONN_MAX_AGE"] = None
MODERATION = {
    "DISPATCHER": "tests.site.dispatchers.Nobody",
    "API_RATES": {"read": "1000000/min", "write": "1000000/min"},
    "CHECK_RATE": "1000000/min",
}
"""


@dataclass
class Tally:
    """What one client saw: seconds by kind of request, answers by status, writes that held."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Site:
    """What the clients are told of the site: cases that wait, a key of the Perspective API."""

    cases: list[int]
    key: str


class Client:
    """One moderator's program, over one connection that is kept open."""

    def __init__(self, number: int, port: int, site: Site) -> None:
        self._lot = random.Random(number)
        self._cases, self._key, self._sent = site.cases, site.key, 0
        self._connection = http.client.HTTPConnection(HOST, port, timeout=60)
        secret = base64.b64encode(f"mod{number}:secret".encode()).decode()
        self._headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/json"}
        self._name, self.tally = f"mod{number}", Tally()

    def work(self, requests: int) -> None:
        """Send so many requests of every kind."""
        reads, asks = [self.look, self.figures], [self.check, self.analyze]
        writes = [self.claim, self.decide, self.note, self.count]
        often = [40, 4, 15, 15, 10, 15, 8, 8]
        while self._sent < requests:
            self._lot.choices([*reads, *asks, *writes], often)[0]()

    def look(self) -> None:
        """Read a page of the queue, and a case with what was found."""
        self.ask("list", "GET", f"{DESK}cases/?page_size=20")
        self.ask("read", "GET", f"{DESK}cases/{self._case()}/findings/")

    def check(self) -> None:
        """Have a text assessed."""
        self.ask("check", "POST", f"{DESK}check/", {"text": self._lot.choice(TEXTS)})

    def analyze(self) -> None:
        """Ask what the Perspective API would have been asked."""
        body = {
            "comment": {"text": self._lot.choice(TEXTS)},
            "requestedAttributes": {"TOXICITY": {}, "INSULT": {}, "THREAT": {}},
        }
        where = f"/perspective/v1alpha1/comments:analyze?key={self._key}"
        self.ask("analyze", "POST", where, body)

    def claim(self) -> None:
        """Hold a case and give it back."""
        case = self._case()
        if self.ask("claim", "POST", f"{DESK}cases/{case}/claim/", {})[0] == 200:
            self.ask("release", "POST", f"{DESK}cases/{case}/release/", {})

    def decide(self) -> None:
        """Decide a case as it was read a moment before."""
        case = self._case()
        _status, told, _tag = self.ask("read", "GET", f"{DESK}cases/{case}/")
        body = {"outcome": "dismiss_allowed", "version": told["version"]}
        status, told, _tag = self.ask("decide", "POST", f"{DESK}cases/{case}/decide/", body)
        self.tally.held["decisions"] += status == 201
        if status == 201 and self._lot.random() < 0.5:
            status, _told, _tag = self.ask("undo", "POST", f"{DESK}decisions/{told['id']}/undo/")
            self.tally.held["decisions"] += status == 201

    def note(self) -> None:
        """Write a note, and send it again as if the answer had been lost."""
        key = {"Idempotency-Key": f"{self._name}-{self._sent}"}
        where = f"{DESK}cases/{self._case()}/notes/"
        first = self.ask("note", "POST", where, {"text": "Seen."}, key)
        again = self.ask("note", "POST", where, {"text": "Seen."}, key)
        assert first[:2] == again[:2], (first, again)
        self.tally.held["notes"] += first[0] == 201

    def count(self) -> None:
        """Add one to a number that all clients write, if nobody was quicker."""
        _status, told, tag = self.ask("read", "GET", f"{DESK}policies/{POLICY}/")
        body = {"public_text": str(int(told["public_text"]) + 1)}
        answer = self.ask("count", "PATCH", f"{DESK}policies/{POLICY}/", body, {"If-Match": tag})
        self.tally.held["counted"] += answer[0] == 200

    def figures(self) -> None:
        """Read the statistics."""
        self.ask("figures", "GET", f"{DESK}statistics/")

    def ask(
        self,
        kind: str,
        method: str,
        where: str,
        body: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict, str]:
        """Send one request; return status, content and tag."""
        content = None if body is None else json.dumps(body)
        started = time.perf_counter()
        self._connection.request(method, where, content, {**self._headers, **(headers or {})})
        answer = self._connection.getresponse()
        text = answer.read()
        self.tally.seconds.setdefault(kind, []).append(time.perf_counter() - started)
        self.tally.statuses[answer.status] += 1
        self._sent += 1
        told = json.loads(text) if answer.status < 500 else {}
        return answer.status, told, answer.headers.get("ETag", "")

    def _case(self) -> int:
        return self._lot.choice(self._cases)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--threads", type=int, default=4, help="threads of each process")
    options = parser.parse_args()
    missing = ", ".join(filter(None, (PostgreSQL.missing(), Redis.missing())))
    if missing:
        print(f"NOT RUN, {missing} not found")
        return 0
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database, redis = stack.enter_context(PostgreSQL()), stack.enter_context(Redis())
        os.environ |= {"DATABASE_URL": database.url, "REDIS_URL": redis.url}
        site = prepare(folder)
        port = stack.enter_context(gunicorn(folder, options.workers, options.threads))
        return run(port, site, options.requests)


def prepare(folder: Path) -> Site:
    """Make the site: tables, moderators, a policy, a key, and cases that wait."""
    (folder / "bench_settings.py").write_text(SETTINGS)
    sys.path.insert(0, str(folder))
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench_settings"
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    from moderation.models import ApiKey, Case, KeyScope, Policy, Scan
    from moderation.services import api_keys
    from moderation.services.scanning import run_scan
    from tests.site.models import Article, Comment

    call_command("migrate", verbosity=0)
    for number in range(CLIENTS):
        get_user_model().objects.create_superuser(f"mod{number}", password="secret")
    Policy.objects.create(code=POLICY, title="Counted", public_text="0")
    article = Article.objects.create(headline="Bridge", body="<p>It is open.</p>")
    for number in range(CASES):
        text = f"You are an idiot, number {number}."
        Comment.objects.create(article=article, body=text, author_name="guest")
    for pk in Scan.objects.values_list("pk", flat=True):
        run_scan(pk)
    cases = list(Case.objects.values_list("pk", flat=True))
    assert len(cases) == CASES, len(cases)
    key = ApiKey(name="bench", scopes=[KeyScope.ANALYZE.value], per_second=10**6, per_minute=10**6)
    return Site(cases, api_keys.create(key))


@contextlib.contextmanager
def gunicorn(folder: Path, workers: int, threads: int) -> Iterator[int]:
    """Serve the site; yield the port."""
    port = free_port()
    (folder / "bench_wsgi.py").write_text(
        "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
    )
    paths = os.pathsep.join([str(folder), str(ROOT)])
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "bench_wsgi:application"),
            *("--workers", str(workers), "--threads", str(threads), "--keep-alive", "60"),
            *("--bind", f"{HOST}:{port}", "--log-level", "error"),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
    )
    try:
        await_answer(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def await_answer(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers; raises ``RuntimeError`` if it ends instead."""
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError("gunicorn did not start")
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection(HOST, port, timeout=60)
            connection.request("GET", "/api/v1/cases/")
            connection.getresponse().read()
            return
        time.sleep(0.1)
    raise RuntimeError("gunicorn does not answer")


def run(port: int, site: Site, requests: int) -> int:
    """Let the clients work, and say how it went; 1 when something broke or was lost."""
    clients = [Client(number, port, site) for number in range(CLIENTS)]
    threads = [
        threading.Thread(target=client.work, args=[requests // CLIENTS]) for client in clients
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - started
    tallies = [client.tally for client in clients]
    statuses = sum((tally.statuses for tally in tallies), Counter())
    report(tallies, statuses, spent)
    problems = verify(sum((tally.held for tally in tallies), Counter()))
    if broken := sum(count for status, count in statuses.items() if status >= 500):
        problems.append(f"{broken} answers from 500 on")
    if statuses.total() < requests - CLIENTS:
        problems.append("a client ended early")
    print("; ".join(problems) or "nothing lost, the audit trail verifies")
    return 1 if problems else 0


def report(tallies: list[Tally], statuses: Counter[int], spent: float) -> None:
    """Print how fast the answers came."""
    total, cores = statuses.total(), os.cpu_count() or 1
    print(
        f"{total:,} requests of {CLIENTS} clients in {spent:.1f} s: {total / spent:.0f} a second, "
        f"{total / spent / cores:.0f} a core; statuses {dict(sorted(statuses.items()))}"
    )
    for kind in sorted({kind for tally in tallies for kind in tally.seconds}):
        times = [each for tally in tallies for each in tally.seconds.get(kind, ())]
        middle, high = statistics.median(times), quantile(times, 0.95)
        print(f"{kind:>8}: {len(times):6,}  p50 {middle * 1e3:6.0f} ms  p95 {high * 1e3:6.0f} ms")


def quantile(values: list[float], share: float) -> float:
    """Return the nearest-rank quantile."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def verify(held: Counter[str]) -> list[str]:
    """Compare what the clients were told with what is there."""
    from moderation.models import CaseNote, Decision, Policy
    from moderation.services import audit

    there = {
        "decisions": Decision.objects.count(),
        "notes": CaseNote.objects.count(),
        "counted": int(Policy.objects.get(code=POLICY).public_text),
    }
    problems = [
        f"{name}: {held[name]} were told, {count} are there"
        for name, count in there.items()
        if held[name] != count
    ]
    verification = audit.verify()
    return problems if verification.ok else [*problems, verification.problem]


if __name__ == "__main__":
    sys.exit(main())
