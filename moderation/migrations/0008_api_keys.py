from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("moderation", "0007_reports")]

    operations = []
