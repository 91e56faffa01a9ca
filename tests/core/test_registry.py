"""The three doors to the registry, and how a model finds its target there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.test.utils import isolate_apps

import moderation
from moderation.targets import AlreadyRegistered, Registry, Target, registry
from tests.site.models import (
    Article,
    Comment,
    Diary,
    DiaryPage,
    Note,
    NoteProxy,
    SignedNote,
    Unmoderated,
)

OPTIONS = {"kind": "comment", "text": "body"}
ROOT = Path(__file__).resolve().parents[2]


class UnmoderatedTarget(Target):
    kind = "comment"
    text = "body"


@pytest.fixture
def own():
    """A registry nobody else uses."""
    return Registry()


@pytest.fixture
def shared():
    """The site's registry, put back afterwards."""
    with registry.override():
        yield registry


# The doors


def test_the_decorator_registers_and_gives_the_class_back(shared):
    decorated = moderation.register("site.Unmoderated")(UnmoderatedTarget)
    assert decorated is UnmoderatedTarget
    found = shared.lookup(Unmoderated)
    assert type(found.target) is UnmoderatedTarget
    assert found.root is Unmoderated


def test_the_decorator_takes_options_and_a_class_for_a_label(shared):
    moderation.register(Unmoderated, text_format="html")(UnmoderatedTarget)
    assert shared.lookup(Unmoderated).target.text_format == "html"
    assert UnmoderatedTarget.text_format == "plain"


def test_modules_of_installed_apps_are_found(shared):
    assert shared.lookup(Article).target.text == "body"  # tests/site/moderation_targets.py


def test_the_setting_takes_a_dict_of_options(own, settings):
    settings.MODERATION = {"TARGETS": {"site.Unmoderated": OPTIONS}}
    own.register_from_settings()
    target = own.lookup(Unmoderated).target
    assert (target.kind, target.text) == ("comment", "body")
    assert target.get_text(Unmoderated(body="words")) == "words"
    assert not own.failures


def test_the_setting_takes_a_dotted_path(own, settings):
    settings.MODERATION = {"TARGETS": {"site.Unmoderated": f"{__name__}.UnmoderatedTarget"}}
    own.register_from_settings()
    assert own.lookup(Unmoderated).target.kind == "comment"


def test_the_setting_takes_a_class(own, settings):
    settings.MODERATION = {"TARGETS": {"site.Unmoderated": UnmoderatedTarget}}
    own.register_from_settings()
    assert type(own.lookup(Unmoderated).target) is UnmoderatedTarget


@pytest.mark.parametrize(
    ("label", "value", "reason"),
    [
        ("nowhere.Model", OPTIONS, "No installed app"),
        ("site.Nothing", OPTIONS, "Nothing"),
        ("nodot", OPTIONS, "'nodot' is not a label"),
        ("site.Unmoderated", {**OPTIONS, "txt": "body"}, "'txt' is not an option"),
        ("site.Unmoderated", "tests.nowhere.Target", "tests.nowhere"),
        ("site.Unmoderated", f"{__name__}.Missing", "Missing"),
        ("site.Unmoderated", "django.contrib.auth.models.User", "a target is a dict"),
        ("site.Unmoderated", 5, "a target is a dict"),
    ],
)
def test_a_mistake_in_the_setting_is_kept_for_the_checks(own, settings, label, value, reason):
    settings.MODERATION = {"TARGETS": {label: value, "site.Article": OPTIONS}}
    own.register_from_settings()
    assert reason in own.failures[label]
    assert own.lookup(Article) is not None  # the others are not held up


def test_a_target_may_be_registered_before_the_models_are_loaded(own, monkeypatch):
    monkeypatch.setattr(apps, "models_ready", False)
    own.register("site.Unmoderated", UnmoderatedTarget)
    own.register("site.Nothing", UnmoderatedTarget)
    monkeypatch.undo()
    assert own.lookup(Unmoderated) is None
    own.register_pending()
    assert own.lookup(Unmoderated) is not None
    assert list(own.failures) == ["site.Nothing"]
    own.register_pending()  # a second time there is nothing left to do
    assert len(own.all()) == 1


START = """
import django
from django.conf import settings
from tests import settings as site

values = {name: getattr(site, name) for name in dir(site) if name.isupper()}
options = {"kind": "comment", "text": "first"}
targets = {"site.Article": options, "site.Unmoderated": {"kind": "comment", "text": "body"}}
settings.configure(**{**values, "MODERATION": {"TARGETS": targets}})
django.setup()
from moderation.targets import registry
from tests.site.models import Article
print(list(registry.failures), registry.lookup(Article).target.text, len(registry.all()))
"""


def test_a_model_registered_through_two_doors_does_not_keep_a_site_from_starting():
    ended = subprocess.run(
        [sys.executable, "-c", START],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == f"['site.Article'] body {len(registry.all()) + 1}"


# One target for each model


def test_a_second_target_is_refused_and_the_first_one_stands(own):
    own.register(Unmoderated, text="body")
    with pytest.raises(AlreadyRegistered, match=r"site\.Unmoderated"):
        own.register("site.Unmoderated", text="other")
    assert own.lookup(Unmoderated).target.text == "body"


def test_a_proxy_counts_as_its_model(own):
    own.register(Note, text="text")
    with pytest.raises(AlreadyRegistered):
        own.register(NoteProxy, text="text")


def test_replace_takes_the_place_of_a_target(own):
    own.register(Unmoderated, text="body")
    own.register(Unmoderated, text="other", replace=True)
    assert own.lookup(Unmoderated).target.text == "other"
    assert len(own.all()) == 1


def test_unregister_forgets_a_model_and_does_not_mind_one_there_is_not(own):
    own.register(Unmoderated, text="body")
    own.unregister("site.Unmoderated")
    own.unregister(Unmoderated)
    assert own.lookup(Unmoderated) is None
    assert own.all() == []


def test_override_puts_everything_back():
    before = registry.all()
    with registry.override():
        registry.register(Unmoderated, text="body")
        registry.unregister(Article)
        registry.failures["x.Y"] = "broken"
        assert registry.all() != before
    assert registry.all() == before
    assert "x.Y" not in registry.failures


@pytest.mark.parametrize("label", ["nowhere.Model", "site.Nothing"])
def test_a_label_no_app_has_is_an_error_where_it_is_written(own, label):
    with pytest.raises(LookupError):
        own.register(label, text="body")


def test_an_unknown_option_is_an_error_where_it_is_written(own):
    with pytest.raises(TypeError, match="'body' is not an option"):
        own.register(Unmoderated, body="body")


@isolate_apps("tests.site")
def test_an_abstract_model_has_no_rows_to_moderate(own):
    class Draft(models.Model):
        class Meta:
            abstract = True
            app_label = "site"

    with pytest.raises(ValueError, match="abstract"):
        own.register(Draft, text="body")


# Families


@pytest.mark.parametrize("member", [Note, NoteProxy, SignedNote])
def test_a_parent_serves_its_whole_family(own, member):
    own.register(Note, text="text")
    found = own.lookup(member)
    assert found.root is Note
    assert found.target.text == "text"


def test_a_proxy_that_is_registered_serves_its_model(own):
    own.register(NoteProxy, text="text")
    assert own.lookup(Note).root is Note
    assert own.lookup(SignedNote).root is Note


@isolate_apps("tests.site")
def test_a_proxy_of_a_child_is_found_too(own):
    class Letter(SignedNote):
        class Meta:
            proxy = True
            app_label = "site"

    own.register(Note, text="text")
    assert own.lookup(Letter).root is Note


def test_the_nearest_target_wins(own):
    own.register(Note, text="text")
    own.register(SignedNote, text="signature")
    assert own.lookup(SignedNote).target.text == "signature"
    assert own.lookup(Note).target.text == "text"


def test_a_registered_child_is_known_to_its_parent(own):
    own.register(DiaryPage, text="text")
    assert own.lookup(Diary) is None
    assert [found.root for found in own.children(Diary)] == [DiaryPage]
    assert own.children(DiaryPage) == []
    assert own.children(Article) == []


def test_a_registered_child_is_known_to_a_proxy_of_its_parent(own):
    own.register(SignedNote, text="text")
    assert [found.root for found in own.children(NoteProxy)] == [SignedNote]


def test_strangers_find_nothing(own):
    own.register(Article, text="body")
    for model in (User, Comment, Unmoderated):
        assert own.lookup(model) is None
