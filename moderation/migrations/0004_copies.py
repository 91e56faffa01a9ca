import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import moderation.models.fields

TABLE = """
    CREATE TABLE {table} (
        hash {type} NOT NULL,
        document {type} NOT NULL,
        PRIMARY KEY (hash, document)
    )
"""


def create(schema_editor, table, column_type):
    # The key is all there is to a row: without a rowid SQLite stores it once instead of twice.
    suffix = "WITHOUT ROWID" if schema_editor.connection.vendor == "sqlite" else ""
    schema_editor.execute(TABLE.format(table=table, type=column_type) + suffix)


def narrow_fingerprints(apps, schema_editor):
    schema_editor.execute("DROP TABLE moderation_fingerprint")
    create(schema_editor, "moderation_fingerprint", "integer")


def widen_fingerprints(apps, schema_editor):
    schema_editor.execute("DROP TABLE moderation_fingerprint")
    create(schema_editor, "moderation_fingerprint", "bigint")


def create_story_terms(apps, schema_editor):
    create(schema_editor, "moderation_storyterm", "integer")


def drop_story_terms(apps, schema_editor):
    schema_editor.execute("DROP TABLE moderation_storyterm")


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0003_starter_policies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="indexeddocument",
            name="id",
            field=models.AutoField(primary_key=True, serialize=False),
        ),
        # What stands in the table of fingerprints was made in another way; moderation_reindex
        # makes it anew, each text under the number it has.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunPython(
                    narrow_fingerprints, widen_fingerprints, hints={"model_name": "fingerprint"}
                ),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="fingerprint",
                    name="document",
                    field=models.IntegerField(verbose_name="number of the indexed text"),
                ),
                migrations.AlterField(
                    model_name="fingerprint",
                    name="hash",
                    field=models.IntegerField(verbose_name="fingerprint"),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunPython(
                    create_story_terms, drop_story_terms, hints={"model_name": "storyterm"}
                ),
            ],
            state_operations=[
                migrations.CreateModel(
                    name="StoryTerm",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "hash",
                                "document",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("hash", models.IntegerField(verbose_name="hash of the word")),
                        (
                            "document",
                            models.IntegerField(verbose_name="number of the indexed text"),
                        ),
                    ],
                    options={
                        "verbose_name": "story term",
                        "verbose_name_plural": "story terms",
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name="Embedding",
            fields=[
                (
                    "document",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="moderation.indexeddocument",
                        verbose_name="indexed text",
                    ),
                ),
                ("model", models.CharField(db_index=True, max_length=100, verbose_name="model")),
                ("vector", moderation.models.fields.VectorField(verbose_name="vector")),
            ],
            options={
                "verbose_name": "embedding",
                "verbose_name_plural": "embeddings",
            },
        ),
        migrations.CreateModel(
            name="ReferenceDocument",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "identity",
                    models.CharField(
                        editable=False, max_length=64, unique=True, verbose_name="identity"
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=500, verbose_name="title")),
                ("url", models.CharField(blank=True, max_length=1000, verbose_name="address")),
                (
                    "publisher",
                    models.CharField(blank=True, max_length=200, verbose_name="publisher"),
                ),
                (
                    "licence",
                    models.CharField(
                        blank=True,
                        help_text="as the publisher names it",
                        max_length=200,
                        verbose_name="licence",
                    ),
                ),
                (
                    "may_be_copied",
                    models.BooleanField(
                        default=False,
                        help_text="The licence covers copies on this site: they are not flagged.",
                        verbose_name="may be copied",
                    ),
                ),
                (
                    "published_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="published"),
                ),
                ("language", models.CharField(blank=True, max_length=20, verbose_name="language")),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("plain", "plain text"),
                            ("html", "HTML"),
                            ("markdown", "Markdown"),
                        ],
                        default="plain",
                        max_length=20,
                        verbose_name="format",
                    ),
                ),
                ("text", models.TextField(verbose_name="text")),
                ("text_hash", models.CharField(editable=False, max_length=64, verbose_name="hash")),
                (
                    "length",
                    models.PositiveIntegerField(
                        editable=False, verbose_name="length in characters"
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        blank=True,
                        db_index=True,
                        editable=False,
                        max_length=200,
                        verbose_name="imported from",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Articles are compared with active documents only.",
                        verbose_name="active",
                    ),
                ),
                ("added_at", models.DateTimeField(auto_now_add=True, verbose_name="added")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            ],
            options={
                "verbose_name": "reference document",
                "verbose_name_plural": "reference documents",
            },
        ),
        migrations.AddField(
            model_name="subject",
            name="published_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="published"),
        ),
        migrations.AlterField(
            model_name="indexeddocument",
            name="story",
            field=models.IntegerField(verbose_name="story"),
        ),
        migrations.AlterField(
            model_name="indexeddocument",
            name="subject",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="indexed",
                to="moderation.subject",
                verbose_name="subject",
            ),
        ),
        migrations.CreateModel(
            name="Allowance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("source", "source"),
                            ("author", "author"),
                            ("passage", "passage"),
                        ],
                        max_length=20,
                        verbose_name="scope",
                    ),
                ),
                (
                    "value",
                    models.TextField(
                        help_text="A host or publisher, the key of an author, or the text of a passage.",
                        verbose_name="value",
                    ),
                ),
                ("value_hash", models.CharField(editable=False, max_length=64)),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                (
                    "origin",
                    models.CharField(
                        choices=[("moderator", "a moderator"), ("learned", "learned")],
                        default="moderator",
                        editable=False,
                        max_length=20,
                        verbose_name="entered by",
                    ),
                ),
                (
                    "stories",
                    models.PositiveIntegerField(
                        default=0, editable=False, verbose_name="stories that have it"
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "updated_at",
                    models.DateTimeField(auto_now=True, db_index=True, verbose_name="changed"),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
            ],
            options={
                "verbose_name": "allow-list entry",
                "verbose_name_plural": "allow-list entries",
            },
        ),
        migrations.AddField(
            model_name="finding",
            name="reference",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="copied_by",
                to="moderation.referencedocument",
                verbose_name="matched reference document",
            ),
        ),
        migrations.AddField(
            model_name="indexeddocument",
            name="reference",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="indexed",
                to="moderation.referencedocument",
                verbose_name="reference document",
            ),
        ),
        migrations.AddConstraint(
            model_name="indexeddocument",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reference__isnull", True), ("subject__isnull", False)),
                    models.Q(("reference__isnull", False), ("subject__isnull", True)),
                    _connector="OR",
                ),
                name="moderation_indexed_has_one_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="allowance",
            constraint=models.UniqueConstraint(
                fields=("scope", "value_hash"), name="moderation_allowance_once"
            ),
        ),
    ]
