from __future__ import annotations

import pytest

from moderation.conf import settings
from moderation.models import Case, Scan, ScanState
from moderation.testing import moderation_settings, run_pending_scans
from tests.site.models import Article

pytestmark = pytest.mark.django_db


def test_pending_scans_are_run_once():
    Article.objects.create(headline="Bridge", body="badword")
    assert run_pending_scans() == 1
    assert run_pending_scans() == 0
    assert Scan.objects.get().state == ScanState.DONE
    assert Case.objects.count() == 1


def test_settings_are_laid_over_the_sites_own():
    before = settings.DETECTORS
    with moderation_settings(CLAIM_SECONDS=5):
        assert settings.CLAIM_SECONDS == 5
        assert before == settings.DETECTORS
    assert settings.CLAIM_SECONDS == 600
