"""The demo's settings behind gunicorn: no debugging, static files served by WhiteNoise."""

import os

from project.settings import *  # noqa: F403
from project.settings import MIDDLEWARE

DEBUG = False
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")
STATIC_ROOT = "/app/.static"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    *(name for name in MIDDLEWARE if not name.endswith(".SecurityMiddleware")),
]
