"""Severity x reach x age, in one number that is written once."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.models import Case, Scan
from moderation.services import priority
from moderation.services.scanning import run_scan
from moderation.targets import registry
from tests.site.models import Article

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def case(severity=50, reach=1.0, opened=NOON) -> Case:
    row = Case(severity=severity, reach=reach, opened_at=opened)
    priority.rank(row)
    return row


moments = st.datetimes(datetime(2021, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
cases = st.builds(case, st.integers(0, 100), st.floats(1, 10), moments)


@given(cases, cases, st.timedeltas(timedelta(0), timedelta(days=90)))
def test_the_stored_number_orders_as_the_product_does_at_any_moment(one, other, later):
    now = max(one.opened_at, other.opened_at) + later

    def weight(row):
        doublings = (now - row.opened_at) / priority.DOUBLES_EVERY
        return math.log2(max(row.severity, 1)) + math.log2(row.reach) + doublings

    difference = weight(one) - weight(other)
    if abs(difference) > 1e-6:
        assert (one.priority > other.priority) == (difference > 0)
    else:
        assert one.priority == pytest.approx(other.priority, abs=1e-5)


def test_severe_read_and_waiting_cases_rise():
    assert case(severity=80).priority > case(severity=40).priority
    assert case(reach=4).priority > case(reach=2).priority
    assert case(opened=NOON - timedelta(hours=1)).priority > case().priority
    waited = case(severity=25, opened=NOON - 2 * priority.DOUBLES_EVERY - timedelta(minutes=1))
    assert waited.priority > case(severity=100).priority


@pytest.mark.parametrize(
    ("reach", "factor"),
    [(None, 1), (0, 1), (-5, 1), (math.nan, 1), (math.inf, 1), (9, 2), (999, 4), (1e300, 10)],
)
def test_reach_is_weighed_by_its_power_of_ten(reach, factor):
    assert priority.reach_factor(reach) == pytest.approx(factor)


def test_the_due_time_comes_from_the_setting(settings):
    settings.MODERATION = {"DUE_HOURS": {70: 2, 20: 0.5}}
    assert case(severity=70).due_at == NOON + timedelta(hours=2)
    assert case(severity=69).due_at == NOON + timedelta(minutes=30)
    assert case(severity=19).due_at is None


@pytest.mark.django_db
@pytest.mark.parametrize("views", [0, 999, "many", float("nan"), float("inf")])
def test_reach_and_section_are_read_off_the_host(settings, monkeypatch, views):
    settings.MODERATION = {
        "DETECTORS": {
            "duplicate": None,
            "scraped": None,
            "framing": None,
            "word": {"CLASS": "tests.site.detectors.WordDetector"},
        }
    }
    target = registry.lookup(Article).target
    monkeypatch.setattr(target, "reach", lambda obj: views)
    monkeypatch.setattr(target, "section", lambda obj: f"Sport{chr(0)}" + "x" * 300)
    article = Article.objects.create(headline="Bridge", body="<p>badword</p>")
    for pk in Scan.objects.filter(state="queued").values_list("pk", flat=True):
        run_scan(pk)
    found = Case.objects.get(subject__object_id=str(article.pk))
    assert found.reach == (4 if views == 999 else 1)
    assert found.section.startswith("Sport")
    assert len(found.section) <= 100
    assert found.kind == "article"
    assert found.detectors == ["word"]
    assert found.due_at > found.opened_at
