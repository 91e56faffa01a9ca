"""A starter set of policies. They are data: a site edits, retires or deletes them."""

from django.db import migrations

POLICIES = [
    (
        "threats",
        "No threats",
        "Do not threaten anybody, wish them harm or call for it, openly or between the lines.",
        100,
    ),
    (
        "dehumanising",
        "No dehumanising of groups",
        (
            "Criticise what people do. Do not deny a group of people their dignity, and do not "
            "compare them with animals, dirt or disease."
        ),
        85,
    ),
    (
        "copied",
        "No copied articles",
        (
            "Publish your own work, or name the source and have its permission. Copies, rewrites "
            "and collections of other people's texts are taken down."
        ),
        70,
    ),
    (
        "personal-attack",
        "No personal attacks",
        (
            "Argue against what was said, not against who said it. Insults and name-calling are "
            "taken down, whoever they are aimed at."
        ),
        65,
    ),
    (
        "rage-bait",
        "No stirring up",
        (
            "Any opinion is welcome. Casting those who hold another one as enemies, traitors or "
            "conspirators is not."
        ),
        60,
    ),
    (
        "profanity",
        "No swearing at people",
        "Swear words aimed at a person or a group are taken down.",
        50,
    ),
    (
        "low-quality",
        "No scraped or generated leftovers",
        (
            "An article has to be readable: no remains of other pages, of embedded posts or of "
            "writing programs."
        ),
        40,
    ),
    ("shouting", "No shouting", "Please do not write whole comments in capitals.", 20),
]


def add(apps, schema_editor):
    Policy = apps.get_model("moderation", "Policy")
    using = schema_editor.connection.alias
    for code, title, public_text, severity in POLICIES:
        Policy.objects.using(using).get_or_create(
            code=code,
            defaults={"title": title, "public_text": public_text, "severity": severity},
        )


class Migration(migrations.Migration):
    dependencies = [("moderation", "0002_fingerprints")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop, elidable=True)]
