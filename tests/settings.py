"""The site the tests run on; ``DATABASE_URL`` and ``REDIS_URL`` choose its servers.

Without them it is SQLite in memory. Tests that start processes of their own name a file or a server
in the environment of those processes: ``DATABASE_URL=sqlite:////tmp/site.sqlite3``.
"""

from __future__ import annotations

import os
from typing import Any

import dj_database_url

SECRET_KEY = "only-for-tests"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "français"),
    ("es", "español"),
    ("ar", "العربية"),
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tests.urls"
STATIC_URL = "/static/"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # tests need speed only

INSTALLED_APPS = [
    "moderation",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework.authtoken",
    "tests.site",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def database(url: str) -> dict[str, Any]:
    """Django's settings for one database, with what several SQLite writers need."""
    settings: dict[str, Any] = {**dj_database_url.parse(url)}
    if settings["ENGINE"].endswith(".sqlite3"):
        settings["OPTIONS"] = {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        }
    return settings


DATABASES = {
    "default": database(os.environ.get("DATABASE_URL", "sqlite://:memory:")),
    # Empty, and unused except by tests of a site with two databases: they clear the routers.
    "other": {**database("sqlite://:memory:"), "TEST": {"MIGRATE": False}},
}
DATABASE_ROUTERS = ["tests.site.routers.DefaultOnly"]

CELERY_BROKER_URL = os.environ.get("REDIS_URL", "memory://")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
SILENCED_SYSTEM_CHECKS = ["moderation.W002"]  # no Celery application: tests run their scans
