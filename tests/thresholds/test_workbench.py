"""The figures of the workbench, worked out by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from moderation.models import Decision, Finding, Outcome, ScanState, Threshold
from moderation.services import workbench
from moderation.services.workbench import Judged, Material, Point, points
from tests.thresholds.conftest import ALLOWED, RIGHT, WRONG

pytestmark = pytest.mark.django_db


def test_figures_worked_out_by_hand():
    material = Material(
        scores=(0.1, 0.2, 0.4, 0.6, 0.8, 0.9),
        judged=(Judged(0.4, right=False), Judged(0.6, right=True), Judged(0.9, right=True)),
        days=2.0,
    )
    assert points(material, [0.7, 0.4], minutes=3) == [
        Point(0.4, per_day=2.0, right=2, wrong=1, missed=0, hours=0.1),
        Point(0.7, per_day=1.0, right=1, wrong=0, missed=1, hours=0.05),
    ]
    low, high = points(material, [0.4, 0.7], minutes=3)
    assert (low.precision, low.recall) == (2 / 3, 1.0)
    assert (high.precision, high.recall) == (1.0, 0.5)


def test_a_threshold_flags_its_own_score():
    (point,) = points(Material((0.5,), (Judged(0.5, right=True),)), [0.5], minutes=1)
    assert (point.per_day, point.right, point.missed) == (1.0, 1, 0)


def test_without_anything_nothing_is_claimed():
    (point,) = points(Material(), [0.5], minutes=2)
    assert (point.per_day, point.precision, point.recall, point.hours) == (0.0, None, None, 0.0)


def test_the_same_threshold_is_shown_once():
    assert [p.threshold for p in points(Material(), [0.5, 0.5, 0.1], minutes=1)] == [0.1, 0.5]


def test_the_past_is_read(scored):
    scored(0.9, RIGHT, days=3)
    scored(0.7, ALLOWED)
    scored(0.6, WRONG)
    scored(0.1)
    past = workbench.material("framing", "attack", days=30)
    assert sorted(past.scores) == [0.1, 0.6, 0.7, 0.9]
    assert sorted((each.score, each.right) for each in past.judged) == [
        (0.6, False),
        (0.7, True),
        (0.9, True),
    ]
    assert 2.9 < past.days < 3.1
    assert not past.cut


def test_what_was_upheld_for_another_category_says_nothing(scored):
    scored(0.4, RIGHT, found=("threat",))
    scored(0.3, WRONG, found=("threat",))
    scored(0.2, RIGHT, found=())  # reported by a reader: missed by the detector
    found = workbench.judged("framing", "attack")
    assert {(each.score, each.right) for each in found} == {(0.3, False), (0.2, True)}


def test_the_overall_score_answers_for_every_category(scored):
    scored(0, RIGHT, found=("threat",), scores={"framing": {"framing": 0.8}})
    assert [each.score for each in workbench.judged("framing", "framing")] == [0.8]


def test_only_standing_rulings_of_the_time_count(scored):
    scan = scored(0.9, RIGHT)
    decision = Decision.objects.get(snapshot=scan.snapshot)
    Decision.objects.create(
        case=decision.case,
        case_version=2,
        outcome=Outcome.UNDO,
        reverses=decision,
        actor_kind="human",
        actor_label="mod",
    )
    scored(0.8, Outcome.ESCALATE)
    assert list(workbench.judged("framing", "attack")) == []
    scored(0.7, RIGHT)
    later = timezone.now() + timedelta(days=40)
    assert list(workbench.judged("framing", "attack", days=30, now=later)) == []


def test_sections_are_told_apart(scored):
    scored(0.9, RIGHT, section="sport")
    scored(0.2, WRONG, section="politics")
    past = workbench.material("framing", "attack", section="sport")
    assert (past.scores, [each.right for each in past.judged]) == ((0.9,), [True])


@pytest.mark.parametrize(
    "scores",
    [
        {},
        {"framing": {}},
        {"framing": None},
        {"framing": {"attack": "0.9"}},
        {"framing": {"attack": True}},
        {"framing": {"attack": None}},
        {"framing": [0.9]},
    ],
)
def test_what_is_no_score_is_left_out(scored, scores):
    scored(0, RIGHT, scores=scores)
    past = workbench.material("framing", "attack")
    assert (past.scores, past.judged) == ((), ())


def test_superseded_scans_and_old_ones_are_left_out(scored):
    scan = scored(0.9)
    scan.state = ScanState.SUPERSEDED
    scan.save()
    scored(0.8, days=31)
    scored(0.7)
    assert workbench.material("framing", "attack", days=30).scores == (0.7,)


def test_a_constant_number_of_queries_and_of_rows(scored, monkeypatch):
    monkeypatch.setattr(workbench, "MOST_SCANS", 5)
    monkeypatch.setattr(workbench, "MOST_DECISIONS", 3)
    for number in range(8):
        scored(number / 10, RIGHT)
    with CaptureQueriesContext(connection) as queries:
        past = workbench.material("framing", "attack")
    assert len(queries) == 2
    assert sorted(past.scores) == [0.3, 0.4, 0.5, 0.6, 0.7]
    assert len(past.judged) == 3
    assert past.cut


def test_what_was_on_trial_beside_what_was_live(scored):
    def finding(scan, mode, category="attack"):
        Finding.objects.create(
            scan=scan,
            detector="framing",
            kind="framing",
            category=category,
            score=0.9,
            band="possible",
            mode=mode,
            threshold=0.5,
            detail={"decided_by": category},
        )

    started = timezone.now() - timedelta(days=5)
    row = Threshold.objects.create(
        detector="framing", category="attack", value=0.3, state="shadow", tried_at=started
    )
    both, live, trial, other, before = (scored(0.5, days=days) for days in (1, 1, 1, 1, 9))
    for scan, modes in ((both, "live shadow"), (live, "live"), (trial, "shadow")):
        for mode in modes.split():
            finding(scan, mode)
    finding(other, "live", "threat")
    finding(before, "live")
    found = workbench.compare(row)
    assert (found.both, found.only_live, found.only_trial, found.cut) == (1, 1, 1, False)
    assert workbench.compare(Threshold(detector="framing", category="attack")).both == 0


def test_the_detectors_tell_their_own_thresholds():
    own = workbench.own_threshold("framing", "attack")
    assert own is not None
    assert 0 < own < 1
    assert workbench.own_threshold("framing", "nonsense") is None
    assert workbench.own_threshold("nonsense", "attack") is None
