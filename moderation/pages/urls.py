"""Where readers report and authors object: ``include("moderation.pages.urls")``."""

from __future__ import annotations

from django.urls import path

from moderation.pages import views

app_name = "moderation_pages"
urlpatterns = [
    path("report/received/", views.received, name="received"),
    path("report/confirm/<str:token>/", views.confirm, name="confirm"),
    path("report/<str:label>/<path:object_id>/", views.report, name="report"),
    path("decision/<int:decision_id>/", views.own_decision, name="decision"),
    path("appeal/<str:token>/", views.appeal, name="appeal"),
]
