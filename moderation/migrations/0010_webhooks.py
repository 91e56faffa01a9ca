import django.db.models.deletion
from django.db import migrations, models

import moderation.models.webhooks

KEY = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [("moderation", "0009_idempotency")]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", KEY.clone()),
                (
                    "name",
                    models.CharField(
                        help_text="Which site or program is told.",
                        max_length=200,
                        verbose_name="name",
                    ),
                ),
                ("url", models.CharField(max_length=1000, verbose_name="address")),
                ("events", models.JSONField(blank=True, default=list, verbose_name="events")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("secret", models.CharField(editable=False, max_length=120)),
                ("previous_secret", models.CharField(blank=True, editable=False, max_length=120)),
                (
                    "previous_until",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="old secret valid until"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            ],
            options={"verbose_name": "webhook", "verbose_name_plural": "webhooks"},
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", KEY.clone()),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="moderation.webhook",
                        verbose_name="webhook",
                    ),
                ),
                (
                    "message_id",
                    models.CharField(
                        default=moderation.models.webhooks.new_message_id,
                        editable=False,
                        max_length=60,
                        unique=True,
                        verbose_name="message",
                    ),
                ),
                ("event", models.CharField(max_length=50, verbose_name="event")),
                (
                    "event_number",
                    models.PositiveBigIntegerField(null=True, verbose_name="number of the event"),
                ),
                (
                    "case",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="moderation.case",
                        verbose_name="case",
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="moderation.decision",
                        verbose_name="decision",
                    ),
                ),
                ("body", models.TextField(verbose_name="message as sent")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "waiting"),
                            ("delivered", "delivered"),
                            ("dead", "given up"),
                            ("cancelled", "taken back in time"),
                        ],
                        default="pending",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("next_at", models.DateTimeField(verbose_name="next attempt")),
                ("asked_at", models.DateTimeField(editable=False, null=True)),
                (
                    "response_code",
                    models.PositiveSmallIntegerField(null=True, verbose_name="answer"),
                ),
                ("error", models.CharField(blank=True, max_length=100, verbose_name="error")),
                (
                    "duration_ms",
                    models.PositiveIntegerField(null=True, verbose_name="duration in ms"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="written")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("webhook", "event_number"), name="moderation_told_once"
                    )
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["next_at", "id"],
                        name="moderation_delivery_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "dead")),
                        fields=["created_at"],
                        name="moderation_delivery_dead",
                    ),
                    models.Index(fields=["finished_at"], name="moderation_delivery_done"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("id", KEY.clone()),
                ("name", models.CharField(max_length=50, unique=True, verbose_name="name")),
                ("at", models.DateTimeField(verbose_name="when")),
            ],
            options={"verbose_name": "sign of life", "verbose_name_plural": "signs of life"},
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", KEY.clone()),
                ("name", models.CharField(max_length=50, verbose_name="name")),
                ("labels", models.CharField(blank=True, max_length=300, verbose_name="labels")),
                ("value", models.FloatField(default=0, verbose_name="value")),
            ],
            options={
                "verbose_name": "count",
                "verbose_name_plural": "counts",
                "constraints": [
                    models.UniqueConstraint(fields=("name", "labels"), name="moderation_one_tally")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="detectorrun",
            index=models.Index(fields=["finished_at"], name="moderation_run_finished"),
        ),
        migrations.AddIndex(
            model_name="scan",
            index=models.Index(fields=["finished_at"], name="moderation_scan_finished"),
        ),
    ]
