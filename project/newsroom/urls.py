"""The readers' pages."""

from django.urls import path

from project.newsroom import views

app_name = "newsroom"
urlpatterns = [
    path("", views.front_page, name="front"),
    path("section/<str:section>/", views.front_page, name="section"),
    path("<slug:slug>/", views.article_page, name="article"),
]
