import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

OUTCOMES = [
    ("dismiss_false_positive", "dismiss: wrongly flagged"),
    ("dismiss_allowed", "dismiss: rightly found, but allowed"),
    ("label", "label"),
    ("hide", "hide"),
    ("remove", "remove"),
    ("request_changes", "request changes"),
    ("escalate", "escalate"),
    ("propose", "propose to a second person"),
    ("undo", "undo"),
]


def remember_proposals(apps, schema_editor):
    """Say again what proposals propose, if this migration was taken back: the trail knows.

    A proposal of which the trail says nothing is to be looked at, not to be confirmed: it becomes
    one to label the text, the mildest there is.
    """
    using = schema_editor.connection.alias
    Decision = apps.get_model("moderation", "Decision")
    Event = apps.get_model("moderation", "Event")
    decisions = Decision.objects.using(using)
    for decision in decisions.filter(outcome="propose", proposed="").order_by("pk"):
        told = Event.objects.using(using).filter(case=decision.case_id, verb="case.proposed")
        said = {row.data.get("decision"): row.data.get("proposed") for row in told}
        decision.proposed = said.get(decision.pk) or "label"
        decision.save(using=using, update_fields=["proposed"])
        case = decision.case
        is_last = not decisions.filter(case=case, pk__gt=decision.pk).exists()
        if is_last and case.state in ("open", "claimed", "escalated"):
            case.proposed_by_id = decision.actor_id
            case.save(using=using, update_fields=["proposed_by"])


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0011_queue"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(verbose_name="text")),
                ("author_label", models.CharField(max_length=200, verbose_name="moderator's name")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="written")),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="moderator",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="moderation.case",
                        verbose_name="case",
                    ),
                ),
            ],
            options={
                "verbose_name": "note on a case",
                "verbose_name_plural": "notes on cases",
                "ordering": ["-pk"],
            },
        ),
        migrations.AlterModelOptions(
            name="case",
            options={
                "permissions": [
                    ("claim_case", "Can claim cases"),
                    ("decide_case", "Can decide cases"),
                    ("override_case", "Can take over claims and undo colleagues' decisions"),
                    ("see_author_identity", "Can see who wrote the texts"),
                    ("manage_detectors", "Can change what the detectors flag"),
                ],
                "verbose_name": "case",
                "verbose_name_plural": "cases",
            },
        ),
        migrations.AddField(
            model_name="case",
            name="proposed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="waits for a second person after",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="proposed",
            field=models.CharField(
                blank=True,
                choices=OUTCOMES,
                max_length=30,
                verbose_name="proposed outcome",
                default="",
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="decision",
            name="outcome",
            field=models.CharField(choices=OUTCOMES, max_length=30, verbose_name="outcome"),
        ),
        migrations.RunPython(remember_proposals, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome", "propose"), models.Q(("proposed", ""), _negated=True)
                )
                | models.Q(models.Q(("outcome", "propose"), _negated=True), ("proposed", "")),
                name="moderation_only_proposal_proposes",
            ),
        ),
    ]
