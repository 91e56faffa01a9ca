from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from moderation.models import Policy, Scan, ScanState
from moderation.services.scanning import run_scan

ONLY_WORDS = {
    "duplicate": None,
    "scraped": None,
    "framing": None,
    "word": {"CLASS": "tests.site.detectors.WordDetector"},
}


@pytest.fixture(autouse=True)
def _word_detector(settings):
    settings.MODERATION = {"DETECTORS": ONLY_WORDS}


@pytest.fixture
def make_user():
    def make(name, *codenames):
        user = get_user_model().objects.create_user(name, password="x")
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        return get_user_model().objects.get(pk=user.pk)

    return make


@pytest.fixture
def moderator(make_user):
    return make_user("mod", "view_case", "claim_case", "decide_case")


@pytest.fixture
def senior(make_user):
    return make_user("senior", "view_case", "claim_case", "decide_case", "override_case")


@pytest.fixture
def policy(db):
    return Policy.objects.create(code="test-civility", title="Be civil")


@pytest.fixture
def scan_all():
    def run():
        for pk in Scan.objects.filter(state=ScanState.QUEUED).values_list("pk", flat=True):
            run_scan(pk)

    return run
