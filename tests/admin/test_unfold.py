"""The desk under django-unfold: another theme, the same pages."""

from __future__ import annotations

import re
from types import ModuleType

import pytest
from django.conf import settings as django_settings
from django.urls import path, reverse

pytestmark = pytest.mark.django_db


@pytest.fixture
def unfolded(settings):
    """Put the theme in front of the admin, and the desk on the theme's own site."""
    settings.INSTALLED_APPS = ["unfold.apps.BasicAppConfig", *django_settings.INSTALLED_APPS]
    settings.TEMPLATES = [dict(django_settings.TEMPLATES[0])]  # forgets what was loaded
    from unfold.sites import UnfoldAdminSite

    from moderation.admin import CaseAdmin
    from moderation.models import Case

    site = UnfoldAdminSite(name="admin")
    site.register(Case, CaseAdmin)
    urls = ModuleType("urls_of_the_theme")
    urls.urlpatterns = [path("admin/", site.urls)]
    settings.ROOT_URLCONF = urls
    return site


def test_queue_case_batch_and_preferences_are_drawn_in_the_theme(unfolded, desk, comment_case):
    case = comment_case("You are a badword.")
    pages = {
        "Moderation queue": reverse("admin:moderation_case_changelist"),
        f"Case {case.pk}": reverse("admin:moderation_case_change", args=[case.pk]),
        "My preferences": reverse("admin:moderation_case_preferences"),
        "Dashboard": reverse("admin:moderation_case_dashboard"),
    }
    for title, address in pages.items():
        answer = desk.get(address)
        html = answer.content.decode()
        assert answer.status_code == 200
        assert "unfold/css/styles.css" in html
        assert "moderation/desk.css" in html
        assert title in html
    queue = desk.get(pages["Moderation queue"]).content.decode()
    assert "<mark>badword</mark>" in queue
    assert re.search(r"data-row-link[^>]*>", queue)
    item = f"{case.pk}:{case.version}"
    preview = desk.post(
        reverse("admin:moderation_case_batch_preview"), {"action": "decide", "item": item}
    )
    assert "<mark>badword</mark>" in preview.content.decode()
    done = desk.post(
        reverse("admin:moderation_case_batch_decide"),
        {"action": "decide", "item": item, "outcome": "dismiss_allowed"},
    )
    assert "Take all of this back" in done.content.decode()
