"""What cases are filtered, ordered and found by.

What the desk computes today is written down here as it was then: what it computes later must not
change what this does.
"""

import html
import math
import re
from datetime import UTC, datetime, timedelta

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import moderation.models.search

IS_TO_DO = Q(state__in=["open", "claimed", "escalated"])

# What only PostgreSQL has, and no model can name: indexes that look into a value.
INTO_VALUES = {
    "moderation_case_categories": "moderation_case USING gin (categories)",
    "moderation_case_detectors": "moderation_case USING gin (detectors)",
    "moderation_search_words": "moderation_searchtext USING gin (words)",
}

START, DOUBLES_EVERY = datetime(2020, 1, 1, tzinfo=UTC), timedelta(days=3)
DUE_HOURS = {85: 1, 60: 8, 30: 24, 0: 72}

MOST_WORDS, LONGEST_WORD, LONGEST_NAME, READ_CHARS = 5_000, 40, 200, 200_000
DENSE = "\u3005-\u3007\u3041-\u30fc\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
SPARSE = "\u0e01-\u0e4e\u0e81-\u0edf\u1000-\u109f\u1780-\u17dd"
ACCENTS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0dff"
LETTERS = rf"(?:(?![{DENSE}{SPARSE}])(?:[^\W_]|[{ACCENTS}]))+"
WORD = re.compile(rf"([{DENSE}]+)|([{SPARSE}]+)|{LETTERS}(?:['’]{LETTERS})?")
UNSEEN = re.compile(r"<[^<>]*>")


def index_values(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name, what in INTO_VALUES.items():
            schema_editor.execute(f"CREATE INDEX {name} ON {what}")


def forget_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INTO_VALUES:
            schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


def describe_cases(apps, schema_editor):
    """Give the cases that are there what the queue filters and orders by."""
    using = schema_editor.connection.alias
    Case = apps.get_model("moderation", "Case")
    Finding = apps.get_model("moderation", "Finding")
    rows = Case.objects.using(using).select_related("subject", "snapshot").order_by("pk")
    for case in rows.iterator(chunk_size=500):
        found = Finding.objects.using(using).filter(scan__snapshot=case.snapshot_id, mode="live")
        case.detectors = sorted(set(found.order_by().values_list("detector", flat=True)))
        case.kind = case.subject.kind
        case.language = case.snapshot.language if case.snapshot else ""
        case.priority = priority_of(case)
        case.due_at = due_at(case)
        case.save(
            using=using, update_fields=["detectors", "kind", "language", "priority", "due_at"]
        )
        if case.snapshot:
            note_words(apps.get_model("moderation", "SearchText"), case, using)


def priority_of(case):
    """Weigh severity and reports; what was opened earlier comes first."""
    reports = min(1 + math.log2(1 + max(case.reported, 0.0)), 4.0)
    return math.log2(max(case.severity, 1) * reports) - (case.opened_at - START) / DOUBLES_EVERY


def due_at(case):
    """Return until when a case should be decided, as the site has it."""
    hours = getattr(settings, "MODERATION", {}).get("DUE_HOURS", DUE_HOURS)
    steps = {least: each for least, each in hours.items() if case.severity >= least}
    return case.opened_at + timedelta(hours=steps[max(steps)]) if steps else None


def note_words(search_text, case, using):
    """Write down by which words a case is found; the next scan of the text does it anew."""
    snapshot = case.snapshot
    text = snapshot.text
    if snapshot.format == "html":
        text = html.unescape(UNSEEN.sub(" ", text))
    author = snapshot.author_label or case.subject.author_label
    if case.subject.label != snapshot.title:  # a site may call a text by who wrote it
        author = f"{author} {case.subject.label}"
    found = dict.fromkeys(f"@{word[:LONGEST_WORD]}" for word in words(author[:LONGEST_NAME]))
    for part in (snapshot.title, text[:READ_CHARS]):
        found.update(dict.fromkeys(word[:LONGEST_WORD] for word in words(part)))
    search_text.objects.using(using).get_or_create(
        snapshot=snapshot, defaults={"words": list(found)[:MOST_WORDS]}
    )


def words(text):
    """Yield words, case folded; in scripts without spaces, short runs of characters."""
    for match in WORD.finditer(text.casefold()):
        word, dense, sparse = match[0], match[1], match[2]
        if dense:
            yield from word
        elif sparse:
            yield from (word[at : at + 3] for at in range(max(len(word) - 3, 0) + 1))
        else:
            yield word


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0010_webhooks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ModeratorPreference",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="moderator",
                    ),
                ),
                ("keys_on", models.BooleanField(default=True, verbose_name="single keys")),
                ("key_map", models.JSONField(blank=True, default=dict, verbose_name="own keys")),
                (
                    "mask_offensive",
                    models.BooleanField(default=True, verbose_name="mask offensive words"),
                ),
                ("break_hint", models.BooleanField(default=True, verbose_name="suggest breaks")),
            ],
            options={
                "verbose_name": "preferences of a moderator",
                "verbose_name_plural": "preferences of moderators",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Presence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seen_at", models.DateTimeField(verbose_name="last seen")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="moderation.case",
                        verbose_name="case",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="moderator",
                    ),
                ),
            ],
            options={
                "verbose_name": "presence",
                "verbose_name_plural": "presences",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.CharField(blank=True, max_length=2000, verbose_name="query")),
                (
                    "shared",
                    models.BooleanField(default=False, verbose_name="shared with colleagues"),
                ),
                (
                    "created_at",
                    models.DateTimeField(auto_now_add=True, verbose_name="created"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="moderator",
                    ),
                ),
            ],
            options={
                "verbose_name": "view of the queue",
                "verbose_name_plural": "views of the queue",
                "ordering": ["name", "pk"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="SearchText",
            fields=[
                (
                    "snapshot",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="moderation.snapshot",
                        verbose_name="text as judged",
                    ),
                ),
                ("words", moderation.models.search.WordsField(verbose_name="words")),
            ],
            options={
                "verbose_name": "words of a text",
                "verbose_name_plural": "words of texts",
                "default_permissions": (),
            },
        ),
        migrations.RemoveIndex(model_name="case", name="moderation_case_queue"),
        migrations.AddField(
            model_name="case",
            name="detectors",
            field=models.JSONField(blank=True, default=list, verbose_name="detectors"),
        ),
        migrations.AddField(
            model_name="case",
            name="due_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="due"),
        ),
        migrations.AddField(
            model_name="case",
            name="kind",
            field=models.CharField(
                blank=True,
                choices=[("article", "article"), ("comment", "comment")],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="language",
            field=models.CharField(blank=True, max_length=20, verbose_name="language"),
        ),
        migrations.AddField(
            model_name="case",
            name="reach",
            field=models.FloatField(default=1, verbose_name="weight of the reach"),
        ),
        migrations.AddField(
            model_name="case",
            name="section",
            field=models.CharField(blank=True, max_length=100, verbose_name="section"),
        ),
        migrations.AddField(
            model_name="subject",
            name="reach",
            field=models.FloatField(blank=True, null=True, verbose_name="reach"),
        ),
        migrations.AddField(
            model_name="subject",
            name="section",
            field=models.CharField(blank=True, max_length=100, verbose_name="section"),
        ),
        migrations.AddConstraint(
            model_name="presence",
            constraint=models.UniqueConstraint(
                fields=("case", "user"), name="moderation_present_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                fields=("user", "name"), name="moderation_view_once_per_name"
            ),
        ),
        *(
            migrations.AddIndex(
                model_name="case",
                index=models.Index(fields=fields, name=f"moderation_case_{name}", **options),
            )
            for name, fields, options in (
                ("todo", ["-priority", "id"], {"condition": IS_TO_DO}),
                ("waiting", ["opened_at", "id"], {"condition": IS_TO_DO}),
                ("due", ["due_at"], {"condition": IS_TO_DO}),
                ("state", ["state", "opened_at", "id"], {}),
                ("opened", ["opened_at", "id"], {}),
                ("section", ["section"], {}),
                ("language", ["language"], {}),
            )
        ),
        migrations.RunPython(index_values, forget_indexes),
        migrations.RunPython(describe_cases, migrations.RunPython.noop),
    ]
