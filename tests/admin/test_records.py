"""The rows behind the cases are looked at, not touched; policies are the site's own."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from moderation.models import (
    Case,
    Decision,
    Event,
    Evidence,
    Finding,
    Policy,
    Report,
    Scan,
    Snapshot,
    Subject,
)
from moderation.services import audit, decisions, reports
from moderation.services.hosts import load
from tests.admin.conftest import finding_of, signed_in

pytestmark = pytest.mark.django_db

AUDIT = [Decision, Event, Subject, Snapshot, Scan, Finding]


def address(model, name, *args):
    return reverse(f"admin:moderation_{model._meta.model_name}_{name}", args=args)


@pytest.fixture
def client(client, root):
    client.force_login(root)
    return client


@pytest.fixture
def decided(comment_case, moderator, policy):
    case = comment_case("A badword \u202e<script>alert(1)</script>", author_name="<i>Eve\u202e")
    decisions.decide(
        case.pk,
        outcome="hide",
        actor=moderator,
        version=case.version,
        policies=[policy],
        internal_note="<b>note",
    )
    return case


@pytest.mark.parametrize("model", AUDIT)
def test_records_can_be_read_and_nothing_else(client, decided, model):
    row = model.objects.first()
    listing = client.get(address(model, "changelist"))
    assert listing.status_code == 200
    assert "delete_selected" not in listing.content.decode()
    change = client.get(address(model, "change", row.pk))
    assert change.status_code == 200
    html = change.content.decode()
    assert 'name="_save"' not in html
    assert "<script>alert" not in html
    assert "\u202e" not in listing.content.decode()
    before = model.objects.values().get(pk=row.pk)
    assert client.get(address(model, "add")).status_code == 403
    assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert client.post(address(model, "change", row.pk), {"outcome": "x"}).status_code == 403
    assert client.post(
        address(model, "changelist"),
        {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"},
    ).status_code in (200, 302)
    assert model.objects.values().get(pk=row.pk) == before


@pytest.mark.parametrize("model", [*AUDIT, Policy])
def test_records_are_for_who_may_view_them(decided, make_user, model):
    name = model._meta.model_name
    reader = signed_in(make_user("reader", f"view_{name}"))
    other = signed_in(make_user("other", "view_logentry"))
    row = model.objects.first()
    for url in (address(model, "changelist"), address(model, "change", row.pk)):
        assert reader.get(url).status_code == 200
        assert other.get(url).status_code == 403


@pytest.mark.parametrize("model", [Subject, Snapshot])
def test_authors_are_told_to_those_who_may_know_them(comment_case, make_user, model):
    comment_case(author_name="Eve Example")
    name = model._meta.model_name
    reader = signed_in(make_user("reader", f"view_{name}"))
    knowing = signed_in(make_user("knowing", f"view_{name}", "see_author_identity"))
    row = model.objects.get(**{"kind" if model is Subject else "subject__kind": "comment"})
    page = address(model, "change", row.pk)
    assert "Eve Example" in knowing.get(page).content.decode()
    listing = address(model, "changelist")
    for url in (page, listing):
        assert "Eve Example" not in reader.get(url).content.decode()
    assert knowing.get(f"{listing}?author_label__startswith=Eve").status_code == 200
    assert reader.get(f"{listing}?author_label__startswith=Eve").status_code == 400
    assert f'"{page}' not in reader.get(f"{listing}?q=Eve").content.decode()


@pytest.fixture
def named(comment_case):
    """A case of a text whose label says who wrote it."""
    case = comment_case(author_name="Eve Example")
    reports.submit(
        load(case.subject), reports.NewReport(category="attack", email="reader@mail.example")
    )
    Subject.objects.update(label="Eve Example on the bridge")
    return case


@pytest.mark.parametrize("model", [Subject, Snapshot, Scan, Finding, Report])
def test_labels_are_told_to_those_who_may_know_authors(named, make_user, model):
    view = f"view_{model._meta.model_name}" if model is not Report else "view_case"
    reader = signed_in(make_user("reader", view))
    knowing = signed_in(make_user("knowing", view, "see_author_identity"))
    row = model.objects.latest("pk")
    listing, page = address(model, "changelist"), address(model, "change", row.pk)
    assert "Eve Example on the bridge" in knowing.get(listing).content.decode()
    for url in (listing, page, address(model, "history", row.pk)):
        answer = reader.get(url)
        assert answer.status_code == 200
        assert "Eve" not in answer.content.decode()
    told = f"comment {named.subject.object_id}"
    assert told in reader.get(listing).content.decode().lower()
    found = [
        list(reader.get(f"{listing}?q={word}").context["cl"].result_list)
        for word in ("Eve", "Example", "nobody")
    ]
    assert found[0] == found[1] == found[2]
    assert Subject.objects.filter(label__startswith="Eve").count() == 2


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        (Subject, "label__startswith"),
        (Subject, "parent__label__startswith"),
        (Snapshot, "subject__label__startswith"),
        (Scan, "snapshot__subject__label__startswith"),
        (Report, "subject__label__startswith"),
    ],
)
def test_nobody_finds_out_a_label_by_filters_or_by_the_order(named, make_user, model, lookup):
    reader = signed_in(make_user("reader", f"view_{model._meta.model_name}", "view_case"))
    listing = address(model, "changelist")
    assert reader.get(f"{listing}?{lookup}=Eve").status_code == 400
    Subject.objects.filter(kind="comment").update(label="a")  # the newer one
    columns = reader.get(listing).context["cl"].list_display
    place = next(n for n, name in enumerate(columns) if name in {"shown_label", "shown_subject"})
    for order in (place, -place):
        rows = reader.get(f"{listing}?o={order}").context["cl"].result_list
        assert [row.pk for row in rows] == sorted((row.pk for row in rows), reverse=True)


def test_the_list_of_subjects_costs_the_same_for_any_number(
    comment_case, make_user, django_assert_num_queries
):
    reader = signed_in(make_user("reader", "view_subject"))
    comment_case()
    with CaptureQueriesContext(connection) as one:
        reader.get(address(Subject, "changelist"))
    for number in range(3):
        comment_case(f"badword {number}")
    with django_assert_num_queries(len(one)):
        reader.get(address(Subject, "changelist"))


def test_a_text_that_is_gone_is_called_what_each_may_know(named, make_user):
    Case.objects.update(snapshot=None)
    reader = signed_in(make_user("reader", "view_case", "claim_case"))
    knowing = signed_in(make_user("knowing", "view_case", "claim_case", "see_author_identity"))
    queue = reverse("admin:moderation_case_changelist")
    preview = reverse("admin:moderation_case_batch_preview")
    chosen = {"action": "claim", "item": f"{named.pk}:{named.version}"}
    for client, told in ((reader, False), (knowing, True)):
        for answer in (client.get(queue), client.post(preview, chosen)):
            assert answer.status_code == 200
            html = answer.content.decode()
            assert ("Eve Example on the bridge" in html) is told
            assert (f"omment {named.subject.object_id}<" in html) is not told


def test_a_scan_shows_the_runs_of_its_detectors(client, decided):
    html = client.get(address(Scan, "change", Scan.objects.latest("pk").pk)).content.decode()
    assert "broken" in html
    assert "word" in html
    assert "&quot;attack&quot;: 0.9" in html


def test_a_finding_shows_its_heaviest_passages_only(client, decided):
    finding = finding_of(decided)
    Evidence.objects.bulk_create(
        Evidence(finding=finding, start=n, end=n + 1, explanation="light", weight=0.1)
        for n in range(300)
    )
    html = client.get(address(Finding, "change", finding.pk)).content.decode()
    assert "test.word" in html
    assert html.count("field-explanation") == 200


def test_a_snapshot_shows_its_text_as_stored_up_to_a_limit(client, article_case):
    case = article_case("<p>badword</p>" + "<i>word</i> " * 3_000)
    html = client.get(address(Snapshot, "change", case.snapshot_id)).content.decode()
    assert "&lt;p&gt;badword&lt;/p&gt;" in html
    assert "The first 20000 of 36014 characters." in html


def test_the_trail_is_verified_when_asked_for(client, decided, make_user):
    url = address(Event, "verify")
    assert url in client.get(address(Event, "changelist")).content.decode()
    assert "The trail holds." not in client.get(url).content.decode()
    html = client.post(url).content.decode()
    assert "The trail holds." in html
    assert "2 events were read." in html
    assert audit.verify().head in html
    with connection.cursor() as cursor:
        cursor.execute("UPDATE moderation_event SET verb = 'forged' WHERE number = 1")
    html = client.post(url).content.decode()
    assert "The trail is broken." in html
    assert "event 1 was changed" in html
    assert signed_in(make_user("other")).post(url).status_code == 403


def test_policies_are_written_by_the_site_and_their_changes_are_on_record(client):
    sent = client.post(
        address(Policy, "add"),
        {
            "code": "no-ads",
            "title": "No advertising",
            "severity": 40,
            "ground": "contractual",
            "statement_category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
            "is_active": "on",
        },
    )
    assert sent.status_code == 302
    policy = Policy.objects.get(code="no-ads")
    client.post(
        address(Policy, "change", policy.pk),
        {
            "code": "other",
            "title": "No ads",
            "severity": 40,
            "ground": "contractual",
            "statement_category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
            "is_active": "on",
        },
    )
    policy.refresh_from_db()
    assert (policy.code, policy.title) == ("no-ads", "No ads")
    assert list(Event.objects.values_list("verb", "data__policy")) == [
        ("policy.added", "no-ads"),
        ("policy.changed", "no-ads"),
    ]
    assert audit.verify().ok


def test_a_policy_is_put_out_of_use_not_deleted(client, policy):
    assert client.post(address(Policy, "delete", policy.pk), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in client.get(address(Policy, "changelist")).content.decode()
    assert Policy.objects.filter(pk=policy.pk).exists()


def test_no_page_needs_inline_script_or_style(client, decided, policy):
    case = decided
    pages = [
        reverse("admin:moderation_case_changelist"),
        reverse("admin:moderation_case_change", args=[case.pk]),
        address(Event, "verify"),
        *(address(model, "changelist") for model in [*AUDIT, Policy]),
        *(address(model, "change", model.objects.first().pk) for model in [*AUDIT, Policy]),
    ]
    for url in pages:
        html = client.get(url).content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html), url
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html)), url
