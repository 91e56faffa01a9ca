"""Whatever the admin can do, the API can do: both are walked and compared."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.admin.actions import delete_selected
from django.urls import URLPattern, URLResolver

from moderation.admin import figures, filters
from moderation.api import urls
from moderation.api.cases import CaseFilters

NOT_NEEDED = "for people only"
"""What has no counterpart because programs do it otherwise."""

LISTED = {
    "allowance": "allowances",
    "appeal": "appeals",
    "case": "cases",
    "decision": "decisions",
    "delivery": "deliveries",
    "event": "events",
    "finding": "findings",
    "listedphrase": "wordlists",
    "policy": "policies",
    "referencedocument": "references",
    "report": "reports",
    "scan": "scans",
    "snapshot": "snapshots",
    "subject": "subjects",
    "threshold": "thresholds",
    "webhook": "webhooks",
}
"""Each model in the admin, and its resource."""

WRITTEN = {
    "allowance": {"create", "partial_update", "destroy"},
    "listedphrase": {"create", "partial_update", "destroy"},
    "policy": {"create", "partial_update"},
    "referencedocument": {"create", "partial_update", "destroy"},
    "webhook": {"create", "partial_update", "destroy"},
}
"""What the superuser may do with the rows of a model in the admin."""

PAGES = {
    "appeal_judge": "appeals/judge",
    "appeal_take": "appeals/take",
    "case_assign": "cases/assign",
    "case_batch": "decisions/list",  # ?batch_id=
    "case_batch_decide": "decisions/create",
    "case_batch_preview": NOT_NEEDED,  # the list says as much
    "case_batch_undo": "decisions/undo_batch",
    "case_claim": "cases/claim",
    "case_dashboard": "statistics/figures",
    "case_decide": "cases/decide",
    "case_live": NOT_NEEDED,  # the list again
    "case_next": NOT_NEEDED,  # the list is in the same order
    "case_note": "cases/note",
    "case_preferences": NOT_NEEDED,  # how one person's screen looks
    "case_present": NOT_NEEDED,  # who looks at a page
    "case_preview": "snapshots/retrieve",
    "case_previous": NOT_NEEDED,
    "case_release": "cases/release",
    "case_scan": "cases/scan",
    "case_snooze": "cases/snooze",
    "case_undo": "decisions/undo",
    "case_view_delete": NOT_NEEDED,  # one person's filters
    "case_view_save": NOT_NEEDED,
    "event_verify": "events/verify",
    "threshold_move": "thresholds/put_live",  # and try_out, retire
    "threshold_workbench": "thresholds/workbench",
}
"""Each page of the admin that Django does not make by itself."""

ACTIONS = {
    "allowance.count_as_content": "allowances/switch",
    "allowance.switch_off": "allowances/switch",
    "allowance.switch_on": "allowances/switch",
    "decision.export_statements": "exports/statements",
    "case.assign_selected": "cases/assign",
    "case.decide_selected": "decisions/create",
    "case.release_selected": "cases/release",
    "case.snooze_selected": "cases/snooze",
    "case.claim_selected": "cases/claim",
    "referencedocument.switch_off": "references/switch",
    "referencedocument.switch_on": "references/switch",
    "delivery.replay": "deliveries/replay",
    "webhook.rotate": "webhooks/rotate",
    "webhook.try_out": "webhooks/ping",
}
"""Each action on selected rows; where the API takes one row, clients send several requests."""

LATER = {"apikey", "savedview", "suggestedscore"}
"""Models of the admin that are about the API itself, or about one person's screen."""

DJANGO_S = ("changelist", "add", "history", "delete", "change", "autocomplete")


def of_desk():
    return {
        model._meta.model_name: model_admin
        for model, model_admin in admin.site._registry.items()
        if model._meta.app_label == "moderation" and model._meta.model_name not in LATER
    }


def api_operations() -> set[str]:
    found = set()
    for route, view in walk(urls.described, ""):
        actions = getattr(view, "actions", None) or {}
        found |= {f"{route.split('/')[1]}/{name}" for name in actions.values()}
    return found


def walk(patterns, prefix):
    for pattern in patterns:
        route = prefix + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


@pytest.fixture
def request_of_root(root, rf):
    request = rf.get("/")
    request.user = root
    return request


def test_every_list_of_the_admin_is_a_resource():
    assert set(of_desk()) == set(LISTED)
    known = api_operations()
    for resource in LISTED.values():
        assert {f"{resource}/list", f"{resource}/retrieve"} <= known


@pytest.mark.django_db
def test_rows_that_the_admin_writes_the_api_writes(request_of_root):
    known = api_operations()
    for name, model_admin in of_desk().items():
        may = {
            "create": model_admin.has_add_permission(request_of_root),
            "partial_update": model_admin.has_change_permission(request_of_root),
            "destroy": model_admin.has_delete_permission(request_of_root),
        }
        wanted = {action for action, allowed in may.items() if allowed}
        assert wanted == WRITTEN.get(name, set()), name
        assert {f"{LISTED[name]}/{action}" for action in wanted} <= known


def test_every_filter_of_the_queue_is_one_of_the_api():
    same = {"opened": "opened_after", filters.AUTHOR: "author", "q": "search"}
    links = {figures.FIGURE}  # behind a number of the dashboard, never filled in by anybody
    wanted = {same.get(name, name) for name in set(filters.PARAMETERS) - links}
    assert wanted <= set(CaseFilters().fields)


def test_every_page_of_the_admin_has_its_counterpart():
    found = set()
    for name, model_admin in of_desk().items():
        for pattern in model_admin.get_urls():
            full = str(getattr(pattern, "name", None) or "")
            own = full.removeprefix("moderation_")
            if own and own.removeprefix(f"{name}_") not in DJANGO_S:
                found.add(own)
    assert found <= set(PAGES)
    assert {page for page in PAGES.values() if page != NOT_NEEDED} <= api_operations()


@pytest.mark.django_db
def test_every_action_of_the_admin_has_its_counterpart(request_of_root):
    found = set()
    for name, model_admin in of_desk().items():
        for action, (function, _label, _words) in model_admin.get_actions(request_of_root).items():
            if function is not delete_selected:
                found.add(f"{name}.{action}")
    assert found <= set(ACTIONS)
    assert set(ACTIONS.values()) <= api_operations()
