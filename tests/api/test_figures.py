"""Statistics and exports: the figures of a small desk that can be counted by hand."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta

import pytest
from django.utils import timezone

from moderation.models import Case, Decision, Finding, Outcome
from moderation.services import decisions, exports, statistics
from moderation.services.exports import pseudonym, safe_cell
from moderation.services.statistics import Period, last_days, wilson
from tests.api.conftest import signed_in
from tests.api.test_cases import url


@pytest.fixture
def chief(root):
    return signed_in(root)


@pytest.fixture
def decided(moderator, policy, comment_case):
    """Six cases: two hidden, one allowed, one false alarm, one taken back, one open."""

    def decide(text, outcome):
        case = comment_case(f"badword {text}")
        return decisions.decide(
            case.pk,
            outcome=outcome,
            actor=moderator,
            version=case.version,
            policies=[policy] if outcome == Outcome.HIDE else [],
            internal_note="=cmd|calc",
        )

    made = [
        decide("a", Outcome.HIDE),
        decide("b", Outcome.HIDE),
        decide("c", Outcome.DISMISS_ALLOWED),
        decide("d", Outcome.DISMISS_FALSE_POSITIVE),
        decide("e", Outcome.DISMISS_FALSE_POSITIVE),
    ]
    decisions.undo(made[-1].pk, actor=moderator)
    comment_case("badword f")
    return made


# Statistics


@pytest.mark.django_db
@pytest.mark.both_databases
def test_the_figures_add_up(chief, decided):
    told = chief.get(url("statistics")).json()
    today = timezone.localdate()
    assert (told["first"], told["last"]) == (str(today - timedelta(days=29)), str(today))
    assert told["backlog"]["total"] == 2
    assert told["backlog"]["by_state"]["open"] == 2
    assert told["backlog"]["by_age"] == {
        "hour": 2,
        "day": 0,
        "three_days": 0,
        "week": 0,
        "longer": 0,
    }
    assert len(told["days"]) == 30
    assert told["days"][-1] == {"day": str(today), "arrivals": 6, "decisions": 5}
    assert told["days"][0]["arrivals"] == 0
    assert told["actions"]["by_outcome"] == {
        "dismiss_false_positive": 1,
        "dismiss_allowed": 1,
        "hide": 2,
    }
    assert told["actions"]["rate"] == 0.5
    [line] = [each for each in told["precision"] if each["detector"] == "word"]
    assert (line["right"], line["wrong"], line["precision"]) == (3, 1, 0.75)
    assert line["interval"] == pytest.approx([0.3006, 0.9544], abs=1e-3)
    waited = told["time_to_decide"]
    assert waited["decisions"] == 4
    assert 0 <= waited["p50_seconds"] <= waited["p90_seconds"] < 60


@pytest.mark.django_db
def test_open_cases_are_counted_by_age(comment_case):
    now = timezone.now()
    for number, hours in enumerate((0.5, 1.5, 30, 100, 1_000)):
        case = comment_case(f"badword {number}")
        Case.objects.filter(pk=case.pk).update(opened_at=now - timedelta(hours=hours))
    found = statistics.backlog(now)
    assert found.by_age == {"hour": 1, "day": 1, "three_days": 1, "week": 1, "longer": 1}
    assert found.oldest == now - timedelta(hours=1_000)


@pytest.mark.django_db
def test_shadow_findings_and_other_days_do_not_count(decided):
    yesterday = timezone.localdate() - timedelta(days=1)
    before = Period(yesterday, yesterday)
    assert statistics.precision(before) == []
    assert statistics.time_to_decide(before) == statistics.Waiting(0, None, None)
    assert statistics.actions(before).rate is None
    Finding.objects.update(mode="shadow")
    assert statistics.precision(last_days(2)) == []


@pytest.mark.django_db
def test_an_empty_desk_has_figures_too(chief):
    told = chief.get(url("statistics")).json()
    assert told["backlog"]["total"] == 0
    assert told["backlog"]["oldest"] is None
    assert told["time_to_decide"] == {"decisions": 0, "p50_seconds": None, "p90_seconds": None}


@pytest.mark.django_db
def test_the_figures_cost_a_constant_number_of_queries(
    chief, decided, django_assert_max_num_queries
):
    with django_assert_max_num_queries(16):
        assert chief.get(url("statistics")).status_code == 200


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(0, 0, 0, 1), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (50, 100, 0.4038, 0.5962)],
)
def test_the_interval_of_wilson(hits, total, low, high):
    assert wilson(hits, total) == pytest.approx((low, high), abs=1e-3)


# Exports


def export(client, what, **query):
    answer = client.get(url("exports", what), query)
    assert answer.status_code == 200
    return answer, b"".join(answer.streaming_content).decode()


@pytest.mark.django_db
@pytest.mark.both_databases
def test_decisions_are_written_out_as_a_table(chief, decided):
    answer, text = export(chief, "decisions", moderators="names")
    assert answer.streaming
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="decisions.csv"' in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == Decision.objects.count() == 6
    assert rows[0]["moderator"] == "mod"
    assert rows[0]["policies"] == "test-civility"
    assert rows[0]["internal_note"] == "'=cmd|calc"
    assert rows[4]["reversed_by"] == rows[5]["id"]


@pytest.mark.django_db
def test_decisions_are_written_out_a_line_each(chief, decided):
    answer, text = export(chief, "decisions", form="jsonl", moderators="names")
    assert answer.headers["Content-Type"] == "application/jsonl"
    rows = [json.loads(line) for line in text.splitlines()]
    assert [row["outcome"] for row in rows].count("hide") == 2
    assert rows[0]["internal_note"] == "=cmd|calc"
    assert rows[0]["policies"] == ["test-civility"]


@pytest.mark.django_db
def test_moderators_have_made_up_names_unless_asked_for(chief, moderator, decided):
    _answer, text = export(chief, "decisions", form="jsonl")
    rows = [json.loads(line) for line in text.splitlines()]
    [name] = {row["moderator"] for row in rows}
    assert name.startswith("moderator-")
    assert "mod" not in {row["moderator"] for row in rows}
    assert {row["internal_note"] for row in rows} == {""}
    assert name == pseudonym(moderator.pk, "mod") != pseudonym(moderator.pk + 1, "mod")


@pytest.mark.django_db
def test_cases_are_written_out(chief, decided, settings):
    _answer, text = export(chief, "cases")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 6
    assert rows[0]["categories"] == "word/badword" or "/" in rows[0]["categories"]
    _answer, none = export(chief, "cases", first="2001-01-01", last="2001-01-02")
    assert none.count("\r\n") == 1


@pytest.mark.django_db
def test_a_removed_account_leaves_a_name_that_tells_nothing(chief, moderator, decided):
    moderator.delete()
    today = timezone.localdate()
    period = Period(today, today)
    names = {row["moderator"] for row in exports.decision_rows(period, pseudonyms=True)}
    assert names == {pseudonym(None, "mod")}


@pytest.mark.django_db
def test_exports_are_rarer_than_reads(chief, settings):
    settings.MODERATION = {**settings.MODERATION, "API_RATES": {"export": "1/hour", "read": None}}
    export(chief, "cases")
    assert chief.get(url("exports", "cases")).status_code == 429
    assert chief.get(url("statistics")).status_code == 200


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("  @SUM(A1)", "'  @SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\uff1d1", "'\uff1d1"),
        ("-5 degrees", "'-5 degrees"),
        ("all fine = yes", "all fine = yes"),
        ("a\x00b", "ab"),
        (["a", "b"], "a b"),
        (["=a"], "'=a"),
        (-5, -5),
        (None, ""),
        (date(2026, 5, 4), "2026-05-04"),
    ],
)
def test_no_cell_is_a_formula(value, cell):
    assert safe_cell(value) == cell
