"""Reference documents and allow-lists in the admin, and copies of what is not on the site."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from moderation.models import (
    Allowance,
    AllowanceOrigin,
    Case,
    Event,
    Finding,
    IndexedDocument,
    ReferenceDocument,
)
from moderation.services import allowances, references
from moderation.services.actors import MACHINE
from moderation.services.references import NewReference
from tests.admin.conftest import scan_all, signed_in
from tests.duplicate.prose import CHOIR, HARBOUR, ORCHARD
from tests.site.models import Article

pytestmark = pytest.mark.django_db

FOOTER = "This text was written for the members of our association and may be passed on freely"
HOSTILE = "Bad \u202e<script>alert(1)</script> title"


@pytest.fixture(autouse=True)
def _only_copies(settings, _detectors):
    settings.MODERATION = {"DETECTORS": {"scraped": None, "framing": None}}


@pytest.fixture
def client(client, root):
    client.force_login(root)
    return client


def address(model, name, *args):
    return reverse(f"admin:moderation_{model._meta.model_name}_{name}", args=args)


def filled_in(**fields):
    return {"title": "Ferry", "format": "plain", "text": HARBOUR, **fields}


def verbs():
    return list(Event.objects.order_by("number").values_list("verb", flat=True))


def post_action(client, model, action, *rows, **fields):
    data = {"action": action, "_selected_action": [row.pk for row in rows], **fields}
    return client.post(address(model, "changelist"), data, follow=True)


def body(response):
    return response.content.decode()


# Reference documents


def test_a_document_is_pasted_and_compared_with(client):
    response = client.post(
        address(ReferenceDocument, "add"),
        filled_in(url="https://wire.example/1", publisher="The Wire", licence="CC BY"),
        follow=True,
    )
    assert response.status_code == 200
    (reference,) = ReferenceDocument.objects.all()
    assert (reference.title, reference.publisher, reference.is_active) == (
        "Ferry",
        "The Wire",
        True,
    )
    assert IndexedDocument.objects.get().reference == reference
    assert verbs() == ["reference.added"]
    Article.objects.create(headline="Ours", body=HARBOUR)
    scan_all()
    assert Finding.objects.get().reference == reference
    html = body(client.get(address(ReferenceDocument, "change", reference.pk)))
    assert f'href="/admin/moderation/finding/?reference={reference.pk}">1</a>' in html
    listing = client.get(address(Finding, "changelist"), {"reference": reference.pk})
    assert "1 finding" in body(listing)


def test_a_correction_keeps_text_and_index_in_step(client):
    client.post(address(ReferenceDocument, "add"), filled_in(url="https://wire.example/1"))
    reference = ReferenceDocument.objects.get()
    before = IndexedDocument.objects.get()
    change = address(ReferenceDocument, "change", reference.pk)
    as_browsers_send = filled_in(
        title="New", url=reference.url, text=HARBOUR.replace("\n", "\r\n"), is_active="on"
    )
    client.post(change, as_browsers_send)
    reference.refresh_from_db()
    assert (reference.title, reference.text) == ("New", HARBOUR)
    client.post(change, filled_in(url=reference.url, text=ORCHARD, is_active="on"))
    after = IndexedDocument.objects.get()
    assert bytes(after.exact) != bytes(before.exact)
    client.post(change, filled_in(url=reference.url, text=ORCHARD))
    assert not IndexedDocument.objects.exists()
    assert verbs() == ["reference.added"] + ["reference.changed"] * 3


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"text": "\r\n "}, "There is no text."),
        ({"text": "<p></p>", "format": "html"}, "There is no text."),
        ({"text": CHOIR, "url": "https://wire.example/1#again"}, "This document is there already."),
        ({"text": CHOIR, "format": "pdf"}, "Select a valid choice."),
        ({"text": CHOIR, "title": "x" * 501}, "at most 500 characters"),
    ],
)
def test_what_cannot_be_taken_in_is_said_in_the_form(client, fields, message):
    references.put(NewReference(HARBOUR, url="https://wire.example/1"))
    html = body(client.post(address(ReferenceDocument, "add"), filled_in(**fields)))
    assert message in html.replace("&#x27;", "'")
    assert ReferenceDocument.objects.count() == 1


def test_what_the_form_could_not_foresee_is_said_too(client, monkeypatch):
    first = references.put(NewReference(HARBOUR, url="https://wire.example/1"))
    references.put(NewReference(ORCHARD, url="https://wire.example/2"))
    monkeypatch.setattr(references, "has_double", lambda *args, **kwargs: False)
    response = client.post(
        address(ReferenceDocument, "change", first.id),
        filled_in(url="https://wire.example/2", is_active="on"),
        follow=True,
    )
    assert "This document is there already." in body(response)
    assert ReferenceDocument.objects.get(pk=first.id).url == "https://wire.example/1"


def test_documents_are_switched_off_and_on_and_removed(client):
    one, two = (
        ReferenceDocument.objects.get(pk=references.put(NewReference(text)).id)
        for text in (HARBOUR, ORCHARD)
    )
    assert "2 documents changed." in body(
        post_action(client, ReferenceDocument, "switch_off", one, two)
    )
    assert not IndexedDocument.objects.exists()
    assert "1 document changed." in body(post_action(client, ReferenceDocument, "switch_on", one))
    assert IndexedDocument.objects.get().reference == one
    client.post(address(ReferenceDocument, "delete", one.pk), {"post": "yes"})
    assert not IndexedDocument.objects.exists()
    post_action(client, ReferenceDocument, "delete_selected", two, post="yes")
    assert not ReferenceDocument.objects.exists()
    assert verbs().count("reference.removed") == 2


def test_texts_of_others_do_nothing_on_the_pages(client):
    written = references.put(
        NewReference(
            HARBOUR + "</textarea><script>alert(2)</script>",
            title=HOSTILE,
            url="javascript:alert(3)",
            publisher=HOSTILE,
            licence=HOSTILE,
            origin=HOSTILE,
        )
    )
    listing = body(client.get(address(ReferenceDocument, "changelist"), {"q": "Bad"}))
    change = body(client.get(address(ReferenceDocument, "change", written.id)))
    for html in (listing, change):
        assert "<script>alert" not in html
        assert 'href="javascript' not in html
    assert "\u202e" not in re.sub("<[^>]*>", "", listing)
    assert "1 reference document" in listing


@pytest.mark.parametrize("model", [ReferenceDocument, Allowance])
def test_everybody_may_do_what_their_permissions_say(make_user, model):
    references.put(NewReference(HARBOUR))
    allowances.learn([(FOOTER, 40)])
    (row,) = model.objects.all()
    name = model._meta.model_name
    nobody, reader = signed_in(make_user("nobody")), signed_in(make_user("reader", f"view_{name}"))
    assert nobody.get(address(model, "changelist")).status_code == 403
    assert nobody.get(address(model, "change", row.pk)).status_code == 403
    assert reader.get(address(model, "changelist")).status_code == 200
    html = body(reader.get(address(model, "change", row.pk)))
    assert 'name="_save"' not in html
    assert reader.post(address(model, "change", row.pk), {}).status_code == 403
    assert reader.get(address(model, "add")).status_code == 403
    assert reader.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    post_action(reader, model, "switch_off", row)
    row.refresh_from_db()
    assert row.is_active
    writer = signed_in(make_user("writer", f"view_{name}", f"change_{name}"))
    post_action(writer, model, "switch_off", row)
    row.refresh_from_db()
    assert not row.is_active


def test_a_page_of_documents_costs_the_same_at_any_size(client, django_assert_max_num_queries):
    for number in range(40):
        references.put(NewReference(f"{number} {HARBOUR}"), compare=False)
    with django_assert_max_num_queries(8):
        client.get(address(ReferenceDocument, "changelist"))


# Findings without a source on the site


def test_a_copy_of_a_document_has_its_pages_also_when_the_document_is_gone(client, root):
    written = references.put(NewReference(HARBOUR, title="Ferry terminal", publisher="The Wire"))
    Article.objects.create(headline="Ours", body=HARBOUR)
    scan_all()
    case, finding = Case.objects.get(), Finding.objects.get()
    assert (finding.source, finding.reference_id) == (None, written.id)
    for _gone in (False, True):
        page = client.get(address(Case, "change", case.pk))
        assert page.status_code == 200
        assert "exact copy" in body(page)
        change = client.get(address(Finding, "change", finding.pk))
        assert change.status_code == 200
        assert ("Ferry terminal" in body(change)) == (not _gone)
        references.remove(written.id, actor=MACHINE)


# Allow-lists


def test_a_pasted_address_becomes_a_host(client, root):
    data = {"scope": "source", "value": "https://www.Wire.example/a", "note": "", "is_active": "on"}
    client.post(address(Allowance, "add"), data)
    (line,) = Allowance.objects.all()
    assert (line.value, line.created_by, line.origin) == ("wire.example", root, "moderator")
    html = body(client.post(address(Allowance, "add"), {**data, "value": "wire.example"}))
    assert "This entry is in the list already." in html
    html = body(
        client.post(address(Allowance, "add"), {**data, "scope": "passage", "value": "x y"})
    )
    assert "A passage has at least 5 words." in html
    change = address(Allowance, "change", line.pk)
    client.post(change, {**data, "value": "Other.example", "note": "by contract"})
    line.refresh_from_db()
    assert (line.value, line.note) == ("other.example", "by contract")
    assert "root" in body(client.get(change))
    client.post(address(Allowance, "delete", line.pk), {"post": "yes"})
    assert verbs() == ["allowance.added", "allowance.changed", "allowance.removed"]


def test_two_who_enter_the_same_at_once_are_told(client, monkeypatch):
    monkeypatch.setattr(
        allowances, "usable", lambda scope, value, **_: allowances.normalised(scope, value)[0]
    )
    data = {"scope": "source", "value": "wire.example", "note": "", "is_active": "on"}
    client.post(address(Allowance, "add"), data)
    response = client.post(address(Allowance, "add"), data, follow=True)
    assert "This entry is in the list already." in body(response)
    assert Allowance.objects.count() == 1


def test_what_was_learned_is_shown_and_can_be_called_content(client):
    allowances.learn([(f"{FOOTER} <script>alert(1)</script>\u202e", 47)])
    (line,) = Allowance.objects.filter(origin=AllowanceOrigin.LEARNED)
    listing = body(client.get(address(Allowance, "changelist"), {"origin__exact": "learned"}))
    assert '<td class="field-stories">47</td>' in listing
    change = body(client.get(address(Allowance, "change", line.pk)))
    for html in (listing, change):
        assert "<script>alert" not in html
        assert "association" in html
    assert "\u202e" not in re.sub("<[^>]*>", "", listing + change)
    assert 'name="value"' not in change
    assert 'name="is_active"' in change
    client.post(address(Allowance, "change", line.pk), {"note": "ours", "is_active": "on"})
    line.refresh_from_db()
    assert (line.note, line.origin, line.stories) == ("ours", "learned", 47)
    assert "1 entry changed." in body(post_action(client, Allowance, "count_as_content", line))
    line.refresh_from_db()
    assert not line.is_active
    assert "1 entry changed." in body(post_action(client, Allowance, "switch_on", line))
    post_action(client, Allowance, "delete_selected", line, post="yes")
    assert not Allowance.objects.exists()


def test_what_a_moderator_entered_is_not_made_content_of(client):
    data = {"scope": "source", "value": "wire.example", "note": "", "is_active": "on"}
    client.post(address(Allowance, "add"), data)
    (line,) = Allowance.objects.all()
    assert "0 entries changed." in body(post_action(client, Allowance, "count_as_content", line))
    line.refresh_from_db()
    assert line.is_active
