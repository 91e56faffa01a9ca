"""Where things are on the demo site."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("moderation/api/", include("moderation.api.urls")),
    path("moderation/", include("moderation.pages.urls")),
    path("perspective/", include("moderation.api.perspective.urls")),
    path("favicon.ico", RedirectView.as_view(url=static("newsroom/icon.svg"))),
    path("", include("project.newsroom.urls")),
]
