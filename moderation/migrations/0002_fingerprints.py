import django.db.models.deletion
from django.db import migrations, models

TABLE = """
    CREATE TABLE moderation_fingerprint (
        hash bigint NOT NULL,
        document bigint NOT NULL,
        PRIMARY KEY (hash, document)
    )
"""


def create_fingerprints(apps, schema_editor):
    # The key is all there is to a row: without a rowid SQLite stores it once instead of twice.
    suffix = "WITHOUT ROWID" if schema_editor.connection.vendor == "sqlite" else ""
    schema_editor.execute(TABLE + suffix)


def drop_fingerprints(apps, schema_editor):
    schema_editor.execute("DROP TABLE moderation_fingerprint")


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0001_initial"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunPython(
                    create_fingerprints, drop_fingerprints, hints={"model_name": "fingerprint"}
                ),
            ],
            state_operations=[
                migrations.CreateModel(
                    name="Fingerprint",
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
                        ("hash", models.BigIntegerField(verbose_name="fingerprint")),
                        (
                            "document",
                            models.BigIntegerField(verbose_name="number of the indexed text"),
                        ),
                    ],
                    options={
                        "verbose_name": "fingerprint",
                        "verbose_name_plural": "fingerprints",
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name="IndexedDocument",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "params",
                    models.PositiveSmallIntegerField(verbose_name="version of the fingerprints"),
                ),
                ("exact", models.BinaryField(null=True, verbose_name="hash of all words")),
                ("story", models.BigIntegerField(verbose_name="story")),
                (
                    "snapshot",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="moderation.snapshot",
                        verbose_name="snapshot",
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="indexed",
                        to="moderation.subject",
                        verbose_name="subject",
                    ),
                ),
            ],
            options={
                "verbose_name": "indexed text",
                "verbose_name_plural": "indexed texts",
                "indexes": [
                    models.Index(
                        condition=models.Q(("exact__isnull", False)),
                        fields=["exact"],
                        name="moderation_indexed_exact",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("snapshot__isnull", False)),
                        fields=("subject",),
                        name="moderation_one_indexed_text",
                    )
                ],
            },
        ),
    ]
