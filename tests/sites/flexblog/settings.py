from tests.sites.settings import *  # noqa: F403
from tests.sites.settings import DJANGO_APPS, MODERATION

ROOT_URLCONF = "tests.sites.flexblog.urls"
INSTALLED_APPS = [
    *DJANGO_APPS,
    "rest_framework",
    "django_filters",
    "flex_blog",
    "moderation",
    "tests.sites.flexblog.people",
]
AUTH_USER_MODEL = "people.Person"

FLEX_BLOG = {
    "ARTICLES": {"require_publish_permission": False},
    "COMMENTS": {"moderation": "none", "allow_anonymous": True},
    "THROTTLE_RATES": {"comments": "1000/min"},
}
MODERATION = {
    **MODERATION,
    "SITE_URL": "https://blog.example",
    "TARGETS": {"flex_blog.Comment": "moderation.targets.adapters.flex_blog.CommentTarget"},
}
