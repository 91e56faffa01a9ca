from tests.sites.settings import *  # noqa: F403
from tests.sites.settings import DJANGO_APPS, MODERATION

ROOT_URLCONF = "tests.sites.contrib_comments.urls"
INSTALLED_APPS = [
    *DJANGO_APPS,
    "django.contrib.sites",
    "django_comments",
    "djpress",
    "rest_framework",
    "moderation",
    "tests.sites.contrib_comments",
]
SITE_ID = 1
DJPRESS_SETTINGS = {"THEME": "newspaper", "SITE_TITLE": "The Harbour Gazette"}
ABSOLUTE_URL_OVERRIDES = {"djpress.post": lambda post: post.url}

MODERATION = {
    **MODERATION,
    "TARGETS": {
        "django_comments.Comment": "moderation.targets.adapters.django_comments.CommentTarget",
        "djpress.Post": "moderation.targets.adapters.djpress.PostTarget",
    },
}
