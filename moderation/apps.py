"""Start-up: connect the signals, register the checks, find the targets. Nothing else."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class ModerationConfig(AppConfig):
    name = "moderation"
    label = "moderation"
    verbose_name = _("Moderation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from moderation import checks, receivers
        from moderation.conf import settings
        from moderation.targets import registry

        checks.register_checks()
        registry.register_pending()
        if settings.AUTODISCOVER_MODULE:
            autodiscover_modules(settings.AUTODISCOVER_MODULE)
        # Last: a model that has a target by then is for the checks to report, not to crash over.
        registry.register_from_settings()
        receivers.connect()
