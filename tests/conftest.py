"""Real servers as fixtures, and which tests run where.

A test asks for a server by naming the fixture ``postgresql_server``, ``redis_server``,
``chromium`` or ``node``; it is then marked by itself. Without the server's program it is skipped,
and one line at the end says so; with ``MODERATION_REQUIRE_SERVICES=1`` that fails the run.

The suite runs on SQLite. ``make test`` then runs it again with ``DATABASE_URL`` naming a PostgreSQL
server: in that run only the tests marked ``both_databases`` or ``on_postgresql`` are chosen.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Generator, Iterator

import pytest
from django.conf import settings
from django.utils import translation

from tests.services import (
    REQUIRE_VARIABLE,
    PostgreSQL,
    Redis,
    find_chromium,
    find_node,
    services_required,
)

SERVICE_OF_FIXTURE = {
    "postgresql_server": "postgresql",
    "redis_server": "redis",
    "chromium": "chromium",
    "node": "node",
}
NOT_RUN = "not run, not installed: "

try:
    import hypothesis
except ImportError:  # the tests that need a model have an environment without it
    pass
else:  # how fast a machine is says nothing about an example
    slow = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("unhurried", deadline=None, suppress_health_check=slow)
    hypothesis.settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def _postgresql() -> Iterator[PostgreSQL]:
    with PostgreSQL() as server:
        yield server


@pytest.fixture(scope="session")
def _redis() -> Iterator[Redis]:
    with Redis() as server:
        yield server


@pytest.fixture
def postgresql_server(_postgresql: PostgreSQL) -> PostgreSQL:
    """A running server, shared by the session; ``new_database()`` gives a test its own corner."""
    _postgresql.start()  # the test before may have stopped it
    return _postgresql


@pytest.fixture
def redis_server(_redis: Redis) -> Redis:
    """A running and empty server, shared by the session."""
    _redis.start()
    _redis.clear()
    return _redis


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser; start it with ``tests.services.CHROMIUM_ARGUMENTS``."""
    return str(find_chromium())


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node.js; npm is there too."""
    return str(find_node())


@pytest.fixture(autouse=True)
def _default_language() -> Iterator[None]:
    yield
    translation.deactivate()  # a request leaves the reader's language behind in its thread


def pytest_configure() -> None:
    # A terminated run ends as an interrupted one does: fixtures are torn down, servers stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_report_header() -> str:
    return f"database: {settings.DATABASES['default']['ENGINE'].rpartition('.')[2]}"


@pytest.hookimpl(wrapper=True)  # the marks must be there when -m chooses
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, object, object]:
    for item in items:
        for service in sorted(_services_of(item)):
            item.add_marker(service)
    _choose_for_database(config, items)
    missing = _missing_services()
    for item in items:
        for service, programs in missing.items():
            if item.get_closest_marker(service):
                item.add_marker(pytest.mark.skip(reason=f"{NOT_RUN}{programs}"))
    outcome = yield
    _begin_with_slow_files(items)
    return outcome


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    not_run = _not_run(terminalreporter)
    if not_run:
        parts = [f"{count} tests for want of {what}" for what, count in sorted(not_run.items())]
        verdict = f" ({REQUIRE_VARIABLE} makes this a failure)" if services_required() else ""
        line = f"!!! NOT RUN: {'; '.join(parts)}{verdict} !!!"
        terminalreporter.write_line(line, red=True, bold=True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and services_required() and _not_run(reporter) and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if _on_postgresql() and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK  # what was asked for has run on SQLite


def _on_postgresql() -> bool:
    return bool(settings.DATABASES["default"]["ENGINE"].endswith(".postgresql"))


def _services_of(item: pytest.Item) -> set[str]:
    fixtures = getattr(item, "fixturenames", ())
    return {SERVICE_OF_FIXTURE[name] for name in fixtures if name in SERVICE_OF_FIXTURE}


def _choose_for_database(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests that belong to the database of this run."""
    on_postgresql = _on_postgresql()

    def belongs(item: pytest.Item) -> bool:
        only_there = item.get_closest_marker("on_postgresql") is not None
        if on_postgresql:
            return only_there or item.get_closest_marker("both_databases") is not None
        return not only_there

    others = [item for item in items if not belongs(item)]
    if others:
        items[:] = [item for item in items if belongs(item)]
        config.hook.pytest_deselected(items=others)


def _begin_with_slow_files(items: list[pytest.Item]) -> None:
    """So that no worker is left alone at the end with a file that takes minutes.

    Files stay whole, and in the order they have otherwise.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def _missing_services() -> dict[str, str]:
    found = {
        "postgresql": PostgreSQL.missing(),
        "redis": Redis.missing(),
        "chromium": "" if find_chromium() else "chromium",
        "node": "" if find_node() else "node and npm",
    }
    return {service: programs for service, programs in found.items() if programs}


def _not_run(reporter: pytest.TerminalReporter) -> Counter[str]:
    """How many tests were skipped for want of which programs."""
    reasons = (report.longrepr[2] for report in reporter.stats.get("skipped", []))
    return Counter(
        reason.rpartition(NOT_RUN)[2] for reason in map(str, reasons) if NOT_RUN in reason
    )
