from __future__ import annotations

import pytest

from moderation.models import Scan, ScanState, Subject
from moderation.services import cases
from moderation.services.finding import note_words
from moderation.services.naming import nameless_label
from tests.api.conftest import signed_in
from tests.api.test_cases import ids, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(make_user):
    codenames = ("view_case", "view_subject", "view_scan", "add_scan", "view_event")
    return signed_in(make_user("clerk", *codenames))


def test_the_text_is_for_those_who_may_see_it(api, make_user, comment_case):
    case = comment_case("You are a badword.")
    told = api.get(url("snapshots", case.snapshot_id)).json()
    assert (told["text"], told["length"]) == (None, 18)
    reader = signed_in(make_user("reader", "view_case", "view_snapshot"))
    assert reader.get(url("snapshots", case.snapshot_id)).json()["text"] == "You are a badword."
    assert ids(reader.get(url("snapshots"), {"subject": case.subject_id})) == [case.snapshot_id]


def test_subjects_are_found_by_what_the_site_calls_them(clerk, comment_case):
    case = comment_case()
    subject = case.subject
    query = {"model_label": subject.model_label, "object_id": subject.object_id}
    assert ids(clerk.get(url("subjects"), query)) == [subject.pk]
    assert ids(clerk.get(url("subjects"), {"object_id": "none"})) == []


def test_a_scan_is_asked_for_again(clerk, api, comment_case):
    case = comment_case()
    answer = clerk.post(url("scans"), {"subject": case.subject_id}, format="json")
    assert answer.status_code == 202
    scan = Scan.objects.get(pk=answer.json()["id"])
    assert (scan.state, scan.reason) == (ScanState.QUEUED, "request")
    again = clerk.post(url("scans"), {"subject": case.subject_id}, format="json")
    assert again.json()["id"] == scan.pk
    assert clerk.post(url("scans"), {"subject": 0}, format="json").status_code == 400
    assert api.post(url("scans"), {"subject": case.subject_id}, format="json").status_code == 403


def test_findings_and_policies_are_listed(api, policy, comment_case):
    comment_case()
    assert len(ids(api.get(url("findings"), {"detector": "word"}))) == 1
    assert ids(api.get(url("findings"), {"category": "none"})) == []
    told = api.get(url("policies", policy.code)).json()
    assert (told["code"], told["is_active"]) == ("test-civility", True)


def test_events_tell_the_story_of_a_case(clerk, moderator, comment_case):
    case = comment_case()
    cases.claim(case.pk, user=moderator)
    rows = clerk.get(url("events"), {"case": case.pk}).json()["results"]
    assert [row["verb"] for row in rows] == ["case.claimed", "case.opened"]
    assert rows[0]["previous_hash"] == rows[1]["hash"]


def test_nothing_is_written_where_only_reading_is_meant(clerk, comment_case):
    case = comment_case()
    for address in (url("cases", case.pk), url("subjects", case.subject_id), url("events", 1)):
        for method in (clerk.put, clerk.patch, clerk.delete):
            assert method(address, {}, format="json").status_code in {403, 405}


# Names in labels


@pytest.fixture
def named(comment_case, make_user):
    """A case whose label is what the site prints for a comment: who wrote it."""
    author = make_user("jdoe")
    author.first_name, author.last_name = "Jane", "Doe"
    author.save()
    case = comment_case(author=author, author_name="Jane D.")
    Subject.objects.filter(pk=case.subject_id).update(
        label="jdoe (JANE Doe, or Jane D.) on the doe in Janesville"
    )
    return case


def test_a_label_is_told_without_the_authors_name(named, make_user, root):
    looker = signed_in(make_user("looker", "view_case", "view_subject"))
    for client, label in (
        (looker, "… (…, or …) on the … in Janesville"),
        (signed_in(root), "jdoe (JANE Doe, or Jane D.) on the doe in Janesville"),
    ):
        told = [
            client.get(f"/api/v1/cases/{named.pk}/").json()["subject"],
            client.get("/api/v1/cases/").json()["results"][0]["subject"],
            client.get(f"/api/v1/subjects/{named.subject_id}/").json(),
            client.get("/api/v1/subjects/?kind=comment").json()["results"][0],
        ]
        assert {each["label"] for each in told} == {label}


@pytest.mark.parametrize("search", ["jdoe", "Jane", "Doe"])
def test_nobody_is_found_by_a_name_in_a_label(named, make_user, root, search):
    note_words(named.snapshot, Subject.objects.get(pk=named.subject_id))
    looker = signed_in(make_user("looker", "view_case", "view_subject"))
    for client, found in ((looker, 0), (signed_in(root), 1)):
        for rows in ("cases", "subjects"):
            told = client.get(f"/api/v1/{rows}/?search={search}").json()["results"]
            assert len(told) == found, rows


def test_a_title_is_found_by_whoever_may_look(article_case, make_user):
    case = article_case("<p>You are a badword.</p>")
    looker = signed_in(make_user("looker", "view_case", "view_subject"))
    word = case.snapshot.title.split()[0]
    (told,) = looker.get(f"/api/v1/subjects/?search={word}").json()["results"]
    assert told["label"] == case.snapshot.title


@pytest.mark.parametrize(
    ("author", "label", "told"),
    [
        ("", "Comment 7", "Comment 7"),
        ("Al", "Al already replied", "… already replied"),
        ("王小明", "王小明的評論", "…的評論"),
        ("a.*", "a.* and abc", "… and abc"),
        ("x" * 200, "x" * 200, "…"),
        ("J", "J. wrote", "J. wrote"),
        ("Guest", "", ""),
    ],
)
def test_names_of_all_kinds_are_left_out_of_labels(author, label, told):
    assert nameless_label(Subject(author_label=author, label=label)) == told
