"""What is wrong with an installation, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.db import Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Q

from moderation.conf import settings
from moderation.dispatch import get_dispatcher
from moderation.models import DetectorRun, RunState, ScanState, Subject
from moderation.services import alerts, audit, health, walks
from moderation.services.database import moderation_db
from moderation.services.errors import where
from moderation.services.hosts import content_type_of
from moderation.targets import registry

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Something that is wrong: ``code`` is stable, ``remedy`` says what to do."""

    level: str
    code: str
    message: str
    remedy: str


def examine(*, thorough: bool = True) -> list[Diagnosis]:
    """Look everything over; ``thorough`` also recomputes the audit trail, which takes its time.

    Without the database, or before its migrations, only what can be said without is said.
    """
    found = [*_system_checks(), *_database()]
    if any(each.code in ("database", "migrations") for each in found):
        return found
    looks = [_broker, _life, _targets, _failed_scans, _running, _people, _cache, _mail]
    for look in [*looks, *([_trail] if thorough else [])]:
        found += _looked(look)
    return found


def _looked(look: Callable[[], Iterator[Diagnosis]]) -> list[Diagnosis]:
    try:
        return list(look())
    except Exception as error:  # noqa: BLE001 - the site may be broken in any way
        what = look.__name__.strip("_").replace("_", " ")
        return [Diagnosis(ERROR, "doctor", f"{what}: {where(error)}", "See to this first.")]


def _system_checks() -> Iterator[Diagnosis]:
    for message in checks.run_checks(tags=["moderation"]):
        if not message.is_silenced():
            level = ERROR if message.is_serious() else WARNING
            yield Diagnosis(level, message.id or "check", message.msg, message.hint or "")


def _database() -> Iterator[Diagnosis]:
    try:
        executor = MigrationExecutor(connections[moderation_db()])
        leaves = executor.loader.graph.leaf_nodes("moderation")
        missing = [str(migration) for migration, _back in executor.migration_plan(leaves)]
    except Error as error:
        told = f"The database cannot be reached ({type(error).__name__})."
        yield Diagnosis(ERROR, "database", told, "See DATABASES, and whether the server runs.")
        return
    if missing:
        told = f"Migrations are not applied: {', '.join(missing)}."
        yield Diagnosis(ERROR, "migrations", told, "Run 'manage.py migrate moderation'.")


def _broker() -> Iterator[Diagnosis]:
    if not get_dispatcher().reachable():
        yield Diagnosis(
            ERROR,
            "broker",
            "The broker cannot be reached.",
            "See CELERY_BROKER_URL, and whether it runs. The sweep asks again for what waits.",
        )


def _life() -> Iterator[Diagnosis]:
    now = health.figures()
    if now.since_sweep is None or now.since_sweep > health.SWEEP_LATE_AFTER:
        ago = "never" if now.since_sweep is None else f"{now.since_sweep / 60:.0f} minutes ago"
        yield Diagnosis(
            ERROR,
            "sweep",
            f"The sweep ran {ago}.",
            "Run Celery beat with 'moderation.sweep' in its schedule, or "
            "'manage.py moderation_sweep' from cron, every minute.",
        )
    late = now.overdue_scan is not None and now.overdue_scan > health.SWEEP_LATE_AFTER
    silent = now.since_worker is None or now.since_worker > health.SWEEP_LATE_AFTER
    if late and silent:
        waiting = now.scans.get(ScanState.QUEUED.value, 0)
        yield Diagnosis(
            ERROR,
            "worker",
            f"{waiting} texts wait for a scan, and no worker was heard from lately.",
            "Start a Celery worker for the queue that the setting QUEUE names; until then "
            "'manage.py moderation_scan --inline' scans in the command itself.",
        )


def _targets() -> Iterator[Diagnosis]:
    known = Subject.objects.using(moderation_db())
    for registration in registry.all():
        label = registration.root._meta.label
        for alias in walks.aliases_of(registration.root):
            own = known.filter(content_type=content_type_of(registration), database=alias)
            if registration.target.queryset(alias).exists() and not own.exists():
                yield Diagnosis(
                    WARNING,
                    "target",
                    f"{label} has rows in {alias!r}, none of which was taken in.",
                    "Run 'manage.py moderation_scan'.",
                )


def _failed_scans() -> Iterator[Diagnosis]:
    rows = (
        DetectorRun.objects.using(moderation_db())
        .filter(scan__state=ScanState.FAILED, state=RunState.FAILED)
        .values_list("detector", "error")
        .annotate(Count("pk"))
        .order_by("detector", "error")
    )
    for detector, error, number in rows:
        yield Diagnosis(
            WARNING,
            "failed_scans",
            f"{number} texts could not be scanned by {detector!r}: {error}.",
            "Mend what the log says, then run 'manage.py moderation_scan --failed'.",
        )


def _running() -> Iterator[Diagnosis]:
    remedies = {
        "backlog": "Ask for more moderators, or raise the detectors' thresholds.",
        "queue": "Start more workers.",
        "outbox": "See the deliveries in the admin, and whether a worker runs.",
        "dead_deliveries": "See to the other side, then 'manage.py moderation_webhooks replay'.",
    }
    for problem in alerts.problems():
        if problem.code != "sweep":
            remedy = remedies.get(problem.code, "See the log for the reason.")
            yield Diagnosis(WARNING, problem.code, problem.text, remedy)


def _people() -> Iterator[Diagnosis]:
    named = Q(codename="decide_case", content_type__app_label="moderation")
    users = get_user_model()._default_manager.using(moderation_db()).filter(is_active=True)
    within = Q()
    for path in ("groups__permissions", "user_permissions"):
        within |= Q(**{f"{path}__{name}": value for name, value in named.children})  # type: ignore[misc]
    if not users.filter(within).exists():
        yield Diagnosis(
            WARNING,
            "moderators",
            "Nobody but superusers may decide cases.",
            "Run 'manage.py moderation_roles' and put people into the groups.",
        )


def _cache() -> Iterator[Diagnosis]:
    backend = str(django_settings.CACHES.get("default", {}).get("BACKEND", ""))
    if backend.endswith(("LocMemCache", "DummyCache")) and not django_settings.DEBUG:
        yield Diagnosis(
            WARNING,
            "cache",
            "The default cache is not shared by the processes of the site, so that each "
            "counts the rates of readers and programs for itself.",
            "Use Redis, Memcached or the database in CACHES.",
        )


def _mail() -> Iterator[Diagnosis]:
    wanted = alerts.limits()["emails"] or settings.NOTIFY_AUTHORS or settings.NOTIFY_REPORTERS
    if not wanted:
        return
    backend = str(django_settings.EMAIL_BACKEND).rpartition(".")[2]
    nowhere = ".".join(str(django_settings.EMAIL_BACKEND).split(".")[-2:-1])
    if nowhere in ("console", "dummy", "locmem", "filebased"):
        told = f"Mails go nowhere: EMAIL_BACKEND is {nowhere!r} ({backend})."
        yield Diagnosis(WARNING, "mail", told, "Set EMAIL_BACKEND and EMAIL_HOST.")
    elif django_settings.DEFAULT_FROM_EMAIL == "webmaster@localhost":
        told = "Mails come from webmaster@localhost, which many servers refuse."
        yield Diagnosis(WARNING, "mail", told, "Set DEFAULT_FROM_EMAIL.")


def _trail() -> Iterator[Diagnosis]:
    result: Any = audit.verify()
    if not result.ok:
        yield Diagnosis(
            ERROR,
            "audit",
            f"The audit trail is broken: {result.problem}.",
            "Somebody changed the tables behind the desk's back: compare with a backup.",
        )
