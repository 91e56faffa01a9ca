"""Metrics, signs of life, spans and log lines."""

from __future__ import annotations

import io
import json
import logging
from datetime import timedelta

import pytest
from celery import Celery
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from moderation import tracing
from moderation.dispatch.celery import CeleryDispatcher
from moderation.logs import JSONFormatter
from moderation.models import Case, DetectorRun, Heartbeat, Scan, Tally
from moderation.services import counting, health, heartbeats
from moderation.services.sweep import sweep
from tests.admin.conftest import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

IMMEDIATE = "moderation.dispatch.immediate.ImmediateDispatcher"
TOKEN = {"METRICS_TOKEN": "t0ken"}


@pytest.fixture
def scrape(client, settings):
    settings.MODERATION = {**settings.MODERATION, **TOKEN}

    def get():
        answer = client.get("/api/metrics", headers={"Authorization": "Bearer t0ken"})
        assert answer.status_code == 200
        text = answer.content.decode()
        return {
            (sample.name, *(value for _key, value in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    return get


@pytest.fixture
def article(comment_case):
    """The article that comments belong to, scanned long ago, together with a first comment."""
    comment_case("badword long ago")
    long_ago = timezone.now() - timedelta(days=9)
    Scan.objects.update(finished_at=long_ago)
    DetectorRun.objects.update(finished_at=long_ago)


def let_settle():
    """Let what ended until now have ended two minutes ago, after the last count."""
    then, lately = (timezone.now() - timedelta(minutes=each) for each in (2, 4))
    Scan.objects.filter(finished_at__gt=lately).update(finished_at=then)
    DetectorRun.objects.filter(finished_at__gt=lately).update(finished_at=then)
    Heartbeat.objects.filter(name="counts").update(at=then - timedelta(minutes=1))


def test_counts_only_grow_and_nothing_is_counted_twice(scrape, comment_case, article):
    scrape()
    comment_case()
    comment_case("badword once more")
    Scan.objects.update(duration_ms=70)
    let_settle()
    DetectorRun.objects.update(duration_ms=40)
    first = scrape()
    assert first["moderation_scans_total", "done"] == 2
    assert first["moderation_findings_total", "likely", "word", "live"] == 2
    assert first["moderation_detector_runs_total", "word", "done"] == 2
    assert first["moderation_detector_seconds_count", "word"] == 2
    assert first["moderation_detector_seconds_sum", "word"] == pytest.approx(0.08)
    assert first["moderation_detector_seconds_bucket", "word", "0.025"] == 0
    assert first["moderation_detector_seconds_bucket", "word", "0.05"] == 2
    assert first["moderation_detector_seconds_bucket", "word", "+Inf"] == 2
    assert first["moderation_scan_seconds_count",] == 2
    again = scrape()
    assert again["moderation_scans_total", "done"] == 2
    comment_case("badword a third time")
    let_settle()
    Scan.objects.exclude(pk=Scan.objects.order_by("pk").last().pk).update(finished_at=None)
    assert scrape()["moderation_scans_total", "done"] == 3


def test_gauges_are_the_present(scrape, comment_case):
    case, waiting = comment_case(), comment_case("badword waits")
    Case.objects.filter(pk=case.pk).update(opened_at=timezone.now() - timedelta(hours=2))
    Scan.objects.filter(snapshot=waiting.snapshot).update(state="queued")
    told = scrape()
    assert told["moderation_cases_open", "open"] == 2
    assert told["moderation_scans_active", "queued"] == 1
    assert told["moderation_oldest_open_seconds",] == pytest.approx(7200, abs=60)
    assert told["moderation_outbox_lag_seconds",] == 0


def test_a_scrape_asks_little_however_much_there_is(
    scrape, comment_case, django_assert_max_num_queries
):
    for number in range(5):
        comment_case(f"badword {number}")
    scrape()
    with django_assert_max_num_queries(25):
        scrape()


def test_metrics_are_for_those_who_may(client, settings, make_user, root):
    def status(who=client, **headers):
        return who.get("/api/metrics", headers=headers).status_code

    assert status() == 403
    assert status(Authorization="Bearer ") == 403
    settings.MODERATION = {**settings.MODERATION, **TOKEN}
    assert status(Authorization="Bearer wrong") == 403
    assert status(Authorization="Basic t0ken") == 403
    assert status(Authorization="Bearer t0k\u00e9n".encode("latin-1").decode("latin-1")) == 403
    assert status(Authorization="bearer t0ken") == 200
    assert status(signed_in(make_user("nobody"))) == 403
    assert status(signed_in(root)) == 200
    assert client.post("/api/metrics").status_code == 405
    settings.MODERATION = {**settings.MODERATION, "METRICS_NETWORKS": ["10.0.0.0/8"]}
    assert client.get("/api/metrics", REMOTE_ADDR="10.1.2.3").status_code == 200
    assert client.get("/api/metrics", REMOTE_ADDR="11.1.2.3").status_code == 403
    assert client.get("/api/metrics", REMOTE_ADDR="").status_code == 403


def test_alive_and_ready(client, settings):
    settings.MODERATION = {**settings.MODERATION, "DISPATCHER": IMMEDIATE}
    assert client.get("/api/healthz").content == b"ok\n"
    told = client.get("/api/readyz")
    assert (told.status_code, told.json()["sweep"]) == (503, False)
    sweep()
    told = client.get("/api/readyz")
    assert told.json() == {"database": True, "broker": True, "sweep": True}
    assert told.status_code == 200
    assert "no-store" in told["Cache-Control"]
    Heartbeat.objects.update(at=timezone.now() - timedelta(seconds=health.SWEEP_LATE_AFTER))
    assert client.get("/api/readyz").status_code == 503


@pytest.mark.parametrize(("broker", "there"), [("memory://", True), ("redis://127.0.0.1:1", False)])
def test_a_broker_is_asked_whether_it_is_there(broker, there, monkeypatch):
    app = Celery("one of its own", broker=broker, set_as_current=False)
    monkeypatch.setattr("moderation.dispatch.celery.current_app", app)
    # Pages ask: none of them waits out a pause between two attempts.
    monkeypatch.setattr("kombu.utils.functional.sleep", lambda _seconds: pytest.fail("a pause"))
    assert CeleryDispatcher().reachable() is there


def test_a_database_that_is_away_is_told(client, monkeypatch):
    from django.db import OperationalError

    def refuse(_name):
        raise OperationalError("no")

    monkeypatch.setattr(health.heartbeats, "last", refuse)
    told = client.get("/api/readyz")
    assert (told.status_code, told.json()) == (503, {"database": False})
    assert client.get("/api/healthz").status_code == 200


def test_counts_outlive_what_was_counted(scrape, comment_case, article):
    scrape()
    comment_case()
    let_settle()
    scrape()
    Scan.objects.all().delete()
    assert scrape()["moderation_scans_total", "done"] == 1
    assert Tally.objects.filter(name=counting.SCANS).count() == 1


def test_a_worker_is_heard_of_and_not_at_every_task(comment_case):
    from moderation.tasks import deliver

    deliver()
    first = heartbeats.last("worker")
    deliver()
    assert heartbeats.last("worker") == first


# Spans and log lines


@pytest.fixture
def spans(monkeypatch):
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing.trace, "get_tracer", provider.get_tracer)
    yield exporter.get_finished_spans
    provider.shutdown()


def test_a_scan_is_a_span_without_a_word_of_the_text(spans, comment_case):
    comment_case("badword here")
    *_of_the_article, span = [each for each in spans() if each.name == "moderation.scan"]
    assert span.attributes["moderation.chars"] == len("badword here")
    assert "badword" not in span.to_json()


def test_an_error_in_a_span_is_told_by_its_type(spans):
    with pytest.raises(ImproperlyConfigured), tracing.span("moderation.scan", scan=1):
        raise ImproperlyConfigured("a secret text")
    (span,) = spans()
    assert span.status.description == "ImproperlyConfigured"
    assert "secret" not in span.to_json()


def test_without_the_extra_there_are_no_spans(spans, monkeypatch):
    monkeypatch.setattr(tracing, "trace", None)
    with tracing.span("moderation.scan", scan=1):
        pass
    assert spans() == ()


def test_a_log_line_is_json_and_quotes_no_error():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JSONFormatter())
    logger = logging.getLogger("moderation.test_of_lines")
    logger.addHandler(handler)
    try:
        int("a text that nobody should read")
    except ValueError:
        logger.exception("Scan %s was broken off\nreally", 7, extra={"scan": 7, "odd": object()})
    logger.removeHandler(handler)
    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert told["message"] == "Scan 7 was broken off\nreally"
    assert (told["level"], told["logger"], told["scan"]) == ("ERROR", "moderation.test_of_lines", 7)
    assert told["error"] == "ValueError"
    assert "test_monitoring.py" in told["at"][0]
    assert "nobody" not in line
