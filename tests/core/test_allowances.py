"""Allow-lists, what was allowed for one pair of works, and the boilerplate that was learned."""

from __future__ import annotations

from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.detectors.base import Allowed
from moderation.models import (
    Allowance,
    AllowanceOrigin,
    AllowanceScope,
    Case,
    Decision,
    Event,
    Scan,
    ScanState,
    Subject,
)
from moderation.services import allowances, audit, decisions, intake, references
from moderation.services.actors import human
from moderation.services.errors import Unusable
from moderation.services.references import NewReference
from moderation.services.scanning import run_scan
from moderation.types import Assessment, Kind, Span
from tests.duplicate.prose import CHOIR, HARBOUR, LIBRARY, NIGHT_BUS, ORCHARD, generated
from tests.site.models import Article

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

FOOTER = "This text was written for the members of our association and may be passed on freely"


@pytest.fixture(autouse=True)
def _only_copies(settings):
    settings.MODERATION = {"DETECTORS": {"scraped": None, "framing": None}}


@pytest.fixture
def actor(moderator):
    return human(moderator)


@pytest.fixture
def article(scan_all):
    """Save an article, scan it, return its subject."""

    def make(text, headline="Ours"):
        row = Article.objects.create(headline=headline, body=text)
        scan_all()
        return subject_of(row)

    return make


def subject_of(row):
    return Subject.objects.get(object_id=str(row.pk), model_label="site.article")


def allow(scope, value, **fields):
    return Allowance(scope=scope, value=value, **fields)


def allowed(subject) -> Allowed:
    return allowances.allowed_for(subject)


def works(*subjects_or_keys):
    return {key if isinstance(key, str) else f"subject:{key.pk}" for key in subjects_or_keys}


def dismiss(subject, moderator, outcome="dismiss_allowed"):
    case = Case.objects.get(subject=subject)
    return decisions.decide(case.pk, outcome=outcome, actor=moderator, version=case.version)


# The lists


def test_a_scan_is_told_what_the_lists_say(article, actor):
    subject = article(CHOIR)
    assert allowed(subject) == Allowed()
    lines = [
        allow("source", "https://www.Wire.example/news/"),
        allow("source", "The  Wire Agency"),
        allow("author", "user:7"),
        allow("passage", FOOTER),
        allow("source", "off.example", is_active=False),
        allow("passage", FOOTER + " from today", is_active=False),
    ]
    for line in lines:
        allowances.save(line, actor=actor)
    assert allowed(subject) == Allowed(
        sources=frozenset({"wire.example", "the wire agency"}),
        authors=frozenset({"user:7"}),
        passages=(FOOTER,),
    )
    assert lines[0].created_by == actor.user


@pytest.mark.parametrize(
    ("pasted", "source"),
    [
        ("example.org", "example.org"),
        ("Example.ORG.", "example.org"),
        ("https://www.example.org/a/b?c#d", "example.org"),
        ("//example.org:8080/x", "example.org"),
        ("example.org/news", "example.org"),
        ("user@example.org", "example.org"),
        ("Reuters", "reuters"),
        ("Agence  France\tPresse", "agence france presse"),
        ("https://[Bad", "https://[bad"),
        ("www.", "www"),
        ("www.www.example.org", "example.org"),
        ("Zeitung für Alle", "zeitung für alle"),
        ("Maßstab", "massstab"),
        ("Maßstab.example", "maßstab.example"),
    ],
)
def test_a_source_is_a_host_or_a_publisher(pasted, source):
    assert allowances.normalised("source", pasted)[0] == source


@given(st.sampled_from(AllowanceScope.values), st.text(max_size=200))
def test_what_is_normalised_stays_so(scope, text):
    try:
        value, value_hash = allowances.normalised(scope, text)
    except Unusable:
        return
    assert value
    assert len(value_hash) <= 64
    assert allowances.normalised(scope, value) == (value, value_hash)


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        ("source", " "),
        ("author", ""),
        ("passage", "only four words here"),
        ("passage", "…!? "),
        ("author", "x" * (allowances.MOST_CHARS + 1)),
    ],
)
def test_what_cannot_be_used_is_refused(scope, value, actor):
    with pytest.raises(Unusable):
        allowances.save(allow(scope, value), actor=actor)
    assert not Allowance.objects.exists()


def test_the_same_entry_is_in_a_list_once(actor):
    allowances.save(allow("source", "example.org"), actor=actor)
    allowances.save(allow("author", "example.org"), actor=actor)
    with pytest.raises(Unusable):
        allowances.save(allow("source", "https://example.org/"), actor=actor)
    allowances.save(allow("passage", FOOTER), actor=actor)
    with pytest.raises(Unusable):
        allowances.save(allow("passage", FOOTER.upper() + "!"), actor=actor)
    assert Allowance.objects.count() == 3


def test_every_change_is_seen_at_once_and_noted(article, actor):
    subject = article(CHOIR)
    line = allowances.save(allow("source", "a.example"), actor=actor)
    assert allowed(subject).sources == {"a.example"}
    line.value = "b.example"
    allowances.save(line, actor=actor)
    assert allowed(subject).sources == {"b.example"}
    assert allowances.set_active([line.pk, 999], active=False, actor=actor) == 1
    assert allowances.set_active([line.pk], active=False, actor=actor) == 0
    assert allowed(subject).sources == set()
    allowances.set_active([line.pk], active=True, actor=actor)
    assert allowed(subject).sources == {"b.example"}
    allowances.remove(line, actor=actor)
    assert allowed(subject).sources == set()
    events = Event.objects.filter(verb__startswith="allowance.").order_by("number")
    assert [event.verb.partition(".")[2] for event in events] == [
        "added",
        "changed",
        "changed",
        "changed",
        "removed",
    ]
    assert "example" not in str([event.data for event in events])
    assert audit.verify().ok


def test_the_lists_are_read_again_only_when_they_changed(article, actor, django_assert_num_queries):
    subject = article(CHOIR)
    for number in range(30):
        allowances.save(allow("author", f"user:{number}"), actor=actor)
    allowed(subject)
    with django_assert_num_queries(2):  # the state of the lists, and the pairs
        assert len(allowed(subject).authors) == 30


# Pairs


def test_what_was_allowed_for_a_pair_is_remembered_both_ways(article, moderator):
    source, copy = article(HARBOUR, "First"), article(HARBOUR, "Second")
    assert allowed(copy).works == set()
    dismiss(copy, moderator)
    assert allowed(copy).works == works(source)
    assert allowed(source).works == works(copy)


def test_for_a_reference_document_too(article, moderator):
    written = references.put(NewReference(HARBOUR))
    copy = article(HARBOUR)
    dismiss(copy, moderator)
    assert allowed(copy).works == works(f"reference:{written.id}")


@pytest.mark.parametrize("outcome", ["dismiss_false_positive", "escalate"])
def test_no_other_decision_allows_anything(article, moderator, outcome):
    source, copy = article(HARBOUR, "First"), article(HARBOUR, "Second")
    dismiss(copy, moderator, outcome)
    assert allowed(copy).works == allowed(source).works == set()


def test_an_undo_ends_it(article, moderator):
    source, copy = article(HARBOUR, "First"), article(HARBOUR, "Second")
    decision = dismiss(copy, moderator)
    decisions.undo(decision.pk, actor=moderator)
    assert allowed(copy).works == allowed(source).works == set()


def test_an_edited_text_stays_allowed_and_another_source_does_not(article, moderator, scan_all):
    source, copy = article(HARBOUR, "First"), article(HARBOUR, "Second")
    dismiss(copy, moderator)
    other = article(ORCHARD, "Third")
    row = Article.objects.get(pk=copy.object_id)
    row.body = HARBOUR + ORCHARD
    row.save()
    scan_all()
    assert allowed(copy).works == works(source)
    assert works(other).isdisjoint(allowed(copy).works)


def test_all_sources_that_the_case_showed_are_allowed(article, moderator):
    first, second = article(HARBOUR, "First"), article(ORCHARD, "Second")
    article(CHOIR, "Third")
    copy = article(HARBOUR + ORCHARD, "Copy")
    dismiss(copy, moderator)
    assert allowed(copy).works == works(first, second)


def test_a_later_scan_that_finds_nothing_changes_nothing(article, moderator, scan_all):
    """So it is in practice: what is allowed is found no more, and the earlier scan is overtaken."""
    source, copy = article(HARBOUR, "First"), article(HARBOUR, "Second")
    dismiss(copy, moderator)
    intake.request_scan(copy)
    scan_all()
    assert Scan.objects.filter(snapshot__subject=copy).count() == 2
    assert allowed(copy).works == works(source)


def test_what_only_a_later_scan_found_was_not_decided_upon(article, moderator, scan_all):
    first = article(HARBOUR, "First")
    copy = article(HARBOUR + ORCHARD, "Copy")
    dismiss(copy, moderator)
    references.put(NewReference(ORCHARD))
    intake.request_scan(copy)
    scan_all()
    assert allowed(copy).works == works(first)


def test_what_an_earlier_scan_had_found_but_the_case_did_not_show_neither(
    article, moderator, scan_all, actor
):
    written = references.put(NewReference(ORCHARD))
    first = article(HARBOUR, "First")
    copy = article(HARBOUR + ORCHARD, "Copy")
    references.set_active([written.id], active=False, actor=actor)
    intake.request_scan(copy)
    scan_all()
    dismiss(copy, moderator)
    assert allowed(copy).works == works(first)


def test_a_shadow_finding_is_not_part_of_the_case(article, moderator, scan_all, settings):
    settings.MODERATION = {
        "DETECTORS": {
            "scraped": None,
            "framing": None,
            "duplicate": {"MODE": "shadow"},
            "everything": {"CLASS": "tests.core.test_allowances.Everything"},
        }
    }
    article(HARBOUR, "First")
    copy = article(HARBOUR, "Second")
    dismiss(copy, moderator)
    assert Decision.objects.count() == 1
    assert allowed(copy).works == set()


def test_the_detectors_are_told(article, moderator, settings, scan_all):
    source, copy = article(HARBOUR, "First"), article(HARBOUR, "Second")
    dismiss(copy, moderator)
    allowances.save(allow("author", "user:7"), actor=human(moderator))
    settings.MODERATION = {
        "DETECTORS": {
            **dict.fromkeys(("scraped", "framing", "duplicate")),
            "everything": {"CLASS": "tests.core.test_allowances.Everything"},
        }
    }
    intake.request_scan(copy)
    scan_all()
    assert Everything.told == Allowed(authors=frozenset({"user:7"}), works=works(source))


class Everything:
    """Flags every text, and remembers what it was told to be allowed."""

    name = "everything"
    version = "1"
    kinds = frozenset(Kind)
    told: ClassVar[Allowed] = Allowed()
    learns: ClassVar[tuple[tuple[Span, int], ...]] = ()

    def detect(self, document, context):
        from moderation.types import Band, Finding

        type(self).told = context.allowed
        found = Finding("everything", "everything", 0.9, Band.LIKELY, 0.5)
        return Assessment(findings=(found,), learned=self.learns)


# What becomes of it


def verdicts(subject):
    """Scan a text again and say what it is a copy of."""
    intake.request_scan(subject)
    run_scan(Scan.objects.get(snapshot__subject=subject, state=ScanState.QUEUED).pk)
    scan = Scan.objects.filter(snapshot__subject=subject).latest("pk")
    return {
        f"reference:{found.reference_id}" if found.reference_id else found.source.subject
        for found in scan.findings.filter(kind="duplicate").select_related("source__subject")
    }


def test_an_allowed_pair_is_found_no_more_until_the_decision_is_undone(article, moderator):
    source, copy = article(HARBOUR, "First"), article(HARBOUR, "Second")
    decision = dismiss(copy, moderator)
    assert verdicts(copy) == set()
    decisions.undo(decision.pk, actor=moderator)
    assert verdicts(copy) == {source}


def test_another_source_is_found_all_the_same(article, moderator, scan_all):
    source, other = article(HARBOUR, "First"), article(ORCHARD, "Other")
    copy = article(HARBOUR, "Second")
    dismiss(copy, moderator)
    row = Article.objects.get(pk=copy.object_id)
    row.body = f"{HARBOUR}\n{NIGHT_BUS}"
    row.save()
    scan_all()
    assert verdicts(copy) == set()
    row.body = f"{HARBOUR}\n{ORCHARD}"
    row.save()
    Scan.objects.filter(state=ScanState.QUEUED).update(reason="request")
    scan_all()
    assert verdicts(copy) == {other}
    assert allowed(copy).works == works(source)


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        ("source", "https://www.wire.example/"),
        ("source", "THE WIRE"),
        ("passage", HARBOUR),
    ],
)
def test_what_a_list_allows_is_found_no_more_until_it_is_switched_off(article, actor, scope, value):
    new = NewReference(HARBOUR, url="https://news.wire.example/1", publisher="The Wire")
    written = references.put(new)
    copy = article(HARBOUR)
    assert verdicts(copy) == {f"reference:{written.id}"}
    line = allowances.save(allow(scope, value), actor=actor)
    assert verdicts(copy) == set()
    allowances.set_active([line.pk], active=False, actor=actor)
    assert verdicts(copy) == {f"reference:{written.id}"}


def test_a_document_that_may_be_copied_is_no_source(article):
    references.put(NewReference(HARBOUR, may_be_copied=True))
    assert verdicts(article(HARBOUR)) == set()


# What was learned


def learned():
    rows = Allowance.objects.filter(origin=AllowanceOrigin.LEARNED)
    return {row.value: row.stories for row in rows}


def test_boilerplate_is_written_down_once():
    assert allowances.learn([(FOOTER, 40)]) == 1
    assert allowances.learn([(FOOTER.upper(), 50), (FOOTER, 30)]) == 0
    assert learned() == {FOOTER: 50}


def test_what_is_known_costs_one_query(django_assert_num_queries):
    allowances.learn([(FOOTER, 40)])
    allowances.learn([(FOOTER, 40)])
    with django_assert_num_queries(1):
        allowances.learn([(FOOTER, 40), (FOOTER.partition("written ")[2], 12)])
    with django_assert_num_queries(0):
        allowances.learn([])


def test_a_longer_passage_takes_the_place_of_its_parts():
    allowances.learn([(FOOTER, 40)])
    assert allowances.learn([("Good morning to you. " + FOOTER, 25)]) == 1
    assert learned() == {"Good morning to you. " + FOOTER: 25}


def test_short_and_huge_passages_are_not_learned():
    assert allowances.learn([("all rights reserved", 60), ("word " * 20_000, 60)]) == 0
    assert learned() == {}


def test_what_a_moderator_called_content_is_neither_learned_again_nor_grown(article, actor):
    subject = article(CHOIR)
    allowances.learn([(FOOTER, 40)])
    (row,) = Allowance.objects.all()
    assert (allowed(subject).passages, allowed(subject).content) == ((), ())
    allowances.set_active([row.pk], active=False, actor=actor)
    assert allowances.learn([(FOOTER, 41), ("Good morning to you. " + FOOTER, 41)]) == 0
    assert allowed(subject).content == (FOOTER,)
    assert learned() == {FOOTER: 41}


def test_what_a_moderator_allowed_is_known(actor):
    allowances.save(allow("passage", "Dear reader. " + FOOTER), actor=actor)
    assert allowances.learn([(FOOTER, 40)]) == 0
    assert learned() == {}


def test_learning_has_bounds(monkeypatch):
    passages = [(" ".join(generated(seed, 20)), 40) for seed in range(60)]
    assert allowances.learn(passages) == allowances.MOST_LEARNED_AT_ONCE
    monkeypatch.setattr(allowances, "MOST_LEARNED", 30)
    assert allowances.learn(passages[20:]) == 10
    assert allowances.learn(passages[40:]) == 0
    assert len(learned()) == 30


def test_a_footer_of_many_stories_is_learned_once_and_can_be_called_content(article, actor):
    footer = " ".join(generated(777, 90))

    def with_footer(seed):
        return article(" ".join(generated(seed, 120)) + ". " + footer, f"Story {seed}")

    subjects = [with_footer(seed) for seed in range(30)]
    (row,) = Allowance.objects.all()
    assert (row.origin, row.stories >= 20) == (AllowanceOrigin.LEARNED, True)
    assert len(set(row.value.split()) & set(footer.split())) > 30
    assert verdicts(subjects[-1]) == set()
    allowances.set_active([row.pk], active=False, actor=actor)
    assert verdicts(subjects[-1]) != set()
    allowances.set_active([row.pk], active=True, actor=actor)
    assert verdicts(subjects[-1]) == set()


def test_a_scan_writes_down_what_its_detectors_learned(settings, article, monkeypatch):
    settings.MODERATION = {
        "DETECTORS": {
            **dict.fromkeys(("scraped", "framing", "duplicate")),
            "everything": {"CLASS": "tests.core.test_allowances.Everything"},
        }
    }
    text = f"<p>{NIGHT_BUS}</p><p><i>{FOOTER}</i> &amp; gladly</p>"
    start = text.index("<i>")
    monkeypatch.setattr(Everything, "learns", ((Span(start, len(text)), 33),))
    article(text)
    assert learned() == {f"{FOOTER} & gladly": 33}


def test_a_scan_stands_when_nothing_can_be_written_down(settings, article, monkeypatch, caplog):
    settings.MODERATION = {
        "DETECTORS": {
            **dict.fromkeys(("scraped", "framing", "duplicate")),
            "everything": {"CLASS": "tests.core.test_allowances.Everything"},
        }
    }

    def fail(passages):
        raise RuntimeError(passages)

    monkeypatch.setattr(allowances, "learn", fail)
    monkeypatch.setattr(Everything, "learns", ((Span(0, 300), 33),))
    subject = article(LIBRARY)
    assert Case.objects.filter(subject=subject).exists()
    assert "Boilerplate could not be written down: RuntimeError" in caplog.text
    assert "library" not in caplog.text
