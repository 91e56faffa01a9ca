from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("desk/", include("moderation.pages.urls")),
    path("desk/api/", include("moderation.api.urls")),
    path("api/", include("flex_blog.urls")),
]
