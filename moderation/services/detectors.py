"""The detectors this site runs, built from the settings."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from moderation.conf import settings
from moderation.detectors.base import Context, Detector
from moderation.detectors.framing.backends import Broken, Guarded, build
from moderation.detectors.framing.backends.resilience import Guard
from moderation.services.errors import where
from moderation.text.document import Document
from moderation.types import Assessment, Kind, Mode

BUILT_IN: dict[str, str] = {
    "duplicate": "moderation.detectors.duplicate.DuplicateDetector",
    "scraped": "moderation.detectors.scraped.ScrapedDetector",
    "framing": "moderation.detectors.framing.FramingDetector",
    "wordlist": "moderation.detectors.wordlist.WordListDetector",
}


logger = logging.getLogger("moderation.detectors")


@dataclass(frozen=True, slots=True)
class ConfiguredDetector:
    """A detector as the site wants it."""

    name: str
    detector: Detector
    mode: Mode

    def wants(self, kind: str) -> bool:
        return Kind(kind) in self.detector.kinds

    def has_work(self, context: Context) -> bool:
        """Whether the context has what the detector can do nothing without."""
        needed = getattr(self.detector, "needs", "")
        return not needed or bool(getattr(context, needed))

    @property
    def informative(self) -> frozenset[str]:
        """Scores the detector gives for information: they never flag by themselves."""
        return getattr(self.detector, "informative", frozenset())


def configured_detectors() -> tuple[ConfiguredDetector, ...]:
    """Return the detectors in the order they run; built once per process.

    One that cannot be built stands in the list all the same and fails each time it is run,
    so that its failure is on record with every scan it is missing from.
    """
    return _build()


@cache
def _build() -> tuple[ConfiguredDetector, ...]:
    return tuple(_build_or_stand_in(name, entry) for name, entry in detector_settings().items())


def _build_or_stand_in(name: str, entry: Mapping[str, Any]) -> ConfiguredDetector:
    try:
        return build_detector(name, entry)
    except Exception as error:  # noqa: BLE001 - a detector's constructor may raise anything
        return ConfiguredDetector(name, Unavailable(error), Mode.LIVE)


class Unavailable:
    """Stands in for a detector whose settings or files are broken."""

    name: ClassVar[str] = "unavailable"
    version: ClassVar[str] = ""
    kinds: ClassVar[frozenset[Kind]] = frozenset(Kind)

    def __init__(self, error: Exception) -> None:
        self._error = error

    def detect(self, document: Document, context: Context) -> Assessment:
        raise self._error


def detector_settings() -> dict[str, Mapping[str, Any]]:
    """Lay the ``DETECTORS`` setting over the built-in detectors; None switches one off."""
    entries: dict[str, Mapping[str, Any] | None] = {
        name: {"CLASS": path} for name, path in BUILT_IN.items()
    }
    for name, entry in settings.DETECTORS.items():
        entries[name] = None if entry is None else {**(entries.get(name) or {}), **entry}
    kept = {name: entry for name, entry in entries.items() if entry is not None}
    return {name: _with_defaults(name, entry) for name, entry in kept.items()}


def _with_defaults(name: str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the built-in ``framing`` the model and the preset that the settings name."""
    given = entry.get("OPTIONS", {})
    if name != "framing" or entry["CLASS"] != BUILT_IN[name] or not isinstance(given, Mapping):
        return entry
    options = {"model": settings.FRAMING_MODEL, "preset": settings.FRAMING_PRESET, **given}
    if settings.FRAMING_BACKEND is not None:
        options.setdefault("backend", _backend(settings.FRAMING_BACKEND))
    return {**entry, "OPTIONS": options}


def _backend(entry: Any) -> Guarded:
    """Build what is asked in place of the model; one that cannot be built fails when asked."""
    try:
        return build(entry)
    except Exception as error:  # noqa: BLE001 - a back end's constructor may raise anything
        logger.error("The framing back end cannot be built: %s", where(error))  # noqa: TRY400 - a message may hold a key
        return Guarded(Broken(), Guard(attempts=1))


def build_detector(name: str, entry: Mapping[str, Any]) -> ConfiguredDetector:
    """Build one detector. Raises ``ValueError`` without a class or with an unknown key."""
    unknown = set(entry) - {"CLASS", "MODE", "OPTIONS"}
    if unknown:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
    if "CLASS" not in entry:
        raise ValueError("no CLASS is given")
    detector = import_string(entry["CLASS"])(**entry.get("OPTIONS", {}))
    if not isinstance(detector, Detector):
        raise TypeError(f"{entry['CLASS']} is not a detector")
    return ConfiguredDetector(name, detector, Mode(entry.get("MODE", Mode.LIVE.value)))


def _forget(*, setting: str, **_kwargs: object) -> None:
    if setting == "MODERATION":
        _build.cache_clear()


setting_changed.connect(_forget, dispatch_uid="moderation.detectors.forget")
