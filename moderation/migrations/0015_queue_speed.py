from django.db import migrations, models
from django.db.models import Q

IS_TO_DO = Q(state__in=["open", "claimed", "escalated"])


class Migration(migrations.Migration):
    dependencies = [("moderation", "0014_attempts")]

    operations = [
        migrations.RemoveIndex(model_name="case", name="moderation_case_waiting"),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["opened_at", "id"],
                include=["priority"],
                condition=IS_TO_DO,
                name="moderation_case_waiting",
            ),
        ),
    ]
