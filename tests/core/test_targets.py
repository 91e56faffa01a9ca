"""Reading host objects, hiding them and showing them again, in one database and in two."""

from __future__ import annotations

import logging
import uuid

import pytest
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import connections, models
from django.db.models.signals import post_save
from django.test.utils import isolate_apps

from moderation.models import Case, Effect, EffectState, Scan, ScanState, Snapshot, Subject
from moderation.services import decisions
from moderation.services.effects import _write as carry_out
from moderation.services.errors import EffectFailed
from moderation.services.hosts import resolve
from moderation.services.sweep import sweep
from moderation.services.walks import aliases_of
from moderation.targets import Target, TargetError, own_write, registry
from moderation.targets.base import follow, is_own_write, path_exists
from moderation.types import TextFormat
from tests.site.models import (
    Article,
    Comment,
    Diary,
    DiaryPage,
    Essay,
    Note,
    NoteProxy,
    Remark,
    SignedNote,
    Unmoderated,
    Writer,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def author(make_user):
    return make_user("ada")


@pytest.fixture
def article(author):
    return Article.objects.create(headline="Bridge", body="Repaired.", author=author)


@pytest.fixture
def essay(author):
    writer = Writer.objects.create(name="Ada L.", user=author)
    return Essay.objects.create(title="On bridges", content="*Bridges*", writer=writer)


def subject_of(obj, using="default"):
    root = registry.lookup(type(obj)).root
    return Subject.objects.get(
        model_label=root._meta.label_lower, object_id=str(obj.pk), database=using, deleted_at=None
    )


# Reading: a field, a path, a callable, a method


def test_an_option_is_a_field_a_path_or_a_callable(essay, author):
    target = Target(
        Essay,
        text="content",
        title=lambda essay: essay.title.upper(),
        author="writer.user",
        author_label="writer.name",
        language="writer.user.get_username",
    )
    assert target.get_text(essay) == "*Bridges*"
    assert target.get_title(essay) == "ON BRIDGES"
    assert target.get_author(essay) == author
    assert target.get_author_user(essay) == author
    assert target.get_author_label(essay) == "Ada L."
    assert target.get_language(essay) == "ada"  # a method at the end of a path is called


def test_an_option_is_a_method_on_a_subclass():
    remark = Remark(first="One.", second="Two.")
    assert registry.lookup(Remark).target.get_text(remark) == "One.\n\nTwo."


def test_options_of_one_target_leave_the_class_alone():
    first = Target(Article, text="body", kind="article")
    assert first.kind == "article"
    assert Target.text is None
    assert Target(Article).kind == ""


def test_what_is_empty_along_a_path_gives_nothing(essay):
    target = Target(Essay, text="content", author="writer.user", author_label="writer.user.email")
    essay.writer.user = None
    assert target.get_author(essay) is None
    assert target.get_author_user(essay) is None
    assert target.get_author_key(essay) == ""
    assert target.get_author_label(essay) == ""


def test_a_row_that_is_gone_along_a_path_gives_nothing(article):
    comment = Comment(article_id=article.pk + 1, body="Late.")
    assert Target(Comment, parent="article").get_parent(comment) is None
    assert Target(Comment, title="article.headline").get_title(comment) == ""


def test_a_path_that_leads_nowhere_says_where_it_ends(article):
    with pytest.raises(TargetError, match="User has no attribute 'pen_name'"):
        Target(Article, author_label="author.pen_name").get_author_label(article)


@pytest.mark.parametrize(
    ("path", "exists"),
    [
        ("body", True),
        ("author.username", True),
        ("author.profile", False),
        ("bdy", False),
        ("body.raw", True),  # a rich value's attributes are its own
        ("get_absolute_url", True),
        ("comments", True),
    ],
)
def test_a_path_is_checked_as_far_as_fields_tell(path, exists):
    assert path_exists(Article, path) is exists


def test_a_generic_key_is_a_path_too(article):
    remark = Remark.objects.create(about=article, first="Which bridge?")
    assert path_exists(Remark, "about")
    assert follow(remark, "about.headline") == "Bridge"
    assert registry.lookup(Remark).target.get_parent(remark) == article


def test_the_author_may_be_an_account_another_object_or_a_name(essay, author):
    as_account = Target(Essay, author="writer.user")
    assert as_account.get_author_key(essay) == f"auth.user:{author.pk}"
    assert as_account.get_author_label(essay) == "ada"

    as_object = Target(Essay, author="writer")
    assert as_object.get_author_user(essay) is None
    assert as_object.get_author_key(essay) == f"site.writer:{essay.writer_id}"
    assert as_object.get_author_label(essay) == "Ada L."

    as_name = Target(Essay, author="writer.name")
    assert as_name.get_author_user(essay) is None
    assert as_name.get_author_key(essay) == ""
    assert as_name.get_author_label(essay) == "Ada L."


def test_the_address_is_the_models_own_unless_the_target_names_one(article, essay):
    assert Target(Article).get_url(article) == f"/articles/{article.pk}/"
    assert Target(Article, url=lambda a: f"/a/{a.pk}").get_url(article) == f"/a/{article.pk}"
    assert Target(Essay).get_url(essay) == ""


@pytest.mark.parametrize("written", ["plain", "html", "markdown"])
def test_the_format_is_a_word_or_a_callable(essay, written):
    assert Target(Essay, text_format=written).get_format(essay) is TextFormat(written)
    called = Target(Essay, text_format=lambda essay: written)
    assert called.get_format(essay) is TextFormat(written)


def test_a_format_there_is_not_is_an_error(essay):
    with pytest.raises(TargetError, match="'rst' is not a text format"):
        Target(Essay, text_format=lambda essay: "rst").get_format(essay)


def test_a_new_format_makes_the_same_text_a_new_snapshot(article):
    target = registry.lookup(Article).target
    with registry.override():
        registry.register(
            Article, kind="article", text="body", text_format="markdown", replace=True
        )
        article.save()
    snapshots = Snapshot.objects.filter(subject=subject_of(article))
    assert {snapshot.format for snapshot in snapshots} == {"html", "markdown"}
    assert registry.lookup(Article).target is target


def test_drafts_are_among_the_rows_of_a_target(article):
    Article.objects.filter(pk=article.pk).update(is_public=False)
    assert not Article.objects.filter(pk=article.pk).exists()
    rows = registry.lookup(Article).target.queryset("default")
    assert list(rows) == [article]


# Hiding and showing


def test_hiding_writes_the_fields_it_names_and_no_others(article, django_assert_num_queries):
    target = registry.lookup(Article).target
    Article._base_manager.filter(pk=article.pk).update(views=7, headline="Bridges")
    with own_write(article), django_assert_num_queries(1):
        target.hide(article)
    stored = Article._base_manager.get(pk=article.pk)
    assert (stored.is_public, stored.views, stored.headline) == (False, 7, "Bridges")
    target.restore(article)
    assert Article._base_manager.get(pk=article.pk).is_public


def test_a_value_may_be_a_callable(article):
    target = Target(Article, visibility={"headline": (str, lambda: "Withdrawn")})
    target.hide(article)
    assert Article._base_manager.get(pk=article.pk).headline == "Withdrawn"
    target.restore(article)
    assert Article._base_manager.get(pk=article.pk).headline == ""


@pytest.mark.parametrize("field", ["views", "changed_at", "author", "author_id"])
def test_values_go_through_json_and_come_back(article, make_user, field):
    other = make_user("other")
    target = Target(Article, visibility={field: (None, None)})
    before = target.visibility_values(article)
    effect = Effect(before=before)
    assert effect._meta.get_field("before").get_prep_value(before)
    stored = Article._base_manager.get(pk=article.pk)
    column = Article._meta.get_field(field).attname
    kept = getattr(stored, column)
    Article._base_manager.filter(pk=article.pk).update(author=other, views=9)
    target.write_back(stored, before)
    if field != "changed_at":  # written anew by every save
        assert getattr(Article._base_manager.get(pk=article.pk), column) == kept


def test_a_child_is_hidden_through_its_parents_column():
    note = SignedNote.objects.create(text="Read this.", signature="x")
    target = registry.lookup(SignedNote).target
    target.hide(note)
    assert not Note.objects.get(pk=note.pk).shown


def test_a_target_without_visibility_cannot_hide(article):
    target = Target(Article, text="body")
    assert not target.can_hide
    with pytest.raises(TargetError, match=r"site\.Article has no visibility"):
        target.hide(article)


def test_methods_take_the_place_of_fields():
    remark = Remark(first="One.")
    target = registry.lookup(Remark).target
    assert target.can_hide
    assert target.visibility_values(remark) == {}


# A write of ours, and what the site does meanwhile


def test_our_own_write_is_known_in_every_shape_of_the_object():
    note = SignedNote.objects.create(text="Read this.", signature="x")
    with own_write(note):
        assert is_own_write(note)
        assert is_own_write(Note.objects.get(pk=note.pk))
        assert is_own_write(NoteProxy.objects.get(pk=note.pk))
        assert not is_own_write(Note(pk=note.pk + 1))
        assert not is_own_write(Article(pk=note.pk))
    assert not is_own_write(note)
    with own_write(NoteProxy.objects.get(pk=note.pk)):
        assert is_own_write(note)


def test_hiding_in_a_way_that_changes_the_text_is_not_an_edit(article):
    class Blanking(Target):
        kind, text = "article", "body"

        def hide(self, obj):
            obj.body = "[removed]"
            obj.save()

    with registry.override():
        registry.register(Article, Blanking, replace=True)
        carry_out(registry.lookup(Article).target.hide, article)
    assert Article.objects.get().body == "[removed]"
    assert Snapshot.objects.filter(subject=subject_of(article)).count() == 1


def test_what_the_site_writes_when_something_is_hidden_is_taken_in(article):
    """A site that announces removals in a text of its own is not overlooked."""

    def announce(instance, **_kwargs):
        if not instance.is_public:
            Note.objects.create(text=f"{instance.headline} was removed.")

    post_save.connect(announce, sender=Article)
    try:
        carry_out(registry.lookup(Article).target.hide, article)
    finally:
        post_save.disconnect(announce, sender=Article)
    assert subject_of(Note.objects.get()).snapshots.get().text == "Bridge was removed."
    assert Snapshot.objects.filter(subject__model_label="site.article").count() == 1


def test_a_site_that_cannot_hide_leaves_its_row_as_it_was(article):
    def hide(obj):
        obj.is_public = False
        obj.save()
        raise ZeroDivisionError

    with pytest.raises(EffectFailed, match="ZeroDivisionError"):
        carry_out(hide, article)
    assert Article._base_manager.get(pk=article.pk).is_public


# Keys of every kind


def test_a_uuid_is_one_subject_from_save_to_undo(essay, moderator, policy, scan_all):
    essay.content = "A badword."
    essay.save()
    scan_all()
    subject = subject_of(essay)
    assert uuid.UUID(subject.object_id) == essay.pk
    assert subject.content_type == ContentType.objects.get_for_model(Essay)
    case = Case.objects.get(subject=subject)
    decision = decisions.decide(
        case.pk, outcome="hide", actor=moderator, version=case.version, policies=[policy]
    )
    essay.refresh_from_db()
    assert essay.state == "withdrawn"
    decisions.undo(decision.pk, actor=moderator)
    essay.refresh_from_db()
    assert essay.state == "published"
    sweep(complete=True)
    assert subject_of(essay) == subject


def test_a_child_that_is_registered_is_hidden_whichever_class_it_was_saved_through(
    moderator, policy, scan_all
):
    page = DiaryPage.objects.create(text="Quiet day.")
    parent = Diary.objects.get(pk=page.pk)
    parent.text = "A badword."
    parent.save()
    scan_all()
    assert Subject.objects.count() == 1
    case = Case.objects.get()
    assert case.subject.model_label == "site.diarypage"
    decisions.decide(
        case.pk, outcome="hide", actor=moderator, version=case.version, policies=[policy]
    )
    page.refresh_from_db()
    assert not page.shown
    assert Snapshot.objects.filter(is_current=True).count() == 1


def test_a_parent_without_the_registered_child_is_nobodys_subject():
    Diary.objects.create(text="A badword.")
    assert not Subject.objects.exists()


@isolate_apps("tests.site")
def test_a_child_of_two_parents_is_found_by_the_key_of_the_one_saved():
    class Sheet(models.Model):
        sheet_id = models.AutoField(primary_key=True)
        text = models.TextField()

        class Meta:
            app_label = "site"

    class Folder(models.Model):
        folder_id = models.AutoField(primary_key=True)

        class Meta:
            app_label = "site"

    class Letter(Sheet, Folder):
        class Meta:
            app_label = "site"

    create_tables("default", Sheet, Folder, Letter)
    Folder.objects.create(folder_id=7)
    first = Letter.objects.create(sheet_id=1, folder_id=2, text="One.")
    second = Letter.objects.create(sheet_id=2, folder_id=1, text="Two.")
    with registry.override():
        registry.register(Letter, kind="comment", text="text")
        for letter in (first, second):
            for parent in (Sheet, Folder):
                key = parent._meta.pk.name
                saved = parent.objects.get(**{key: getattr(letter, key)})
                assert resolve(saved)[1] == letter
        assert resolve(Folder.objects.get(folder_id=7)) is None


def create_tables(alias, *created):
    """Create tables within the transaction of a test, where a schema editor is not entered."""
    editor = connections[alias].schema_editor()
    editor.deferred_sql = []
    with connections[alias].cursor() as cursor:
        for model in created:
            sql, params = editor.table_sql(model)
            cursor.execute(sql, params or None)


# A second database


two_databases = pytest.mark.django_db(databases=["default", "other"])


@pytest.fixture
def other(db, settings):
    """A second database without a router: articles and comments are in it, the desk is not."""
    settings.DATABASE_ROUTERS = []
    create_tables("other", get_user_model(), Article, Comment)
    return "other"


@pytest.fixture
def remote(other, django_capture_on_commit_callbacks):
    """A comment over there; the desk writes down its text once it is committed."""
    Article.objects.using(other).bulk_create([Article(pk=1, headline="Bridge", body="Repaired.")])
    comments = Comment.objects.using(other)
    with django_capture_on_commit_callbacks(using=other, execute=True):
        comment = comments.create(article_id=1, body="A badword.", author_name="Ida")
        assert not Subject.objects.filter(database=other).exists()
    return comment


@two_databases
def test_a_row_in_another_database_is_a_subject_of_its_own(remote, other, article, scan_all):
    near = Comment.objects.create(pk=remote.pk, article=article, body="A badword.")
    assert subject_of(remote, other) != subject_of(near)
    scan_all()
    assert subject_of(remote, other).author_label == "Ida"
    assert Case.objects.count() == 2
    assert Scan.objects.filter(state=ScanState.DONE).count() == 3


@two_databases
def test_a_row_in_another_database_is_hidden_there(remote, other, moderator, policy, scan_all):
    scan_all()
    case = Case.objects.get()
    decision = decisions.decide(
        case.pk, outcome="hide", actor=moderator, version=case.version, policies=[policy]
    )
    assert decision.effect.state == EffectState.APPLIED
    remote.refresh_from_db()
    assert not remote.is_public
    decisions.undo(decision.pk, actor=moderator)
    remote.refresh_from_db()
    assert remote.is_public


@two_databases
def test_a_comment_belongs_to_the_article_of_its_own_database(remote, other, article, scan_all):
    sweep()
    scan_all()
    parent = subject_of(remote, other).parent
    assert (parent.database, parent.object_id) == (other, "1")


@two_databases
def test_the_sweep_looks_after_every_database(remote, other):
    Comment.objects.using(other).bulk_create([Comment(article_id=1, body="In bulk.")])
    Comment.objects.using(other).filter(pk=remote.pk).delete()
    sweep(complete=True)
    texts = Snapshot.objects.filter(subject__deleted_at=None, subject__kind="comment")
    assert [snapshot.text for snapshot in texts] == ["In bulk."]


@two_databases
def test_a_database_without_the_sites_tables_does_not_stop_the_sweep(other, settings):
    listening = "tests.core.test_intake.Listening"
    settings.MODERATION = {**settings.MODERATION, "DISPATCHER": listening}
    assert aliases_of(Comment) == ["default", other]
    assert aliases_of(Essay) == ["default"]
    scan = Scan.objects.create(
        snapshot=Snapshot.objects.create(
            subject=Subject.objects.create(
                content_type=ContentType.objects.get_for_model(Unmoderated),
                model_label="site.unmoderated",
                object_id="1",
                database="default",
                kind="comment",
            ),
            text_hash="x",
            text="x",
            length=1,
        ),
        due_at="2026-01-01T00:00:00Z",
    )
    result = sweep()
    assert result.failed == 0
    scan.refresh_from_db()
    assert scan.asks == 1


def test_one_models_failure_does_not_stop_the_sweep(article, caplog, monkeypatch):
    def broken(self, using):
        raise RuntimeError("a body nobody may read")

    monkeypatch.setattr(type(registry.lookup(Comment).target), "queryset", broken)
    Article._base_manager.filter(pk=article.pk).update(body="Closed again.")
    with caplog.at_level(logging.ERROR, "moderation"):
        result = sweep()
    assert result.failed == 1
    assert result.taken_in == 1
    assert "site.Comment in default was not looked after: RuntimeError" in caplog.text
    assert "nobody may read" not in caplog.text
