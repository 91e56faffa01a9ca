from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("moderation", "0008_api_keys")]

    operations = []
