"""Moderators, a policy, and cases made the way the site makes them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from moderation.models import Case, Evidence, Finding, Policy, Scan, ScanState
from moderation.services.scanning import run_scan
from tests.site.models import Article, Comment

VIEW = ("view_case",)
CLAIM = (*VIEW, "claim_case")
DECIDE = (*CLAIM, "decide_case", "see_author_identity")
OVERRIDE = (*DECIDE, "override_case")


@pytest.fixture(autouse=True)
def _detectors(settings):
    settings.MODERATION = {
        "DETECTORS": {
            "duplicate": None,
            "scraped": None,
            "framing": None,
            "word": {"CLASS": "tests.site.detectors.WordDetector"},
            "broken": {"CLASS": "tests.site.detectors.BrokenDetector"},
        }
    }


@pytest.fixture
def make_user(db):
    def make(name: str, *codenames: str):
        user = get_user_model().objects.create_user(name, password="secret", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        return user

    return make


@pytest.fixture
def moderator(make_user):
    return make_user("mod", *DECIDE)


@pytest.fixture
def colleague(make_user):
    return make_user("colleague", *DECIDE)


@pytest.fixture
def senior(make_user):
    return make_user("senior", *OVERRIDE)


@pytest.fixture
def root(db):
    return get_user_model().objects.create_superuser("root", password="secret")


@pytest.fixture
def desk(moderator) -> Client:
    """A browser without JavaScript, the moderator signed in."""
    return signed_in(moderator)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def policy(db) -> Policy:
    return Policy.objects.create(code="test-civility", title="Be civil to each other")


def scan_all() -> None:
    for pk in Scan.objects.filter(state=ScanState.QUEUED).values_list("pk", flat=True):
        run_scan(pk)


@pytest.fixture
def comment_case(db) -> Callable[..., Case]:
    """Save a comment that the detector of the tests flags; return its case."""

    def make(body: str = "You are a badword.", author_name: str = "guest", author=None) -> Case:
        article, _new = Article._base_manager.get_or_create(
            headline="Parent", defaults={"body": "<p>The bridge was repaired.</p>"}
        )
        comment = Comment.objects.create(
            article=article, body=body, author_name=author_name, author=author
        )
        return _case_of(comment)

    return make


@pytest.fixture
def article_case(db) -> Callable[..., Case]:
    """Save an article in HTML that the detector of the tests flags; return its case."""

    def make(body: str, headline: str = "Bridge", author=None) -> Case:
        return _case_of(Article.objects.create(headline=headline, body=body, author=author))

    return make


def _case_of(obj) -> Case:
    scan_all()
    return Case.objects.get(
        subject__object_id=str(obj.pk), subject__model_label=obj._meta.label_lower
    )


def finding_of(case: Case) -> Finding:
    return Finding.objects.get(scan__snapshot=case.snapshot)


def add_evidence(case: Case, *spans: tuple[int, int], **fields) -> None:
    finding = finding_of(case)
    for start, end in spans:
        Evidence.objects.create(
            finding=finding, start=start, end=end, explanation="test.word", **fields
        )
