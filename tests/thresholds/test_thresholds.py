"""Thresholds of the site: their way from draft to retired, and what a scan makes of them."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from moderation.detectors.base import Context, SiteThresholds
from moderation.detectors.duplicate import DuplicateDetector, MemoryCorpus
from moderation.models import ActorKind, Case, Event, Finding, Scan, Threshold
from moderation.services import thresholds
from moderation.services.actors import Actor
from moderation.services.checking import check_text
from moderation.services.errors import InvalidTransition, Unusable
from moderation.services.scanning import run_scan
from moderation.text.document import Document
from moderation.types import Kind, Mode
from tests.site.models import Article, Comment

pytestmark = pytest.mark.django_db

SOMEBODY = Actor(ActorKind.MACHINE, label="tests")
RUDE = "You are an idiot."


def made(value=0.3, category="attack", *, upto="draft", **fields) -> Threshold:
    row = Threshold(**{"detector": "framing", "category": category, "value": value, **fields})
    thresholds.draft(row, actor=SOMEBODY)
    if upto in ("shadow", "live"):
        row = thresholds.try_out(row, actor=SOMEBODY)
    return thresholds.put_live(row, actor=SOMEBODY) if upto == "live" else row


def states() -> list[tuple[float, str]]:
    return list(Threshold.objects.order_by("pk").values_list("value", "state"))


def scanned(body=RUDE) -> Scan:
    article = Article.objects.create(headline="Bridge", body="")
    Comment.objects.create(article=article, body=body)
    scan = Scan.objects.latest("pk")
    run_scan(scan.pk)
    scan.refresh_from_db()
    return scan


def findings(scan) -> list[tuple[str, str, float]]:
    rows = Finding.objects.filter(scan=scan).order_by("mode", "category")
    return [(row.mode, row.category, row.threshold) for row in rows]


# The way of a threshold


def test_from_draft_over_trial_to_live_and_back():
    row = made()
    assert (row.state, row.tried_at) == ("draft", None)
    row = thresholds.try_out(row, actor=SOMEBODY)
    assert row.state == "shadow"
    assert row.tried_at is not None
    row = thresholds.put_live(row, actor=SOMEBODY)
    row = thresholds.retire(row, actor=SOMEBODY)
    assert (row.state, row.live_at is None, row.retired_at is None) == ("retired", False, False)
    verbs = Event.objects.order_by("number").values_list("verb", flat=True)
    assert list(verbs) == [
        "threshold.drafted",
        "threshold.tried",
        "threshold.live",
        "threshold.retired",
    ]
    data = Event.objects.latest("number").data
    assert data == {
        "threshold": row.pk,
        "what": "framing/attack",
        "section": "",
        "value": 0.3,
    }


def test_the_one_before_makes_way():
    made(0.3, upto="live")
    made(0.4, upto="shadow")
    made(0.5, upto="shadow")
    assert states() == [(0.3, "live"), (0.4, "retired"), (0.5, "shadow")]
    thresholds.put_live(Threshold.objects.get(value=0.5), actor=SOMEBODY)
    assert states() == [(0.3, "retired"), (0.4, "retired"), (0.5, "live")]


def test_sections_and_categories_do_not_meet():
    made(0.3, upto="live")
    made(0.4, upto="live", section=" sport ")
    made(0.5, "threat", upto="live")
    assert {state for _value, state in states()} == {"live"}
    assert Threshold.objects.get(value=0.4).section == "sport"


@pytest.mark.parametrize(
    ("state", "move"),
    [
        ("draft", thresholds.put_live),
        ("shadow", thresholds.try_out),
        ("live", thresholds.try_out),
        ("live", thresholds.put_live),
    ],
)
def test_no_step_is_left_out(state, move):
    row = made(upto=state)
    with pytest.raises(InvalidTransition):
        move(row, actor=SOMEBODY)
    assert Threshold.objects.get().state == state


def test_a_stale_page_and_a_row_that_is_gone():
    row = made()
    thresholds.retire(row, actor=SOMEBODY)
    with pytest.raises(InvalidTransition):
        thresholds.try_out(row, actor=SOMEBODY)
    Threshold.objects.all().delete()
    with pytest.raises(InvalidTransition):
        thresholds.retire(row, actor=SOMEBODY)


@pytest.mark.parametrize(
    "fields",
    [
        {"category": "nonsense"},
        {"detector": "nonsense"},
        {"category": "toxicity"},
        {"value": -0.1},
        {"value": 1.1},
        {"value": float("nan")},
        {"slope": float("inf")},
    ],
)
def test_what_can_be_no_threshold_is_refused(fields):
    with pytest.raises(Unusable):
        made(**fields)
    assert not Threshold.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.both_databases
def test_the_database_keeps_one_of_each():
    made(0.3, upto="live")
    with pytest.raises(IntegrityError), transaction.atomic():
        Threshold.objects.create(detector="framing", category="attack", value=0.9, state="live")
    with pytest.raises(IntegrityError), transaction.atomic():
        Threshold.objects.create(detector="framing", category="attack", value=1.5)


# What a scan makes of them


@pytest.mark.both_databases
def test_the_section_goes_before_the_site_and_costs_one_query():
    made(0.3, upto="live")
    made(0.4, upto="live", section="sport")
    made(0.9, "threat", upto="shadow")
    with CaptureQueriesContext(connection) as queries:
        site = thresholds.in_force("sport").by_detector["framing"]
    assert len(queries) == 1
    assert (site.live, site.shadow) == ({"attack": 0.4}, {"threat": 0.9})
    assert thresholds.in_force().by_detector["framing"].live == {"attack": 0.3}
    assert thresholds.in_force("sport").live["framing"] == SiteThresholds({"attack": 0.4})


def test_drafts_and_retired_ones_are_not_looked_at():
    made(0.1)
    thresholds.retire(made(0.2, "threat", upto="live"), actor=SOMEBODY)
    assert thresholds.in_force().by_detector == {}


def test_a_live_threshold_decides():
    before = scanned()
    assert ("live", "attack") in [each[:2] for each in findings(before)]
    made(1.0, upto="live")
    made(1.0, "framing", upto="live")
    assert findings(scanned()) == []
    assert Case.objects.count() == 1


def test_a_threshold_on_trial_is_recorded_and_opens_no_case():
    made(1.0, upto="live")
    made(1.0, "framing", upto="live")
    made(0.01, upto="shadow")
    scan = scanned()
    assert findings(scan) == [("shadow", "attack", 0.01)]
    assert Finding.objects.get(scan=scan).evidence.exists()
    assert not Case.objects.exists()


def test_both_are_recorded_to_be_compared():
    made(0.01, upto="shadow")
    scan = scanned()
    modes = [mode for mode, category, _bound in findings(scan) if category == "attack"]
    assert modes == ["live", "shadow"]
    assert Case.objects.get().categories == ["framing/attack"]


def test_a_threshold_on_trial_that_would_not_flag_is_silent():
    made(1.0, upto="shadow")
    assert [mode for mode, *_rest in findings(scanned())] == ["live"]


def test_findings_say_how_often_such_texts_were_rightly_flagged():
    made(0.01, upto="live", slope=1.0, offset=1.0)
    scan = scanned()
    finding = Finding.objects.get(scan=scan, category="attack")
    expected = thresholds.calibrated(finding.score, 1.0, 1.0)
    assert finding.detail["rightly_flagged"] == pytest.approx(expected, abs=1e-4)
    assert scan.scores["framing"]["attack"] == pytest.approx(finding.score, abs=1e-4)


def test_a_check_before_posting_uses_what_is_live():
    document = Document(RUDE, Kind.COMMENT)
    made(1.0, upto="live")
    made(1.0, "framing", upto="live")
    made(0.01, upto="shadow")
    result = check_text(document, thresholds=thresholds.in_force().live)
    assert not result.flagged
    assert result.findings == ()
    assert check_text(document).flagged


# Copies


STORY = (
    "The old ferry across the bay was sold at auction on Friday to a museum in the north. Its "
    "engine, built by two brothers in a shed behind the harbour, still runs, said the keeper. "
    "Visitors may come aboard from May. A crew of volunteers will paint the hull before that."
)


def compared(site: SiteThresholds):
    corpus = MemoryCorpus()
    corpus.add(Document(STORY, Kind.ARTICLE, key="earlier"))
    shared = " ".join(STORY.split()[:34])
    copy = (
        f"{shared} Nobody knows yet what the tickets are going to cost in the first summer. The "
        "town hopes for guests from the islands, and the baker has already ordered more flour, "
        "as she told this paper. Not everybody is glad: fishermen fear for their places there."
    )
    context = Context(corpus=corpus, thresholds={"duplicate": site})
    found = DuplicateDetector(rewrites=False).detect(Document(copy, Kind.ARTICLE), context)
    return [(each.category, each.mode, each.threshold) for each in found.findings]


def test_copies_take_thresholds_of_the_site():
    ((category, mode, threshold),) = compared(SiteThresholds())
    assert (mode, threshold) == (Mode.LIVE, 0.3)
    assert compared(SiteThresholds({category: 1.0})) == []
    assert compared(SiteThresholds({category: 1.0}, {category: 0.2})) == [
        (category, Mode.SHADOW, 0.2)
    ]
    assert compared(SiteThresholds({category: 0.4}, {category: 0.2})) == [
        (category, Mode.LIVE, 0.4),
        (category, Mode.SHADOW, 0.2),
    ]
    assert compared(SiteThresholds({}, {category: 1.0})) == [(category, Mode.LIVE, 0.3)]


# The back end of the setting


def test_a_back_end_of_the_setting_judges_in_scans_alone(settings):
    entry = {"CLASS": "tests.thresholds.test_thresholds.Stern", "OPTIONS": {"per_minute": 600}}
    settings.MODERATION = {**settings.MODERATION, "FRAMING_BACKEND": entry}
    scan = scanned("What a lovely day for a walk in the hills.")
    assert Finding.objects.get(scan=scan).detail["model"] == "stern"
    assert scan.scores["framing"]["attack"] == 0.75
    assert not check_text(Document("What a lovely day.", Kind.COMMENT)).flagged


def test_a_back_end_is_not_asked_where_scans_run_in_the_request(settings):
    settings.MODERATION = {
        **settings.MODERATION,
        "FRAMING_BACKEND": {"CLASS": "tests.thresholds.test_thresholds.Stern"},
        "DISPATCHER": "moderation.dispatch.immediate.ImmediateDispatcher",
    }
    scan = scanned("What a lovely day for a walk in the hills.")
    assert scan.scores["framing"]["attack"] < 0.5
    assert scan.runs.get(detector="framing").notes == []


def test_a_back_end_that_cannot_be_built_leaves_a_note(settings, caplog):
    entry = {"CLASS": "openai", "OPTIONS": {"key": "no\nkey"}}
    settings.MODERATION = {**settings.MODERATION, "FRAMING_BACKEND": entry}
    scan = scanned("What a lovely day for a walk in the hills.")
    run = scan.runs.get(detector="framing")
    assert (run.state, run.notes) == ("done", ["framing.note.no_backend"])
    assert "no\nkey" not in caplog.text


class Stern:
    """Finds every text an attack."""

    name, heads, batch = "stern", frozenset({"attack"}), 8

    def score(self, texts, seconds):
        return [{"attack": 0.75} for _text in texts]
