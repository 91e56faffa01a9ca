from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("moderation", "0012_case_page")]

    operations = []
