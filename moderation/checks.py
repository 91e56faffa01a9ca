"""System checks: every mistake a site can make in its settings, each with an id and a way out."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings as django_settings
from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.utils.module_loading import import_string

from moderation.conf import SETTING_NAMES, Settings, settings, user_settings
from moderation.targets import Registration, Target, registry
from moderation.targets.base import path_exists
from moderation.types import Kind, Mode, TextFormat

Messages = Iterable[checks.CheckMessage]


def register_checks() -> None:
    """Register all checks under the tag ``moderation``."""
    for check in (
        check_settings,
        check_dependencies,
        check_targets,
        check_dotted_paths,
        check_detectors,
        check_dispatch,
    ):
        checks.register(check, "moderation")


def check_settings(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[Any]:
    """E001 unknown key, E002 wrong type or range."""
    value: object = getattr(django_settings, "MODERATION", {})
    if not isinstance(value, Mapping):
        return [
            checks.Error(
                "The setting MODERATION is not a dict.",
                hint="Write MODERATION = {...}; leave it out for the defaults.",
                id="moderation.E002",
            )
        ]
    return [*_unknown_keys(), *_wrong_values()]


def _unknown_keys() -> Iterator[checks.CheckMessage]:
    for key in user_settings():
        if key not in SETTING_NAMES:
            yield checks.Error(
                f"MODERATION has no key {key!r}.",
                hint=f"Known keys: {', '.join(sorted(SETTING_NAMES))}.",
                id="moderation.E001",
            )


def _wrong_values() -> Iterator[checks.CheckMessage]:
    hints = typing.get_type_hints(Settings)
    for key, value in user_settings().items():
        if key not in hints:
            continue
        expected = typing.get_origin(hints[key]) or hints[key]
        if not _is_a(value, expected, hints[key]):
            yield checks.Error(
                f"MODERATION[{key!r}] is {type(value).__name__}, not {_name(hints[key])}.",
                hint=f"The default is {vars(Settings)[key]!r}.",
                id="moderation.E002",
            )
        elif isinstance(value, int) and value < _LEAST.get(key, 0):
            yield checks.Error(
                f"MODERATION[{key!r}] is {value}, less than {_LEAST.get(key, 0)}.",
                hint=f"The default is {vars(Settings)[key]!r}.",
                id="moderation.E002",
            )


_LEAST = {
    "SNAPSHOT_MAX_CHARS": 1,
    "SCAN_MAX_CHARS": 1,
    "SCAN_TIME_LIMIT": 1,
    "SCAN_MAX_ATTEMPTS": 1,
    "SCAN_LEASE_SECONDS": 1,
    "RESCAN_MAX_SCANS": 1,
    "SWEEP_BATCH": 1,
    "CLAIM_SECONDS": 1,
}


def _is_a(value: Any, expected: Any, hint: Any) -> bool:
    if typing.get_args(hint) and type(None) in typing.get_args(hint):
        return value is None or isinstance(value, str)
    if expected is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, expected)


def _name(hint: Any) -> str:
    return str(getattr(hint, "__name__", hint))


def check_dependencies(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[Any]:
    """E006 another package of our name, E007 contenttypes or auth missing."""
    found: list[checks.CheckMessage] = [
        checks.Error(
            f"moderation needs {name} in INSTALLED_APPS.",
            hint=f"Add {name!r} to INSTALLED_APPS.",
            id="moderation.E007",
        )
        for name in ("django.contrib.contenttypes", "django.contrib.auth")
        if not apps.is_installed(name)
    ]
    if _django_moderation_installed():
        found.append(
            checks.Error(
                "django-moderation is installed; it owns the import name 'moderation' too.",
                hint="Uninstall django-moderation: the two packages overwrite each other's files.",
                id="moderation.E006",
            )
        )
    return found


def _django_moderation_installed() -> bool:
    from importlib import metadata

    try:
        metadata.distribution("django-moderation")
    except metadata.PackageNotFoundError:
        return False
    return True


def check_targets(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[Any]:
    """E003 not registrable, E004 wrong option, W003 no target, W004 target cannot hide."""
    found: list[checks.CheckMessage] = [
        checks.Error(
            f"The target of {label} cannot be used: {reason}",
            hint="Is the app in INSTALLED_APPS, the model's name right, the path importable, "
            "and the model registered only once?",
            id="moderation.E003",
        )
        for label, reason in registry.failures.items()
    ]
    registrations = registry.all()
    if not registrations and not registry.failures:
        found.append(
            checks.Warning(
                "No model is registered for moderation.",
                hint="Write a moderation_targets.py in one of your apps, or MODERATION['TARGETS'].",
                id="moderation.W003",
            )
        )
    for registration in registrations:
        found.extend(_check_target(registration))
    return found


def _check_target(registration: Registration) -> Iterator[checks.CheckMessage]:
    target = registration.target
    label = target.model._meta.label
    if target.kind not in set(Kind):
        yield _option_error(label, "kind", f"is {target.kind!r}", "Use 'article' or 'comment'.")
    if target.text is None:
        yield _option_error(label, "text", "is missing", "Name the field that holds the body.")
    if not callable(target.text_format) and target.text_format not in set(TextFormat):
        yield _option_error(
            label,
            "text_format",
            f"is {target.text_format!r}",
            "Use 'plain', 'html', 'markdown' or a callable that gives one of them.",
        )
    for name in Target.READ_OPTIONS:
        yield from _check_path(target, label, name)
    yield from _check_visibility(target, label)
    if not target.can_hide:
        yield checks.Warning(
            f"Objects of {label} cannot be hidden.",
            hint="Give the target a visibility, such as {'is_public': (True, False)}, or hide() "
            "and restore() methods; without them a decision to hide has no effect.",
            obj=label,
            id="moderation.W004",
        )


def _check_path(target: Target, label: str, name: str) -> Iterator[checks.CheckMessage]:
    option = getattr(target, name)
    if option is None or callable(option):
        return
    if not isinstance(option, str):
        yield _option_error(
            label, name, f"is {option!r}", "Use a field name, a dotted path or a callable."
        )
    elif not path_exists(target.model, option):
        yield _option_error(
            label, name, f"leads nowhere: {option!r}", "Is the field's name spelled right?"
        )


def _check_visibility(target: Target, label: str) -> Iterator[checks.CheckMessage]:
    for name, values in dict[str, Any](target.visibility or {}).items():
        try:
            target.model._meta.get_field(name)
        except FieldDoesNotExist:
            yield _option_error(
                label, "visibility", f"names no field: {name!r}", "Is it spelled right?"
            )
        if not isinstance(values, (tuple, list)) or len(values) != 2:
            yield _option_error(
                label,
                "visibility",
                f"has no pair of values for {name!r}",
                "Write {'field': (value when shown, value when hidden)}.",
            )


def _option_error(label: str, option: str, what: str, hint: str) -> checks.CheckMessage:
    return checks.Error(
        f"The target of {label}: {option} {what}.", hint=hint, obj=label, id="moderation.E004"
    )


def check_dotted_paths(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[Any]:
    """E005 a dotted path that cannot be imported."""
    found = []
    for key in ("DISPATCHER", "SANITIZER"):
        path = getattr(settings, key)
        try:
            import_string(path)
        except (ImportError, AttributeError, TypeError) as error:
            found.append(
                checks.Error(
                    f"MODERATION[{key!r}] cannot be imported: {error}",
                    hint=f"The default is {vars(Settings)[key]!r}.",
                    id="moderation.E005",
                )
            )
    return found


def check_detectors(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[Any]:
    """E008 a detector that cannot be built, E009 a mode there is not, W005 none left."""
    from moderation.services.detectors import build_detector, detector_settings

    entries = user_settings().get("DETECTORS", {})
    if not isinstance(entries, Mapping):
        return []  # E002 says it
    found: list[checks.CheckMessage] = []
    bad = {name for name, entry in entries.items() if not isinstance(entry, (Mapping, type(None)))}
    if bad:
        what = "its entry is not a dict"
        return [_detector_error(name, what, "moderation.E008") for name in sorted(bad)]
    for name, entry in detector_settings().items():
        if entry.get("MODE", "live") not in set(Mode):
            found.append(_detector_error(name, f"MODE is {entry['MODE']!r}", "moderation.E009"))
            continue
        problem = _problem_of(lambda n=name, e=entry: build_detector(n, e))  # type: ignore[misc]
        if problem:
            found.append(_detector_error(name, problem, "moderation.E008"))
    if not detector_settings():
        found.append(
            checks.Warning(
                "All detectors are switched off.",
                hint="Remove the None entries from MODERATION['DETECTORS'].",
                id="moderation.W006",
            )
        )
    return found


def _problem_of(build: Callable[[], Any]) -> str:
    try:
        build()
    except (ImportError, AttributeError, TypeError, ValueError, OSError) as error:
        return str(error)
    return ""


def _detector_error(name: str, problem: str, check_id: str) -> checks.CheckMessage:
    return checks.Error(
        f"The detector {name!r} cannot be used: {problem}",
        hint="An entry is {'CLASS': dotted path, 'MODE': 'live' or 'shadow', 'OPTIONS': {...}}, "
        "or None to switch the detector off.",
        id=check_id,
    )


def check_dispatch(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[Any]:
    """W001 work done inside the save on a live site, W002 no broker set."""
    from moderation.dispatch.celery import broker_is_set

    found: list[checks.CheckMessage] = []
    if settings.DISPATCHER.endswith(".ImmediateDispatcher") and not django_settings.DEBUG:
        found.append(
            checks.Warning(
                "Texts are scanned inside the request that saves them.",
                hint="Use moderation.dispatch.celery.CeleryDispatcher on a live site.",
                id="moderation.W001",
            )
        )
    if settings.DISPATCHER.endswith(".CeleryDispatcher") and not broker_is_set():
        found.append(
            checks.Warning(
                "Celery has no broker: nothing will be scanned until the sweep finds one.",
                hint="Set CELERY_BROKER_URL (or broker_url of your Celery app), for example "
                "'redis://localhost:6379/0'.",
                id="moderation.W002",
            )
        )
    return found
