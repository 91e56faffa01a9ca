"""Reports by readers: what is taken in, what becomes of it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.core import mail, signing
from django.test import Client
from django.urls import NoReverseMatch
from django.utils import timezone

from moderation import Target, signals
from moderation.models import Case, CaseState, Event, Notice, Report, Subject
from moderation.services import (
    appeals,
    audit,
    cases,
    decisions,
    intake,
    links,
    notices,
    reported,
    reports,
)
from moderation.services.errors import NotAllowed, Unusable
from moderation.services.priority import report_factor
from moderation.services.reports import Incomplete, NewReport, TooMany
from moderation.services.sweep import sweep
from tests.reports.conftest import CALM, confirmed, decide, scan, send_all
from tests.site.models import Article, Comment, Unmoderated

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def heard():
    """What the signals said."""
    said = []

    def hear(signal, **kwargs):
        said.append({name: kwargs[name] for name in kwargs if name != "sender"})

    for signal in (signals.report_received, signals.report_answered, signals.case_opened):
        signal.connect(hear)
    yield said
    for signal in (signals.report_received, signals.report_answered, signals.case_opened):
        signal.disconnect(hear)


# Into the case


def test_a_report_opens_a_case_and_is_acknowledged(
    comment, reader, heard, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        report = reports.submit(comment, reader(text="He  calls\x00 people names.")).report
    case = Case.objects.get()
    assert (case.state, case.band, case.categories) == ("open", "none", ["report/attack"])
    assert 0 < case.severity < 100
    assert case.reported == report.weight == 1.0
    assert report.text.startswith("He  calls")
    assert "\x00" not in report.text
    assert list(Event.objects.values_list("verb", flat=True)) == ["case.opened", "report.received"]
    assert Event.objects.last().actor_ref == "visitor:reader"
    assert audit.verify().ok
    assert {"report_id": report.pk, "case_id": case.pk, "repeated": False} in heard
    assert send_all() == ["sent"]
    (message,) = mail.outbox
    assert message.to == ["reader@mail.example"]
    assert "insults or attacks somebody" in message.body
    assert mail.outbox[0].subject == "Your report was received"


def test_the_trail_holds_nothing_of_what_was_written_or_by_whom(comment, reader):
    reports.submit(comment, reader(text="SECRET", name="Ann Example"))
    told = "".join(str(event.data) + event.actor_label for event in Event.objects.all())
    assert not any(word in told for word in ("SECRET", "Ann", "reader@"))


def test_the_trail_does_not_tell_which_account_reports_or_objects(
    comment, reader, author, make_user, moderator, policy
):
    reporter = make_user("witness")
    Comment.objects.filter(pk=comment.pk).update(author=author)
    case = reports.submit(comment, reader(user=reporter)).report.case
    reports.submit(comment, reader(user=reporter))
    decision = decide(case, moderator, "hide")
    appeals.withdraw(appeals.submit(decision.pk, text="No.", user=author).pk, user=author)
    verbs = ("report.received", "report.repeated", "appeal.submitted", "appeal.withdrawn")
    lines = Event.objects.filter(verb__in=verbs).order_by("number")
    assert [(line.verb, line.actor, line.actor_ref, line.actor_label) for line in lines] == [
        ("report.received", None, "visitor:reader", "reader"),
        ("report.repeated", None, "visitor:reader", "reader"),
        ("appeal.submitted", None, "visitor:author", "author"),
        ("appeal.withdrawn", None, "visitor:author", "author"),
    ]
    assert Report.objects.get().reporter == reporter
    assert audit.verify().ok


def test_reports_of_several_people_join_one_case_and_raise_it(comment, reader):
    reports.submit(comment, reader())
    before = Case.objects.get()
    for number in range(3):
        reports.submit(comment, reader(category="hate", email=f"r{number}@mail.example"))
    case = Case.objects.get()
    assert case.version == before.version  # who reads it may still decide it
    assert case.categories == ["report/attack", "report/hate"]
    assert case.reported == 4.0
    assert case.severity > before.severity
    assert case.priority > before.priority


def test_a_report_joins_what_the_detectors_found_and_stays_through_a_scan(comment, reader):
    Comment.objects.filter(pk=comment.pk).update(body="You are a badword.")
    comment.refresh_from_db()
    comment.save()
    scan()
    found = Case.objects.get().categories
    assert len(found) == 1
    reports.submit(comment, reader())
    assert set(Case.objects.get().categories) == {*found, "report/attack"}
    intake.request_scan(Subject.objects.get(object_id=str(comment.pk), model_label="site.comment"))
    scan()
    assert set(Case.objects.get().categories) == {*found, "report/attack"}


def test_a_scan_without_findings_does_not_close_what_readers_report(comment, reported):
    scan()
    assert Case.objects.get().state == CaseState.OPEN
    comment.body = "Something else was written here instead of it."
    comment.save()
    scan()
    assert Case.objects.get().state == CaseState.OPEN


def test_the_same_person_reporting_again_is_one_report(comment, reader):
    first = reports.submit(comment, reader())
    again = reports.submit(comment, reader(category="threat", email=" Reader@MAIL.example"[1:]))
    assert (first.repeated, again.repeated) == (False, True)
    report = Report.objects.get()
    assert (report.times, report.category) == (2, "threat")
    assert Notice.objects.count() == 1
    assert Event.objects.last().verb == "report.repeated"


def test_a_later_report_does_not_soften_a_legal_notice(comment, notice, reader):
    reports.submit(comment, notice())
    reports.submit(comment, reader(email="ann@mail.example", text="never mind"))
    assert (Report.objects.get().kind, Report.objects.get().times) == ("notice", 2)


def test_a_text_never_seen_before_is_taken_in(reader):
    article = Comment._meta.get_field("article").related_model.objects.create(headline="A")
    Comment.objects.bulk_create([Comment(article=article, body=CALM)])
    receipt = reports.submit(Comment.objects.get(), reader())
    assert receipt.report.snapshot.text == CALM


# Decided texts stay decided


@pytest.mark.parametrize(
    ("outcome", "state"), [("label", "confirmed"), ("dismiss_allowed", "rejected")]
)
def test_a_decided_text_stays_decided_and_the_reporter_hears_how(
    comment, reported, reader, moderator, policy, outcome, state
):
    decide(reported.case, moderator, outcome)
    closed = Case.objects.get()
    receipt = reports.submit(comment, reader(email="late@mail.example"))
    assert receipt.report.state == state
    assert receipt.report.decision.outcome == outcome
    case = Case.objects.get()
    assert (case.state, case.version) == (CaseState.DECIDED, closed.version)
    assert receipt.report.case == case
    send_all()
    assert "judged before" not in mail.outbox[-1].body
    confirmed(receipt.report)
    send_all()
    words = "was confirmed" if state == "confirmed" else "does not break the rules"
    assert words in mail.outbox[-1].body


def test_an_account_hears_at_once_how_a_text_was_decided_and_at_its_own_address_only(
    comment, reported, reader, author, moderator, policy
):
    decide(reported.case, moderator, "label")
    reports.submit(comment, reader(user=author, email="victim@mail.example"))
    send_all()
    assert mail.outbox[-1].to == ["author@mail.example"]
    assert "judged before" in mail.outbox[-1].body
    assert "victim@mail.example" not in [to for message in mail.outbox for to in message.to]


def test_an_edited_text_is_open_again_when_reported(comment, reported, reader, moderator, policy):
    decide(reported.case, moderator, "dismiss_allowed")
    comment.body = "Now it says something quite different."
    comment.save()
    scan()
    assert Case.objects.get().state == CaseState.DECIDED
    receipt = reports.submit(comment, reader(email="late@mail.example"))
    case = Case.objects.get()
    assert (case.state, receipt.report.state) == (CaseState.OPEN, "waiting")
    assert case.snapshot.text == comment.body
    assert "case.reopened" in Event.objects.values_list("verb", flat=True)


def test_within_the_undo_window_nobody_is_told_how_it_was_decided(
    comment, reported, reader, moderator, policy, lay
):
    lay(UNDO_SECONDS=3600)
    decide(reported.case, moderator, "label")
    late = reports.submit(comment, reader(email="late@mail.example")).report
    assert reports.settle_due() == 0
    assert {report.state for report in Report.objects.all()} == {"waiting"}
    lay(UNDO_SECONDS=0)
    assert reports.settle_due() == 2
    late.refresh_from_db()
    assert late.state == "confirmed"


# The answer


@pytest.mark.parametrize(
    ("outcome", "state", "words"),
    [
        ("hide", "confirmed", "was confirmed"),
        ("label", "confirmed", "was confirmed"),
        ("dismiss_false_positive", "rejected", "does not break the rules"),
        ("dismiss_allowed", "rejected", "does not break the rules"),
    ],
)
def test_the_reporter_is_told_once_what_was_decided(
    reported, moderator, policy, outcome, state, words
):
    send_all()
    decision = decide(reported.case, moderator, outcome)
    assert sweep().reports_answered == 1
    assert sweep().reports_answered == 0
    reported.refresh_from_db()
    assert (reported.state, reported.decision.outcome) == (state, outcome)
    send_all()
    told = [message for message in mail.outbox if message.subject == "What came of your report"]
    assert len(told) == 1
    assert words in told[0].body
    assert "by a moderator" in told[0].body
    assert not re.search(rf"\b{decision.actor_label}\b", told[0].body)
    assert Event.objects.last().data["reports"] == [reported.pk]
    assert audit.verify().ok


def test_an_address_that_nobody_confirmed_hears_no_more(comment, reader, moderator, policy):
    report = reports.submit(comment, reader()).report
    assert send_all() == ["sent"]
    (link,) = re.findall(
        r"https://news\.example(/moderation/report/confirm/\S+)", mail.outbox[0].body
    )
    decide(report.case, moderator, "hide")
    reports.settle_due()
    send_all()
    answers = [message for message in mail.outbox if "came of" in message.subject]
    assert answers == []
    assert Client().get(link).status_code == 200
    report.refresh_from_db()
    assert report.email_confirmed_at is None  # programs open links too
    send_all()
    assert b"is confirmed" in Client().post(link).content
    assert b"is confirmed" in Client().post(link).content
    send_all()
    (answer,) = [message for message in mail.outbox if "came of" in message.subject]
    assert answer.to == ["reader@mail.example"]
    assert "was confirmed" in answer.body


def test_no_address_is_confirmed_by_a_link_for_another(comment, author, reader):
    author.email = ""
    author.save()
    first = reports.submit(comment, reader(user=author, email="a@mail.example")).report
    old = links.confirmation_of(first)
    reports.confirm_address(old)
    again = reports.submit(comment, reader(user=author, email="b@mail.example")).report
    assert (again.pk, again.email_confirmed_at) == (first.pk, None)
    for token in (
        old,
        "",
        old[:-1],
        old + "x",
        "x" * 100_000,
        "\x00",
        signing.dumps([again.pk, ""]),
    ):
        with pytest.raises(Unusable):
            reports.confirm_address(token)
        with pytest.raises(Unusable):
            reports.of_link(token)
    assert Client().get(f"/moderation/report/confirm/{old}/").status_code == 404
    again.refresh_from_db()
    assert again.email_confirmed_at is None


def links_sent():
    """Return to whom a link for confirming an address was sent, and the link."""
    found = (re.search(r"/moderation/report/confirm/\S+", each.body) for each in mail.outbox)
    return [(each.to[0], link[0]) for each, link in zip(mail.outbox, found, strict=True) if link]


@pytest.mark.parametrize("wrong", ["", "tyop@mail.example"])
def test_an_address_that_is_mended_later_gets_its_own_link(
    comment, author, reader, moderator, policy, wrong
):
    author.email = ""
    author.save()
    first = reports.submit(comment, reader(user=author, email=wrong)).report
    send_all()
    for _each in range(2):  # the same address again brings nothing new
        reports.submit(comment, reader(user=author, email="right@mail.example"))
        send_all()
    sent = links_sent()
    assert [to for to, _link in sent] == [*([wrong] if wrong else []), "right@mail.example"]
    assert Client().post(sent[-1][1]).status_code == 200
    decide(first.case, moderator, "hide")
    reports.settle_due()
    send_all()
    assert mail.outbox[-1].to == ["right@mail.example"]
    assert "came of" in mail.outbox[-1].subject


def test_each_address_that_is_confirmed_after_the_decision_is_told(
    comment, author, reader, moderator, policy
):
    author.email = ""
    author.save()
    report = reports.submit(comment, reader(user=author, email="a@mail.example")).report
    decide(report.case, moderator, "hide")
    reports.settle_due()
    send_all()
    confirmed(report)
    send_all()
    again = reports.submit(comment, reader(user=author, email="b@mail.example")).report
    send_all()
    assert [to for to, _link in links_sent()] == ["a@mail.example", "b@mail.example"]
    confirmed(again)
    send_all()
    told = [message.to for message in mail.outbox if "came of" in message.subject]
    assert told == [["a@mail.example"], ["b@mail.example"]]


def test_an_address_that_is_confirmed_before_the_answer_left_is_answered_once(
    comment, reader, moderator, policy
):
    report = reports.submit(comment, reader()).report
    send_all()
    decide(report.case, moderator, "hide")
    reports.settle_due()
    confirmed(report)
    send_all()
    assert [message.subject for message in mail.outbox[1:]] == ["What came of your report"]


def test_an_address_that_is_confirmed_while_the_answer_is_given_up_is_answered(
    comment, reader, moderator, policy
):
    report = reports.submit(comment, reader()).report
    decide(report.case, moderator, "hide")
    reports.settle_due()
    planned = Notice.objects.get(kind="report_answered")
    taken = notices._take(planned.pk)
    confirmed(report)
    assert notices._report_answered(taken) is None
    send_all()
    assert mail.outbox[-1].subject == "What came of your report"


def test_who_reports_again_just_before_the_answer_is_answered(
    comment, reported, reader, moderator, policy
):
    send_all()
    decide(reported.case, moderator, "hide")
    assert reports.submit(comment, reader()).report.state == "confirmed"
    assert reports.settle_due() == 0
    send_all()
    told = [message for message in mail.outbox if "came of" in message.subject]
    assert len(told) == 1


def test_the_link_that_confirms_an_address_grows_old(comment, reader, monkeypatch):
    token = links.confirmation_of(reports.submit(comment, reader()).report)
    monkeypatch.setattr(links, "CONFIRM_WITHIN", timedelta(seconds=-1))
    with pytest.raises(Unusable):
        reports.confirm_address(token)


def test_without_an_address_of_the_site_a_mail_has_no_link(comment, reader, lay):
    lay(SITE_URL="")
    reports.submit(comment, reader())
    send_all()
    assert "A moderator will look" in mail.outbox[0].body
    assert "confirm" not in mail.outbox[0].body


def test_an_answer_taken_back_is_given_anew(reported, moderator, policy):
    first = decide(reported.case, moderator, "hide")
    reports.settle_due()
    decisions.undo(first.pk, actor=moderator)
    assert reports.settle_due() == 0
    reported.refresh_from_db()
    assert (reported.state, reported.decision) == ("waiting", None)
    decide(reported.case, moderator, "dismiss_allowed")
    assert reports.settle_due() == 1
    send_all()
    told = [message.body for message in mail.outbox if "came of" in message.subject]
    assert len(told) == 1  # the first was void by the time it was sent
    assert "may stay" in told[0]


def test_a_text_deleted_before_it_was_judged_leaves_nothing_to_decide(
    comment, reported, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        comment.delete()
    assert Case.objects.get().state == CaseState.CLOSED_MOOT
    assert reports.settle_due() == 1
    reported.refresh_from_db()
    assert (reported.state, reported.decision) == ("moot", None)
    send_all()
    assert "deleted or changed" in mail.outbox[-1].body


def test_reporters_are_not_mailed_where_the_site_says_so(reported, moderator, policy, lay):
    lay(NOTIFY_REPORTERS=False)
    decide(reported.case, moderator)
    reports.settle_due()
    assert set(send_all()) <= {"void", "sent"}
    assert [message for message in mail.outbox if message.to == ["reader@mail.example"]] == []


# Reliability


def test_reports_that_decisions_do_not_confirm_lower_the_weight_of_the_next(
    reader, moderator, policy, scan_all
):
    article = Comment._meta.get_field("article").related_model.objects.create(headline="A")
    weights = []
    for outcome in ("dismiss_allowed", "dismiss_allowed", "label", "label", "label", "label"):
        comment = Comment.objects.create(article=article, body=f"{CALM} {len(weights)}")
        report = reports.submit(comment, reader()).report
        weights.append(report.weight)
        decide(report.case, moderator, outcome)
        reports.settle_due()
    assert weights[0] == 1.0
    assert weights[2] < weights[1] < 1.0
    assert weights[5] > weights[4] > weights[3]
    record = reported.record_of(report.reporter_key)
    assert (record.confirmed, record.rejected, record.share) == (4, 2, 4 / 6)


def test_many_readers_raise_a_case_but_not_without_end():
    factors = [report_factor(weight) for weight in (0, 1, 3, 10, 10_000)]
    assert factors[0] == 1
    assert factors == sorted(factors)
    assert factors[-1] == 4
    assert report_factor(-5) == 1


def test_nobody_decides_on_their_own_report(comment, moderator, colleague, policy):
    report = reports.submit(comment, NewReport(category="attack", user=moderator)).report
    with pytest.raises(NotAllowed, match="own report"):
        decide(report.case, moderator)
    with pytest.raises(NotAllowed, match="own report"):
        cases.assign(report.case_id, user=_overrider(colleague), to=moderator)
    assert decide(report.case, colleague).outcome == "hide"


def _overrider(user):
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Permission

    user.user_permissions.add(Permission.objects.get(codename="override_case"))
    return get_user_model().objects.get(pk=user.pk)


# What is refused


@pytest.fixture
def notice():
    def new(**more) -> NewReport:
        given = {
            "kind": "notice",
            "category": "unlawful",
            "text": "This breaks section 5 of the Act.",
            "location": "https://news.example/articles/1/#c1",
            "name": "Ann Example",
            "email": "ann@mail.example",
            "good_faith": True,
            **more,
        }
        return NewReport(**given)

    return new


def test_a_complete_legal_notice_is_taken_in_and_weighs_more(comment, notice):
    report = reports.submit(comment, notice()).report
    assert (report.kind, report.good_faith, report.name) == ("notice", True, "Ann Example")
    assert report.weight == 2.0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", "  "),
        ("location", ""),
        ("location", "not an address"),
        ("location", "javascript:alert(1)"),
        ("location", "https://" + "a" * 600 + ".example"),
        ("name", " "),
        ("email", ""),
        ("email", "nobody"),
        ("good_faith", False),
        ("category", "no-such"),
    ],
)
def test_a_notice_that_lacks_an_element_says_which(comment, notice, field, value):
    with pytest.raises(Incomplete) as refused:
        reports.submit(comment, notice(**{field: value}))
    assert set(refused.value.faults) == {field}
    assert not Report.objects.exists()


def test_what_a_notice_lacks_is_told_together(notice):
    wrong = reports.faults(notice(text="", name="", email="", good_faith=False, location=""))
    assert set(wrong) == {"text", "name", "email", "good_faith", "location"}


def test_who_reports_abuse_of_children_need_not_give_a_name(comment, notice):
    report = reports.submit(comment, notice(category="minors", name="", email="")).report
    assert (report.name, report.email, report.reporter_key) == ("", "", "")
    again = reports.submit(comment, notice(category="minors", name="", email="")).report
    assert again.pk != report.pk  # nobody knows whether it was the same person
    assert set(send_all()) == {"void"}


@pytest.mark.parametrize(
    "new",
    [
        NewReport(category="attack"),
        NewReport(category="attack", email="x"),
        NewReport(category="", email="a@b.example"),
        NewReport(category="attack", email="a@b.example", kind="other"),
        NewReport(category="attack", email="a@b.example", text="x" * 5001),
        NewReport(category="attack", email="a@b.example", name="x" * 201),
        NewReport(category="attack", email="a@b.example\nBcc: c@d.example"),
        NewReport(category="attack", email="a@" + "b" * 5000 + ".example"),
    ],
)
def test_what_is_no_report_changes_nothing(comment, new):
    with pytest.raises(Incomplete):
        reports.submit(comment, new)
    assert not Case.objects.exists()
    assert not Event.objects.exists()


def test_a_site_may_ask_readers_to_sign_in(comment, reader, author, lay):
    lay(REPORT_ANONYMOUS=False)
    with pytest.raises(NotAllowed):
        reports.submit(comment, reader())
    report = reports.submit(comment, NewReport(category="attack", user=author)).report
    assert (report.reporter, report.email) == (author, "author@mail.example")


def test_what_readers_do_not_see_cannot_be_reported(comment, reader):
    Comment._base_manager.filter(pk=comment.pk).update(is_public=False)
    said = set()
    for key in (str(comment.pk), "999999", "x", "", "\x00", "9" * 300):
        with pytest.raises(Unusable) as refused:
            reports.target_of("site.Comment", key)
        said.add(str(refused.value))
    for label in ("auth.user", "site.Unmoderated", "nothing", "a.b.c", "x.y", ""):
        with pytest.raises(Unusable) as refused:
            reports.target_of(label, "1")
        said.add(str(refused.value))
    assert len(said) == 1  # nobody learns what there is
    with pytest.raises(Unusable):
        reports.submit(Unmoderated.objects.create(body="x"), reader())


def test_what_stands_under_something_hidden_cannot_be_reported(comment, reader):
    assert Client().get(f"/moderation/report/site.comment/{comment.pk}/").status_code == 200
    Article._base_manager.filter(pk=comment.article_id).update(is_public=False)
    assert Client().get(f"/moderation/report/site.comment/{comment.pk}/").status_code == 404
    with pytest.raises(Unusable):
        reports.submit(Comment.objects.get(pk=comment.pk), reader())


def _fails(obj):
    raise NoReverseMatch


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({}, True),
        ({"visibility": {"is_public": (True, False)}}, True),
        ({"visibility": {"is_public": (False, True)}}, False),
        ({"visibility": {"is_public": (lambda: True, True)}}, False),
        ({"visibility": {"is_public": (lambda: True, lambda: True)}}, True),
        ({"published_at": lambda obj: None}, False),
        ({"published_at": lambda obj: None, "visibility": {"is_public": (True, False)}}, True),
        ({"published_at": lambda obj: timezone.now()}, True),
        ({"published_at": lambda obj: timezone.now() + timedelta(hours=1)}, False),
        ({"published_at": lambda obj: date(2020, 1, 1)}, True),
        ({"url": lambda obj: ""}, False),
        ({"url": _fails}, False),
        ({"url": lambda obj: "/here/"}, True),
    ],
)
def test_a_draft_is_not_what_readers_see(comment, options, shown):
    target = Target(Article, kind="article", text="body", **options)
    assert reports.is_shown(target, comment.article) is shown


def test_an_address_that_cannot_be_told_is_logged(comment, caplog):
    target = Target(Article, kind="article", text="body", url=_fails)
    assert not reports.is_shown(target, comment.article)
    assert "The address of site.Article cannot be told: NoReverseMatch" in caplog.text


def test_a_text_deleted_meanwhile_is_not_reported(comment, reader):
    subject = Subject.objects.get(object_id=str(comment.pk), model_label="site.comment")
    intake.forget_subject(subject)
    Comment.objects.filter(pk=comment.pk)._raw_delete("default")
    with pytest.raises(Unusable):
        reports.target_of("site.comment", str(comment.pk))


def test_one_reporter_and_one_address_report_so_often(comment, reader, lay):
    lay(REPORT_RATE="2/hour")
    article = comment.article
    texts = [Comment.objects.create(article=article, body=f"{CALM} {n}") for n in range(4)]
    for text in texts[:2]:
        reports.submit(text, reader())
    with pytest.raises(TooMany):
        reports.submit(texts[2], reader())
    for number in range(2):
        reports.submit(texts[2], reader(email=f"{number}@mail.example", address="192.0.2.1"))
    with pytest.raises(TooMany):
        reports.submit(texts[2], reader(email="third@mail.example", address="192.0.2.1"))
    assert reports.submit(texts[2], reader(email="other@mail.example", address="192.0.2.2"))
