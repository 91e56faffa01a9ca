from django.contrib import admin
from django.urls import include, path
from django_comments_xtd.views import XtdCommentListView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("comments/", include("django_comments_xtd.urls")),
    path("all/", XtdCommentListView.as_view(content_types=["djpress.post"], paginate_by=100)),
    path("", include("djpress.urls")),
]
