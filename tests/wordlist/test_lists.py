from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse

from moderation.models import (
    Case,
    DetectorRun,
    Event,
    Finding,
    ListedPhrase,
    Scan,
    Subject,
    WordList,
)
from moderation.services import wordlists
from moderation.services.scanning import run_scan
from moderation.types import Kind
from tests.site.models import Article, Comment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _detectors(settings):
    settings.MODERATION = {"DETECTORS": dict.fromkeys(["duplicate", "scraped", "framing"])}


@pytest.fixture
def admin(db):
    return get_user_model().objects.create_superuser("chief", password="secret")


@pytest.fixture
def desk(client, admin):
    client.force_login(admin)
    return client


def listed(text, user, kind="", **fields):
    fields.setdefault("list", WordList.BLOCKED)
    return wordlists.save(ListedPhrase(text=text, kind=kind, **fields), user=user)


def scanned(body="Get your cheap watches"):
    Article.objects.create(headline="Offer", body=body)
    scan = Scan.objects.latest("pk")
    run_scan(scan.pk)
    return scan


def test_a_text_with_a_blocked_phrase_gets_a_case(admin):
    row = listed("cheap  watch", admin)
    assert row.text == "cheap watch"
    scan = scanned()
    finding = Finding.objects.get(scan=scan)
    assert (finding.kind, finding.category) == ("wordlist", "blocked")
    assert finding.detail == {"lines": [str(row.pk)]}
    assert Case.objects.get().subject_id == scan.snapshot.subject_id


def test_an_empty_list_costs_no_run():
    scan = scanned()
    assert not DetectorRun.objects.filter(scan=scan).exists()


def test_lists_are_read_anew_when_they_change(admin):
    assert not any(wordlists.phrase_lists(Kind.COMMENT))
    row = listed("spam", admin, kind=Kind.COMMENT.value)
    harmless = listed("ham", admin, list=WordList.HARMLESS)
    blocked, fine = wordlists.phrase_lists(Kind.COMMENT)
    assert [phrase.text for phrase in blocked.phrases] == ["spam"]
    assert [phrase.text for phrase in fine.phrases] == ["ham"]
    assert not wordlists.phrase_lists(Kind.ARTICLE)[0]
    row.is_active = False
    wordlists.save(row, user=admin)
    assert not wordlists.phrase_lists(Kind.COMMENT)[0]
    wordlists.remove(harmless, user=admin)
    assert not any(wordlists.phrase_lists(Kind.COMMENT))


def test_every_change_is_on_record_without_the_text(admin):
    row = listed("spam", admin)
    wordlists.save(row, user=admin)
    wordlists.remove(row, user=admin)
    events = Event.objects.filter(verb__startswith="wordlist.").order_by("number")
    assert [event.verb for event in events] == [
        "wordlist.added",
        "wordlist.changed",
        "wordlist.removed",
    ]
    assert "spam" not in str([event.data for event in events])


@pytest.mark.parametrize("text", ["!!!", "*"])
def test_a_phrase_that_can_never_be_found_is_refused(desk, text):
    answer = desk.post(
        reverse("admin:moderation_listedphrase_add"),
        {"list": "blocked", "text": text, "band": "possible"},
    )
    assert answer.status_code == 200
    assert not ListedPhrase.objects.exists()


def test_a_line_is_tried_before_it_is_saved(desk):
    scanned("Get your <b>cheap</b> watches")
    scanned("A walk in the hills")
    form = {"list": "blocked", "text": "cheap watch", "band": "likely", "endings": "on"}
    url = reverse("admin:moderation_listedphrase_add")
    tried = desk.post(url, {**form, "_try": "1", "is_active": "on"})
    assert "1 of the newest" in tried.text
    assert "<mark>" in tried.text
    assert "&lt;b&gt;cheap&lt;/b&gt; watches" in tried.text or "cheap watches" in tried.text
    assert not ListedPhrase.objects.exists()
    desk.post(url, {**form, "is_active": "True", "_save": "1"})
    row = ListedPhrase.objects.get()
    assert (row.text, row.endings, row.is_active) == ("cheap watch", True, True)
    assert row.created_by.username == "chief"


def test_a_trial_names_the_author_to_those_who_may_know_only(client):
    article = Article.objects.create(headline="Offer", body="<p>The bridge.</p>")
    Comment.objects.create(article=article, body="Get your cheap watches", author_name="Eve")
    Subject.objects.filter(kind="comment").update(label="Eve on the offer")
    user = get_user_model().objects.create_user("reader", password="secret", is_staff=True)
    url = reverse("admin:moderation_listedphrase_add")
    form = {"list": "blocked", "text": "cheap watches", "band": "likely", "_try": "1"}
    permissions = ["add_listedphrase", "see_author_identity"]
    for names, codename in enumerate(permissions):
        user.user_permissions.add(Permission.objects.get(codename=codename))
        client.force_login(user)
        tried = client.post(url, form)
        assert "1 of the newest" in tried.text
        assert ("Eve on the offer" in tried.text) is bool(names)


def test_trying_a_line_of_the_list_changes_nothing(desk, admin):
    row = listed("spam", admin)
    url = reverse("admin:moderation_listedphrase_change", args=[row.pk])
    form = {"list": "blocked", "text": "ham", "band": "possible", "is_active": "on"}
    assert "0 of the newest" in desk.post(url, {**form, "_try": "1"}).text
    row.refresh_from_db()
    assert row.text == "spam"
    again = desk.post(url, {**form, "note": "kept", "text": "", "_try": "1"})
    assert 'name="note" value="kept"' in again.text
    assert "This field is required." in again.text
    row.refresh_from_db()
    assert (row.text, row.note) == ("spam", "")


def test_who_may_not_add_may_not_try(client):
    get_user_model().objects.create_user("reader", password="secret", is_staff=True)
    client.login(username="reader", password="secret")
    url = reverse("admin:moderation_listedphrase_add")
    answer = client.post(url, {"list": "blocked", "text": "spam", "band": "possible", "_try": "1"})
    assert answer.status_code == 403


def test_harmless_phrases_are_not_judged_as_framing(admin, settings):
    settings.MODERATION = {"DETECTORS": dict.fromkeys(["duplicate", "scraped"])}
    insult = "You complete idiot."
    article = Article.objects.create(headline="Idiot", body="A play.")
    Comment.objects.create(article=article, body=insult)
    flagged = Scan.objects.latest("pk")
    run_scan(flagged.pk)
    assert Finding.objects.filter(scan=flagged, kind="framing").exists()

    listed("complete idiot", admin, list=WordList.HARMLESS)
    Comment.objects.create(article=article, body=insult + " ")
    spared = Scan.objects.latest("pk")
    run_scan(spared.pk)
    assert not Finding.objects.filter(scan=spared, kind="framing").exists()
