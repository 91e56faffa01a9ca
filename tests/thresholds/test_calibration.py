"""What scores mean, learned from decisions; and the command that says so."""

from __future__ import annotations

import json
import math
import random
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from moderation.models import Event, Threshold
from moderation.services.calibration import NotFitted, calibrate, fit, quality
from moderation.services.thresholds import calibrated
from moderation.services.workbench import Judged
from tests.thresholds.conftest import RIGHT, WRONG


def decided(slope, offset, count=2_000, seed=7):
    """Decisions of moderators who agree with a score as often as these numbers say."""
    chance = random.Random(seed)
    scores = [chance.uniform(0.02, 0.98) for _number in range(count)]
    return [Judged(score, chance.random() < calibrated(score, slope, offset)) for score in scores]


@pytest.mark.parametrize(("slope", "offset"), [(1.0, 0.0), (0.6, -1.0), (1.5, 0.8)])
def test_the_numbers_are_found_again(slope, offset):
    found = calibrate(decided(slope, offset))
    assert found.slope == pytest.approx(slope, abs=0.12)
    assert found.offset == pytest.approx(offset, abs=0.15)


def test_probabilities_are_better_afterwards():
    found = calibrate(decided(0.6, -1.5))
    assert found.after.brier < found.before.brier - 0.05
    large = [each for each in found.after.bins if each.count >= 150]
    assert len(large) >= 4
    assert all(abs(each.mean - each.right) < 0.1 for each in large)


def test_the_fit_is_the_best_there_is():
    given = [(0.2, False)] * 30 + [(0.2, True)] * 10 + [(0.8, True)] * 35 + [(0.8, False)] * 5
    slope, offset = fit([Judged(*each) for each in given])
    low, high = (calibrated(score, slope, offset) for score in (0.2, 0.8))
    assert low == pytest.approx(10 / 40, abs=0.03)
    assert high == pytest.approx(35 / 40, abs=0.03)


def test_a_few_decisions_move_little():
    few = calibrate(decided(1.0, -3.0, count=60), fewest=1)
    many = calibrate(decided(1.0, -3.0, count=4_000), fewest=1)
    assert abs(few.offset) < abs(many.offset)


def test_the_threshold_is_where_the_share_is_reached():
    found = calibrate(decided(0.6, -1.0))
    score = found.threshold(0.7)
    assert calibrated(score, found.slope, found.offset) == pytest.approx(0.7)
    assert found.threshold(0.2) < score


def test_quality_worked_out_by_hand():
    found = quality([(0.1, False), (0.9, True), (0.95, False), (1.0, True)])
    assert found.brier == pytest.approx((0.01 + 0.01 + 0.9025 + 0.0) / 4)
    assert [(each.count, each.right) for each in found.bins] == [(1, 0.0), (3, 2 / 3)]
    assert found.bins[1].mean == pytest.approx(0.95)
    assert found.precision == (2 / 3, 2 / 3, 2 / 3, 2 / 3)


def test_precision_of_nothing_is_not_claimed():
    assert quality([(0.4, True)]).precision == (1.0, None, None, None)


@pytest.mark.parametrize(
    "given",
    [
        [],
        [Judged(0.5, right=True)] * 500,
        [Judged(0.5, right=False)] * 500,
        [Judged(0.5, right=True)] * 500 + [Judged(0.5, right=False)] * 29,
        [Judged(math.nan, right=at % 2 == 0) for at in range(500)],
        [Judged(math.inf, right=at % 2 == 0) for at in range(500)],
        [Judged(7.0, right=at % 2 == 0) for at in range(500)],
    ],
)
def test_too_few_of_either_kind(given):
    with pytest.raises(NotFitted, match="30 of each are needed"):
        calibrate(given)


def test_scores_that_say_the_opposite():
    given = [Judged(1 - each.score, each.right) for each in decided(1.0, 0.0)]
    with pytest.raises(NotFitted, match="higher score"):
        calibrate(given)


@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_the_same_score_throughout(score):
    given = [Judged(score, right=at % 3 == 0) for at in range(300)]
    with pytest.raises(NotFitted, match="the same score"):
        calibrate(given)


def test_a_perfect_detector_stays_finite():
    given = [Judged(float(at % 2), right=at % 2 == 1) for at in range(400)]
    found = calibrate(given)
    assert all(map(math.isfinite, (found.slope, found.offset, found.after.brier)))
    assert found.after.brier < 0.01


# The command


def run(*options):
    out = StringIO()
    call_command("moderation_calibrate", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def history(scored):
    chance = random.Random(3)
    for number in range(80):
        score = (number + 0.5) / 80
        scored(score, RIGHT if chance.random() < score else WRONG)


@pytest.mark.django_db
def test_it_shows_and_saves_nothing(history):
    said = run("--category", "attack", "--least", "20")
    assert "attack: " in said
    assert "Brier score before" in said
    assert "before: said, right, texts" in said
    assert "Nothing was saved" in said
    assert not Threshold.objects.exists()


@pytest.mark.django_db
def test_it_saves_a_draft_with_its_event(history):
    said = run("--category", "attack", "--least", "20", "--save", "--probability", "0.7")
    assert "Saved as drafts." in said
    row = Threshold.objects.get()
    assert (row.state, row.created_label) == ("draft", "moderation_calibrate")
    assert calibrated(row.value, row.slope, row.offset) == pytest.approx(0.7)
    event = Event.objects.get(verb="threshold.drafted")
    assert event.data["slope"] == row.slope


@pytest.mark.django_db
def test_it_puts_on_trial_when_asked(history):
    run("--category", "attack", "--least", "20", "--save", "shadow")
    assert Threshold.objects.get().state == "shadow"


@pytest.mark.django_db
def test_json(history):
    content = json.loads(
        run("--category", "attack", "--category", "threat", "--json", "--least=20")
    )
    attack, threat = content["categories"]
    assert attack["right"] + attack["wrong"] == 80
    assert 0 < attack["threshold"] < 1
    assert attack["before"]["bins"]
    assert "0 rightly and 0 wrongly flagged" in threat["problem"]


@pytest.mark.django_db
def test_too_few_decisions_are_said_for_each_category(scored):
    scored(0.9, RIGHT)
    said = run("--save")
    assert "attack: not calibrated, 1 rightly and 0 wrongly flagged texts were decided" in said
    assert "threat: not calibrated" in said
    assert not Threshold.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--detector", "scraped"], "takes no thresholds"),
        (["--category", "nonsense"], "nonsense is not among"),
        (["--probability", "1"], "between 0 and 1"),
        (["--probability", "nan"], "between 0 and 1"),
        (["--least", "0"], "1 to 9999"),
        (["--days", "-3"], "1 to 9999"),
        (["--save", "live"], "invalid choice"),
    ],
)
def test_wrong_options(options, said):
    with pytest.raises(CommandError, match=said):
        run(*options)
