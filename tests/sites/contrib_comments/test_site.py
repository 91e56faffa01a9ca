"""Readers comment through the package's form, editors write in its admin, moderators decide."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models.signals import post_save
from django.test import Client
from django_comments.models import Comment, CommentFlag
from djpress.models import Post

from moderation.dispatch import Job, get_dispatcher
from moderation.models import Case, CaseState, Snapshot, Subject
from moderation.services.hosts import find_subject
from tests.sites.contrib_comments.models import Letter
from tests.sites.harness import ATTACK, CLEAN, hidden_fields, permit

REPORT = (
    "The harbour board has closed the *north pier* after divers found cracks in two of its "
    "pillars. Ferries leave from the south quay until further notice, and the board expects "
    "the repair to take until the first week of May.\n\n"
    "Owners of smaller boats were told on Monday to move them by the end of the week. The board "
    "pays for the cranes; who pays for the berths elsewhere is still being argued about."
)


CRANES = (
    "Two cranes for the harbour came in by barge on Sunday, a week before anybody expected them. "
    "They stand on the south quay under tarpaulins until the concrete for their rails has set, "
    "and the board asks walkers to keep to the other side of the fence.\n\n"
    "The older of the two has worked in three ports before. Its driver, who came along on the "
    "barge, says that it is slow, loud and has never dropped anything."
)


def staff(name, *, is_superuser=True):
    rights = {"is_staff": True, "is_superuser": is_superuser}
    return User.objects.get_or_create(username=name, defaults=rights)[0]


@pytest.fixture
def editor():
    return staff("editor")


@pytest.fixture
def moderator():
    return permit(staff("moderator", is_superuser=False), "view_case", "claim_case", "decide_case")


@pytest.fixture
def write():
    """Publish an article through the package's pages in the admin."""

    def write(title, content="The board will say more on Friday.", author="editor"):
        client = Client()
        client.force_login(staff(author))
        response = client.post(
            "/admin/djpress/post/add/",
            {
                "title": title,
                "slug": "",
                "content": f"{content}\n\n{title}.",
                "author": staff(author).pk,
                "status": "published",
                "post_type": "post",
                "published_at_0": "2026-03-02",
                "published_at_1": "08:00:00",
                "menu_order": 0,
            },
        )
        assert response.status_code == 302, response.context["errors"]
        return Post.admin_objects.latest("pk")

    return write


@pytest.fixture
def say():
    """Comment as a reader does: open the article's page, fill in its form, send it."""

    def say(post, text, *, user=None, name="Ida Holm"):
        client = Client(enforce_csrf_checks=True)
        if user:
            client.force_login(user)
        page = client.get(post.url)
        response = client.post(
            "/comments/post/",
            {
                **hidden_fields(page.content.decode()),
                "name": name,
                "email": "ida@example.org",
                "comment": text,
            },
        )
        assert response.status_code == 302, response.content.decode()
        return Comment.objects.latest("pk")

    return say


def shows(address, text):
    response = Client().get(address)
    assert response.status_code in (200, 404), response.status_code
    return text in response.content.decode()


@pytest.mark.parametrize("through", ["services", "admin"])
def test_a_guests_attack_is_hidden_and_shown_again_on_the_articles_page(write, say, desk, through):
    post = write(f"North pier closed, say {through}")
    text = ATTACK.format("editor")
    comment = say(post, text, name="Ida Holm")
    subject = desk.scanned(comment)

    assert subject.content_type == ContentType.objects.get_for_model(Comment)
    assert subject.object_id == str(comment.pk)
    assert subject.author is None
    assert subject.author_key == ""
    assert subject.author_label == "Ida Holm"
    assert subject.parent == desk.scanned(post)
    assert subject.kind == "comment"
    assert subject.url.endswith(f"#c{comment.pk}")
    snapshot = Snapshot.objects.get(subject=subject)
    assert snapshot.text == text
    assert snapshot.author_label == "Ida Holm"

    assert shows(post.url, text)
    decision = desk.hide(comment, through=through)
    assert not shows(post.url, text)
    desk.undo(decision, through=through)
    assert shows(post.url, text)
    assert Snapshot.objects.filter(subject=subject).count() == 1  # hiding queued nothing


def test_a_clean_comment_of_an_account_is_scanned_and_opens_no_case(write, say, desk):
    reader = User.objects.create_user("reader-of-piers", first_name="Pia", last_name="Rasmussen")
    comment = say(write("Second pier opens"), CLEAN.format("editor"), user=reader, name="")
    subject = desk.scanned(comment)
    assert subject.author == reader
    assert subject.author_label == "Pia Rasmussen"
    assert not Case.objects.filter(subject=subject).exists()


def test_nobody_is_asked_about_an_edit_that_leaves_the_text_alone(write, say, desk):
    comment = say(write("Third pier"), CLEAN.format("again"))
    subject = desk.scanned(comment)
    comment.ip_address = "192.0.2.7"
    comment.save()
    assert Snapshot.objects.filter(subject=subject).count() == 1


def test_a_copied_article_is_flagged_with_its_source_and_hidden(write, desk):
    original = write("Divers find cracks", REPORT)
    source = desk.scanned(original)
    copy = write("Pillars cracked", REPORT, author="rival")
    case = desk.case(copy)
    assert any(category.startswith("duplicate/") for category in case.categories)
    finding = case.snapshot.scans.get(state="done").findings.get(kind="duplicate")
    assert finding.source.subject == source
    assert finding.evidence.exists()
    subject = desk.scanned(copy)
    assert subject.label == "Pillars cracked"
    assert subject.url == copy.url

    assert shows(copy.url, "Pillars cracked")
    decision = desk.hide(copy)
    assert not shows(copy.url, "Pillars cracked")
    assert not shows("/", "Pillars cracked")
    assert shows(original.url, "Divers find cracks")
    desk.undo(decision)
    assert shows(copy.url, "Pillars cracked")


def test_a_proxy_is_the_same_subject(write, say, desk):
    comment = say(write("Letters to the editor"), CLEAN.format("all"))
    subject = desk.scanned(comment)
    senders = []

    def note(sender, **_kwargs):
        senders.append(sender)

    post_save.connect(note, sender=Letter)
    letter = Letter.objects.get(pk=comment.pk)
    letter.comment = ATTACK.format("all of you")
    letter.save()
    assert senders == [Letter]  # what makes proxies a trap: nothing is sent for Comment
    assert desk.scanned(letter) == subject
    assert desk.scanned(comment) == subject
    assert desk.case(comment).snapshot.text == letter.comment
    assert Subject.objects.filter(object_id=str(comment.pk), kind="comment").count() == 1


def test_a_soft_deleted_post_is_still_judged_and_stays_deleted(write, desk):
    desk.scanned(write("Cranes arrive early", CRANES))
    post = write("Cranes are here", CRANES, author="rival")
    post.soft_delete()
    assert not Post.objects.filter(pk=post.pk).exists()  # the default manager hides it
    decision = desk.hide(post)
    desk.undo(decision)
    post.refresh_from_db()
    assert post.is_deleted
    assert post.status == "published"


def test_what_the_packages_moderators_did_meanwhile_is_left_alone(write, say, desk, editor):
    post = write("Berths elsewhere")
    comment = say(post, ATTACK.format("again"))
    case = desk.case(comment)
    client = Client()
    client.force_login(editor)
    client.post(f"/comments/delete/{comment.pk}/")
    comment.refresh_from_db()
    assert comment.is_removed
    assert CommentFlag.objects.filter(comment=comment).exists()

    decision = desk.hide(comment)
    desk.undo(decision)
    comment.refresh_from_db()
    assert comment.is_removed  # it was removed before us
    case.refresh_from_db()
    assert case.state == CaseState.OPEN


def test_a_comment_deleted_in_the_admin_closes_its_case(write, say, desk, editor):
    comment = say(write("Tugs for hire"), ATTACK.format("captain"))
    subject, case = desk.scanned(comment), desk.case(comment)
    client = Client()
    client.force_login(editor)
    response = client.post(f"/admin/django_comments/comment/{comment.pk}/delete/", {"post": "yes"})
    assert response.status_code == 302
    case.refresh_from_db()
    subject.refresh_from_db()
    assert case.state == CaseState.CLOSED_MOOT
    assert subject.deleted_at is not None
    assert subject.author_label == "Ida Holm"  # the record outlives the comment


def test_comments_written_past_the_signals_are_found_by_the_sweep(write, desk, wait):
    post = write("Bulk import of old letters")
    fields = {"content_object": post, "site_id": 1, "submit_date": post.published_at}
    comments = Comment.objects.bulk_create(
        Comment(user_name="Old reader", comment=ATTACK.format(f"number {number}"), **fields)
        for number in range(3)
    )
    assert not Subject.objects.filter(object_id=str(comments[0].pk), kind="comment").exists()
    get_dispatcher().ask(Job.SWEEP)
    wait(lambda: all(find_subject(comment, "default") for comment in comments))
    for comment in comments:
        assert desk.case(comment)
