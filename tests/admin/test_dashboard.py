"""The dashboard: figures that can be counted by hand, and the cases behind each of them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from moderation.admin import charts
from moderation.admin.figures import behind, link
from moderation.models import (
    Appeal,
    Case,
    CaseState,
    Decision,
    Event,
    Finding,
    Outcome,
    ReferenceDocument,
    Scan,
    ScanState,
    Snapshot,
)
from moderation.services import decisions, heartbeats, statistics
from moderation.services.statistics import last_days
from tests.admin.conftest import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

DASHBOARD = reverse("admin:moderation_case_dashboard")
QUEUE = reverse("admin:moderation_case_changelist")


@pytest.fixture
def decide(moderator, policy, comment_case):
    def make(text: str, outcome: Outcome) -> Decision:
        case = comment_case(f"badword {text}")
        return decisions.decide(
            case.pk,
            outcome=outcome,
            actor=moderator,
            version=case.version,
            policies=[policy] if outcome == Outcome.HIDE else [],
        )

    return make


@pytest.fixture
def decided(decide, moderator, comment_case) -> list[Decision]:
    """Six cases: two hidden, one allowed, one false alarm, one taken back, one open."""
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


def table(page: str, caption: str) -> dict[str, tuple[str, str]]:
    """Read a table of the page: what each row is called, its figure and its link."""
    start = page.index(f"{caption}</caption>")
    body = page[page.index("<tbody>", start) : page.index("</tbody>", start)]
    found = {}
    for row in body.split("<tr>")[1:]:
        name, value = re.search(r"<th[^>]*>(.*?)</th><td>(.*?)</td>", row, re.DOTALL).groups()
        address = re.search(r'href="([^"]*)"', value)
        text = unescape(re.sub(r"<[^>]*>", "", value)).strip()
        found[re.sub(r"<[^>]*>", "", name)] = (text, unescape(address[1]) if address else "")
    return found


def cases_at(client, url: str) -> set[int]:
    answer = client.get(url)
    assert answer.status_code == 200
    return {row.case.pk for row in answer.context["rows"]}


def page_of(client, days: int = 14) -> str:
    answer = client.get(DASHBOARD, {"days": days})
    assert answer.status_code == 200
    return answer.content.decode()


# What waits


def test_open_cases_by_age_and_the_cases_behind(desk, comment_case):
    now = timezone.now()
    made = {}
    for hours in (0.5, 20, 30, 100, 200, 1_000):
        case = comment_case(f"badword {hours}")
        Case.objects.filter(pk=case.pk).update(opened_at=now - timedelta(hours=hours))
        made[hours] = case.pk
    Case.objects.filter(pk=made[100]).update(state=CaseState.SNOOZED)
    page = page_of(desk)
    ages = table(page, "Open cases by age")
    assert {name: value for name, (value, _url) in ages.items()} == {
        "less than a day": "2",
        "one to three days": "1",
        "three to seven days": "1",
        "more than a week": "2",
    }
    assert cases_at(desk, ages["less than a day"][1]) == {made[0.5], made[20]}
    assert cases_at(desk, ages["one to three days"][1]) == {made[30]}
    assert cases_at(desk, ages["three to seven days"][1]) == {made[100]}
    assert cases_at(desk, ages["more than a week"][1]) == {made[200], made[1_000]}
    states = table(page, "Open cases by state")
    assert (states["open"][0], states["snoozed"][0]) == ("5", "1")
    assert cases_at(desk, states["snoozed"][1]) == {made[100]}


# What came and what was done


def test_arrivals_and_decisions_and_the_cases_behind(desk, decided):
    page = page_of(desk)
    today = timezone.localdate()
    answer = desk.get(DASHBOARD)
    assert (answer.context["came"].value, answer.context["done"].value) == (6, 5)
    [line] = answer.context["flow_days"]
    assert (line.day.day, line.day.arrivals, line.day.decisions) == (today, 6, 5)
    assert len(answer.context["flow"].columns) == 14
    assert 'class="moderation-arrivals"' in page
    assert cases_at(desk, line.came) == set(Case.objects.values_list("pk", flat=True))
    assert cases_at(desk, line.decided) == {made.case_id for made in decided}


def test_what_was_long_ago_is_seen_from_further_away(desk, comment_case):
    case = comment_case()
    Event.objects.filter(case=case)._raw_delete("default")
    long_ago = timezone.now() - timedelta(days=40)
    Event.objects.create(
        number=10**6, at=long_ago, verb="case.opened", case=case, previous_hash="", hash=""
    )
    assert desk.get(DASHBOARD, {"days": 14}).context["came"].value == 0
    far = desk.get(DASHBOARD, {"days": 90}).context
    assert far["came"].value == 1
    assert cases_at(desk, far["came"].url) == {case.pk}
    for strange in ("7", "-1", "x", "99999999999999999999", "\x00"):
        assert desk.get(DASHBOARD, {"days": strange}).context["days"] == 14


def test_how_long_it_took_and_who_waited_longest(desk, decided):
    for number, made in enumerate(decided[:4], 1):
        Event.objects.filter(case=made.case, verb="case.opened")._raw_delete("default")
        Event.objects.create(
            number=10**6 + number,
            at=made.created_at - timedelta(hours=number),
            verb="case.opened",
            case=made.case,
            previous_hash="",
            hash="",
        )
    waiting = statistics.time_to_decide(last_days(14))
    assert waiting == statistics.Waiting(4, timedelta(hours=2), timedelta(hours=4))
    context = desk.get(DASHBOARD).context
    assert [context["half"].value, context["most"].value] == ["2\xa0hours", "4\xa0hours"]
    assert cases_at(desk, context["half"].url) == {made.case_id for made in decided[1:4]}
    assert cases_at(desk, context["most"].url) == {decided[3].case_id}


def test_outcomes_and_the_rate_of_action(desk, decided):
    page = page_of(desk)
    outcomes = table(page, "Standing decisions by outcome")
    assert {name: value for name, (value, _url) in outcomes.items()} == {
        "dismiss: wrongly flagged": "1",
        "dismiss: rightly found, but allowed": "1",
        "hide": "2",
    }
    hidden = {made.case_id for made in decided[:2]}
    assert cases_at(desk, outcomes["hide"][1]) == hidden
    context = desk.get(DASHBOARD).context
    assert (context["rate"], context["restricting"].value, context["rulings"].value) == (
        "50%",
        2,
        4,
    )
    assert cases_at(desk, context["restricting"].url) == hidden
    assert cases_at(desk, context["rulings"].url) == {made.case_id for made in decided[:4]}


# How good the detectors are


def test_precision_with_its_interval_and_the_cases_behind(desk, decided):
    [line] = desk.get(DASHBOARD).context["precision"]
    assert (line.detector, line.right.value, line.wrong.value, line.share) == ("word", 3, 1, "75%")
    assert line.interval == "30% to 95%"  # Wilson: 0.3006 to 0.9544
    assert (line.span.x, line.span.width, line.tick.x) == ("30.06", "65.38", "74")
    assert cases_at(desk, line.right.url) == {made.case_id for made in decided[:3]}
    assert cases_at(desk, line.wrong.url) == {decided[3].case_id}


def test_a_text_that_was_scanned_again_still_counts_once(decided):
    before = statistics.precision(last_days(14))
    scan = decided[0].snapshot.scans.get()
    findings = list(scan.findings.all())
    Scan.objects.filter(pk=scan.pk).update(state=ScanState.SUPERSEDED)
    again = Scan.objects.create(
        snapshot=scan.snapshot, state=ScanState.DONE, due_at=scan.due_at, finished_at=scan.due_at
    )
    for finding in findings:
        finding.pk, finding.scan = None, again
        finding.save()
    assert statistics.precision(last_days(14)) == before


def test_what_was_copied_most(desk, senior, comment_case, article_case):
    source = article_case("<p>badword at first</p>", headline="The <b>source</b>")
    other = ReferenceDocument.objects.create(
        title="Wire copy", text="badword", text_hash="x" * 64, length=7
    )
    copies = [comment_case(f"badword copy {number}") for number in range(3)]
    text = source.snapshot
    for case, fields in zip(
        [copies[0], copies[1], copies[2]],
        [{"source": text}, {"source": text}, {"reference": other}],
        strict=True,
    ):
        Finding.objects.filter(scan__snapshot=case.snapshot).update(**fields)
    shadow = comment_case("badword in the shadow")
    Finding.objects.filter(scan__snapshot=shadow.snapshot).update(source=text, mode="shadow")
    found = table(page_of(desk), "The sources found in most texts")
    assert {name: value for name, (value, _url) in found.items()} == {
        "The &lt;b&gt;source&lt;/b&gt;": "2",
        "Wire copy": "1",
    }
    (_two, first), (_one, second) = found.values()
    assert cases_at(desk, first) == {copies[0].pk, copies[1].pk}
    assert cases_at(desk, second) == {copies[2].pk}


def test_who_may_not_know_authors_is_not_told_them_here(make_user, comment_case):
    source = comment_case("badword at first", author_name="Known Person")
    copy = comment_case("badword again")
    Finding.objects.filter(scan__snapshot=copy.snapshot).update(source=source.snapshot)
    Snapshot.objects.update(title="")
    observer = signed_in(make_user("observer", "view_case"))
    assert "Known Person" not in page_of(observer)
    assert f"comment {source.subject.object_id}" in page_of(observer)


def test_appeals_by_what_became_of_them(root, decided):
    chief = signed_in(root)
    old = decided[1]
    Appeal.objects.create(decision=decided[0], text="No.", state="upheld")
    Appeal.objects.create(decision=old, text="No.", state="reversed")
    Appeal.objects.filter(decision=old).update(created_at=timezone.now() - timedelta(days=30))
    near = table(page_of(chief), "Appeals of the period by state")
    far = table(page_of(chief, 90), "Appeals of the period by state")
    assert {name: value for name, (value, _url) in near.items()} == {"decision upheld": "1"}
    assert {name: value for name, (value, _url) in far.items()} == {
        "decision upheld": "1",
        "decision reversed": "1",
    }
    listed = chief.get(near["decision upheld"][1])
    assert [row.decision_id for row in listed.context["cl"].result_list] == [decided[0].pk]


# Workers


def test_the_health_of_workers_and_queue(root, comment_case):
    chief, now = signed_in(root), timezone.now()
    heartbeats.beat(heartbeats.SWEEP)
    for number in range(4):
        comment_case(f"badword {number}")
    scans = Scan.objects.filter(snapshot__subject__kind="comment").order_by("pk")
    failed, waiting, trying, _done = scans.values_list("pk", flat=True)
    Scan.objects.update(state=ScanState.DONE)
    Scan.objects.filter(pk=failed).update(state=ScanState.FAILED)
    hours_ago = now - timedelta(hours=5)
    Scan.objects.filter(pk__in=[waiting, trying]).update(
        state=ScanState.QUEUED, finished_at=None, attempts=0
    )
    Scan.objects.filter(pk=waiting).update(created_at=hours_ago, due_at=now + timedelta(hours=1))
    Scan.objects.filter(pk=trying).update(attempts=2, due_at=now - timedelta(hours=2))
    shown = table(page_of(chief), "Workers")
    assert shown["oldest text that is not scanned"][0] == "5\xa0hours"
    assert shown["longest overdue scan"][0] == "2\xa0hours needs a look"
    assert shown["scans given up in this period"][0] == "1 needs a look"
    assert shown["scans that are tried again"][0] == "1"
    assert shown["last sweep"][0] == "less than a minute ago"

    def scans_at(url: str) -> list[int]:
        return [row.pk for row in chief.get(url).context["cl"].result_list]

    assert scans_at(shown["scans given up in this period"][1]) == [failed]
    assert scans_at(shown["scans that are tried again"][1]) == [trying]
    assert scans_at(shown["oldest text that is not scanned"][1]) == [waiting]


def test_a_dead_broker_and_a_missing_sweep_are_named(desk, monkeypatch):
    monkeypatch.setattr("moderation.dispatch.base.Dispatcher.reachable", lambda self: False)
    monkeypatch.setattr("moderation.dispatch.celery.CeleryDispatcher.reachable", lambda _: False)
    shown = table(page_of(desk), "Workers")
    assert shown["broker"][0] == "not reachable needs a look"
    assert shown["last sweep"][0] == "never needs a look"


# The page as a whole


def test_an_empty_desk_has_a_dashboard(desk):
    page = page_of(desk)
    for sentence in (
        "Nothing waits for a decision.",
        "Nothing came in and nothing was decided.",
        "Nothing was decided.",
        "Nothing that a detector flagged was decided.",
        "No copy was found.",
        "No author appealed.",
    ):
        assert sentence in page
    assert " style=" not in page


def test_the_page_costs_the_same_however_much_there_is(
    desk, decided, decide, django_assert_num_queries
):
    desk.get(DASHBOARD)
    with django_assert_num_queries(28):
        desk.get(DASHBOARD)
    for number in range(5):
        decide(f"more {number}", Outcome.HIDE)
    with django_assert_num_queries(28):
        desk.get(DASHBOARD, {"days": 90})


def test_who_may_look(client, make_user, desk):
    assert client.get(DASHBOARD).status_code == 302
    assert signed_in(make_user("nobody")).get(DASHBOARD).status_code == 403
    assert signed_in(make_user("observer", "view_case")).get(DASHBOARD).status_code == 200
    assert desk.post(DASHBOARD).status_code == 405
    assert DASHBOARD in desk.get(QUEUE).content.decode()


# The parameter of the queue


@pytest.mark.parametrize(
    "value",
    [
        "",
        ".",
        "open",
        "open.",
        "open.never",
        "came.2026-01-01",
        "came.x.y",
        "came.2026-01-02.2026-01-01",
        "came.0001-01-01.9999-12-31",
        "came.9999-12-31.9999-12-31",
        "took.2026-01-01.2026-01-02.-1",
        "outcome.2026-01-01.2026-01-02.nonsense",
        "judged.2026-01-01.2026-01-02.likely.right",
        "judged.2026-01-01.2026-01-02.strange.right.word",
        "copied.2026-01-01.2026-01-02.subject.9" + "9" * 30,
        "copied.2026-01-01.2026-01-02.subject.x",
        "unheard.of",
    ],
)
def test_a_figure_that_means_nothing_has_nothing_behind_it(desk, comment_case, value):
    comment_case()
    found = behind(value, timezone.now())
    assert not Case.objects.filter(found.condition).exists()
    assert desk.get(QUEUE, {"state": "all", "figure": value}).status_code == 200


def test_the_queue_says_which_figure_it_shows_and_lets_go_of_it(desk, decided):
    query = link("outcome", last_days(14), "hide")
    page = desk.get(f"{QUEUE}?{query}")
    [(label, without)] = page.context["chips"]
    assert label.startswith("hide: ")
    assert without == "state=all"
    assert len(page.context["rows"]) == 2
    refined = desk.get(f"{QUEUE}?{query}&kind=article")
    assert refined.context["rows"] == []


# Shapes


def test_columns_and_line_share_a_scale():
    drawn = charts.columns([0, 5, 10], [20, 0, 10])
    assert drawn.most == 20
    assert [box.height for box in drawn.columns] == ["0", "50", "100"]
    assert drawn.columns[1] == charts.Box("366.67", "150", "266.67", "50")
    assert drawn.points == "166.67,0 500,200 833.33,100"


def test_nothing_can_be_drawn_too():
    assert charts.columns([], []) == charts.Columns([], "", 1)
    assert charts.bar(0, 0) == "0"
    assert charts.bar(1, 3) == "33.33"
    assert charts.tick(0).x == "0"
    assert charts.tick(1).x == "98"
