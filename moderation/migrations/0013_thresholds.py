import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0012_case_page"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Threshold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("detector", models.CharField(max_length=50, verbose_name="detector")),
                ("category", models.CharField(max_length=50, verbose_name="category")),
                (
                    "section",
                    models.CharField(
                        blank=True,
                        help_text="Empty means the whole site.",
                        max_length=100,
                        verbose_name="section",
                    ),
                ),
                ("value", models.FloatField(verbose_name="threshold")),
                ("slope", models.FloatField(default=1.0, verbose_name="slope of the calibration")),
                (
                    "offset",
                    models.FloatField(default=0.0, verbose_name="offset of the calibration"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("shadow", "on trial"),
                            ("live", "live"),
                            ("retired", "retired"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("created_label", models.CharField(max_length=200, verbose_name="made by")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="made")),
                (
                    "tried_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="on trial since"),
                ),
                ("live_at", models.DateTimeField(blank=True, null=True, verbose_name="live since")),
                ("retired_at", models.DateTimeField(blank=True, null=True, verbose_name="retired")),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "threshold",
                "verbose_name_plural": "thresholds",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("value__gte", 0), ("value__lte", 1)),
                        name="moderation_threshold_is_score",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "live")),
                        fields=("detector", "category", "section"),
                        name="moderation_one_live_threshold",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "shadow")),
                        fields=("detector", "category", "section"),
                        name="moderation_one_shadow_threshold",
                    ),
                ],
            },
        ),
    ]
