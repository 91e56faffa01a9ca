"""The newsroom as an installed app."""

from django.apps import AppConfig


class NewsroomConfig(AppConfig):
    name = "project.newsroom"
    label = "newsroom"
    verbose_name = "Newsroom"

    def ready(self) -> None:
        # The web process asks for scans through the site's Celery app, so it has to exist.
        import project.celery  # noqa: F401
