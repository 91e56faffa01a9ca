"""Several people at once, on the database that lets them."""

from __future__ import annotations

import re
import threading

import pytest
from django.core import mail
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from moderation.models import Appeal, Case, Decision, Event, Notice, Report
from moderation.services import appeals, audit, decisions, links, notices, reports
from moderation.services.errors import ModerationError
from tests.reports.conftest import decide, send_all
from tests.site.models import Comment

pytestmark = [pytest.mark.on_postgresql, pytest.mark.django_db(transaction=True)]


def at_once(*calls):
    """Run all calls at once; return what each gave, or the error it raised."""
    start = threading.Barrier(len(calls))
    found = [None] * len(calls)

    def run(number, call):
        try:
            start.wait()
            found[number] = call()
        except ModerationError as error:
            found[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_reports_at_once_open_one_case(comment, reader):
    news = [reader(email=f"r{number % 4}@mail.example") for number in range(8)]
    found = at_once(*(lambda new=new: reports.submit(comment, new) for new in news))
    assert [error for error in found if isinstance(error, Exception)] == []
    assert Case.objects.count() == 1
    assert sorted(Report.objects.values_list("times", flat=True)) == [2, 2, 2, 2]
    assert Event.objects.filter(verb="case.opened").count() == 1
    assert audit.verify().ok


def test_two_appeals_at_once_are_one(comment, reported, moderator, policy):
    decision = decide(reported.case, moderator, "hide")
    found = at_once(
        *(lambda n=n: appeals.submit(decision.pk, text=f"appeal {n}") for n in range(4))
    )
    assert sum(isinstance(each, Appeal) for each in found) == 1
    assert {each.code for each in found if isinstance(each, ModerationError)} == {
        "invalid_transition"
    }
    assert Appeal.objects.count() == 1
    assert audit.verify().ok


def test_a_report_while_its_case_is_decided_is_not_lost(
    comment, reported, reader, moderator, policy
):
    case = Case.objects.get()
    late = reader(email="late@mail.example")
    found = at_once(
        lambda: reports.submit(comment, late),
        lambda: decisions.decide(
            case.pk, outcome="label", actor=moderator, version=case.version, policies=[policy]
        ),
    )
    assert [error for error in found if isinstance(error, Exception)] == []
    assert Case.objects.get().state == "decided"
    reports.settle_due()
    assert set(Report.objects.values_list("state", flat=True)) == {"confirmed"}
    assert audit.verify().ok


def test_a_text_deleted_while_it_is_reported_leaves_no_open_case(comment, reader):
    at_once(
        lambda: reports.submit(comment, reader()),
        lambda: Comment.objects.get(pk=comment.pk).delete(),
    )
    assert not Case.objects.filter(state="open").exists()
    assert audit.verify().ok


def test_two_judges_at_once_reverse_once(comment, reported, moderator, colleague, policy):
    decision = decide(reported.case, moderator, "hide")
    appeal = appeals.submit(decision.pk, text="No.")
    appeals.take(appeal.pk, user=colleague)
    judge = lambda: appeals.judge(appeal.pk, user=colleague, result="reversed")  # noqa: E731
    found = at_once(judge, judge)
    assert sum(isinstance(each, Appeal) for each in found) == 1
    assert Decision.objects.filter(reverses=decision).count() == 1
    assert Comment.objects.get().is_public
    assert audit.verify().ok


def locked_by(call):
    """Return the tables whose rows a call locks, in the order of the first of each."""
    with CaptureQueriesContext(connection) as asked:
        call()
    locking = re.compile(r'FROM "moderation_(\w+)".* FOR (?:NO KEY )?UPDATE', re.DOTALL)
    found = (locking.search(query["sql"]) for query in asked)
    return list(dict.fromkeys(match[1] for match in found if match))


def test_whatever_becomes_of_an_appeal_its_case_is_locked_before_the_trail(
    comment, reported, moderator, colleague, policy
):
    """One who decides holds the case and waits for the trail: the other way round, both wait."""
    decision = decide(reported.case, moderator, "hide")
    appeal = lambda: Appeal.objects.get().pk  # noqa: E731
    calls = [
        lambda: appeals.submit(decision.pk, text="No."),
        lambda: appeals.take(appeal(), user=colleague),
        lambda: appeals.judge(appeal(), user=colleague, result="upheld"),
        lambda: Appeal.objects.update(state="submitted"),
        lambda: appeals.withdraw(appeal()),
        lambda: Appeal.objects.update(state="submitted"),
        lambda: decisions.undo(decision.pk, actor=moderator),
        appeals.expire_overtaken,
    ]
    for order in map(locked_by, calls):
        assert not order or order.index("case") < order.index("chainhead")


def test_a_judge_locks_in_the_order_of_one_who_decides(
    comment, reported, moderator, colleague, policy
):
    decision = decide(reported.case, moderator, "hide")
    appeal = appeals.submit(decision.pk, text="No.")
    appeals.take(appeal.pk, user=colleague)
    order = locked_by(lambda: appeals.judge(appeal.pk, user=colleague, result="reversed"))
    assert order[:3] == ["subject", "case", "appeal"]


def test_a_notice_that_is_not_begun_waits_for_the_undo_and_then_is_not_sent(
    comment, reported, author, moderator, policy
):
    Comment.objects.filter(pk=comment.pk).update(author=author)
    comment.refresh_from_db()
    comment.save()
    decision = decide(reported.case, moderator, "hide")

    @transaction.atomic
    def free():
        rows = Notice.objects.select_for_update(skip_locked=True)
        return [row.kind for row in rows.filter(decision=decision)]

    assert at_once(free) == [["author_notified"]]
    with transaction.atomic():
        decisions.undo(decision.pk, actor=moderator)
        assert at_once(free) == [[]]
    told = Notice.objects.get(kind="author_notified")
    assert notices.send(told.pk) == "void"
    send_all()
    assert [message for message in mail.outbox if message.to == ["author@mail.example"]] == []


def test_an_answer_and_a_confirmation_at_once_are_one_mail(comment, reader, moderator, policy):
    report = reports.submit(comment, reader()).report
    send_all()
    decide(report.case, moderator, "hide")
    reports.settle_due()
    planned = Notice.objects.get(kind="report_answered")
    token = links.confirmation_of(report)
    at_once(lambda: notices.send(planned.pk), lambda: reports.confirm_address(token))
    send_all()
    told = [message for message in mail.outbox if "came of" in message.subject]
    assert len(told) == 1
