"""The host's signals: the only place where the desk meets a save. Nothing gets out of here."""

from __future__ import annotations

import logging
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.signals import post_delete, post_save

from moderation.services import intake
from moderation.services.errors import where
from moderation.services.hosts import resolve
from moderation.targets import registry
from moderation.targets.base import is_own_write
from moderation.targets.registry import registered

logger = logging.getLogger("moderation.receivers")


def connect() -> None:
    """Listen to every save, the registry decides which concern us; and to deletions that do.

    Django deletes rows of a model nobody listens to without loading them: to listen to all of
    them would make every deletion of the site slow.
    """
    post_save.connect(saved, dispatch_uid="moderation.saved")
    registered.connect(_listen_to_deletions, dispatch_uid="moderation.registered")
    for registration in registry.all():
        _listen_to_deletions(registration.root)


def _listen_to_deletions(sender: type[models.Model], **_kwargs: Any) -> None:
    for model in apps.get_models(include_auto_created=True):
        if issubclass(model, sender) or issubclass(sender, model):
            post_delete.connect(deleted, sender=model, dispatch_uid="moderation.deleted")


def saved(sender: type[models.Model], instance: models.Model, using: str, **kwargs: Any) -> None:
    """Take the saved text in. Whatever goes wrong is logged; the sweep makes up for it."""
    if kwargs.get("raw") or is_own_write(instance) or not _concerns_us(sender):
        return
    try:
        found = resolve(instance)
        if found is not None:
            registration, obj = found
            if obj is instance and registration.target.leaves_text(kwargs.get("update_fields")):
                return
            intake.take_in(obj, registration, using=using)
    except Exception as error:  # noqa: BLE001 - a save never fails because of us
        logger.error("%s %s was not taken in: %s", sender._meta.label, instance.pk, where(error))  # noqa: TRY400 - a trace may hold text


def deleted(sender: type[models.Model], instance: models.Model, using: str, **_kwargs: Any) -> None:
    """Close what belongs to a deleted object."""
    if not _concerns_us(sender):
        return
    try:
        intake.forget(instance, using=using)
    except Exception as error:  # noqa: BLE001 - a deletion never fails because of us
        logger.error("%s was deleted unnoticed: %s", sender._meta.label, where(error))  # noqa: TRY400 - a trace may hold text


def _concerns_us(sender: type[models.Model]) -> bool:
    return registry.lookup(sender) is not None or bool(registry.children(sender))
