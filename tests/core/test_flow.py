"""The main way: a save becomes a decided case, and back."""

from __future__ import annotations

import pytest

from moderation.models import (
    Case,
    CaseState,
    Decision,
    Effect,
    EffectState,
    Event,
    Scan,
    ScanState,
    Snapshot,
    Subject,
)
from moderation.services import audit, decisions
from moderation.services.errors import Conflict, PolicyRequired
from tests.site.models import Article, Comment

pytestmark = pytest.mark.django_db


def test_a_saved_attack_ends_as_a_decided_case_and_back(moderator, policy, scan_all):
    article = Article.objects.create(headline="Bridge", body="<p>The bridge was repaired.</p>")
    comment = Comment.objects.create(
        article=article, body="You are a badword, and no badword helps.", author_name="guest"
    )
    assert Scan.objects.filter(state=ScanState.QUEUED).count() == 2
    scan_all()
    case = Case.objects.get()
    assert case.subject.object_id == str(comment.pk)
    assert case.subject.parent.object_id == str(article.pk)
    assert case.subject.author_label == "guest"

    with pytest.raises(PolicyRequired):
        decisions.decide(case.pk, outcome="hide", actor=moderator, version=case.version)
    decision = decisions.decide(
        case.pk, outcome="hide", actor=moderator, version=case.version, policies=[policy]
    )
    comment.refresh_from_db()
    assert not comment.is_public
    assert Case.objects.get().state == CaseState.DECIDED
    with pytest.raises(Conflict):
        decisions.decide(
            case.pk, outcome="hide", actor=moderator, version=case.version, policies=[policy]
        )

    decisions.undo(decision.pk, actor=moderator)
    comment.refresh_from_db()
    assert comment.is_public
    assert Case.objects.get().state == CaseState.OPEN
    assert Effect.objects.get().state == EffectState.UNDONE
    assert Decision.objects.count() == 2
    assert audit.verify().ok
    assert list(Event.objects.values_list("verb", flat=True)) == [
        "case.opened",
        "case.decided",
        "decision.undone",
    ]


def test_unchanged_saves_cost_one_lookup_and_new_texts_four(django_assert_num_queries, moderator):
    article = Article(headline="Bridge", body="<p>The bridge was repaired.</p>")
    article.save()
    with django_assert_num_queries(2):  # the host's UPDATE and one lookup
        article.save()
    assert Snapshot.objects.count() == 1
    article.body = "<p>The bridge was closed again after a week of repairs.</p>"
    with django_assert_num_queries(1 + 4 + 2):  # UPDATE; four statements; savepoint and release
        article.save()
    assert Snapshot.objects.count() == 2
    with django_assert_num_queries(1 + 4 + 2):
        Article.objects.create(headline="New", body="<p>Something new.</p>")
    assert Subject.objects.count() == 2
