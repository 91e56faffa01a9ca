"""The rows behind the cases, for those who look into something: all of them read-only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation.admin import display, words
from moderation.admin.base import HidesPersons, ReadOnly
from moderation.models import (
    Decision,
    DetectorRun,
    Event,
    Evidence,
    Finding,
    Scan,
    Snapshot,
    Subject,
)
from moderation.services import audit, statements

if TYPE_CHECKING:
    DecisionModelAdmin = admin.ModelAdmin[Decision]
    EventModelAdmin = admin.ModelAdmin[Event]
    FindingModelAdmin = admin.ModelAdmin[Finding]
    ScanModelAdmin = admin.ModelAdmin[Scan]
    SnapshotModelAdmin = admin.ModelAdmin[Snapshot]
    SubjectModelAdmin = admin.ModelAdmin[Subject]
    RunTable = admin.TabularInline[DetectorRun, Scan]
    EvidenceTable = admin.TabularInline[Evidence, Finding]
else:
    DecisionModelAdmin = EventModelAdmin = FindingModelAdmin = admin.ModelAdmin
    ScanModelAdmin = SnapshotModelAdmin = SubjectModelAdmin = admin.ModelAdmin
    RunTable = EvidenceTable = admin.TabularInline

# Enough to recognise a text by; the page of its case shows all of it.
_MOST_TEXT = 20_000
_MOST_ROWS = 200


@admin.register(Subject)
class SubjectAdmin(HidesPersons, ReadOnly, SubjectModelAdmin):
    list_display = (
        "shown_label",
        "model_label",
        "object_id",
        "kind",
        "shown_author",
        "scanned",
        "gone",
    )
    list_filter = ("kind", "model_label", ("deleted_at", admin.EmptyFieldListFilter))
    persons = ("shown_author", "author", "author_key", "author_label", "label")
    search_fields = ("label", "author_label", "=object_id")
    list_select_related = ("parent",)
    ordering = ("-pk",)
    show_full_result_count = False
    fields = (
        "shown_label",
        "model_label",
        "object_id",
        "database",
        "kind",
        "shown_url",
        "shown_author",
        "author",
        "parent",
        "last_scanned_at",
        "created_at",
        "deleted_at",
    )

    def subjects_of(self, row: Subject) -> tuple[Subject | None, ...]:
        return row, row.parent

    @admin.display(description=gettext_lazy("label"))
    def shown_label(self, subject: Subject) -> SafeString:
        return display.isolated(str(subject))

    @admin.display(description=gettext_lazy("author"), ordering="author_label")
    def shown_author(self, subject: Subject) -> SafeString:
        return display.isolated(subject.author_label)

    @admin.display(description=gettext_lazy("last scanned"), ordering="last_scanned_at")
    def scanned(self, subject: Subject) -> str:
        return display.moment(subject.last_scanned_at)

    @admin.display(description=gettext_lazy("deleted by the site"), boolean=True)
    def gone(self, subject: Subject) -> bool:
        return subject.deleted_at is not None

    @admin.display(description=gettext_lazy("address"))
    def shown_url(self, subject: Subject) -> SafeString:
        url = display.safe_url(subject.url)
        text = display.isolated(subject.url)
        return (
            format_html('<a href="{}" rel="noopener noreferrer">{}</a>', url, text) if url else text
        )


@admin.register(Snapshot)
class SnapshotAdmin(HidesPersons, ReadOnly, SnapshotModelAdmin):
    list_display = (
        "id",
        "shown_subject",
        "shown_title",
        "format",
        "language",
        "length",
        "is_current",
        "taken",
    )
    list_filter = ("is_current", "format", "subject__kind")
    list_select_related = ("subject",)
    persons = ("shown_author", "author_label")
    search_fields = ("title", "=text_hash")
    ordering = ("-pk",)
    show_full_result_count = False
    fields = (
        "subject",
        "shown_title",
        "shown_author",
        "format",
        "language",
        "length",
        "is_current",
        "created_at",
        "text_hash",
        "shown_text",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Snapshot]:
        return super().get_queryset(request).defer("text")

    def subjects_of(self, row: Snapshot) -> tuple[Subject]:
        return (row.subject,)

    @admin.display(description=gettext_lazy("subject"))
    def shown_subject(self, snapshot: Snapshot) -> SafeString:
        return display.isolated(str(snapshot.subject))

    @admin.display(description=gettext_lazy("title"), ordering="title")
    def shown_title(self, snapshot: Snapshot) -> SafeString:
        return display.isolated(snapshot.title)

    @admin.display(description=gettext_lazy("author"))
    def shown_author(self, snapshot: Snapshot) -> SafeString:
        return display.isolated(snapshot.author_label)

    @admin.display(description=gettext_lazy("taken"), ordering="created_at")
    def taken(self, snapshot: Snapshot) -> str:
        return display.moment(snapshot.created_at)

    @admin.display(description=gettext_lazy("text as stored"))
    def shown_text(self, snapshot: Snapshot) -> SafeString:
        text = snapshot.text
        shown = format_html(
            '<div class="moderation-text moderation-source" dir="auto">{}</div>',
            display.shown(text[:_MOST_TEXT]),
        )
        if len(text) <= _MOST_TEXT:
            return shown
        note = _("The first %(shown)d of %(all)d characters.") % {
            "shown": _MOST_TEXT,
            "all": len(text),
        }
        return format_html('<p class="help">{}</p>{}', note, shown)


class Rows(ReadOnly):
    """Rows that belong to another: who may see that one sees them too."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


class DetectorRunInline(Rows, RunTable):
    model = DetectorRun
    fields = (
        "detector",
        "version",
        "mode",
        "state",
        "attempts",
        "error",
        "duration_ms",
        "finished_at",
    )
    readonly_fields = fields
    extra = 0
    ordering = ("detector",)


@admin.register(Scan)
class ScanAdmin(HidesPersons, ReadOnly, ScanModelAdmin):
    list_display = (
        "id",
        "shown_subject",
        "state",
        "reason",
        "detectors",
        "scanned_chars",
        "duration_ms",
        "attempts",
        "queued",
    )
    list_filter = ("state", "reason")
    list_select_related = ("snapshot__subject",)
    ordering = ("-pk",)
    show_full_result_count = False
    inlines = (DetectorRunInline,)
    fields = (
        "snapshot",
        "state",
        "reason",
        "shown_note",
        "scanned_chars",
        "duration_ms",
        "attempts",
        "asks",
        "due_at",
        "created_at",
        "started_at",
        "finished_at",
        "shown_scores",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Scan]:
        scans = super().get_queryset(request)
        return scans.defer("snapshot__text").prefetch_related("runs")

    def subjects_of(self, row: Scan) -> tuple[Subject]:
        return (row.snapshot.subject,)

    @admin.display(description=gettext_lazy("subject"))
    def shown_subject(self, scan: Scan) -> SafeString:
        return display.isolated(str(scan.snapshot.subject))

    @admin.display(description=gettext_lazy("detectors"))
    def detectors(self, scan: Scan) -> str:
        runs = sorted(scan.runs.all(), key=lambda run: run.detector)
        return ", ".join(f"{run.detector}: {run.get_state_display()}" for run in runs) or "–"

    @admin.display(description=gettext_lazy("queued"), ordering="created_at")
    def queued(self, scan: Scan) -> str:
        return display.moment(scan.created_at)

    @admin.display(description=gettext_lazy("note"))
    def shown_note(self, scan: Scan) -> str:
        return words.scan_note(scan.note)

    @admin.display(description=gettext_lazy("scores"))
    def shown_scores(self, scan: Scan) -> SafeString:
        return _json(scan.scores)


class EvidenceInline(Rows, EvidenceTable):
    """The heaviest passages of a finding; offsets only, the text is on the page of the case."""

    model = Evidence
    fields = ("start", "end", "source_start", "source_end", "weight", "explanation", "params")
    readonly_fields = fields
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evidence]:
        passages = super().get_queryset(request)
        parent = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        heaviest = Evidence.objects.filter(finding=parent).order_by("-weight", "pk")
        return passages.filter(pk__in=list(heaviest.values_list("pk", flat=True)[:_MOST_ROWS]))


@admin.register(Finding)
class FindingAdmin(HidesPersons, ReadOnly, FindingModelAdmin):
    list_display = (
        "id",
        "shown_subject",
        "what",
        "shown_score",
        "band",
        "mode",
        "shown_threshold",
        "detector",
    )
    list_filter = ("kind", "band", "mode", "detector")
    list_select_related = ("scan__snapshot__subject",)
    ordering = ("-pk",)
    show_full_result_count = False
    inlines = (EvidenceInline,)
    fields = (
        "scan",
        "detector",
        "kind",
        "category",
        "score",
        "band",
        "mode",
        "threshold",
        "source",
        "reference",
        "shown_detail",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Finding]:
        return super().get_queryset(request).defer("scan__snapshot__text")

    def subjects_of(self, row: Finding) -> tuple[Subject]:
        return (row.scan.snapshot.subject,)

    @admin.display(description=gettext_lazy("subject"))
    def shown_subject(self, finding: Finding) -> SafeString:
        return display.isolated(str(finding.scan.snapshot.subject))

    @admin.display(description=gettext_lazy("category"), ordering="category")
    def what(self, finding: Finding) -> str:
        return words.category(f"{finding.kind}/{finding.category}")

    @admin.display(description=gettext_lazy("score"), ordering="score")
    def shown_score(self, finding: Finding) -> str:
        return number_format(round(finding.score, 2), 2, use_l10n=True)

    @admin.display(description=gettext_lazy("threshold"), ordering="threshold")
    def shown_threshold(self, finding: Finding) -> str:
        return number_format(round(finding.threshold, 2), 2, use_l10n=True)

    @admin.display(description=gettext_lazy("detail"))
    def shown_detail(self, finding: Finding) -> SafeString:
        return _json(finding.detail)


@admin.register(Decision)
class DecisionAdmin(ReadOnly, DecisionModelAdmin):
    actions = ("export_statements",)
    list_display = (
        "id",
        "case",
        "outcome",
        "cited",
        "shown_actor",
        "actor_kind",
        "taken_back",
        "decided",
    )
    list_filter = ("outcome", "actor_kind", "created_at")
    list_select_related = ("case", "reversed_by")
    search_fields = ("actor_label", "=batch_id")
    ordering = ("-pk",)
    show_full_result_count = False
    fields = (
        "case",
        "case_version",
        "snapshot",
        "outcome",
        "cited",
        "shown_public_note",
        "shown_internal_note",
        "actor_kind",
        "shown_actor",
        "actor",
        "batch_id",
        "reverses",
        "taken_back",
        "effect_on_site",
        "created_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Decision]:
        return super().get_queryset(request).prefetch_related("policies")

    @admin.action(
        description=gettext_lazy("Export the statements of reasons"), permissions=["view"]
    )
    def export_statements(
        self, request: HttpRequest, queryset: QuerySet[Decision]
    ) -> StreamingHttpResponse:
        """Write out the statements about the selected decisions, in the database's form."""
        return StreamingHttpResponse(
            statements.as_json(statements.of_decisions(queryset)),
            content_type="application/json",
            headers={"Content-Disposition": 'attachment; filename="statements.json"'},
        )

    @admin.display(description=gettext_lazy("policies"))
    def cited(self, decision: Decision) -> str:
        return ", ".join(policy.title for policy in decision.policies.all()) or "–"

    @admin.display(description=gettext_lazy("moderator"), ordering="actor_label")
    def shown_actor(self, decision: Decision) -> SafeString:
        return display.isolated(decision.actor_label)

    @admin.display(description=gettext_lazy("taken back"), boolean=True)
    def taken_back(self, decision: Decision) -> bool:
        return getattr(decision, "reversed_by", None) is not None

    @admin.display(description=gettext_lazy("decided"), ordering="created_at")
    def decided(self, decision: Decision) -> str:
        return display.moment(decision.created_at)

    @admin.display(description=gettext_lazy("note for the author"))
    def shown_public_note(self, decision: Decision) -> SafeString:
        return _paragraph(decision.public_note)

    @admin.display(description=gettext_lazy("internal note"))
    def shown_internal_note(self, decision: Decision) -> SafeString:
        return _paragraph(decision.internal_note)

    @admin.display(description=gettext_lazy("effect on the site"))
    def effect_on_site(self, decision: Decision) -> str:
        effect = getattr(decision, "effect", None)
        return str(effect) if effect else "–"


@admin.register(Event)
class EventAdmin(ReadOnly, EventModelAdmin):
    """The audit trail, and a page that recomputes it."""

    list_display = ("number", "when", "what", "shown_actor", "case", "short_hash")
    list_filter = ("verb", "at")
    list_select_related = ("case",)
    search_fields = ("=actor_ref", "actor_label", "=hash")
    ordering = ("-number",)
    show_full_result_count = False
    fields = (
        "number",
        "at",
        "what",
        "verb",
        "shown_actor",
        "actor",
        "actor_ref",
        "case",
        "shown_data",
        "previous_hash",
        "hash",
    )

    def get_urls(self) -> list[URLPattern]:
        verify = path(
            "verify/", self.admin_site.admin_view(self.verify_view), name="moderation_event_verify"
        )
        return [verify, *super().get_urls()]

    def verify_view(self, request: HttpRequest) -> HttpResponse:
        """Recompute the chain when asked to: it reads every event there is."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Audit trail"),
            "opts": self.opts,
            "verification": audit.verify() if request.method == "POST" else None,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/moderation/event/verify.html", context)

    @admin.display(description=gettext_lazy("when"), ordering="at")
    def when(self, event: Event) -> str:
        return display.date(event.at)

    @admin.display(description=gettext_lazy("what"), ordering="verb")
    def what(self, event: Event) -> str:
        return words.verb(event.verb)

    @admin.display(description=gettext_lazy("who"), ordering="actor_label")
    def shown_actor(self, event: Event) -> SafeString:
        return display.isolated(event.actor_label)

    @admin.display(description=gettext_lazy("hash"))
    def short_hash(self, event: Event) -> SafeString:
        return format_html("<code>{}</code>", event.hash[:12])

    @admin.display(description=gettext_lazy("data"))
    def shown_data(self, event: Event) -> SafeString:
        return _json(event.data)


def _json(value: Any) -> SafeString:
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, cls=DjangoJSONEncoder)
    return format_html(
        '<div class="moderation-text moderation-source">{}</div>', display.shown(text)
    )


def _paragraph(text: str) -> SafeString:
    return format_html('<div class="moderation-text" dir="auto">{}</div>', display.shown(text))
