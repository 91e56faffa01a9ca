"""Authors and readers use the package's API; keys are UUIDs, and an author is not an account."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import F
from django.test import Client
from flex_blog.models import Article, Author, Comment

from moderation.models import Case, CaseState, Decision, Snapshot, Subject
from tests.sites.flexblog.people.models import Person
from tests.sites.harness import ATTACK, CLEAN, permit

REPORT = (
    "The lighthouse keeper has handed over the keys after *thirty-one years*. From now on the "
    "lamp is lit by a sensor on the roof, and two engineers from the mainland come by twice a "
    "year to look after it.\n\n"
    "Nobody has said yet what becomes of the cottage. The parish would like to let it to walkers; "
    "the harbour office, which owns it, has asked for quotes for a new roof first."
)


@pytest.fixture
def person():
    def person(name, **fields):
        return Person.objects.create_user(f"{uuid.uuid4().hex}@example.org", name, **fields)

    return person


@pytest.fixture
def moderator(person):
    return permit(person("Mona", is_staff=True), "view_case", "claim_case", "decide_case")


@pytest.fixture
def writer(person):
    return permit(person("Wilma Writer"), "add_article")


@pytest.fixture
def write(writer):
    """Publish an article over the package's API."""

    def write(title, content="More is known on Friday.", author=writer, **fields):
        answer = browser(author).post(
            "/api/articles/",
            {"title": title, "content": content, "status": "published", **fields},
            content_type="application/json",
        )
        assert answer.status_code == 201, answer.content
        return Article.objects.get(pk=answer.json()["id"])

    return write


@pytest.fixture
def say():
    """Comment over the package's API, with an account or as a guest."""

    def say(article, text, user=None):
        guest = {} if user else {"author_name": "Ida Holm", "author_email": "ida@example.org"}
        answer = browser(user).post(
            f"/api/articles/{article.slug}/comments/",
            {"content": text, **guest},
            content_type="application/json",
        )
        assert answer.status_code == 201, answer.content
        return Comment.objects.get(pk=answer.json()["id"])

    return say


def browser(user=None):
    client = Client()
    if user:
        client.force_login(user)
    return client


def read(address):
    """Return what an anonymous reader gets to see there; nothing where there is no page."""
    answer = browser().get(address)
    assert answer.status_code in (200, 404)
    return answer.content.decode() if answer.status_code == 200 else ""


def comments_of(article):
    return read(f"/api/articles/{article.slug}/comments/")


def count_of(article):
    return Article.objects.values_list("comment_count", flat=True).get(pk=article.pk)


@pytest.mark.parametrize("through", ["services", "admin"])
def test_a_guests_attack_is_rejected_and_approved_again_by_the_package(write, say, desk, through):
    article = write(f"Lighthouse keeper leaves, say {through}")
    text = ATTACK.format(f"Wilma of the {through}")
    comment = say(article, text)
    subject = desk.scanned(comment)
    assert subject.content_type == ContentType.objects.get_for_model(Comment)
    assert subject.object_id == str(comment.pk)
    assert uuid.UUID(subject.object_id) == comment.pk
    assert subject.author is None
    assert subject.author_label == "Ida Holm"
    assert subject.parent == desk.scanned(article)
    assert subject.url == f"/blog/{article.slug}/#comment-{comment.pk}"

    assert text in comments_of(article)
    assert count_of(article) == 1
    decision = desk.hide(comment, through=through)
    assert text not in comments_of(article)
    assert text not in read("/api/comments/")
    assert count_of(article) == 0
    desk.undo(decision, through=through)
    assert text in comments_of(article)
    assert count_of(article) == 1
    assert Snapshot.objects.filter(subject=subject).count() == 1


def test_a_program_hands_a_case_over_by_the_uuid_of_a_colleague(write, say, desk, person):
    permissions = ("view_case", "claim_case", "decide_case")
    chief = permit(person("Carla", is_staff=True), *permissions, "override_case")
    colleague = permit(person("Mads", is_staff=True), *permissions)
    case = desk.case(say(write("Handed over"), ATTACK.format("Wilma")))
    address, client = "/desk/api/v1/cases/", browser(chief)
    listed = client.get(f"{address}{case.pk}/colleagues/").json()["results"]
    assert str(colleague.pk) in {each["id"] for each in listed}
    answer = client.post(
        f"{address}{case.pk}/assign/", {"to": str(colleague.pk)}, content_type="application/json"
    )
    assert answer.status_code == 200, answer.content
    assert answer.json()["claimed_by"] == str(colleague.pk)
    held = client.get(address, {"assignee": str(colleague.pk)}).json()["results"]
    assert [each["id"] for each in held] == [case.pk]
    assert client.get(address, {"assignee": "12"}).status_code == 400
    decided = client.get("/desk/api/v1/decisions/", {"actor": str(colleague.pk)})
    assert decided.json()["results"] == []


def test_undo_leaves_a_comment_waiting_that_was_waiting(write, say, desk):
    article = write("Sensor on the roof")
    comment = say(article, ATTACK.format("Wilma"))
    Comment.objects.filter(pk=comment.pk).update(status="pending")
    Article.objects.filter(pk=article.pk).update(comment_count=F("comment_count") - 1)
    decision = desk.hide(comment)
    comment.refresh_from_db()
    assert comment.status == "rejected"
    desk.undo(decision)
    comment.refresh_from_db()
    assert comment.status == "pending"
    assert count_of(article) == 0


def test_accounts_of_the_sites_own_making(write, say, desk, person):
    reader = person("Pia Rasmussen")
    comment = say(write("Quotes for a roof"), CLEAN.format("Wilma"), reader)
    subject = desk.scanned(comment)
    assert subject.author == reader
    assert subject.author_key == f"people.person:{reader.pk}"
    assert subject.author_label == "Pia Rasmussen"
    assert not Case.objects.filter(subject=subject).exists()


def test_an_articles_author_is_the_account_behind_the_profile(write, writer, desk):
    article = write("Cottage stands empty", REPORT, summary="What becomes of the cottage?")
    assert isinstance(article.author, Author)
    subject = desk.scanned(article)
    assert subject.author == writer
    assert subject.author_label == "Wilma Writer"
    assert subject.label == "Cottage stands empty"
    snapshot = Snapshot.objects.get(subject=subject)
    assert snapshot.format == "markdown"
    assert snapshot.text == f"What becomes of the cottage?\n\n{REPORT}"


def test_each_article_is_read_in_its_own_format(write, desk):
    article = write("In HTML", "<p>The lamp is <b>lit</b>.</p>", content_format="html")
    snapshot = Snapshot.objects.get(subject=desk.scanned(article))
    assert snapshot.format == "html"
    assert snapshot.text == "<p>The lamp is <b>lit</b>.</p>"


def test_a_copied_article_is_archived_and_published_again(write, desk, person):
    desk.scanned(write("Thirty-one years at the lamp", REPORT))
    rival = permit(person("Rolf"), "add_article")
    copy = write("Keys handed over", REPORT, rival)
    case = desk.case(copy)
    assert any(category.startswith("duplicate/") for category in case.categories)
    address = f"/api/articles/{copy.slug}/"
    published_at = copy.published_at

    assert "thirty-one years" in read(address)
    decision = desk.hide(copy)
    assert read(address) == ""
    assert "Keys handed over" not in read("/api/articles/")
    assert "Keys handed over" not in read("/api/feeds/rss/")
    desk.undo(decision)
    assert "thirty-one years" in read(address)
    copy.refresh_from_db()
    assert copy.published_at == published_at
    assert Decision.objects.filter(case=case).count() == 2


def test_an_edit_over_the_api_is_judged_anew(write, say, desk, person):
    reader = person("Pia")
    article = write("Parish wants tenants")
    comment = say(article, CLEAN.format("Wilma"), reader)
    desk.scanned(comment)
    answer = browser(reader).patch(
        f"/api/comments/{comment.pk}/",
        {"content": ATTACK.format("Wilma")},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.content
    assert desk.case(comment).snapshot.text == ATTACK.format("Wilma")
    assert Snapshot.objects.filter(subject=desk.scanned(comment)).count() == 2


def test_deleting_an_article_closes_what_belongs_to_its_comments(write, writer, say, desk):
    article = write("Walkers welcome")
    comment = say(article, ATTACK.format("Wilma"))
    case = desk.case(comment)
    answer = browser(writer).delete(f"/api/articles/{article.slug}/")
    assert answer.status_code == 204, answer.content
    case.refresh_from_db()
    assert case.state == CaseState.CLOSED_MOOT
    for host in (article, comment):
        assert Subject.objects.get(object_id=str(host.pk)).deleted_at is not None


def test_a_comment_its_author_removed_stays_removed(write, say, desk, person):
    reader = person("Pia")
    article = write("Engineers come twice")
    comment = say(article, ATTACK.format("Wilma"), reader)
    assert browser(reader).delete(f"/api/comments/{comment.pk}/").status_code == 204
    decision = desk.hide(comment)  # the row is there, and so is the case
    desk.undo(decision)
    comment.refresh_from_db()
    assert comment.is_removed
    assert ATTACK.format("Wilma") not in comments_of(article)
