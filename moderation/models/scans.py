"""One run of the detectors over one snapshot, and what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from moderation.models.references import ReferenceDocument
from moderation.models.subjects import Snapshot
from moderation.types import Band, Mode

BAND_CHOICES = [
    (Band.NONE.value, _("none")),
    (Band.POSSIBLE.value, _("possible")),
    (Band.LIKELY.value, _("likely")),
]
MODE_CHOICES = [(Mode.LIVE.value, _("live")), (Mode.SHADOW.value, _("shadow"))]


class ScanState(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    SUPERSEDED = "superseded", _("superseded")
    SKIPPED = "skipped", _("skipped")


ACTIVE_SCANS = (ScanState.QUEUED, ScanState.RUNNING)
FINISHED_SCANS = (ScanState.DONE, ScanState.FAILED, ScanState.SKIPPED)


class ScanReason(models.TextChoices):
    SAVE = "save", _("saved")
    SWEEP = "sweep", _("found by the sweep")
    BACKFILL = "backfill", _("backfill")
    REQUEST = "request", _("asked for")


class Scan(models.Model):
    """One run of the detectors. The row is the truth; a task message only hurries it along.

    ``due_at`` is when the sweep asks (again) for a queued scan; a running scan belongs to
    the worker that holds ``lease_token`` until ``lease_until``.
    """

    snapshot = models.ForeignKey(
        Snapshot, models.CASCADE, related_name="scans", verbose_name=_("snapshot")
    )
    state = models.CharField(
        _("state"), max_length=20, choices=ScanState.choices, default=ScanState.QUEUED
    )
    reason = models.CharField(
        _("reason"), max_length=20, choices=ScanReason.choices, default=ScanReason.SAVE
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    scores = models.JSONField(_("scores"), default=dict, blank=True)
    scanned_chars = models.PositiveIntegerField(_("characters scanned"), default=0)
    duration_ms = models.PositiveIntegerField(_("duration in ms"), default=0)

    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    asks = models.PositiveSmallIntegerField(_("times asked for"), default=0)
    due_at = models.DateTimeField(_("due"))
    lease_token = models.CharField(max_length=32, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)

    created_at = models.DateTimeField(_("queued"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot"],
                condition=Q(state__in=[state.value for state in ACTIVE_SCANS]),
                name="moderation_one_active_scan",
            ),
            models.UniqueConstraint(
                fields=["snapshot"],
                condition=Q(state__in=[state.value for state in FINISHED_SCANS]),
                name="moderation_one_finished_scan",
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "due_at"],
                condition=Q(state__in=[state.value for state in ACTIVE_SCANS]),
                name="moderation_scan_due",
            ),
            models.Index(fields=["finished_at"], name="moderation_scan_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} ({self.get_state_display()})"

    if TYPE_CHECKING:
        snapshot_id: int


class RunState(models.TextChoices):
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    SKIPPED = "skipped", _("skipped")


class DetectorRun(models.Model):
    """One detector's part of a scan: a failure here leaves the other parts standing."""

    scan = models.ForeignKey(Scan, models.CASCADE, related_name="runs", verbose_name=_("scan"))
    detector = models.CharField(_("detector"), max_length=50)
    version = models.CharField(_("version"), max_length=50, blank=True)
    mode = models.CharField(_("mode"), max_length=10, choices=MODE_CHOICES, default=Mode.LIVE.value)
    state = models.CharField(_("state"), max_length=20, choices=RunState.choices)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=1)
    error = models.CharField(_("error"), max_length=200, blank=True)
    notes = models.JSONField(_("not assessed"), default=list, blank=True)
    duration_ms = models.PositiveIntegerField(_("duration in ms"), default=0)
    finished_at = models.DateTimeField(_("finished"))

    class Meta:
        verbose_name = _("detector run")
        verbose_name_plural = _("detector runs")
        constraints = [
            models.UniqueConstraint(
                fields=["scan", "detector"], name="moderation_one_run_per_detector"
            )
        ]
        indexes = [models.Index(fields=["finished_at"], name="moderation_run_finished")]

    def __str__(self) -> str:
        return f"{self.detector} {self.version}: {self.get_state_display()}"


class Finding(models.Model):
    """A detector's result; for a copy, together with the text it was copied from."""

    scan = models.ForeignKey(Scan, models.CASCADE, related_name="findings", verbose_name=_("scan"))
    detector = models.CharField(_("detector"), max_length=50)
    kind = models.CharField(_("kind"), max_length=50)
    category = models.CharField(_("category"), max_length=50)
    score = models.FloatField(_("score"))
    band = models.CharField(_("band"), max_length=10, choices=BAND_CHOICES)
    mode = models.CharField(_("mode"), max_length=10, choices=MODE_CHOICES)
    threshold = models.FloatField(_("threshold"))
    source = models.ForeignKey(
        Snapshot,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="copied_by",
        verbose_name=_("matched text"),
    )
    reference = models.ForeignKey(
        ReferenceDocument,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="copied_by",
        verbose_name=_("matched reference document"),
    )
    detail = models.JSONField(_("detail"), default=dict, blank=True)

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["-score", "pk"]
        indexes = [models.Index(fields=["detector", "category"], name="moderation_finding_what")]

    def __str__(self) -> str:
        return f"{self.kind}/{self.category} {self.score:.2f}"


class Evidence(models.Model):
    """A passage of the snapshot and, for a copy, its counterpart in the matched text."""

    finding = models.ForeignKey(
        Finding, models.CASCADE, related_name="evidence", verbose_name=_("finding")
    )
    start = models.PositiveIntegerField(_("start"))
    end = models.PositiveIntegerField(_("end"))
    source_start = models.PositiveIntegerField(_("start in the source"), null=True, blank=True)
    source_end = models.PositiveIntegerField(_("end in the source"), null=True, blank=True)
    weight = models.FloatField(_("weight"), default=1.0)
    explanation = models.CharField(_("explanation"), max_length=100)
    params = models.JSONField(_("parameters"), default=dict, blank=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["start", "end", "pk"]

    def __str__(self) -> str:
        return f"{self.start}–{self.end}"
