"""The addresses of the API: ``path("moderation/api/", include("moderation.api.urls"))``.

One line a resource. What is under ``described`` is in the OpenAPI description, walked by the
tests of permissions, and measured against what the admin can do.
"""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from moderation.api import health
from moderation.api.allowances import AllowanceViewSet
from moderation.api.appeals import AppealViewSet
from moderation.api.base import DeskSchema
from moderation.api.cases import CaseViewSet
from moderation.api.checking import CheckViewSet
from moderation.api.decisions import DecisionViewSet
from moderation.api.events import EventViewSet
from moderation.api.exports import CaseExportViewSet, DecisionExportViewSet
from moderation.api.policies import PolicyViewSet
from moderation.api.references import ReferenceViewSet
from moderation.api.reports import ReportViewSet
from moderation.api.statements import StatementExportViewSet, StatementViewSet
from moderation.api.statistics import StatisticsViewSet
from moderation.api.subjects import (
    FindingViewSet,
    ScanViewSet,
    SnapshotViewSet,
    SubjectViewSet,
)
from moderation.api.thresholds import ThresholdViewSet
from moderation.api.webhooks import DeliveryViewSet, WebhookViewSet
from moderation.api.wordlists import PhraseViewSet

app_name = "moderation_api"

router = SimpleRouter()
router.register("allowances", AllowanceViewSet, basename="allowance")
router.register("appeals", AppealViewSet, basename="appeal")
router.register("cases", CaseViewSet, basename="case")
router.register("decisions", DecisionViewSet, basename="decision")
router.register("deliveries", DeliveryViewSet, basename="delivery")
router.register("events", EventViewSet, basename="event")
router.register("findings", FindingViewSet, basename="finding")
router.register("policies", PolicyViewSet, basename="policy")
router.register("references", ReferenceViewSet, basename="reference")
router.register("reports", ReportViewSet, basename="report")
router.register("scans", ScanViewSet, basename="scan")
router.register("snapshots", SnapshotViewSet, basename="snapshot")
router.register("statements", StatementViewSet, basename="statement")
router.register("subjects", SubjectViewSet, basename="subject")
router.register("thresholds", ThresholdViewSet, basename="threshold")
router.register("webhooks", WebhookViewSet, basename="webhook")
router.register("wordlists", PhraseViewSet, basename="wordlist")

single = [
    path("check/", CheckViewSet.as_view({"post": "check"}), name="check"),
    path("exports/cases/", CaseExportViewSet.as_view({"get": "cases"}), name="export-cases"),
    path(
        "exports/decisions/",
        DecisionExportViewSet.as_view({"get": "decisions"}),
        name="export-decisions",
    ),
    path(
        "exports/statements/",
        StatementExportViewSet.as_view({"get": "statements"}),
        name="export-statements",
    ),
    path("statistics/", StatisticsViewSet.as_view({"get": "figures"}), name="statistics"),
]

described: list[URLPattern | URLResolver] = [path("v1/", include([*single, *router.urls]))]
urlpatterns = [
    *described,
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]

if DeskSchema is not None:
    from moderation.api.describing import SchemaView

    urlpatterns.append(path("v1/schema/", SchemaView.as_view(), name="schema"))
