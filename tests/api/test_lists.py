"""The rows that the site keeps: policies, reference documents, allow-lists, word lists."""

from __future__ import annotations

import pytest

from moderation.models import (
    Allowance,
    AllowanceOrigin,
    Event,
    ListedPhrase,
    Policy,
    ReferenceDocument,
)
from moderation.services import references
from moderation.services.actors import human
from moderation.services.references import NewReference
from tests.api.conftest import signed_in
from tests.api.test_cases import ids, url

pytestmark = pytest.mark.django_db

WIRE = "The bridge over the river Ennor was opened again this morning by the mayor."


@pytest.fixture
def chief(root):
    return signed_in(root)


def post(client, *where, **body):
    return client.post(url(*where), body, format="json")


def patch(client, *where, headers=None, **body):
    return client.patch(url(*where), body, format="json", headers=headers)


def fault(answer):
    assert answer.status_code == 400, answer.content
    [only] = answer.json()["errors"]
    return only["pointer"], only["rule"]


# Lost updates


@pytest.mark.both_databases
def test_a_change_of_what_was_changed_meanwhile_is_refused(chief, policy):
    seen = chief.get(url("policies", policy.code)).headers["ETag"]
    changed = patch(chief, "policies", policy.code, headers={"If-Match": seen}, title="Be kind")
    assert changed.status_code == 200
    stale = patch(chief, "policies", policy.code, headers={"If-Match": seen}, title="Be gone")
    assert (stale.status_code, stale.json()["code"]) == (409, "conflict")
    assert stale.json()["current"]["title"] == "Be kind"
    assert stale.headers["ETag"] == changed.headers["ETag"]
    policy.refresh_from_db()
    assert policy.title == "Be kind"
    tag = {"If-Match": stale.headers["ETag"]}
    assert patch(chief, "policies", policy.code, headers=tag, title="Be gone").status_code == 200


def test_nothing_is_removed_that_was_changed_meanwhile(chief):
    key = post(chief, "allowances", scope="source", value="wire.example").json()["id"]
    seen = chief.get(url("allowances", key)).headers["ETag"]
    patch(chief, "allowances", key, note="until May")
    answer = chief.delete(url("allowances", key), headers={"If-Match": seen})
    assert answer.status_code == 409
    assert Allowance.objects.filter(pk=key).exists()
    assert chief.delete(url("allowances", key)).status_code == 204
    assert chief.delete(url("allowances", key)).status_code == 404


# Policies


def test_a_policy_is_added_and_reworded_on_record(chief, root):
    added = post(chief, "policies", code="house", title="House rules", severity=70)
    assert added.status_code == 201
    part = post(chief, "policies", code="tone", title="Tone", parent="house")
    assert part.json()["parent"] == "house"
    assert patch(chief, "policies", "tone", is_active=False).json()["is_active"] is False
    lines = Event.objects.filter(verb__startswith="policy.").order_by("number")
    assert [(line.verb, line.data["policy"], line.actor_ref) for line in lines] == [
        ("policy.added", "house", f"user:{root.pk}"),
        ("policy.added", "tone", f"user:{root.pk}"),
        ("policy.changed", "tone", f"user:{root.pk}"),
    ]


def test_a_policy_keeps_its_code_and_its_place(chief, policy):
    assert fault(post(chief, "policies", code=policy.code, title="x")) == ("/code", "unique")
    assert fault(post(chief, "policies", code="a b", title="x")) == ("/code", "invalid")
    assert fault(patch(chief, "policies", policy.code, code="new")) == ("/code", "fixed")
    assert fault(patch(chief, "policies", policy.code, severity=101)) == ("/severity", "max_value")
    assert fault(patch(chief, "policies", policy.code, parent="gone"))[0] == "/parent"
    round_and_round = patch(chief, "policies", policy.code, parent=policy.code)
    assert (round_and_round.status_code, round_and_round.json()["code"]) == (422, "unusable")
    policy.refresh_from_db()
    assert (policy.code, policy.parent) == ("test-civility", None)


# Reference documents


def test_a_document_is_taken_in_changed_and_removed(chief, django_capture_on_commit_callbacks):
    added = post(chief, "references", text=WIRE, title="Bridge", publisher="Wire")
    assert added.status_code == 201
    key = added.json()["id"]
    [row] = chief.get(url("references"), {"search": "bridge"}).json()["results"]
    assert row["id"] == key
    assert "text" not in row
    assert chief.get(url("references", key)).json()["text"] == WIRE
    assert patch(chief, "references", key, licence="free").json()["licence"] == "free"
    assert ReferenceDocument.objects.get(pk=key).text == WIRE
    assert patch(chief, "references", key, is_active=False).json()["is_active"] is False
    assert ids(chief.get(url("references"), {"is_active": "true"})) == []
    assert chief.delete(url("references", key)).status_code == 204
    verbs = list(Event.objects.order_by("number").values_list("verb", flat=True))
    assert verbs == [
        "reference.added",
        "reference.changed",
        "reference.changed",
        "reference.removed",
    ]


def test_a_document_without_text_or_a_double_is_refused(chief, root):
    assert fault(post(chief, "references", title="x")) == ("/text", "required")
    assert fault(post(chief, "references", text=" ")) == ("/text", "unusable")
    url_of_first = "https://wire.example/1"
    references.put(NewReference(text=WIRE, url=url_of_first), actor=human(root))
    other = post(chief, "references", text=f"{WIRE} Twice.", url="https://wire.example/2").json()
    assert fault(patch(chief, "references", other["id"], url=url_of_first)) == ("/url", "unique")
    again = post(chief, "references", text=f"{WIRE} Corrected.", url=url_of_first)
    assert again.status_code == 201
    assert ReferenceDocument.objects.count() == 2


def test_documents_are_switched_together(chief, root):
    keys = [
        references.put(NewReference(text=f"{WIRE} {number}"), actor=human(root)).id
        for number in range(3)
    ]
    told = post(chief, "references", "switch", ids=[*keys, 10**6], is_active=False).json()
    assert told == {"changed": 3}
    assert not ReferenceDocument.objects.filter(is_active=True).exists()


# Allow-lists


def test_a_line_of_the_allow_list_is_stored_in_its_form(chief):
    told = post(chief, "allowances", scope="source", value="https://www.Wire.example/x").json()
    assert (told["value"], told["origin"]) == ("wire.example", "moderator")
    double = post(chief, "allowances", scope="source", value="wire.example")
    assert fault(double) == ("/value", "unusable")
    short = post(chief, "allowances", scope="passage", value="two words")
    assert fault(short) == ("/value", "unusable")
    assert fault(post(chief, "allowances", scope="planet", value="x"))[0] == "/scope"


def test_what_was_learned_can_be_switched_off_only(chief):
    learned = Allowance.objects.create(
        scope="passage", value=WIRE, value_hash="1" * 64, origin=AllowanceOrigin.LEARNED
    )
    assert fault(patch(chief, "allowances", learned.pk, value="x y z a b")) == ("/value", "fixed")
    assert patch(chief, "allowances", learned.pk, note="wire footer").status_code == 200
    told = post(chief, "allowances", "switch", ids=[learned.pk], is_active=False).json()
    assert told == {"changed": 1}
    learned.refresh_from_db()
    assert (learned.is_active, learned.value) == (False, WIRE)
    found = chief.get(url("allowances"), {"origin": "learned", "is_active": "false"})
    assert ids(found) == [learned.pk]


# Word lists


def test_a_phrase_is_tried_before_it_is_kept(chief, comment_case):
    case = comment_case("Buy a cheap   watch, badword!")
    body = {"list": "blocked", "text": "cheap watch", "kind": "comment"}
    [place] = post(chief, "wordlists", "try", **body).json()["results"]
    assert place["snapshot"] == case.snapshot_id
    assert "cheap" in place["quote"]
    assert not ListedPhrase.objects.exists()
    told = post(chief, "wordlists", **{**body, "text": " cheap \t watch "}).json()
    assert told["text"] == "cheap watch"
    assert fault(post(chief, "wordlists", **body)) == ("/text", "unique")
    assert fault(post(chief, "wordlists", list="blocked", text="...")) == ("/text", "unusable")
    assert fault(patch(chief, "wordlists", told["id"], text="***")) == ("/text", "unusable")
    assert patch(chief, "wordlists", told["id"], band="likely").json()["band"] == "likely"
    assert chief.delete(url("wordlists", told["id"])).status_code == 204
    assert list(
        Event.objects.filter(verb__startswith="wordlist").values_list("verb", flat=True)
    ) == [
        "wordlist.added",
        "wordlist.changed",
        "wordlist.removed",
    ]


def test_policies_are_told_to_whoever_decides_on_them(api, policy):
    codes = [row["code"] for row in api.get(url("policies")).json()["results"]]
    assert policy.code in codes
    assert patch(api, "policies", policy.code, title="x").status_code == 403
    assert Policy.objects.get(pk=policy.pk).title == policy.title
