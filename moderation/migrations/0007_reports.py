import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CATEGORIES = {
    "threats": "VIOLENCE",
    "dehumanising": "ILLEGAL_OR_HARMFUL_SPEECH",
    "copied": "INTELLECTUAL_PROPERTY_INFRINGEMENTS",
    "personal-attack": "CYBER_VIOLENCE",
    "rage-bait": "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
    "profanity": "CYBER_VIOLENCE",
}


def name_categories(apps, schema_editor):
    """Say in statements of reasons what the starter policies are about."""
    Policy = apps.get_model("moderation", "Policy")
    using = schema_editor.connection.alias
    for code, category in CATEGORIES.items():
        Policy.objects.using(using).filter(code=code).update(
            statement_category=f"STATEMENT_CATEGORY_{category}"
        )


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0006_replies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Appeal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(verbose_name="objection")),
                (
                    "author_label",
                    models.CharField(blank=True, max_length=200, verbose_name="author"),
                ),
                ("language", models.CharField(blank=True, max_length=20, verbose_name="language")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("submitted", "submitted"),
                            ("under_review", "under review"),
                            ("upheld", "decision upheld"),
                            ("partially_reversed", "decision partially reversed"),
                            ("reversed", "decision reversed"),
                            ("withdrawn", "withdrawn by the author"),
                            ("expired", "expired, the decision no longer stands"),
                        ],
                        default="submitted",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                (
                    "judge_label",
                    models.CharField(blank=True, max_length=200, verbose_name="judge's name"),
                ),
                ("public_note", models.TextField(blank=True, verbose_name="note for the author")),
                ("internal_note", models.TextField(blank=True, verbose_name="internal note")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="submitted")),
                ("taken_at", models.DateTimeField(blank=True, null=True, verbose_name="taken")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
            ],
            options={
                "verbose_name": "appeal",
                "verbose_name_plural": "appeals",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("report_received", "report received"),
                            ("report_answered", "report answered"),
                            ("author_notified", "author told of a decision"),
                            ("appeal_received", "appeal received"),
                            ("appeal_judged", "appeal judged"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("about", models.CharField(max_length=100, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("sent", "sent"),
                            ("void", "not needed any more"),
                            ("failed", "given up"),
                        ],
                        default="waiting",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("due_at", models.DateTimeField(verbose_name="due")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
            ],
            options={
                "verbose_name": "notice",
                "verbose_name_plural": "notices",
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("reader", "report by a reader"), ("notice", "legal notice")],
                        default="reader",
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("attack", "insults or attacks somebody"),
                            ("hate", "disparages a group of people"),
                            ("threat", "threatens somebody, or calls for violence"),
                            ("copied", "copied from somewhere else"),
                            ("false", "states something false as a fact"),
                            ("privacy", "tells private things about somebody"),
                            ("spam", "advertising, or posted over and over"),
                            ("minors", "sexual abuse of children"),
                            ("unlawful", "breaks another law"),
                            ("other", "something else"),
                        ],
                        max_length=20,
                        verbose_name="category",
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="explanation")),
                (
                    "location",
                    models.CharField(blank=True, max_length=500, verbose_name="exact address"),
                ),
                (
                    "good_faith",
                    models.BooleanField(default=False, verbose_name="states good faith"),
                ),
                (
                    "reporter_key",
                    models.CharField(blank=True, max_length=100, verbose_name="reporter key"),
                ),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="e-mail address"),
                ),
                ("language", models.CharField(blank=True, max_length=20, verbose_name="language")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waits for a decision"),
                            ("confirmed", "confirmed by the decision"),
                            ("rejected", "not confirmed by the decision"),
                            ("moot", "nothing left to decide"),
                        ],
                        default="waiting",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                ("weight", models.FloatField(default=1, verbose_name="weight")),
                ("times", models.PositiveIntegerField(default=1, verbose_name="times reported")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="reported")),
                ("reported_at", models.DateTimeField(verbose_name="last reported")),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered"),
                ),
            ],
            options={
                "verbose_name": "report",
                "verbose_name_plural": "reports",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="StatementOfReasons",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("puid", models.CharField(max_length=500, unique=True, verbose_name="identifier")),
                ("document", models.JSONField(verbose_name="document")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="made")),
            ],
            options={
                "verbose_name": "statement of reasons",
                "verbose_name_plural": "statements of reasons",
                "ordering": ["-pk"],
            },
        ),
        migrations.AddField(
            model_name="case",
            name="reported",
            field=models.FloatField(default=0, verbose_name="weight of the reports"),
        ),
        migrations.AddField(
            model_name="policy",
            name="statement_category",
            field=models.CharField(
                choices=[
                    ("STATEMENT_CATEGORY_ANIMAL_WELFARE", "animal welfare"),
                    ("STATEMENT_CATEGORY_CONSUMER_INFORMATION", "consumer information"),
                    ("STATEMENT_CATEGORY_CYBER_VIOLENCE", "cyber violence"),
                    (
                        "STATEMENT_CATEGORY_CYBER_VIOLENCE_AGAINST_WOMEN",
                        "cyber violence against women",
                    ),
                    (
                        "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
                        "data protection and privacy",
                    ),
                    ("STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH", "illegal or harmful speech"),
                    (
                        "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS",
                        "intellectual property",
                    ),
                    (
                        "STATEMENT_CATEGORY_NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
                        "civic discourse or elections",
                    ),
                    ("STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE", "not specified in a notice"),
                    ("STATEMENT_CATEGORY_OTHER_VIOLATION_TC", "another breach of the house rules"),
                    ("STATEMENT_CATEGORY_PROTECTION_OF_MINORS", "protection of minors"),
                    ("STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY", "public security"),
                    ("STATEMENT_CATEGORY_SCAMS_AND_FRAUD", "scams and fraud"),
                    ("STATEMENT_CATEGORY_SELF_HARM", "self-harm"),
                    (
                        "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS",
                        "unsafe or prohibited products",
                    ),
                    ("STATEMENT_CATEGORY_VIOLENCE", "violence"),
                ],
                default="STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
                help_text="What the Transparency Database of the European Union calls it.",
                max_length=70,
                verbose_name="category in statements of reasons",
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="author",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="author's account",
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="decision",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appeal",
                to="moderation.decision",
                verbose_name="decision",
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="judge",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="judge",
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="ruling",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="ruled_on_appeal",
                to="moderation.decision",
                verbose_name="decision in its place",
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="appeal",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notices",
                to="moderation.appeal",
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="decision",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notices",
                to="moderation.decision",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reports",
                to="moderation.case",
                verbose_name="case",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="decision",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="answered_reports",
                to="moderation.decision",
                verbose_name="answered by",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="reporter",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="reporter's account",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="snapshot",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="reports",
                to="moderation.snapshot",
                verbose_name="text as reported",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="subject",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reports",
                to="moderation.subject",
                verbose_name="subject",
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="report",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notices",
                to="moderation.report",
            ),
        ),
        migrations.AddField(
            model_name="statementofreasons",
            name="decision",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="statement",
                to="moderation.decision",
                verbose_name="decision",
            ),
        ),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(fields=["state", "created_at"], name="moderation_appeal_state"),
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(fields=["reporter_key", "state"], name="moderation_report_by"),
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(fields=["state", "case"], name="moderation_report_state"),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reporter_key", ""), _negated=True),
                fields=("case", "snapshot", "reporter_key"),
                name="moderation_report_once",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["due_at"],
                name="moderation_notice_due",
            ),
        ),
        migrations.RunPython(name_categories, migrations.RunPython.noop, elidable=True),
    ]
