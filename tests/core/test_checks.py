"""One test for every id of the system checks: what sets it off, and whether the hint helps."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest
from celery import Celery, current_app
from django.conf import settings as django_settings
from django.core import checks
from django.db import models
from django.test.utils import isolate_apps
from django.urls import include, path

import moderation
from moderation.detectors.framing import models as framing_models
from moderation.dispatch import Dispatcher
from moderation.services.detectors import BUILT_IN
from moderation.targets import Registry, Target, registry
from moderation.targets.checks import check_registry, check_target
from tests.core.conftest import ONLY_WORDS
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
)

SHOWN = {"is_public": (True, False)}
WHERE = {"SITE_URL": "https://news.example"}


@pytest.fixture
def app():
    """A Celery application that knows its broker and sweeps, as a site should have one."""
    before = current_app._get_current_object()
    app = Celery("site", broker="memory://")
    app.conf.beat_schedule = {"sweep": {"task": "moderation.sweep", "schedule": 60.0}}
    yield app
    before.set_current()


@pytest.fixture
def found(app, settings):
    """Run all checks with these settings laid over sound ones; return what they said."""

    def found(**values):
        settings.MODERATION = {"DETECTORS": ONLY_WORDS, **WHERE, **values}
        return {message.id.rpartition(".")[2]: message for message in run()}

    return found


def run():
    return checks.run_checks(tags=["moderation"], include_deployment_checks=True)


def only(messages, check_id):
    """Return the single message there is, which must have this id and a hint."""
    (message,) = list(messages)
    assert message.id == f"moderation.{check_id}"
    assert message.hint
    level = checks.ERROR if check_id.startswith("E") else checks.WARNING
    assert message.level == level
    return message


def of_target(model, **options):
    """Check a target that is sound but for ``options``."""
    sound = {"kind": "comment", "text": "body", "visibility": SHOWN}
    return check_target(Target(model, **{**sound, **options}))


def test_a_sound_site_hears_nothing(app, settings):
    settings.MODERATION = WHERE
    assert run() == []


def test_every_id_is_documented_and_tested():
    folder = Path(moderation.__file__).parent
    used = {
        match
        for path in folder.rglob("*.py")
        for match in re.findall(r"\"moderation\.([EW]\d{3})\"", path.read_text())
    }
    documented = set(re.findall(r"^\| ([EW]\d{3}) \|", DOCS.read_text(), re.MULTILINE))
    tested = set(re.findall(r"def test_([ew]\d{3})_", Path(__file__).read_text()))
    assert used == documented
    assert {check_id.lower() for check_id in used} == tested


DOCS = Path(moderation.__file__).parents[1] / "docs/settings.md"


# Settings


def test_e001_an_unknown_key(found):
    message = found(RESCAN_MIN_GAP=5)["E001"]
    assert "no key 'RESCAN_MIN_GAP'" in message.msg
    assert "RESCAN_MIN_GAP_SECONDS" in message.hint


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("DUE_HOURS", {101: 1}, "is not hours above 0 by severities"),
        ("DUE_HOURS", {50: 0}, "is not hours above 0 by severities"),
        ("DUE_HOURS", {"50": 8}, "is not hours above 0 by severities"),
        ("CHECK_RATE", "often", "is 'often', not a number per second"),
        ("CHECK_RATE", "0/min", "is '0/min', not a number per second"),
        ("API_RATES", [], "is list, not dict"),
        ("API_AUTHENTICATION", "a.b", "is str"),
        ("IDEMPOTENCY_SECONDS", 0, "is 0, less than 1"),
        ("WRONG_KEY_RATE", "20 a minute", "is '20 a minute', not a number per second"),
        ("NUM_PROXIES", -1, "is -1, less than 0"),
        ("NUM_PROXIES", "1", "is str"),
        ("REPORT_RATE", "20", "is '20', not a number per second"),
        ("REPORT_MAX_CHARS", 0, "is 0, less than 1"),
        ("SITE_URL", "example.org", "is 'example.org', not where a site is"),
        ("SITE_URL", "https://example.org/news", "is 'https://example.org/news', not where"),
        ("TERRITORIAL_SCOPE", ["US"], "holds something that is no country"),
        ("SCAN_MAX_CHARS", "many", "is str, not int"),
        ("SCAN_MAX_CHARS", True, "is bool, not int"),
        ("SCAN_MAX_CHARS", 0, "is 0, less than 1"),
        ("RESCAN_MIN_GAP_SECONDS", -1, "is -1, less than 0"),
        ("CLAIM_ON_OPEN", "always", "is 'always', not one of off, optional, required"),
        ("CLAIM_ON_OPEN", True, "is bool, not str"),
        ("FOUR_EYES", "copied", "is str, not list"),
        ("FOUR_EYES", ["copied", 3], "holds something that is no code of a policy"),
        ("ASSIGN_SECONDS", 0, "is 0, less than 1"),
        ("TARGETS", ["site.Article"], "is list, not dict"),
        ("AUTODISCOVER_MODULE", 5, "is int"),
        ("DETECTORS", [], "is list, not dict"),
    ],
)
def test_e002_a_value_of_the_wrong_type_or_size(found, key, value, said):
    message = found(**{key: value})["E002"]
    assert f"MODERATION[{key!r}] {said}" in message.msg
    assert "The default is" in message.hint


@pytest.mark.parametrize("rates", [{"read": "often"}, {"look": "9/min"}, {"write": 5}])
def test_e002_a_rate_of_the_api_that_is_none(found, rates):
    message = found(API_RATES=rates)["E002"]
    [(scope, rate)] = rates.items()
    assert f"MODERATION['API_RATES'] cannot have {scope!r}: {rate!r}" in message.msg
    assert "read, write, export" in message.hint


def test_e002_the_setting_is_no_dict(app, settings):
    settings.MODERATION = [("TARGETS", {})]
    message = only(run(), "E002")
    assert "MODERATION = {...}" in message.hint


def test_none_is_a_value_where_the_default_is_none(found):
    assert found(QUEUE=None, AUTODISCOVER_MODULE=None) == {}


@pytest.mark.parametrize(
    ("key", "path", "said"),
    [
        ("DISPATCHER", "moderation.dispatch.nowhere.Dispatcher", "nowhere"),
        ("DISPATCHER", "moderation.dispatch.celery.RabbitDispatcher", "RabbitDispatcher"),
        ("DISPATCHER", "builtins.len", "takes exactly one argument"),
        ("DISPATCHER", "tests.site.models.Article", "not a Dispatcher"),
        ("SANITIZER", "moderation.text.sanitize.NoSanitizer", "NoSanitizer"),
        ("SANITIZER", "tests.site.models.Article", "has no to_safe_html()"),
    ],
)
def test_e005_a_path_that_leads_to_the_wrong_thing(found, key, path, said):
    message = found(**{key: path})["E005"]
    assert f"MODERATION[{key!r}] cannot be used" in message.msg
    assert said in message.msg
    assert "The default is 'moderation." in message.hint


@pytest.mark.parametrize("path", ["nowhere.at.all", "moderation.conf.Settings"])
def test_e005_a_way_to_sign_in_that_is_none(found, path):
    message = found(API_AUTHENTICATION=[path])["E005"]
    assert "MODERATION['API_AUTHENTICATION'] cannot be used" in message.msg


# What the site is made of


def test_e006_the_package_whose_name_is_ours(found, monkeypatch):
    monkeypatch.setattr(metadata, "distribution", lambda name: name)
    message = found()["E006"]
    assert "django-moderation is installed" in message.msg
    assert message.hint.startswith("Uninstall django-moderation")


@pytest.mark.parametrize("missing", ["django.contrib.contenttypes", "django.contrib.auth"])
def test_e007_an_app_we_need_is_missing(found, monkeypatch, missing):
    monkeypatch.setattr("django.apps.apps.is_installed", lambda name: name != missing)
    message = found()["E007"]
    assert missing in message.msg
    assert message.hint == f"Add {missing!r} to INSTALLED_APPS."


class Apart:
    """A router that keeps the accounts to themselves."""

    def allow_migrate(self, db, app_label, **hints):
        return app_label != "auth" if db == "default" else None


def test_e013_accounts_in_another_database(found, settings):
    settings.DATABASE_ROUTERS = [f"{__name__}.Apart"]
    message = found()["E013"]
    assert "tables are in 'default', but those of auth.User are not" in message.msg
    assert "router" in message.hint


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"CLASS": "moderation.nowhere.Embedder"}, "nowhere"),
        ({"CLASS": "builtins.dict"}, "not an embedder"),
        ({"CLASS": "tests.duplicate.embedders.Bag", "OPTIONS": {"size": 3}}, "takes no arguments"),
        ({"CLASS": "tests.duplicate.embedders.Bag", "PATH": "/models"}, "unknown keys: PATH"),
        ({"CLASS": "tests.duplicate.embedders.Bag", "WINDOW": 0}, "WINDOW is 0"),
        ({"OPTIONS": {"path": "/nowhere"}}, ""),
    ],
)
def test_e014_an_embedder_that_cannot_be_built(found, entry, said):
    message = found(EMBEDDER=entry)["E014"]
    assert message.msg.startswith("The embedder cannot be used: ")
    assert said in message.msg
    assert "model.onnx" in message.hint
    assert "extra 'embeddings'" in message.hint


def test_e015_the_standard_model_without_what_it_runs_on(found, monkeypatch):
    monkeypatch.setattr(framing_models, "can_run", lambda name: name != "standard")
    message = found(FRAMING_MODEL="standard", DETECTORS={})["E015"]
    assert "needs onnxruntime" in message.msg
    assert "[standard]" in message.hint
    assert "E015" not in found(FRAMING_MODEL="auto", DETECTORS={})
    assert "E015" not in found(FRAMING_MODEL="standard", DETECTORS={"framing": None})
    override = {"framing": {"OPTIONS": {"model": "standard"}}}
    assert "E015" in found(FRAMING_MODEL="light", DETECTORS=override)


def test_e016_a_model_that_is_not_intact(found, monkeypatch, tmp_path):
    assert "E016" not in found(DETECTORS={})
    monkeypatch.setattr(framing_models.released, "FOLDER", tmp_path)
    message = found(DETECTORS={})["E016"]
    assert "meta.json is missing" in message.msg
    assert "patterns alone" in message.hint
    assert "E016" not in found(DETECTORS={"framing": None})


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("WEBHOOK_ALLOWED_NETWORKS", ["10.0.0.1/8"], "has host bits set"),
        ("METRICS_NETWORKS", ["here"], "'here' does not appear to be"),
        ("ALERTS", {"mail": []}, "there is no key 'mail'"),
        ("ALERTS", {"emails": "me@example.org"}, "'emails' is not a list of addresses"),
        ("ALERTS", {"backlog_hours": True}, "'backlog_hours' is not a number from 0 on"),
        ("ALERTS", {"backlog_hours": -1}, "'backlog_hours' is not a number from 0 on"),
        ("RETENTION", {"events": 30}, "there is no kind 'events'"),
        ("RETENTION", {"deliveries": 0}, "'deliveries' is not a number of days from 1"),
        ("RETENTION", {"deliveries": None}, "'deliveries' is not a number of days from 1"),
    ],
)
def test_e017_networks_alerts_and_periods_that_are_none(key, value, said, found):
    message = found(**{key: value})["E017"]
    assert said in message.msg
    assert key in message.msg


def test_networks_alerts_and_periods_as_they_should_be(found):
    assert (
        found(
            WEBHOOK_ALLOWED_NETWORKS=["10.0.0.0/8", "::1"],
            METRICS_NETWORKS=["127.0.0.1"],
            METRICS_TOKEN="t0ken",
            ALERTS={"emails": ["desk@example.org"], "failing_share": 0.25},
            RETENTION={"deliveries": 30},
        )
        == {}
    )
    for key in ("WEBHOOK_ALLOWED_NETWORKS", "METRICS_NETWORKS", "ALERTS", "RETENTION"):
        assert set(found(**{key: 3})) == {"E002"}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, "dotted path"),
        ({"CLASS": "nonsense"}, "no back end 'nonsense'"),
        ({"CLASS": "tests.nowhere.Judge"}, "tests.nowhere"),
        ({"CLASS": "http", "OPTIONS": {"url": "http://example.org/", "fields": {}}}, "fields"),
        ({"CLASS": "openai", "OPTIONS": {"key_env": "THERE_IS_NO_SUCH_KEY"}}, "is not set"),
        ({"CLASS": "detoxify", "OPTIONS": {"path": "x", "config": "x"}}, "is not installed"),
    ],
)
def test_e018_a_framing_back_end_that_cannot_be_built(found, entry, said):
    message = found(FRAMING_BACKEND=entry)["E018"]
    assert message.msg.startswith("The framing back end cannot be used: ")
    assert said in message.msg
    assert "docs/backends.md" in message.hint


def test_a_sound_framing_back_end_hears_nothing(found):
    options = {"url": "https://example.org/", "fields": {"attack": "score"}}
    assert found(FRAMING_BACKEND={"CLASS": "http", "OPTIONS": options}) == {}
    assert found(FRAMING_BACKEND=None) == {}
    assert "E002" in found(FRAMING_BACKEND="openai")


def test_a_framing_setting_that_names_nothing(found):
    assert "auto, standard, light" in found(FRAMING_MODEL="large")["E002"].msg
    assert "cautious, balanced, strict" in found(FRAMING_PRESET="mild")["E002"].msg
    assert "no preset 'mild'" in found(FRAMING_PRESET="mild", DETECTORS={})["E008"].msg
    assert "E016" not in found(FRAMING_MODEL=["light"], DETECTORS={})
    assert "E008" in found(DETECTORS={"framing": {"OPTIONS": "light"}})


def test_a_sound_embedder_hears_nothing(found):
    assert found(EMBEDDER={"CLASS": "tests.duplicate.embedders.Bag", "WINDOW": 10}) == {}
    assert found(EMBEDDER=None) == {}
    assert "EMBEDDER'] is str" in found(EMBEDDER="a path")["E002"].msg


# Targets


@pytest.fixture
def own():
    return Registry()


@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        ("nowhere.Model", {}, "No installed app"),
        ("site.Unmoderated", {"txt": "body"}, "'txt' is not an option"),
        ("site.Unmoderated", "nowhere.Target", "nowhere"),
        ("site.Article", {"text": "body"}, "has a target already"),
    ],
)
def test_e003_a_target_that_cannot_be_registered(found, label, value, said):
    with registry.override(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(django_settings, "MODERATION", {"TARGETS": {label: value}})
        registry.register_from_settings()
        message = found()["E003"]
    assert message.msg.startswith(f"The target of {label} cannot be used: ")
    assert said in message.msg
    assert "INSTALLED_APPS" in message.hint
    assert "only once" in message.hint


class Named:
    """Stands for whatever somebody wrote instead of a function."""


@pytest.mark.parametrize(
    ("options", "said", "advice"),
    [
        ({"kind": ""}, "kind is ''", "Use 'article' or 'comment'"),
        ({"kind": "post"}, "kind is 'post'", "Use 'article' or 'comment'"),
        ({"text": None}, "text is missing", "field that holds the body"),
        ({"text": "bdy"}, "text leads nowhere: 'bdy'", "spelled right"),
        ({"text": Named()}, "text is <", "a dotted path or a callable"),
        ({"text": lambda: "words"}, "text cannot be called", "function of one argument"),
        ({"text": lambda obj, request: ""}, "text cannot be called", "function of one argument"),
        ({"text": "author"}, "leads to an object, not to a text", "'author.name'"),
        ({"title": "article"}, "leads to an object, not to a text", "'article.name'"),
        ({"title": "article.author"}, "leads to an object", "'article.author.name'"),
        ({"author": "author.profile"}, "author leads nowhere", "spelled right"),
        ({"parent": "article_id"}, "leads to a value, not to an object", "the relation itself"),
        ({"parent": "article.headline"}, "leads to a value", "the relation itself"),
        ({"text_format": "rst"}, "text_format is 'rst'", "'plain', 'html', 'markdown'"),
        ({"text_format": lambda: "html"}, "text_format cannot be called", "one argument"),
    ],
)
def test_e004_an_option_that_cannot_be_read(options, said, advice):
    message = only(of_target(Comment, **options), "E004")
    assert message.msg.startswith("The target of site.Comment: ")
    assert said in message.msg
    assert advice in message.hint
    assert message.obj == "site.Comment"


@pytest.mark.parametrize(
    ("visibility", "said", "advice"),
    [
        ({}, "visibility is {}", "(value when shown, value when hidden)"),
        (["is_public"], "visibility is ['is_public']", "(value when shown"),
        ({"public": (True, False)}, "names no column", "spelled right"),
        ({"id": (1, 2)}, "names no column", "a key"),
        ({"comments": (1, 2)}, "names no column", "relation to many"),
        ({"is_public": False}, "no pair of values", "(value when shown"),
        ({"is_public": (True,)}, "no pair of values", "(value when shown"),
        ({"is_public": (True, True)}, "same value for 'is_public'", "the second the one that"),
        ({"is_public": (True, "hidden")}, "'hidden', which the field refuses", "can store"),
        ({"is_public": (True, None)}, "it may not be null", "can store"),
        ({"views": (0, "none")}, "'none', which the field refuses", "can store"),
        ({"changed_at": (None, "never")}, "which the field refuses", "can store"),
    ],
)
def test_e004_a_visibility_that_does_not_hide(visibility, said, advice):
    messages = list(of_target(Article, kind="article", visibility=visibility))
    message = next(message for message in messages if said in message.msg)
    assert message.id == "moderation.E004"
    assert advice in message.hint


@isolate_apps("tests.site")
def test_e004_a_value_that_is_none_of_the_fields_choices():
    class Review(models.Model):
        body = models.TextField()
        state = models.CharField(max_length=9, choices=[("out", "Out"), ("in", "In")])

        class Meta:
            app_label = "site"

    message = only(of_target(Review, visibility={"state": ("out", "hidden")}), "E004")
    assert "'hidden', which the field refuses: it is none of the choices" in message.msg
    assert list(of_target(Review, visibility={"state": ("out", "in")})) == []


@isolate_apps("tests.site")
def test_e004_a_column_the_database_writes():
    class Review(models.Model):
        body = models.TextField()
        length = models.GeneratedField(
            expression=models.functions.Length("body"),
            output_field=models.IntegerField(),
            db_persist=True,
        )

        class Meta:
            app_label = "site"

    message = only(of_target(Review, visibility={"length": (1, 0)}), "E004")
    assert "generated column" in message.hint


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (Comment, {"parent": "article", "author_label": "author_name"}),
        (Comment, {"text": lambda comment: comment.body, "text_format": lambda comment: "html"}),
        (Comment, {"text": str}),  # a built-in is called with the object as well
        (Comment, {"url": "article.get_absolute_url"}),
        (Comment, {"visibility": {"author_id": (None, lambda: 1)}}),
        (Article, {"visibility": {"changed_at": (None, lambda: None), "is_public": (True, False)}}),
        (Essay, {"text": "content", "visibility": {"state": ("published", "withdrawn")}}),
        (Essay, {"text": "content", "author": "writer.user", "visibility": {"state": ["a", "b"]}}),
        (Remark, {"text": "whole_text", "parent": "about", "visibility": {"first": ("", "x")}}),
        (SignedNote, {"text": "text", "visibility": {"shown": (True, False)}}),
        (NoteProxy, {"text": "text", "visibility": {"shown": (True, False)}}),
    ],
)
def test_sound_options_are_let_pass(model, options):
    assert not [m for m in of_target(model, **options) if "changed_at" not in m.msg]


def test_a_target_may_read_its_text_in_a_method_of_its_own():
    class Own(Target):
        kind = "comment"
        visibility = SHOWN

        def get_text(self, obj):
            return "words"

    assert list(check_target(Own(Comment))) == []


def test_e010_parent_and_child_with_a_target_each(own):
    options = {"kind": "comment", "text": "text"}
    own.register(DiaryPage, **options, visibility={"shown": (True, False)})
    assert list(check_registry(own)) == []
    own.register(Diary, **options, visibility={"text": ("x", "")})
    message = only(check_registry(own), "E010")
    assert "site.DiaryPage and its parent site.Diary both have a target" in message.msg
    assert message.hint.startswith("Keep one")


def test_e010_is_not_about_proxies(own):
    own.register(NoteProxy, kind="comment", text="text", visibility={"shown": (True, False)})
    assert list(check_registry(own)) == []


@pytest.mark.parametrize("method", ["hide", "restore"])
def test_e011_a_way_without_a_way_back(method):
    target = type("Half", (Target,), {"kind": "comment", "text": "body", method: lambda s, o: None})
    messages = {message.id: message for message in check_target(target(Comment))}
    message = messages["moderation.E011"]
    missing = "restore" if method == "hide" else "hide"
    assert f"has {method}() but no {missing}()" in message.msg
    assert message.hint.startswith(f"Write {missing}() as well")


@isolate_apps("tests.site")
def test_e012_keys_that_do_not_fit():
    class Composite(models.Model):
        pk = models.CompositePrimaryKey("volume", "page")
        volume = models.IntegerField()
        page = models.IntegerField()
        body = models.TextField()

        class Meta:
            app_label = "site"

    class Wordy(models.Model):
        name = models.TextField(primary_key=True)
        body = models.TextField()

        class Meta:
            app_label = "site"

    class Long(models.Model):
        name = models.CharField(max_length=256, primary_key=True)
        body = models.TextField()

        class Meta:
            app_label = "site"

    class Fitting(models.Model):
        name = models.CharField(max_length=255, primary_key=True)
        body = models.TextField()

        class Meta:
            app_label = "site"

    shown = {"body": ("x", "")}
    message = only(of_target(Composite, visibility=shown), "E012")
    assert "its primary key has several columns" in message.msg
    for model in (Wordy, Long):
        message = only(of_target(model, visibility=shown), "E012")
        assert "may be longer than 255 characters" in message.msg
        assert "fits into 255 characters" in message.hint
    assert list(of_target(Fitting, visibility=shown)) == []


@isolate_apps("tests.site")
def test_e012_a_model_that_is_swapped_out(settings):
    settings.SITE_LETTER_MODEL = "site.Article"

    class Letter(models.Model):
        body = models.TextField()

        class Meta:
            app_label = "site"
            swappable = "SITE_LETTER_MODEL"

    message = only(of_target(Letter, visibility={"body": ("x", "")}), "E012")
    assert "swapped out for site.Article" in message.msg
    assert "the model that has the rows" in message.hint


def test_w003_no_model_is_registered(own):
    message = only(check_registry(own), "W003")
    assert "moderation_targets.py" in message.hint


def test_w004_objects_that_cannot_be_hidden():
    message = only(of_target(Comment, visibility=None), "W004")
    assert message.msg == "Objects of site.Comment cannot be hidden."
    assert "{'is_public': (True, False)}" in message.hint
    assert "hide() and restore()" in message.hint


def test_w008_an_article_that_belongs_to_something():
    message = only(of_target(Comment, kind="article", parent="article"), "W008")
    assert "kind='comment'" in message.hint


def test_w009_an_undo_that_forgets_the_half():
    class Loud(Target):
        kind, text, visibility = "comment", "body", SHOWN

        def hide(self, obj):
            """Hides, and tells the world."""

    class Complete(Loud):
        def write_back(self, obj, values):
            """Shows again, and tells the world."""

    message = only(check_target(Loud(Comment)), "W009")
    assert "Leave visibility out" in message.hint
    assert "write_back()" in message.hint
    assert list(check_target(Complete(Comment))) == []


# Detectors


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"CLASS": "tests.site.detectors.Missing"}, "Missing"),
        ({"CLASS": "tests.site.models.Article"}, "is not a detector"),
        ({}, "no CLASS is given"),
        ({"CLASS": "tests.site.detectors.WordDetector", "OPTION": {}}, "unknown keys: OPTION"),
        ({"CLASS": "tests.site.detectors.WordDetector", "OPTIONS": {"x": 1}}, "'x'"),
        ("tests.site.detectors.WordDetector", "is not a dict"),
    ],
)
def test_e008_a_detector_that_cannot_be_built(found, entry, said):
    message = found(DETECTORS={**ONLY_WORDS, "mine": entry})["E008"]
    assert message.msg.startswith("The detector 'mine' cannot be used: ")
    assert said in message.msg
    assert "{'CLASS': dotted path" in message.hint


def test_e009_a_mode_there_is_not(found):
    message = found(DETECTORS={**ONLY_WORDS, "word": {**ONLY_WORDS["word"], "MODE": "quiet"}})[
        "E009"
    ]
    assert "MODE is 'quiet'" in message.msg
    assert "'live' or 'shadow'" in message.hint


def test_w006_no_detector_is_left(found):
    message = found(DETECTORS=dict.fromkeys(BUILT_IN))["W006"]
    assert "Remove the None entries" in message.hint


# Getting the work done

IMMEDIATE = "moderation.dispatch.immediate.ImmediateDispatcher"


def test_w001_scans_inside_the_request(found, settings):
    settings.DEBUG = False
    message = found(DISPATCHER=IMMEDIATE)["W001"]
    assert "CeleryDispatcher" in message.hint
    settings.DEBUG = True
    assert found(DISPATCHER=IMMEDIATE) == {}


def test_w002_no_broker_anywhere(found, settings, app):
    del settings.CELERY_BROKER_URL
    app.conf.broker_url = None
    message = found()["W002"]
    assert "Set CELERY_BROKER_URL" in message.hint


def test_w002_a_broker_no_application_has_heard_of(found, settings, app):
    settings.CELERY_BROKER_URL = "redis://localhost:6379/0"
    app.conf.broker_url = None
    message = found()["W002"]
    assert "no Celery application has read it" in message.hint
    assert "__init__.py" in message.hint


@pytest.mark.parametrize("schedule", [{}, {"other": {"task": "news.digest", "schedule": 60.0}}])
def test_w007_nobody_sweeps(found, app, schedule):
    app.conf.beat_schedule = schedule
    message = found()["W007"]
    assert "'task': 'moderation.sweep'" in message.hint
    assert "manage.py moderation_sweep" in message.hint


def test_w007_cannot_know_a_schedule_kept_elsewhere(found, app):
    app.conf.beat_schedule = {}
    app.conf.beat_scheduler = "django_celery_beat.schedulers:DatabaseScheduler"
    assert found() == {}


class Pigeons(Dispatcher):
    """A dispatcher of the site's own, with something to say."""

    def ask(self, job, *ids):
        return True

    def check(self):
        yield checks.Warning("The pigeons are moulting.", id="site.W001")


def test_a_dispatcher_of_the_sites_own_has_its_say(found):
    (message,) = found(DISPATCHER=f"{__name__}.Pigeons").values()
    assert message.msg == "The pigeons are moulting."


def test_a_check_can_be_silenced(app, settings, capsys):
    from django.core.management import call_command

    settings.MODERATION = {"DETECTORS": ONLY_WORDS, **WHERE}
    app.conf.beat_schedule = {}
    settings.SILENCED_SYSTEM_CHECKS = ["moderation.W007"]
    call_command("check", tags=["moderation"], fail_level="WARNING")
    assert "1 silenced" in capsys.readouterr().out


def test_other_models_than_those_registered_are_nobodys_business(found):
    assert registry.lookup(Unmoderated) is None
    assert registry.lookup(Note) is not None
    assert found() == {}


def test_w010_a_lease_that_ends_before_the_scan_may(found):
    message = found(SCAN_LEASE_SECONDS=60, SCAN_TIME_LIMIT=60)["W010"]
    assert "longer" in message.hint
    assert "W010" not in found(SCAN_LEASE_SECONDS=61, SCAN_TIME_LIMIT=60)


class OnlyApi:
    urlpatterns = (path("api/", include("moderation.api.urls")),)


class NoReports:
    urlpatterns = ()


@pytest.mark.parametrize(
    ("values", "addresses", "is_said"),
    [
        ({"SITE_URL": ""}, "tests.urls", True),
        ({}, "tests.urls", False),
        ({"SITE_URL": "", "REPORT_ANONYMOUS": False}, "tests.urls", False),
        ({"SITE_URL": "", "NOTIFY_REPORTERS": False}, "tests.urls", False),
        ({"SITE_URL": ""}, OnlyApi, True),
        ({}, OnlyApi, True),
        ({"SITE_URL": ""}, NoReports, False),
        ({"SITE_URL": ""}, None, False),
    ],
)
def test_w011_nobody_can_confirm_an_address(found, settings, values, addresses, is_said):
    settings.ROOT_URLCONF = addresses
    messages = found(**values)
    assert ("W011" in messages) is is_said
    if is_said:
        assert "SITE_URL" in messages["W011"].hint
