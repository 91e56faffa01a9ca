"""A site on the installed wheel, in an environment that holds nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SETTINGS = """
from pathlib import Path

from celery import Celery

BASE_DIR = Path(__file__).parent
SECRET_KEY = "only-for-this-test"
USE_TZ = True
ROOT_URLCONF = "tiny_urls"
STATIC_URL = "/static/"
INSTALLED_APPS = [
    "moderation",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
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
            ]
        },
    }
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "site.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
celery = Celery("tiny", broker="memory://")
celery.conf.beat_schedule = {"sweep": {"task": "moderation.sweep", "schedule": 60.0}}
MODERATION = {
    "TARGETS": {
        "tiny.Article": {
            "kind": "article",
            "text": "body",
            "visibility": {"is_public": (True, False)},
        }
    }
}
INSTALLED_APPS += ["tiny"]
"""

URLS = """
from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
"""

MODELS = """
from django.db import models


class Article(models.Model):
    body = models.TextField()
    is_public = models.BooleanField(default=True)

    class Meta:
        app_label = "tiny"
"""

VISIT = """
from django.contrib.auth.models import User
from django.test import Client
from tiny.models import Article
from moderation.models import Scan

Article.objects.create(body="The council met on Tuesday and voted for the new bridge.")
assert Scan.objects.count() == 1, Scan.objects.count()
client = Client()
client.force_login(User.objects.create_superuser("desk"))
for path in ("/admin/", "/admin/moderation/case/"):
    response = client.get(path, HTTP_HOST="localhost")
    assert response.status_code == 200, (path, response.status_code)
print("visited")
"""


@dataclass(frozen=True)
class Site:
    """A folder with a tiny project, and the Python the wheel is installed in."""

    folder: Path
    python: Path

    def django(self, *arguments: str) -> str:
        return self.run("-m", "django", *arguments)

    def run(self, *arguments: str) -> str:
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
            "DJANGO_SETTINGS_MODULE": "tiny_settings",
            "PYTHONPATH": str(self.folder),
        }
        ended = subprocess.run(
            [self.python, "-W", "error", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site")
    environment = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin/python"
    subprocess.run(
        [python, "-m", "pip", "-qq", "--disable-pip-version-check", "install", wheel], check=True
    )
    (folder / "tiny_settings.py").write_text(SETTINGS)
    (folder / "tiny_urls.py").write_text(URLS)
    (folder / "tiny").mkdir()
    (folder / "tiny/__init__.py").touch()
    (folder / "tiny/models.py").write_text(MODELS)
    return Site(folder, python)


@pytest.fixture(scope="module")
def migrated(site: Site) -> Site:
    site.django("migrate", "--verbosity=0", "--run-syncdb")
    return site


def test_the_package_comes_from_the_wheel(site: Site) -> None:
    where = site.run("-c", "import moderation; print(moderation.__file__)")
    assert Path(where.strip()).is_relative_to(site.folder / "environment")


def test_a_worker_can_listen_on_redis(site: Site) -> None:
    assert site.run("-c", "import kombu.transport.redis; print('ready')").strip() == "ready"


def test_the_checks_find_nothing_wrong(site: Site) -> None:
    assert "no issues" in site.django("check")


def test_the_migrations_are_those_of_the_models(migrated: Site) -> None:
    assert "No changes detected" in migrated.django("makemigrations", "moderation", "--check")


def test_a_save_is_taken_in_and_the_admin_opens(migrated: Site) -> None:
    script = f"import django; django.setup()\n{VISIT}"
    assert migrated.run("-c", script).strip() == "visited"


def test_one_text_is_checked_without_touching_the_database(site: Site) -> None:
    text = "Thank you for the clear report on the harbour."
    (line,) = site.django("moderation_check", "--kind", "comment", "--text", text).splitlines()
    answer = json.loads(line)
    assert answer["flagged"] is False
    assert answer["band"] == "none"
    assert 0 <= answer["score"] < 1
    assert answer["findings"] == []
    assert answer["scores"]
    assert all(0 <= score <= 1 for score in answer["scores"].values())
    assert "error" not in answer
