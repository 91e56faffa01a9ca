from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("moderation", "0010_webhooks")]

    operations = []
