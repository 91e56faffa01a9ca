"""Host objects and the rows that stand for them."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import connections, models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import is_naive, make_aware

from moderation.models import Subject
from moderation.services.database import moderation_db
from moderation.targets import Registration, registry


def resolve(obj: models.Model) -> tuple[Registration, models.Model] | None:
    """Find what moderates ``obj``, and the object as that target knows it.

    For a save through the parent class of a registered multi-table child, that is the child.
    """
    found = registry.lookup(type(obj))
    if found is not None:
        return found, obj
    for child in registry.children(type(obj)):
        # By the parent's key: a child of several parents has that of the first for its own.
        rows = child.target.queryset(obj._state.db or "default")
        row = rows.filter(**{_key_name(obj): obj.pk}).first()
        if row is not None:
            return child, row
    return None


def _key_name(obj: models.Model) -> str:
    key = obj._meta.pk
    return key.name if key is not None else "pk"


def content_type_of(registration: Registration) -> ContentType:
    """Return the content type of the registered root (cached by Django)."""
    manager = ContentType.objects.db_manager(moderation_db())
    return manager.get_for_model(registration.root, for_concrete_model=True)


def object_id_of(registration: Registration, obj: models.Model) -> str:
    """Return the key of the registered root's row: a child may have a key of its own."""
    key = registration.root._meta.pk
    return str(obj.pk if key is None else obj.serializable_value(key.attname))


def subject_key(registration: Registration, obj: models.Model, using: str) -> dict[str, Any]:
    """Return the lookup that finds the live subject of ``obj``."""
    return {
        "content_type_id": content_type_of(registration).pk,
        "object_id": object_id_of(registration, obj),
        "database": using,
        "deleted_at": None,
    }


def moment(value: Any) -> datetime | None:
    """Return what a host calls a date as a moment; None for anything that is none."""
    if isinstance(value, str):
        value = parse_datetime(value) or parse_date(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    if not isinstance(value, datetime):
        return None
    return make_aware(value) if is_naive(value) else value


def registration_of(subject: Subject) -> Registration | None:
    """Find the target of a subject, or None when the site no longer registers its model."""
    from django.apps import apps

    try:
        model = apps.get_model(subject.model_label)
    except LookupError:
        return None
    return registry.lookup(model)


def host_database(subject: Subject) -> str:
    """Return where the host object lives; our own database when its alias was removed."""
    return subject.database if subject.database in connections else moderation_db()


def load(subject: Subject, *, lock: bool = False) -> models.Model | None:
    """Load the host object behind a subject, or None when it is gone.

    ``lock`` holds its row until the end of the transaction, which has to be open.
    """
    registration = registration_of(subject)
    if registration is None or subject.database not in connections:
        return None
    rows = registration.target.queryset(subject.database)
    if lock:
        has_of = connections[subject.database].features.has_select_for_update_of
        rows = rows.select_for_update(of=("self",) if has_of else ())
    try:
        return rows.get(pk=subject.object_id)
    except (ObjectDoesNotExist, ValueError, ValidationError):
        return None


def find_subject(obj: models.Model, using: str) -> Subject | None:
    """Return the live subject of a host object, if it has one."""
    found = resolve(obj)
    if found is None:
        return None
    registration, row = found
    return (
        Subject.objects.using(moderation_db())
        .filter(**subject_key(registration, row, using))
        .first()
    )


def is_author(subject: Subject, user: Any) -> bool:
    """Whether ``user`` wrote the subject.

    The host is asked too: the author may have been set after the last scan.
    """
    if subject.author_id is not None:
        return bool(subject.author_id == user.pk)
    registration = registration_of(subject)
    obj = load(subject) if registration is not None else None
    if registration is None or obj is None:
        return False
    author = registration.target.get_author_user(obj)
    return author is not None and author.pk == user.pk
