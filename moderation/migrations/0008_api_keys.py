import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import moderation.models.api_keys


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0007_reports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="Which site or program uses the key.",
                        max_length=200,
                        verbose_name="name",
                    ),
                ),
                (
                    "prefix",
                    models.CharField(editable=False, max_length=12, verbose_name="begins with"),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "scopes",
                    models.JSONField(
                        default=moderation.models.api_keys.every_scope, verbose_name="may"
                    ),
                ),
                (
                    "per_second",
                    models.PositiveIntegerField(
                        blank=True, default=10, null=True, verbose_name="requests a second"
                    ),
                ),
                (
                    "per_minute",
                    models.PositiveIntegerField(
                        blank=True, default=300, null=True, verbose_name="requests a minute"
                    ),
                ),
                (
                    "per_day",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="requests a day"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "last_used_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last used"),
                ),
                (
                    "revoked_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="revoked"),
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
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
            },
        ),
        migrations.CreateModel(
            name="SuggestedScore",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(verbose_name="text")),
                ("text_hash", models.CharField(editable=False, max_length=32)),
                ("format", models.CharField(max_length=20, verbose_name="format")),
                ("attribute", models.CharField(max_length=100, verbose_name="attribute")),
                (
                    "score",
                    models.FloatField(
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(1.0),
                        ],
                        verbose_name="score",
                    ),
                ),
                ("start", models.PositiveIntegerField(verbose_name="start")),
                ("end", models.PositiveIntegerField(verbose_name="end")),
                ("language", models.CharField(blank=True, max_length=50, verbose_name="language")),
                (
                    "community",
                    models.CharField(blank=True, max_length=200, verbose_name="community"),
                ),
                (
                    "client_token",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="token of the client"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True, db_index=True, verbose_name="suggested"
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="suggestions",
                        to="moderation.apikey",
                        verbose_name="API key",
                    ),
                ),
            ],
            options={
                "verbose_name": "suggested score",
                "verbose_name_plural": "suggested scores",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("key", "text_hash", "attribute", "start", "end", "community"),
                        name="moderation_suggested_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 0.0), ("score__lte", 1.0)),
                        name="moderation_suggested_score_range",
                    ),
                ],
            },
        ),
    ]
