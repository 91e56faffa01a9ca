"""The way back to the author: notice, mending, appeal, statement of reasons."""

from __future__ import annotations

import json
import re
import time

import pytest
from django.core import mail, signing
from django.test import Client

from moderation import signals
from moderation.models import (
    Appeal,
    AppealState,
    Case,
    CaseState,
    Decision,
    Effect,
    Event,
    Finding,
    Notice,
    Policy,
    StatementOfReasons,
)
from moderation.services import appeals, audit, decisions, links, notices, reports, statements
from moderation.services.actors import MACHINE
from moderation.services.errors import InvalidTransition, NotAllowed, PolicyRequired, Unusable
from moderation.services.statistics import Period
from moderation.services.sweep import sweep
from moderation.services.transparency import faults
from tests.reports.conftest import decide, scan, send_all, turn_back
from tests.site.models import Comment

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def flagged(comment, author) -> Case:
    Comment.objects.filter(pk=comment.pk).update(body="You are a badword.", author=author)
    comment.refresh_from_db()
    comment.save()
    scan()
    return Case.objects.get()


@pytest.fixture
def decision(flagged, moderator, policy) -> Decision:
    return decide(flagged, moderator, "hide", public_note="Please stay civil.")


@pytest.fixture
def appeal(decision) -> Appeal:
    return appeals.submit(decision.pk, text="It was a quotation.")


def judged(appeal, user, result, **more):
    appeals.take(appeal.pk, user=user)
    return appeals.judge(appeal.pk, user=user, result=result, **more)


def is_public() -> bool:
    return Comment._base_manager.get().is_public


# The notice


def test_the_author_is_told_what_why_and_how_to_object(decision):
    heard = []

    def hear(signal, sender, **said):
        heard.append(said)

    signals.author_notified.connect(hear)
    try:
        assert send_all() == ["sent"]
        assert send_all() == []
    finally:
        signals.author_notified.disconnect(hear)
    (message,) = mail.outbox
    assert message.to == ["author@mail.example"]
    for words in ("hide", "Be civil", "Please stay civil.", "badword", "by a moderator", "object"):
        assert words in message.body
    assert not re.search(rf"\b{decision.actor_label}\b", message.body)
    (said,) = heard
    assert said["mailed"] is True
    assert said["appeal_url"].startswith("https://news.example/moderation/appeal/")
    assert said["appeal_url"] in message.body
    assert StatementOfReasons.objects.get().puid in message.body


def test_nobody_is_told_before_the_undo_window_is_over_nor_what_was_undone(
    flagged, moderator, policy, lay
):
    lay(UNDO_SECONDS=3600)
    decision = decide(flagged, moderator, "hide")
    assert send_all() == []
    assert notices.send(Notice.objects.get().pk) is None
    decisions.undo(decision.pk, actor=moderator)
    turn_back(Notice.objects.get(), due_at={"hours": 1})
    assert send_all() == ["void"]
    assert mail.outbox == []
    assert not StatementOfReasons.objects.exists()


def test_the_author_hears_that_what_they_were_told_was_taken_back(decision, moderator):
    send_all()
    decisions.undo(decision.pk, actor=moderator)
    assert send_all() == ["sent"]
    message = mail.outbox[-1]
    assert (message.to, len(mail.outbox)) == (["author@mail.example"], 2)
    assert "was taken back" in message.subject
    assert "hide" in message.body
    assert send_all() == []


def test_an_author_whose_mail_is_on_its_way_hears_of_the_undo_when_it_has_left(
    decision, moderator, monkeypatch
):
    mailed = notices.send_mail

    def undo_meanwhile(*given):
        monkeypatch.setattr(notices, "send_mail", mailed)
        decisions.undo(decision.pk, actor=moderator)
        return mailed(*given)

    monkeypatch.setattr(notices, "send_mail", undo_meanwhile)
    assert send_all() == ["sent"]
    assert send_all() == []  # not before the mail has certainly left
    turn_back(Notice.objects.get(kind="author_undone"), due_at={"minutes": 1})
    assert send_all() == ["sent"]
    assert "was taken back" in mail.outbox[-1].subject


def test_an_author_who_was_never_told_hears_of_no_undo(decision, moderator, settings):
    settings.EMAIL_BACKEND = "tests.reports.broken.EmailBackend"
    assert send_all() == ["waiting"]
    decisions.undo(decision.pk, actor=moderator)
    for row in Notice.objects.filter(state="waiting").order_by("pk"):
        turn_back(row, due_at={"minutes": 1})
    assert send_all() == ["void", "void"]


@pytest.mark.parametrize("outcome", ["dismiss_allowed", "dismiss_false_positive", "escalate"])
def test_what_restricts_nothing_is_not_told(flagged, moderator, outcome):
    decide(flagged, moderator, outcome)
    assert not Notice.objects.exists()


def test_a_site_that_tells_authors_itself_still_gets_the_signal(decision, lay):
    lay(NOTIFY_AUTHORS=False)
    heard = []

    def hear(signal, sender, **said):
        heard.append(said["mailed"])

    signals.author_notified.connect(hear)
    try:
        assert send_all() == ["sent"]
    finally:
        signals.author_notified.disconnect(hear)
    assert (heard, mail.outbox) == ([False], [])


def test_a_mail_server_that_is_down_puts_the_notice_off_and_ends_it_at_last(decision, settings):
    settings.EMAIL_BACKEND = "tests.reports.broken.EmailBackend"
    assert send_all() == ["waiting"]
    notice = Notice.objects.get()
    assert notice.attempts == 1
    assert send_all() == []
    for _attempt in range(20):
        turn_back(notice, due_at={"seconds": 1})
        send_all()
    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == ("failed", notices.MOST_ATTEMPTS)


def test_the_sweep_asks_for_what_is_due(decision):
    assert sweep().notices_asked == 1


# Mending


def test_a_text_mended_as_asked_closes_its_case(flagged, comment, moderator, policy):
    decide(flagged, moderator, "request_changes")
    comment.refresh_from_db()
    comment.body = "You are mistaken, and here is why."
    comment.save()
    scan()
    assert Case.objects.get().state == CaseState.CLOSED_MOOT
    assert Event.objects.filter(verb="case.closed_moot").get().data["why"] == "edited clean"
    assert audit.verify().ok


def test_a_text_that_is_no_better_is_open_again(flagged, comment, moderator, policy):
    decide(flagged, moderator, "request_changes")
    comment.refresh_from_db()
    comment.body = "You are such a badword, whatever they say."
    comment.save()
    scan()
    assert Case.objects.get().state == CaseState.OPEN


def test_a_hidden_text_stays_decided_when_it_is_edited(flagged, comment, moderator, policy):
    decide(flagged, moderator, "hide")
    row = Comment._base_manager.get()
    row.body = "You are mistaken, and here is why."
    row.save()
    scan()
    assert Case.objects.get().state == CaseState.DECIDED


# Appeals


def test_an_appeal_is_submitted_once(appeal, decision):
    assert (appeal.state, appeal.text) == ("submitted", "It was a quotation.")
    with pytest.raises(InvalidTransition, match="already"):
        appeals.submit(decision.pk, text="again")
    assert Appeal.objects.count() == 1
    event = Event.objects.last()
    assert (event.verb, event.actor_ref) == ("appeal.submitted", "visitor:author")
    assert "quotation" not in str(event.data)


def test_two_appeals_at_once_are_one(decision, monkeypatch):
    """The second one has looked before the first was written."""
    monkeypatch.setattr(appeals, "why_not", lambda _decision: "")
    appeals.submit(decision.pk, text="first")
    with pytest.raises(InvalidTransition, match="already"):
        appeals.submit(decision.pk, text="second")
    assert Appeal.objects.get().text == "first"
    assert audit.verify().ok


def test_only_the_author_contests_with_an_account(decision, author, colleague):
    with pytest.raises(NotAllowed):
        appeals.submit(decision.pk, text="x", user=colleague)
    assert appeals.submit(decision.pk, text="x", user=author).author == author


@pytest.mark.parametrize("text", ["", "  \n", "x" * 5001])
def test_an_objection_says_something_and_not_too_much(decision, text):
    with pytest.raises(Unusable):
        appeals.submit(decision.pk, text=text)
    assert not Appeal.objects.exists()


def test_the_window_closes(flagged, moderator, policy, lay):
    decision = decide(flagged, moderator, "hide")
    send_all()
    turn_back(Notice.objects.get(), sent_at={"days": 182})
    assert appeals.why_not(decision) == ""
    turn_back(Notice.objects.get(), sent_at={"days": 184})
    with pytest.raises(InvalidTransition, match="time"):
        appeals.submit(decision.pk, text="late")
    lay(APPEAL_DAYS=0)
    with pytest.raises(InvalidTransition):
        appeals.submit(decision.pk, text="never")


def test_what_was_dismissed_or_undone_is_not_contested(flagged, moderator, policy):
    hidden = decide(flagged, moderator, "hide")
    decisions.undo(hidden.pk, actor=moderator)
    dismissed = decide(flagged, moderator, "dismiss_allowed")
    for decision in (hidden, dismissed):
        with pytest.raises(InvalidTransition):
            appeals.submit(decision.pk, text="x")


def test_nobody_judges_their_own_decision(appeal, moderator, author, make_user):
    with pytest.raises(NotAllowed, match="Somebody else"):
        appeals.take(appeal.pk, user=moderator)
    with pytest.raises(NotAllowed):
        appeals.take(appeal.pk, user=make_user("viewer", "view_case"))
    judge_and_author = make_user("x", "view_case", "decide_case")
    Comment._base_manager.update(author=judge_and_author)
    Case.objects.get().subject.__class__.objects.update(author=judge_and_author)
    with pytest.raises(NotAllowed, match="own content"):
        appeals.take(appeal.pk, user=judge_and_author)


def test_who_proposed_a_decision_does_not_judge_it(flagged, moderator, colleague, policy, lay):
    lay(FOUR_EYES=["test-civility"])
    decide(flagged, moderator, "hide")
    decision = decide(flagged, colleague, "hide")
    appeal = appeals.submit(decision.pk, text="x")
    for user in (moderator, colleague):
        with pytest.raises(NotAllowed, match="Somebody else"):
            appeals.take(appeal.pk, user=user)


def test_an_appeal_is_taken_by_one(appeal, colleague, senior, make_user):
    assert appeals.take(appeal.pk, user=colleague).state == "under_review"
    assert appeals.take(appeal.pk, user=colleague).judge == colleague
    third = make_user("third", "view_case", "decide_case")
    with pytest.raises(InvalidTransition, match="colleague"):
        appeals.take(appeal.pk, user=third)
    with pytest.raises(InvalidTransition, match="Take the appeal"):
        appeals.judge(appeal.pk, user=third, result="upheld")
    assert appeals.take(appeal.pk, user=senior).judge == senior
    assert Event.objects.filter(verb="appeal.taken").count() == 2


def test_an_upheld_decision_stands(appeal, colleague):
    done = judged(appeal, colleague, "upheld", public_note="It stands.")
    assert (done.state, done.ruling) == (AppealState.UPHELD, None)
    assert not is_public()
    send_all()
    assert "The decision stands." in mail.outbox[-1].body
    assert "It stands." in mail.outbox[-1].body
    with pytest.raises(InvalidTransition):
        appeals.judge(appeal.pk, user=colleague, result="reversed")


def test_a_reversal_restores_everything(appeal, decision, colleague):
    done = judged(appeal, colleague, "reversed")
    assert is_public()
    assert Effect.objects.get(decision=decision).state == "undone"
    assert (done.state, done.ruling.outcome) == ("reversed", "dismiss_allowed")
    assert Case.objects.get().state == CaseState.DECIDED
    assert Decision.objects.get(reverses=decision).actor == colleague
    assert list(Event.objects.order_by("-number").values_list("verb", flat=True)[:3]) == [
        "appeal.reversed",
        "case.decided",
        "decision.undone",
    ]
    assert audit.verify().ok
    send_all()
    assert "was reversed" in mail.outbox[-1].body


def test_the_mail_about_a_reversal_reports_no_fault(appeal, colleague, caplog):
    judged(appeal, colleague, "reversed")
    with caplog.at_level("WARNING", logger="moderation"):
        assert send_all()[-1] == "sent"
    assert caplog.records == []


def test_a_partial_reversal_puts_a_milder_decision_in_its_place(appeal, colleague, policy):
    done = judged(
        appeal, colleague, "partially_reversed", outcome="label", policies=["test-civility"]
    )
    assert (done.state, done.ruling.outcome) == ("partially_reversed", "label")
    assert is_public()
    assert StatementOfReasons.objects.filter(decision=done.ruling).exists()
    with pytest.raises(InvalidTransition, match="final"):
        appeals.submit(done.ruling.pk, text="once more")
    send_all()
    assert "partially reversed" in mail.outbox[-1].body
    assert "label" in mail.outbox[-1].body


@pytest.mark.parametrize(
    ("result", "more", "error"),
    [
        ("partially_reversed", {}, InvalidTransition),
        ("partially_reversed", {"outcome": "label"}, PolicyRequired),
        (
            "partially_reversed",
            {"outcome": "remove", "policies": ["test-civility"]},
            InvalidTransition,
        ),
        (
            "partially_reversed",
            {"outcome": "hide", "policies": ["test-civility"]},
            InvalidTransition,
        ),
        ("partially_reversed", {"outcome": "dismiss_allowed"}, InvalidTransition),
        ("reversed", {"outcome": "hide"}, InvalidTransition),
        ("withdrawn", {}, Unusable),
        ("", {}, Unusable),
        ("upheld", {"public_note": "x" * 10_001}, Unusable),
    ],
)
def test_a_judgement_that_makes_no_sense_changes_nothing(appeal, colleague, result, more, error):
    appeals.take(appeal.pk, user=colleague)
    events = Event.objects.count()
    with pytest.raises(error):
        appeals.judge(appeal.pk, user=colleague, result=result, **more)
    appeal.refresh_from_db()
    assert (appeal.state, Event.objects.count()) == ("under_review", events)
    assert not is_public()


def test_the_author_withdraws(appeal, author, colleague):
    with pytest.raises(NotAllowed):
        appeals.withdraw(appeal.pk, user=colleague)
    assert appeals.withdraw(appeal.pk, user=author).state == "withdrawn"
    with pytest.raises(InvalidTransition):
        appeals.take(appeal.pk, user=colleague)


def test_an_appeal_expires_with_what_it_contests(appeal, decision, moderator):
    assert appeals.expire_overtaken() == 0
    decisions.undo(decision.pk, actor=moderator)
    assert sweep().appeals_expired == 1
    appeal.refresh_from_db()
    assert appeal.state == "expired"
    send_all()
    assert "nothing left to judge" in mail.outbox[-1].body


def test_appeals_that_wait_long_do_not_keep_others_from_expiring(
    appeal, comment, reader, moderator, policy, lay
):
    lay(SWEEP_BATCH=1)
    other = Comment.objects.create(article=comment.article, body="Another text.")
    later = decide(reports.submit(other, reader()).report.case, moderator, "hide")
    overtaken = appeals.submit(later.pk, text="No.")
    decisions.undo(later.pk, actor=moderator)
    assert appeals.expire_overtaken() == 1
    assert Appeal.objects.get(pk=overtaken.pk).state == "expired"
    assert Appeal.objects.get(pk=appeal.pk).is_open
    assert appeals.expire_overtaken() == 0


def test_an_appeal_about_a_deleted_text_expires(appeal, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        Comment._base_manager.get().delete()
    assert appeals.expire_overtaken() == 1
    assert audit.verify().ok


def test_a_decision_undone_while_its_appeal_is_judged_is_not_undone_twice(
    appeal, decision, moderator, colleague
):
    appeals.take(appeal.pk, user=colleague)
    decisions.undo(decision.pk, actor=moderator)
    with pytest.raises(InvalidTransition, match="taken back already"):
        appeals.judge(appeal.pk, user=colleague, result="reversed")
    assert Decision.objects.filter(reverses=decision).count() == 1


def test_reporters_hear_of_a_reversal(comment, reported, moderator, colleague, policy):
    decision = decide(reported.case, moderator, "hide")
    reports.settle_due()
    send_all()
    judged(appeals.submit(decision.pk, text="x"), colleague, "reversed")
    reports.settle_due()
    reports.settle_due()
    reported.refresh_from_db()
    assert reported.state == "rejected"
    send_all()
    assert "may stay" in [m for m in mail.outbox if "report" in m.subject][-1].body


# The link


def test_a_link_is_good_for_as_long_as_a_decision_can_be_contested(decision, lay, monkeypatch):
    sent_at = time.time()
    token = links.token_of(decision)
    monkeypatch.setattr(signing.time, "time", lambda: sent_at + 182 * 86_400)
    assert links.decision_of(token) == decision.pk
    monkeypatch.setattr(signing.time, "time", lambda: sent_at + 184 * 86_400)
    assert links.decision_of(token) is None
    assert Client().get(f"/moderation/appeal/{token}/").status_code == 404
    assert links.decision_of(links.token_of(decision)) == decision.pk  # as the next mail has it


def test_a_link_stands_for_one_decision(decision):
    token = links.token_of(decision)
    assert links.decision_of(token) == decision.pk
    for wrong in ("", token[:-1], token + "x", "x" * 100_000, "a:b:c", "\x00", "é:1:2"):
        assert links.decision_of(wrong) is None


# Statements of reasons


def test_a_statement_is_built_from_the_record(decision):
    document = statements.of(decision).document
    assert faults(document) == []
    assert document["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_DISABLED"]
    assert document["decision_ground"] == "DECISION_GROUND_INCOMPATIBLE_CONTENT"
    assert document["incompatible_content_ground"] == "Be civil"
    assert document["source_type"] == "SOURCE_VOLUNTARY"
    assert document["automated_detection"] == "Yes"
    assert document["automated_decision"] == "AUTOMATED_DECISION_NOT_AUTOMATED"
    assert document["application_date"] == decision.created_at.date().isoformat()


@pytest.mark.parametrize("outcome", ["label", "hide", "remove", "request_changes"])
@pytest.mark.parametrize("ground", ["legal", "contractual"])
def test_every_restriction_has_a_statement_without_fault(flagged, moderator, outcome, ground, lay):
    lay(TERRITORIAL_SCOPE=["DE", "AT"])
    Policy.objects.create(
        code="long", title="T" * 200, public_text="é" * 9000, severity=99, ground=ground
    )
    Policy.objects.create(code="plain", title="P", ground="legal", severity=1)
    document = statements.of(decide(flagged, moderator, outcome, ("long", "plain"))).document
    assert faults(document) == []
    if ground == "contractual":
        assert document["incompatible_content_illegal"] == "Yes"


def test_no_personal_data_is_in_any_field(
    comment, author, moderator, colleague, policy, reader, notice_of
):
    author.first_name, author.last_name = "Anna", "Author"
    author.save()
    Comment.objects.filter(pk=comment.pk).update(
        body="You are a badword, Karl Victim.", author=author, author_name="Anna Author"
    )
    comment.refresh_from_db()
    comment.save()
    scan()
    reports.submit(comment, notice_of(name="Rita Reporter", text="Karl told me."))
    decision = decide(
        Case.objects.get(),
        moderator,
        "hide",
        internal_note="Karl rang.",
        public_note="Anna, please.",
    )
    told = json.dumps(statements.of(decision).document, ensure_ascii=False)
    secret = ("Anna", "Author", "Karl", "Victim", "Rita", "@", "badword", "rang", "please")
    assert [word for word in secret if word in told] == []


@pytest.fixture
def notice_of():
    from moderation.services.reports import NewReport

    def new(**more):
        given = {
            "kind": "notice",
            "category": "unlawful",
            "text": "Unlawful.",
            "location": "https://news.example/1",
            "name": "Ann",
            "email": "ann@mail.example",
            "good_faith": True,
            **more,
        }
        return NewReport(**given)

    return new


@pytest.mark.parametrize(
    ("kind", "source"),
    [("reader", "SOURCE_TYPE_OTHER_NOTIFICATION"), ("notice", "SOURCE_ARTICLE_16")],
)
def test_the_source_is_what_came_in(comment, reader, notice_of, moderator, policy, kind, source):
    report = reports.submit(comment, notice_of() if kind == "notice" else reader()).report
    scan()
    document = statements.of(decide(report.case, moderator, "hide")).document
    assert document["source_type"] == source
    assert document["automated_detection"] == "No"  # nobody but a reader pointed at it


def test_who_decided_says_whether_it_was_automated(flagged, policy, lay, moderator):
    decision = decide(flagged, MACHINE, "hide")
    assert statements.of(decision).document["automated_decision"] == "AUTOMATED_DECISION_FULLY"
    decisions.undo(decision.pk, actor=MACHINE)
    lay(FOUR_EYES=["test-civility"])
    decide(flagged, MACHINE, "hide")
    confirmed = decide(flagged, moderator, "hide")
    document = statements.of(confirmed).document
    assert document["automated_decision"] == "AUTOMATED_DECISION_PARTIALLY"


def test_findings_on_trial_are_no_detection(flagged, moderator, policy):
    Finding.objects.update(mode="shadow")
    document = statements.of(decide(flagged, moderator, "hide")).document
    assert document["automated_detection"] == "No"


def test_a_statement_stays_as_it_was_told(decision, policy):
    first = statements.of(decision)
    policy.title = "Something else"
    policy.save()
    assert statements.of(decision).document == first.document
    assert statements.puid_of(decision) == first.puid
    assert StatementOfReasons.objects.count() == 1


def test_what_restricts_nothing_has_no_statement(flagged, moderator):
    with pytest.raises(Unusable):
        statements.of(decide(flagged, moderator, "dismiss_allowed"))


def test_a_page_stands_though_its_policies_were_deleted(decision, policy, client):
    policy.delete()
    with pytest.raises(Unusable):
        statements.of(decision)
    assert client.get(f"/moderation/appeal/{links.token_of(decision)}/").status_code == 200
    assert send_all() == ["sent"]


def test_an_export_leaves_out_what_was_taken_back(decision, moderator):
    from django.utils import timezone

    statement = statements.of(decision)
    today = Period(timezone.localdate(), timezone.localdate())
    assert list(statements.exported(today)) == [statement.document]
    told = json.loads("".join(statements.as_json(statements.exported(today))))
    assert told == {"statements": [statement.document]}
    decisions.undo(decision.pk, actor=moderator)
    assert list(statements.exported(today)) == []
