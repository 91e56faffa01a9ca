"""The ``MODERATION`` setting: one dict, read through on every access, with typed defaults.

Nothing is cached and nothing is written into ``django.conf.settings``, so
``override_settings(MODERATION=...)`` works at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings as django_settings


class Settings:
    """Every key of ``MODERATION``; the annotation is its type, the value its default."""

    # How host models are found: {"app.Model": {"kind": ..., "text": ...} | "path.to.Target"}
    TARGETS: dict[str, Any] = {}
    # Module looked for in every installed app; None switches discovery off.
    AUTODISCOVER_MODULE: str | None = "moderation_targets"

    # Who runs the work: the Celery task queue, or "…dispatch.immediate.ImmediateDispatcher".
    DISPATCHER: str = "moderation.dispatch.celery.CeleryDispatcher"
    # Celery queue for the tasks; None means the site's default queue.
    QUEUE: str | None = None

    # Laid over the built-in detectors: {"framing": {"MODE": "shadow", "OPTIONS": {...}}},
    # {"framing": None} switches one off, {"mine": {"CLASS": "path.to.Detector"}} adds one.
    DETECTORS: dict[str, Any] = {}
    # Which model judges comments: "standard" (needs the extra of that name), "light", or "auto"
    # for the better one that can run; and its thresholds: "cautious", "balanced" or "strict".
    FRAMING_MODEL: str = "auto"
    FRAMING_PRESET: str = "balanced"
    # What workers ask in its place, {"CLASS": "openai", "OPTIONS": {...}}; None: the model alone.
    FRAMING_BACKEND: dict[str, Any] | None = None
    # Says what texts mean, to suggest rewrites: {"OPTIONS": {"path": "folder of a model"}}.
    EMBEDDER: dict[str, Any] | None = None
    SANITIZER: str = "moderation.text.sanitize.BleachSanitizer"

    # Longest text that is kept with a snapshot and shown to the detectors, in characters.
    SNAPSHOT_MAX_CHARS: int = 1_000_000
    SCAN_MAX_CHARS: int = 500_000
    # Seconds all detectors together may spend on one text.
    SCAN_TIME_LIMIT: int = 60
    # A failing detector is tried this often, with doubling pauses of SCAN_BACKOFF_SECONDS.
    SCAN_MAX_ATTEMPTS: int = 5
    SCAN_BACKOFF_SECONDS: int = 30
    # A worker that has not finished by then is taken for dead.
    SCAN_LEASE_SECONDS: int = 300

    # Edits of one text: changes of so few characters, and scans in so quick a succession,
    # wait for the gap; more than MAX_SCANS in the window wait for the window's end.
    RESCAN_MIN_CHANGED_CHARS: int = 10
    RESCAN_MIN_GAP_SECONDS: int = 600
    RESCAN_MAX_SCANS: int = 3
    RESCAN_WINDOW_SECONDS: int = 86_400

    # A queued scan nobody has started is asked for again after this pause (then doubling).
    SWEEP_GRACE_SECONDS: int = 60
    # Rows one sweep may look at: scans to ask for, newest host rows, and host rows in passing.
    SWEEP_BATCH: int = 1_000

    # A claim on a case ends by itself after this long.
    CLAIM_SECONDS: int = 600
    # Hours in which a case should be decided, by the least severity (0 to 100) they hold for.
    DUE_HOURS: dict[int, float] = {85: 1, 60: 8, 30: 24, 0: 72}
    # Whether opening a case claims it: "off", "optional", or "required" to decide it.
    CLAIM_ON_OPEN: str = "off"
    # A case that was given to a colleague is theirs for so long.
    ASSIGN_SECONDS: int = 86_400
    # Codes of policies on which nobody restricts anything alone: a second person confirms.
    FOUR_EYES: list[str] = []
    # Mails and webhooks about a decision wait so long for an undo.
    UNDO_SECONDS: int = 30
    # After so many cases of this severity and above in so many hours, a break is suggested;
    # BREAK_AFTER 0 suggests none.
    SEVERE_FROM: int = 70
    BREAK_AFTER: int = 20
    SHIFT_HOURS: int = 8

    # Checking a text before it is posted: how often one visitor may, and how much at once.
    CHECK_RATE: str = "30/min"
    CHECK_MAX_CHARS: int = 20_000
    # How many proxies of yours write down whom they speak for, in X-Forwarded-For; None takes
    # NUM_PROXIES of REST_FRAMEWORK. Without either, the address of the connection counts.
    NUM_PROXIES: int | None = None
    # How many wrong API keys one address may try.
    WRONG_KEY_RATE: str = "20/min"

    # Whether readers without an account may report a text, how often one of them may (counted by
    # person and by address), and how much they may write.
    REPORT_ANONYMOUS: bool = True
    REPORT_RATE: str = "20/hour"
    REPORT_MAX_CHARS: int = 5_000
    # Whether authors are mailed what was decided about their texts, and reporters what came of
    # their reports. The signals are sent in any case.
    NOTIFY_AUTHORS: bool = True
    NOTIFY_REPORTERS: bool = True
    # Where the site is, for the links in mails: "https://example.org". Without it there are none.
    SITE_URL: str = ""
    # For how many days a decision may be contested; 0 means never.
    APPEAL_DAYS: int = 183
    # In which countries of the European Economic Area restrictions apply; told in statements.
    TERRITORIAL_SCOPE: list[str] = []

    # How programs sign in to the API: dotted paths of REST framework's authentication classes;
    # None means those of the site's REST_FRAMEWORK setting.
    API_AUTHENTICATION: list[str] | None = None
    # How often one account may read, write and export; laid over 1200 reads
    # and 300 writes a minute, 30 exports an hour. None is without limit.
    API_RATES: dict[str, str | None] = {}
    # The answer to a write with an Idempotency-Key is given again for so long.
    IDEMPOTENCY_SECONDS: int = 86_400

    # Webhooks: seconds one may take to answer, attempts before a message is given up (the pauses
    # grow to six hours), and how long an old secret is signed with beside the new one.
    WEBHOOK_TIMEOUT: int = 10
    WEBHOOK_MAX_ATTEMPTS: int = 20
    WEBHOOK_ROTATION_SECONDS: int = 86_400
    # Networks of your own that webhooks may lead to, as "10.1.2.0/24"; others have to be public.
    WEBHOOK_ALLOWED_NETWORKS: list[str] = []

    # Whom the desk tells when it does not run as it should, and when that is the case; laid over
    # the defaults in moderation.services.alerts.
    ALERTS: dict[str, Any] = {}
    # Who may read the metrics: whoever sends this token, or asks from these networks; or an
    # account with the permission to view counts.
    METRICS_TOKEN: str | None = None
    METRICS_NETWORKS: list[str] = []
    # Days for which rows are kept, by kind (see moderation.services.retention); a kind that is
    # not named is kept for ever. With PURGE_IN_SWEEP the sweep removes what is older.
    RETENTION: dict[str, int] = {}
    PURGE_IN_SWEEP: bool = False

    def __getattribute__(self, name: str) -> Any:
        default = super().__getattribute__(name)
        if not name.isupper():
            return default
        return user_settings().get(name, default)


def user_settings() -> Mapping[str, Any]:
    """Return the site's ``MODERATION`` dict as written; a wrong type is left to the checks."""
    value = getattr(django_settings, "MODERATION", None)
    return value if isinstance(value, Mapping) else {}


SETTING_NAMES = frozenset(Settings.__annotations__)

settings = Settings()
