"""What stands beside the filters, and how words are found, whatever there are of them."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from moderation.admin import filters
from moderation.models import Case, CaseState, Decision, Policy, search
from moderation.services import decisions

pytestmark = pytest.mark.django_db

QUEUE = reverse("admin:moderation_case_changelist")


def page(desk, **query) -> str:
    answer = desk.get(QUEUE, query)
    assert answer.status_code == 200
    return answer.content.decode()


def counts(html: str) -> dict[str, str | None]:
    """Return the counts by the label of their option; None where nobody counted."""
    options = re.findall(
        r'<bdi>([^<]+)</bdi>(?: <span class="moderation-count">([^<]+)</span>)?</a>', html
    )
    return {label: count or None for label, count in options}


@pytest.fixture
def six(comment_case, article_case) -> list[Case]:
    made = [comment_case(f"badword apple{n} common") for n in range(4)]
    made += [article_case(f"<p>badword pear{n} common</p>", headline=f"H{n}") for n in range(2)]
    return made


def test_a_full_count_says_that_there_may_be_more(desk, six, monkeypatch):
    html = page(desk)
    assert counts(html)["comment"] == "4"
    assert "A plus sign means" not in html
    monkeypatch.setattr(filters, "COUNTED", 3)
    Case.objects.filter(kind="comment").update(priority=1_000)
    html = page(desk)
    assert "Counted among the first cases. A plus sign means that there may be more." in html
    found = counts(html)
    assert found["comment"] == "3+"
    assert found["to do"] == "3+"
    assert found["article"] is None  # there are some, but not among the first
    assert found["decided"] == "0"


def test_other_values_of_a_filter_that_is_set_are_counted(desk, six, monkeypatch):
    found = counts(page(desk, kind="article"))
    assert (found["article"], found["comment"], found["to do"]) == ("2", "4", "2")
    found = counts(page(desk, kind="article", q="apple"))
    assert (found["article"], found["comment"], found["to do"]) == ("0", "4", "0")
    assert "A plus sign means" not in page(desk, kind="article")
    monkeypatch.setattr(filters, "_LOOKED_AT", 2)
    Case.objects.filter(kind="comment").update(priority=1_000)
    html = page(desk, kind="article")
    found = counts(html)
    assert (found["article"], found["comment"], found["to do"]) == ("2", "2+", "2")
    assert "A plus sign means that there may be more." in html


def test_other_policies_are_counted_where_one_is_set(desk, moderator, policy, six, monkeypatch):
    other = Policy.objects.create(code="test-facts", title="Stick to the facts")
    for case, cited in zip(six, (policy, policy, other, other, other, policy), strict=True):
        decisions.decide(
            case.pk, outcome="hide", actor=moderator, version=case.version, policies=[cited]
        )
    found = counts(page(desk, state="decided", policy=policy.code))
    assert (found[policy.title], found[other.title]) == ("3", "3")
    found = counts(page(desk, state="decided", policy=policy.code, kind="article"))
    assert (found[policy.title], found[other.title]) == ("1", "1")
    found = counts(page(desk, state="decided", policy="no-such-policy"))
    assert (found[policy.title], found[other.title], found["decided"]) == ("3", "3", "0")
    monkeypatch.setattr(filters, "_LOOKED_AT", 3)
    html = page(desk, state="decided", policy=policy.code)
    assert counts(html)[other.title] == "2+"  # of the three that were opened last
    assert "A plus sign means that there may be more." in html


def test_states_are_counted_under_the_other_filters(desk, moderator, policy, six):
    for case in (six[0], six[5]):
        decisions.decide(
            case.pk, outcome="hide", actor=moderator, version=case.version, policies=[policy]
        )
    found = counts(page(desk, kind="article"))
    assert (found["to do"], found["decided"], found["snoozed"]) == ("1", "1", "0")
    found = counts(page(desk, state="decided"))
    assert (found["decided"], found["to do"], found["comment"]) == ("2", "4", "1")
    assert found[policy.title] == "2"
    found = counts(page(desk, state="decided", policy=policy.code))
    assert (found["decided"], found["article"], found[policy.title]) == ("2", "1", "2")
    decisions.undo(Decision.objects.get(case=six[5]).pk, actor=moderator)
    html = page(desk, state="all", policy=policy.code)
    assert f'data-case="{six[0].pk}"' in html
    assert f'data-case="{six[5].pk}"' not in html
    assert 'data-case="' not in page(desk, state="all", policy="no-such-policy")


@pytest.mark.parametrize("common", [0, 3, 10**9])
@pytest.mark.parametrize("everywhere", [0, 10**9])
def test_common_and_rare_words_find_the_same(desk, six, monkeypatch, common, everywhere):
    monkeypatch.setattr(search, "_COMMON", common)
    monkeypatch.setattr(search, "_EVERYWHERE", everywhere)

    def found(**query) -> set[str]:
        return set(re.findall(r'data-case="(\d+)"', page(desk, **query)))

    every = {str(case.pk) for case in six}
    assert found(q="common") == every
    assert found(q="comm badw") == every
    assert found(q="apple2") == {str(six[2].pk)}
    assert found(q="apple2 common") == {str(six[2].pk)}
    assert found(q="apple2 pear1") == set()
    assert found(q="nothinglikeit") == set()
    assert found(q=f"#{six[3].pk}") >= {str(six[3].pk)}
    assert found(q="common", kind="article") == {str(case.pk) for case in six[4:]}
    assert found(q="'common' & | :* \\") == every


def test_a_case_without_its_text_is_found_by_no_word(desk, six):
    Case.objects.filter(pk=six[0].pk).update(snapshot=None)
    html = page(desk, q="common", kind="comment")
    assert f'data-case="{six[0].pk}"' not in html
    assert counts(html)["comment"] == "3"


def test_the_young_are_in_the_order_of_the_queue(desk, six):
    for place, case in enumerate(six):
        Case.objects.filter(pk=case.pk).update(priority=place)
    expected = [str(case.pk) for case in reversed(six)]
    for opened in ("", "day", "week", "month"):
        html = page(desk, opened=opened)
        assert re.findall(r'data-case="(\d+)"', html) == expected
    assert 'data-case="' not in page(desk, opened="older")


def test_the_queue_costs_the_same_with_many_filters_and_cases(desk, six, comment_case):
    def queries(**query) -> int:
        with CaptureQueriesContext(connection) as captured:
            page(desk, **query)
        return len(captured)

    chosen = {"kind": "comment", "band": "likely", "q": "common", "assignee": "none"}
    queries(**chosen)
    plain, narrowed = queries(), queries(**chosen)
    for number in range(8):
        comment_case(f"badword more{number} common")
    assert queries() == plain
    assert queries(**chosen) == narrowed
    assert queries(**chosen, opened="week") == narrowed
    assert queries(**chosen, overdue="yes", opened="week", language="en") <= narrowed
    assert narrowed < 32
    assert Case.objects.filter(state=CaseState.OPEN).count() == 14
