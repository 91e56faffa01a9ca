"""Comments that are confirmed by mail, sent to an API, and answered; and the package's traps."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.db.models.signals import post_save
from django.test import Client
from django_comments.forms import CommentSecurityForm
from django_comments.models import Comment
from django_comments_xtd.models import XtdComment
from djpress.models import Post

from moderation.models import CaseState, Scan, Snapshot, Subject
from tests.sites.harness import ATTACK, CLEAN, hidden_fields, permit

REMOVED = "This comment has been removed."


@pytest.fixture
def moderator():
    user, _created = User.objects.get_or_create(username="moderator", is_staff=True)
    return permit(user, "view_case", "claim_case", "decide_case")


@pytest.fixture
def post():
    editor, _created = User.objects.get_or_create(username="editor")
    number = Post.admin_objects.count() + 1
    return Post.objects.create(
        title=f"Council meeting {number}",
        content=f"The council met for the {number}th time and voted on the harbour.",
        author=editor,
        status="published",
    )


@pytest.fixture
def say(post):
    """Comment as a guest does: the article's form, or a reply's, and then the link in the mail."""

    def say(text, *, reply_to=None, name="Ida Holm"):
        client = Client(enforce_csrf_checks=True)
        page = client.get(reply_to.get_reply_url() if reply_to else post.url)
        assert page.status_code == 200
        known = set(XtdComment.objects.values_list("pk", flat=True))
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
        assert set(XtdComment.objects.values_list("pk", flat=True)) == known  # nothing saved yet
        link = re.search(r"https?://[^/]+(/comments/confirm/\S+)", mail.outbox[-1].body)
        assert client.get(link[1]).status_code == 302
        return XtdComment.objects.exclude(pk__in=known).get()

    return say


@pytest.fixture
def sent():
    """The models for which ``post_save`` is sent, one entry each time."""
    senders = []

    def note(sender, **_kwargs):
        senders.append(sender)

    for model in (Comment, XtdComment):
        post_save.connect(note, sender=model)
    yield senders
    for model in (Comment, XtdComment):
        post_save.disconnect(note, sender=model)


def page(post):
    response = Client().get(post.url)
    assert response.status_code == 200
    return response.content.decode()


def api(post):
    response = Client().get(f"/comments/api/djpress-post/{post.pk}/")
    assert response.status_code == 200
    return {entry["id"]: entry["comment"] for entry in response.json()}


@pytest.mark.parametrize("through", ["services", "admin"])
def test_a_confirmed_attack_is_hidden_and_shown_again_everywhere(post, say, desk, through):
    text = ATTACK.format(f"editor of the {through}")
    comment = say(text)
    subject = desk.scanned(comment)
    assert subject.content_type == ContentType.objects.get_for_model(XtdComment)
    assert subject.author is None
    assert subject.author_label == "Ida Holm"
    assert subject.parent == desk.scanned(post)
    assert subject.url == comment.get_absolute_url()

    assert text in page(post)
    assert api(post)[comment.pk] == text
    decision = desk.hide(comment, through=through)
    assert text not in page(post)
    assert REMOVED in page(post)
    assert api(post)[comment.pk] == REMOVED
    assert text not in Client().get("/all/").content.decode()
    desk.undo(decision, through=through)
    assert text in page(post)
    assert api(post)[comment.pk] == text
    assert text in Client().get("/all/").content.decode()


def test_an_account_comments_over_the_api(post, desk):
    reader = User.objects.create_user("pia", "pia@example.org", first_name="Pia")
    client = Client()
    client.force_login(reader)
    form = CommentSecurityForm(post)
    answer = client.post(
        "/comments/api/comment/",
        {
            "content_type": "djpress.post",
            "object_pk": str(post.pk),
            "timestamp": form["timestamp"].value(),
            "security_hash": form["security_hash"].value(),
            "name": "",
            "email": "",
            "comment": ATTACK.format("reporter"),
            "reply_to": 0,
        },
        content_type="application/json",
    )
    assert answer.status_code == 201, answer.content
    comment = XtdComment.objects.get(pk=answer.json()["id"])
    subject = desk.scanned(comment)
    assert subject.author == reader
    assert subject.author_key == f"auth.user:{reader.pk}"
    assert subject.author_label == "Pia"
    desk.hide(comment)
    assert ATTACK.format("reporter") not in page(post)


def test_two_signals_for_one_comment_are_one_scan(say, sent, desk):
    comment = say(CLEAN.format("editor"))
    assert sent == [XtdComment, XtdComment]  # the trap: twice for the child, never for the parent
    subject = desk.scanned(comment)
    assert Scan.objects.filter(snapshot__subject=subject).count() == 1
    assert Subject.objects.filter(kind="comment", object_id=str(comment.pk)).count() == 1


def test_a_save_through_the_parent_class_is_the_same_subject(say, sent, desk):
    comment = say(CLEAN.format("editor"))
    subject = desk.scanned(comment)
    sent.clear()
    parent = Comment.objects.get(pk=comment.pk)
    parent.comment = ATTACK.format("editor")
    parent.save()
    assert sent == [Comment]
    assert desk.scanned(comment) == subject
    assert desk.scanned(parent) == subject
    assert desk.case(parent).snapshot.text == parent.comment
    assert Subject.objects.filter(kind="comment", object_id=str(comment.pk)).count() == 1


def test_replies_go_and_come_with_their_parent_but_not_what_was_hidden_itself(post, say, desk):
    parent = say(ATTACK.format("editor"))
    harmless = say(CLEAN.format("Ida"), reply_to=parent, name="Per Dahl")
    attack = say(ATTACK.format("Ida"), reply_to=parent, name="Per Dahl")
    desk.hide(attack)
    assert desk.scanned(harmless).reply_to == desk.scanned(parent)
    decision = desk.hide(parent)
    assert harmless.comment not in page(post)  # as the package does with replies
    desk.undo(decision)
    assert parent.comment in page(post)
    assert harmless.comment in page(post)
    assert attack.comment not in page(post)
    assert Snapshot.objects.filter(subject=desk.scanned(harmless)).count() == 1


def test_deleting_the_parents_row_closes_the_case(say, desk):
    comment = say(ATTACK.format("editor"))
    case = desk.case(comment)
    Comment.objects.filter(pk=comment.pk).delete()
    case.refresh_from_db()
    assert case.state == CaseState.CLOSED_MOOT
    assert Subject.objects.get(pk=case.subject_id).deleted_at is not None


def test_posts_need_no_more_than_a_dict_of_options(post, desk):
    subject = desk.scanned(post)
    assert subject.kind == "article"
    assert subject.label == post.title
    assert subject.author == post.author
    assert subject.url == post.url  # from ABSOLUTE_URL_OVERRIDES
    assert subject.snapshots.get().format == "markdown"
