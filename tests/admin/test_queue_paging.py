"""Going through the queue: nobody is met twice or missed, whatever happens meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.http import QueryDict
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.admin.filters import Asked
from moderation.admin.queue import ids_of, next_in_queue, page_of
from moderation.models import Case, CaseState, Subject
from tests.site.models import Comment

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

PLAYED = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def make_cases(db):
    """Write cases with these priorities and these ages in hours; return their keys."""
    kind = ContentType.objects.get_for_model(Comment)
    numbers = iter(range(10**9))

    def make(*ranks: tuple[float, int]) -> list[int]:
        now = timezone.now()
        subjects = Subject.objects.bulk_create(
            Subject(
                content_type=kind, object_id=str(next(numbers)), database="default", kind="comment"
            )
            for _rank in ranks
        )
        cases = Case.objects.bulk_create(
            Case(
                subject=subject,
                priority=priority,
                band="likely",
                opened_at=now - timedelta(hours=hours),
            )
            for subject, (priority, hours) in zip(subjects, ranks, strict=True)
        )
        return [case.pk for case in cases]

    return make


def asked(query="", user=None):
    return Asked.of(QueryDict(query), user or get_user_model()(pk=0, is_active=False))


def ranks():
    # Few different values, so that equal ones meet at the edges of pages.
    priority = st.sampled_from([-3.25, 0.1, 0.1 + 0.2, 1 / 3, 1e-9, 700.0])
    return st.lists(st.tuples(priority, st.integers(0, 3)), min_size=1, max_size=25)


@PLAYED
@given(ranks=ranks(), size=st.integers(1, 6), data=st.data())
@pytest.mark.parametrize("order", ["priority", "oldest", "newest"])
def test_every_case_is_met_once_while_others_are_decided_and_arrive(
    make_cases, order, ranks, size, data
):
    Case.objects.all().delete()
    there = make_cases(*ranks)
    met: list[int] = []
    gone: set[int] = set()
    place = ""
    # Arrivals stand before or behind: what comes in behind lengthens the walk by one a page.
    for _page in range(len(there) + 1):
        page = page_of(asked(f"order={order}"), after=place, size=size)
        met += [case.pk for case in page.cases if case.pk in there]
        place = page.after
        if not place:
            break
        decided = data.draw(st.sampled_from(there))
        if decided not in met:
            gone.add(decided)
        Case.objects.filter(pk=decided).update(state=CaseState.DECIDED)
        if data.draw(st.booleans()):
            make_cases((800.0, 9))
    assert len(met) == len(set(met))
    if not place:
        assert set(there) - gone <= set(met)


@PLAYED
@given(ranks=ranks(), size=st.integers(1, 6))
@pytest.mark.parametrize("order", ["priority", "oldest", "newest"])
def test_the_way_back_shows_the_same_pages(make_cases, order, ranks, size):
    Case.objects.all().delete()
    make_cases(*ranks)
    pages, place = [], ""
    while True:
        page = page_of(asked(f"order={order}"), after=place, size=size)
        pages.append(page)
        place = page.after
        if not place:
            break
    listed = [[case.pk for case in page.cases] for page in pages]
    assert [pk for page in listed for pk in page] == ids_of(asked(f"order={order}"), size=100)
    assert sum(map(len, listed)) == len(ranks)
    for number in range(len(pages) - 1, 0, -1):
        assert pages[number].before
        back = page_of(asked(f"order={order}"), before=pages[number].before, size=size)
        assert [case.pk for case in back.cases] == listed[number - 1]
        again = ids_of(asked(f"order={order}"), after=back.begins_after, size=size)
        assert again == listed[number - 1]


def test_going_on_follows_the_order_and_the_filters(make_cases, moderator, colleague):
    first, second, third, last = make_cases((9, 4), (8, 3), (8, 2), (1, 1))
    Case.objects.filter(pk=second).update(
        claimed_by=colleague, claim_expires_at=timezone.now() + timedelta(hours=1)
    )
    everything = asked(user=moderator)
    cases = Case.objects.in_bulk()
    assert next_in_queue(everything, cases[first]) == third
    assert next_in_queue(everything, cases[third]) == last
    assert next_in_queue(everything, cases[last]) == first
    newest = asked("order=newest", moderator)
    assert next_in_queue(newest, cases[third]) == first
    Case.objects.filter(pk=last).update(language="fr")
    assert next_in_queue(asked("language=fr", moderator), cases[first]) == last
    assert next_in_queue(asked("language=fr", moderator), cases[last]) is None


@pytest.mark.on_postgresql
@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", "moderation_case_todo"),
        ("order=oldest", "moderation_case_todo_opened"),
        ("state=decided", "moderation_case_state"),
        ("state=all", "moderation_case_opened"),
    ],
)
def test_every_order_is_read_from_an_index(make_cases, query, index):
    make_cases(*((number / 7, number) for number in range(60)))
    wanted = asked(query)
    field = {"priority": "-priority", "oldest": "opened_at", "newest": "-opened_at"}[wanted.order]
    rows = wanted.cases().order_by(field)[:10]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    assert index in rows.values("pk").explain()
