from tests.sites.settings import *  # noqa: F403
from tests.sites.settings import DJANGO_APPS, MODERATION

ROOT_URLCONF = "tests.sites.comments_xtd.urls"
INSTALLED_APPS = [
    *DJANGO_APPS,
    "django.contrib.sites",
    "rest_framework",
    "django_comments_xtd",
    "django_comments",
    "djpress",
    "moderation",
    "tests.sites.comments_xtd",
]
SITE_ID = 1
DJPRESS_SETTINGS = {"THEME": "newspaper", "SITE_TITLE": "The Harbour Gazette"}
ABSOLUTE_URL_OVERRIDES = {"djpress.post": lambda post: post.url}

COMMENTS_APP = "django_comments_xtd"
COMMENTS_XTD_CONFIRM_EMAIL = True
COMMENTS_XTD_SALT = b"only-for-tests"
COMMENTS_XTD_MAX_THREAD_LEVEL = 2
COMMENTS_XTD_THREADED_EMAILS = False

# No code at all: a dotted path for one package, options for the other.
MODERATION = {
    **MODERATION,
    "TARGETS": {
        "django_comments_xtd.XtdComment": "moderation.targets.adapters.comments_xtd.CommentTarget",
        "djpress.Post": {
            "kind": "article",
            "text": "content",
            "text_format": "markdown",
            "title": "title",
            "author": "author",
            "visibility": {"status": ("published", "draft")},
        },
    },
}
