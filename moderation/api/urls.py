"""The addresses of the API: ``path("moderation/api/", include("moderation.api.urls"))``."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from moderation.api import views
from moderation.api.checking import CheckView

app_name = "moderation_api"

router = SimpleRouter()
router.register("cases", views.CaseViewSet, basename="case")
router.register("decisions", views.DecisionViewSet, basename="decision")
router.register("events", views.EventViewSet, basename="event")
router.register("findings", views.FindingViewSet, basename="finding")
router.register("policies", views.PolicyViewSet, basename="policy")
router.register("scans", views.ScanViewSet, basename="scan")
router.register("snapshots", views.SnapshotViewSet, basename="snapshot")
router.register("subjects", views.SubjectViewSet, basename="subject")

urlpatterns = [
    path("v1/check/", CheckView.as_view(), name="check"),
    path("v1/", include(router.urls)),
]
