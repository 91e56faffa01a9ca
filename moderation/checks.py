"""System checks: every mistake a site can make in its settings, each with an id and a way out."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core import checks
from django.db import router
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from moderation.conf import SETTING_NAMES, Settings, settings, user_settings
from moderation.corpus.embeddings import build_embedder
from moderation.detectors.framing import backends
from moderation.detectors.framing import models as framing_models
from moderation.dispatch import get_dispatcher
from moderation.models import Scan
from moderation.services.transparency import COUNTRIES
from moderation.targets import registry
from moderation.targets.checks import check_registry
from moderation.types import Mode

Messages = Iterable[checks.CheckMessage]


def register_checks() -> None:
    """Register all checks under the tag ``moderation``."""
    for check in (
        check_settings,
        check_dependencies,
        check_targets,
        check_databases,
        check_dotted_paths,
        check_detectors,
        check_framing,
        check_framing_backend,
        check_embedder,
        check_dispatch,
        check_operations,
        check_answers,
    ):
        checks.register(check, "moderation")


def check_settings(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[Any]:
    """E001 unknown key, E002 wrong type or range, W010 a lease that ends before the scan may."""
    value: object = getattr(django_settings, "MODERATION", {})
    if not isinstance(value, Mapping):
        return [
            checks.Error(
                "The setting MODERATION is not a dict.",
                hint="Write MODERATION = {...}; leave it out for the defaults.",
                id="moderation.E002",
            )
        ]
    found = [*_unknown_keys(), *_wrong_values(), *_wrong_rates()]
    return found or [*_short_lease()]


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
        elif key in _CHOICES and value not in _CHOICES[key]:
            yield checks.Error(
                f"MODERATION[{key!r}] is {value!r}, not one of {', '.join(_CHOICES[key])}.",
                hint=f"The default is {vars(Settings)[key]!r}.",
                id="moderation.E002",
            )
        elif key == "FOUR_EYES" and not all(isinstance(code, str) for code in value):
            yield checks.Error(
                f"MODERATION[{key!r}] holds something that is no code of a policy.",
                hint="The default is []; write the codes of your policies, as strings.",
                id="moderation.E002",
            )
        elif key == "SITE_URL" and value and not _SITE_URL.fullmatch(value):
            yield checks.Error(
                f"MODERATION[{key!r}] is {value!r}, not where a site is.",
                hint="Write it like 'https://example.org', without a path. The default is ''.",
                id="moderation.E002",
            )
        elif key == "TERRITORIAL_SCOPE" and not set(map(str, value)) <= COUNTRIES:
            yield checks.Error(
                f"MODERATION[{key!r}] holds something that is no country of the European "
                "Economic Area.",
                hint=f"Choose from {', '.join(sorted(COUNTRIES))}. The default is [].",
                id="moderation.E002",
            )
        elif key == "DUE_HOURS" and not all(map(_is_due, value.items())):
            yield checks.Error(
                f"MODERATION[{key!r}] is not hours above 0 by severities from 0 to 100.",
                hint=f"The default is {vars(Settings)[key]!r}.",
                id="moderation.E002",
            )
        elif key in {"CHECK_RATE", "WRONG_KEY_RATE", "REPORT_RATE"} and not _RATE.fullmatch(value):
            yield checks.Error(
                f"MODERATION[{key!r}] is {value!r}, not a number per second, minute, hour or day.",
                hint=f"The default is {vars(Settings)[key]!r}.",
                id="moderation.E002",
            )


def _wrong_rates() -> Iterator[checks.CheckMessage]:
    rates = settings.API_RATES if isinstance(settings.API_RATES, Mapping) else {}
    for scope, rate in rates.items():
        fits = rate is None or (isinstance(rate, str) and _RATE.fullmatch(rate))
        if scope not in API_SCOPES or not fits:
            yield checks.Error(
                f"MODERATION['API_RATES'] cannot have {scope!r}: {rate!r}.",
                hint=f"Name one of {', '.join(API_SCOPES)}, and a number per second, minute, "
                "hour or day, such as '300/min'; None is without limit.",
                id="moderation.E002",
            )


def _short_lease() -> Iterator[checks.CheckMessage]:
    if settings.SCAN_LEASE_SECONDS <= settings.SCAN_TIME_LIMIT:
        yield checks.Warning(
            "A worker is taken for dead while its detectors may still be at work: "
            "SCAN_LEASE_SECONDS is not longer than SCAN_TIME_LIMIT.",
            hint="Make the lease longer by what it takes to write the result, say twice the limit.",
            id="moderation.W010",
        )


_SITE_URL = re.compile(r"https?://[^/\s?#]+/?")
_RATE = re.compile(r"[1-9]\d*/(?:s|sec|second|m|min|minute|h|hour|d|day)")

CLAIM_MODES = ("off", "optional", "required")
_CHOICES: Mapping[str, Sequence[str]] = {
    "CLAIM_ON_OPEN": CLAIM_MODES,
    "FRAMING_MODEL": framing_models.CHOICES,
    "FRAMING_PRESET": framing_models.PRESETS,
}

API_SCOPES = ("read", "write", "export")

_LEAST = {
    "SNAPSHOT_MAX_CHARS": 1,
    "SCAN_MAX_CHARS": 1,
    "SCAN_TIME_LIMIT": 1,
    "SCAN_MAX_ATTEMPTS": 1,
    "SCAN_LEASE_SECONDS": 1,
    "RESCAN_MAX_SCANS": 1,
    "SWEEP_BATCH": 1,
    "CLAIM_SECONDS": 1,
    "ASSIGN_SECONDS": 1,
    "SHIFT_HOURS": 1,
    "CHECK_MAX_CHARS": 1,
    "REPORT_MAX_CHARS": 1,
    "IDEMPOTENCY_SECONDS": 1,
    "WEBHOOK_TIMEOUT": 1,
    "WEBHOOK_MAX_ATTEMPTS": 1,
}


def _is_due(step: tuple[Any, Any]) -> bool:
    severity, hours = step
    numbers = _is_a(severity, int, int) and (_is_a(hours, int, int) or isinstance(hours, float))
    return numbers and 0 <= severity <= 100 and 0 < hours <= _LONGEST_HOURS


_LONGEST_HOURS = 24 * 365


def _is_a(value: Any, expected: Any, hint: Any) -> bool:
    if typing.get_args(hint) and type(None) in typing.get_args(hint):
        return isinstance(value, tuple(typing.get_origin(o) or o for o in typing.get_args(hint)))
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
    """E003, E004, E010-E012, W003, W004, W008, W009: see ``moderation.targets.checks``."""
    return list(check_registry(registry))


def check_databases(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[Any]:
    """E013 the desk's tables are kept apart from those they point to."""
    own = router.db_for_write(Scan)
    return [
        checks.Error(
            f"The desk's tables are in {own!r}, but those of {model._meta.label} are not.",
            hint="Rows of the desk point to content types and accounts: let your router keep "
            "the app 'moderation' in the same database as them.",
            id="moderation.E013",
        )
        for model in (ContentType, get_user_model())
        if not router.allow_migrate_model(own, model)
    ]


def check_dotted_paths(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[Any]:
    """E005 a dotted path that leads to nothing, or to something else than it should."""
    problems = {
        "DISPATCHER": _problem_of(get_dispatcher),
        "SANITIZER": _problem_of(_build_sanitizer),
        "API_AUTHENTICATION": _problem_of(_build_authenticators),
    }
    return [
        checks.Error(
            f"MODERATION[{key!r}] cannot be used: {problem}",
            hint=f"The default is {vars(Settings)[key]!r}.",
            id="moderation.E005",
        )
        for key, problem in problems.items()
        if problem
    ]


def _build_sanitizer() -> None:
    sanitizer = import_string(settings.SANITIZER)()
    for method in ("to_safe_html", "to_text"):
        if not callable(getattr(sanitizer, method, None)):
            raise TypeError(f"{settings.SANITIZER} has no {method}()")


def _build_authenticators() -> None:
    for path in settings.API_AUTHENTICATION or ():
        if not callable(getattr(import_string(path)(), "authenticate", None)):
            raise TypeError(f"{path} has no authenticate()")


def check_detectors(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[Any]:
    """E008 a detector that cannot be built, E009 a mode there is not, W006 none left."""
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


def check_framing(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[Any]:
    """E015 a model without what it runs on, E016 a file of a model missing or damaged."""
    wanted = _framing_model()
    if wanted is None:
        return []
    found: list[checks.CheckMessage] = []
    if wanted == framing_models.STANDARD and not framing_models.can_run(wanted):
        found.append(
            checks.Error(
                "The standard framing model needs onnxruntime, which is not installed.",
                hint="Install django-moderation-desk[standard], or set "
                "MODERATION['FRAMING_MODEL'] to 'auto' or 'light'.",
                id="moderation.E015",
            )
        )
    found += [
        checks.Error(
            f"The framing models are not intact: {defect}.",
            hint="Install django-moderation-desk again. Until then comments are judged by the "
            "model that is left, or by patterns alone.",
            id="moderation.E016",
        )
        for defect in framing_models.defects(wanted)
    ]
    return found


def check_framing_backend(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[Any]:
    """E018 a back end of the framing detector that cannot be built."""
    entry = settings.FRAMING_BACKEND
    problem = _problem_of(lambda: backends.build(entry)) if isinstance(entry, Mapping) else ""
    if not problem:
        return []
    return [
        checks.Error(
            f"The framing back end cannot be used: {problem}",
            hint="MODERATION['FRAMING_BACKEND'] is {'CLASS': name or dotted path, 'OPTIONS': "
            "{...}}, see docs/backends.md. Until then the model of the package judges, and every "
            "scan has a note that says so.",
            id="moderation.E018",
        )
    ]


def _framing_model() -> str | None:
    """Return the model that the built-in detector asks for; None if it does not run."""
    from moderation.services.detectors import BUILT_IN, detector_settings

    if not isinstance(user_settings().get("DETECTORS", {}), Mapping):
        return None  # E002 says it
    try:
        entry = detector_settings().get("framing", {})
    except (TypeError, ValueError, AttributeError):
        return None  # E008 says it
    options = entry.get("OPTIONS", {})
    wanted = options.get("model") if isinstance(options, Mapping) else None
    known = entry.get("CLASS") == BUILT_IN["framing"] and wanted in framing_models.CHOICES
    return wanted if known else None


def check_embedder(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[Any]:
    """E014 an embedder that cannot be built."""
    entry = settings.EMBEDDER
    problem = _problem_of(lambda: build_embedder(entry)) if isinstance(entry, Mapping) else ""
    if not problem:
        return []
    return [
        checks.Error(
            f"The embedder cannot be used: {problem}",
            hint="MODERATION['EMBEDDER'] is {'OPTIONS': {'path': folder}}, where the folder holds "
            "model.onnx and tokenizer.json or vocab.txt. Install the extra 'embeddings', or set "
            "it to None.",
            id="moderation.E014",
        )
    ]


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
    """What the dispatcher has to say: W001, W002, W007, or ids of one the site wrote."""
    try:
        return list(get_dispatcher().check())
    except (ImportError, AttributeError, TypeError, ValueError):
        return []  # E005 says it


def check_operations(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[Any]:
    """E017 networks, alerts or periods of retention that are none."""
    from moderation.services import alerts, retention

    problems = [
        *(
            _problem_with_networks(name)
            for name in ("WEBHOOK_ALLOWED_NETWORKS", "METRICS_NETWORKS")
        ),
        ("ALERTS", alerts.problem_with_settings(), "Known keys: " + ", ".join(alerts.DEFAULTS)),
        (
            "RETENTION",
            retention.problem_with_settings(),
            "Known keys: " + ", ".join(retention.KINDS),
        ),
    ]
    return [
        checks.Error(f"MODERATION[{key!r}]: {problem}.", hint=f"{hint}.", id="moderation.E017")
        for key, problem, hint in problems
        if problem
    ]


def _problem_with_networks(name: str) -> tuple[str, str, str]:
    hint = "Write a list of networks, such as ['10.1.2.0/24', '::1/128']"
    networks: object = getattr(settings, name)
    for network in networks if isinstance(networks, list) else ():  # E002 says the rest
        try:
            ip_network(network)
        except ValueError as error:
            return name, str(error), hint
    return name, "", hint


def check_answers(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[Any]:
    """W011 who reports without an account cannot confirm the address to be answered at."""
    if not isinstance(getattr(django_settings, "MODERATION", {}), Mapping):
        return []  # E002 says it
    if not (settings.REPORT_ANONYMOUS and settings.NOTIFY_REPORTERS):
        return []
    has_pages = _is_included("moderation_pages:received")
    may_report = has_pages or _is_included("moderation_api:report-list")
    if not may_report or (has_pages and settings.SITE_URL):
        return []
    return [
        checks.Warning(
            "Who reports a text without an account never hears what was decided: no mail has the "
            "link to confirm an address.",
            hint="Set MODERATION['SITE_URL'] and include moderation.pages.urls, or set "
            "REPORT_ANONYMOUS or NOTIFY_REPORTERS to False.",
            id="moderation.W011",
        )
    ]


def _is_included(name: str) -> bool:
    """Whether the site's addresses have one of this name."""
    if not getattr(django_settings, "ROOT_URLCONF", None):
        return False
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True
