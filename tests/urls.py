"""The addresses of the test site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("moderation/", include("moderation.pages.urls")),
    path("api/", include("moderation.api.urls")),
    path("perspective/", include("moderation.api.perspective.urls")),
]
