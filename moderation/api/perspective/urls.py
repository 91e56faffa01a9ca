"""Addresses as Google's service has them, below whatever prefix the site chooses."""

from __future__ import annotations

from django.urls import path

from moderation.api.perspective import views

app_name = "moderation_perspective"

urlpatterns = [
    path("v1alpha1/comments:analyze", views.analyze, name="analyze"),
    path("v1alpha1/comments:suggestscore", views.suggest, name="suggestscore"),
    path("$discovery/rest", views.discovery, name="discovery"),
    path(
        "discovery/v1/apis/commentanalyzer/v1alpha1/rest",
        views.discovery,
        name="discovery_v1",
    ),
]
