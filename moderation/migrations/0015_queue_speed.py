from django.db import migrations, models
from django.db.models import Q

IS_TO_DO = Q(state__in=["open", "claimed", "escalated"])


class Migration(migrations.Migration):
    dependencies = [("moderation", "0014_attempts")]

    operations = [
        # The old index goes last: nobody can read the cases from then to the end.
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["opened_at", "id", "priority"],
                condition=IS_TO_DO,
                name="moderation_case_todo_opened",
            ),
        ),
        migrations.RemoveIndex(model_name="case", name="moderation_case_waiting"),
    ]
