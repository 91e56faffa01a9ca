from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("moderation", "0008_api_keys")]

    operations = [
        migrations.CreateModel(
            name="IdempotentRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("actor", models.CharField(max_length=200, verbose_name="account key")),
                ("key", models.CharField(max_length=255, verbose_name="key")),
                ("route", models.CharField(max_length=500, verbose_name="route")),
                ("body_hash", models.CharField(max_length=64, verbose_name="hash of the body")),
                (
                    "status",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="status"),
                ),
                ("headers", models.JSONField(blank=True, default=dict, verbose_name="headers")),
                ("answer", models.TextField(blank=True, verbose_name="answer")),
                ("created_at", models.DateTimeField(verbose_name="asked")),
                ("expires_at", models.DateTimeField(db_index=True, verbose_name="kept until")),
            ],
            options={
                "verbose_name": "idempotent request",
                "verbose_name_plural": "idempotent requests",
                "constraints": [
                    models.UniqueConstraint(fields=("actor", "key"), name="moderation_request_once")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["verb", "at"], name="moderation_event_verb"),
        ),
    ]
