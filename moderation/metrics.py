"""The desk's figures in the format of Prometheus. Needs the extra ``metrics``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from moderation.services import counting, health
from moderation.services.counting import BUCKETS, SUM

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

Values = dict[tuple[str, ...], float]


def exposition() -> bytes:
    """Return all metrics as text; read from the database, so any process may answer."""
    counting.count_up()
    registry = CollectorRegistry()
    registry.register(DeskCollector())
    return generate_latest(registry)


class DeskCollector(Collector):
    """What the desk has counted, and how it stands."""

    def collect(self) -> Iterator[Metric]:
        yield from _counters(counting.counts())
        yield from _gauges(health.figures())


def _counters(counts: dict[str, Values]) -> Iterator[Metric]:
    told = {
        counting.SCANS: ("moderation_scans", "Scans that ended.", ["state"]),
        counting.RUNS: ("moderation_detector_runs", "Runs of detectors.", ["detector", "state"]),
        counting.FINDINGS: (
            "moderation_findings",
            "Findings of finished scans.",
            ["detector", "band", "mode"],
        ),
    }
    for name, (metric, meaning, labels) in told.items():
        family = CounterMetricFamily(metric, meaning, labels=labels)
        for values, value in counts.get(name, {}).items():
            family.add_metric(values, value)
        yield family
    yield _histogram(
        "moderation_scan_seconds", "What scans took.", [], counts.get(counting.SCAN_SECONDS, {})
    )
    yield _histogram(
        "moderation_detector_seconds",
        "What detectors took.",
        ["detector"],
        counts.get(counting.RUN_SECONDS, {}),
    )


def _histogram(name: str, meaning: str, labels: list[str], values: Values) -> Metric:
    family = HistogramMetricFamily(name, meaning, labels=labels)
    for own in sorted({key[:-1] for key in values}):
        total, buckets = 0.0, []
        for bound in (*map(str, BUCKETS), "+Inf"):
            total += values.get((*own, bound), 0.0)
            buckets.append((bound, total))
        family.add_metric(own, buckets, values.get((*own, SUM), 0.0))
    return family


def _gauges(now: health.Figures) -> Iterator[Metric]:
    yield _by_state("moderation_scans_active", "Scans that wait or run.", now.scans)
    yield _by_state("moderation_cases_open", "Cases that are not decided.", now.cases)
    single: dict[str, tuple[str, float | None]] = {
        "moderation_oldest_unscanned_seconds": (
            "Age of the oldest text that is not scanned.",
            now.oldest_unscanned,
        ),
        "moderation_oldest_open_seconds": ("Age of the oldest case to do.", now.oldest_open),
        "moderation_deliveries_waiting": (
            "Messages to webhooks in the outbox.",
            now.deliveries_waiting,
        ),
        "moderation_deliveries_dead": (
            "Messages to webhooks that were given up.",
            now.deliveries_dead,
        ),
        "moderation_outbox_lag_seconds": (
            "How long the longest due message has been due.",
            now.outbox_lag,
        ),
    }
    for name, (meaning, value) in single.items():
        yield GaugeMetricFamily(name, meaning, value=value or 0)
    if now.since_sweep is not None:
        yield GaugeMetricFamily(
            "moderation_sweep_age_seconds", "Seconds since the last sweep.", value=now.since_sweep
        )


def _by_state(name: str, meaning: str, states: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=["state"])
    for state, number in states.items():
        family.add_metric([state], number)
    return family
