"""Readers, moderators, and texts of the site."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from moderation.models import Case, Notice, Report
from moderation.services import decisions, links, notices, reports
from moderation.services.reports import NewReport
from moderation.services.scanning import run_scan
from tests.core.conftest import (  # noqa: F401 - fixtures of the desk
    ONLY_WORDS,
    make_user,
    moderator,
    policy,
    scan_all,
    senior,
)
from tests.site.models import Article, Comment

CALM = "The bridge is open again, and the trams run."


@pytest.fixture(autouse=True)
def _site(settings):
    settings.MODERATION = {
        "DETECTORS": ONLY_WORDS,
        "DISPATCHER": "tests.site.dispatchers.Nobody",
        "UNDO_SECONDS": 0,
        "RESCAN_MIN_GAP_SECONDS": 0,
        "RESCAN_MAX_SCANS": 100,
        "SITE_URL": "https://news.example",
    }
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    cache.clear()


@pytest.fixture
def lay(settings):
    """Lay settings over those of the site."""

    def over(**values):
        settings.MODERATION = {**settings.MODERATION, **values}

    return over


@pytest.fixture
def colleague(make_user):  # noqa: F811
    return make_user("colleague", "view_case", "claim_case", "decide_case")


@pytest.fixture
def author(make_user):  # noqa: F811
    user = make_user("author")
    user.email = "author@mail.example"
    user.save()
    return user


@pytest.fixture
def comment(db):
    article = Article.objects.create(headline="Bridge", body="<p>Repaired.</p>")
    return Comment.objects.create(article=article, body=CALM, author_name="guest")


@pytest.fixture
def reader():
    """Somebody without an account."""

    def new(category="attack", email="reader@mail.example", **more) -> NewReport:
        return NewReport(category=category, email=email, **more)

    return new


@pytest.fixture
def reported(comment, reader) -> Report:
    """What a reader has reported who confirmed their address."""
    return confirmed(reports.submit(comment, reader()).report)


def confirmed(report) -> Report:
    return reports.confirm_address(links.confirmation_of(report))


def decide(case, user, outcome="hide", policies=("test-civility",), **more):
    case = Case.objects.get(pk=case.pk)
    cited = policies if outcome in ("hide", "remove", "label", "request_changes") else ()
    return decisions.decide(
        case.pk, outcome=outcome, actor=user, version=case.version, policies=cited, **more
    )


def scan(obj=None):
    from moderation.models import Scan, ScanState

    for pk in Scan.objects.filter(state=ScanState.QUEUED).values_list("pk", flat=True):
        run_scan(pk)


def send_all() -> list[str]:
    """Send what is due; return what became of each."""
    due = Notice.objects.filter(state="waiting", due_at__lte=timezone.now()).order_by("pk")
    return [notices.send(pk) for pk in due.values_list("pk", flat=True)]


def turn_back(row, **fields) -> None:
    """Let a row be older than it is."""
    type(row).objects.filter(pk=row.pk).update(
        **{name: timezone.now() - timedelta(**ago) for name, ago in fields.items()}
    )
