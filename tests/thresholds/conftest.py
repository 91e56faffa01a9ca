"""Comments with scores and decisions, made as rows: what the figures rest on."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils import timezone

from moderation.models import Case, Decision, Finding, Outcome, Scan, ScanState, Snapshot, Subject

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _framing_alone(settings):
    settings.MODERATION = {
        "DETECTORS": {"duplicate": None, "scraped": None},
        "FRAMING_MODEL": "light",
    }


@pytest.fixture
def manager(db):
    user = get_user_model().objects.create_user("manager", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="manage_detectors"))
    return get_user_model().objects.get(pk=user.pk)


@pytest.fixture
def scored(db):
    """Write a scanned comment; ``outcome`` decides it, ``found`` are the categories flagged."""

    def make(score, outcome=None, *, found=("attack",), section="", days=1, scores=None):
        at = timezone.now() - timedelta(days=days)
        number = next(_numbers)
        subject = Subject.objects.create(
            model_label="site.comment", object_id=str(number), kind="comment", section=section
        )
        snapshot = Snapshot.objects.create(
            subject=subject, text_hash=str(number), text="Hello.", length=6
        )
        given = {"framing": {"attack": score}} if scores is None else scores
        scan = Scan.objects.create(
            snapshot=snapshot, state=ScanState.DONE, due_at=at, finished_at=at, scores=given
        )
        for category in found if outcome else ():
            Finding.objects.create(
                scan=scan,
                detector="framing",
                kind="framing",
                category=category,
                score=0.9,
                band="possible",
                mode="live",
                threshold=0.5,
            )
        if outcome:
            case = Case.objects.create(
                subject=subject, snapshot=snapshot, state="decided", opened_at=at, band="possible"
            )
            Decision.objects.create(
                case=case,
                case_version=1,
                snapshot=snapshot,
                outcome=outcome,
                actor_kind="human",
                actor_label="mod",
            )
        return scan

    return make


WRONG, RIGHT, ALLOWED = Outcome.DISMISS_FALSE_POSITIVE, Outcome.REMOVE, Outcome.DISMISS_ALLOWED
