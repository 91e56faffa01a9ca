"""Programs that are told, whose secret is shown once, and what each of them was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from moderation.admin import display
from moderation.admin.base import DeskMedia, ReadOnly, ThroughServices
from moderation.models import Delivery, DeliveryState, Webhook
from moderation.models.webhooks import EVENTS
from moderation.services import deliveries, webhooks
from moderation.services.errors import Unusable
from moderation.services.outgoing import check_url

if TYPE_CHECKING:
    WebhookModelAdmin = admin.ModelAdmin[Webhook]
    WebhookModelForm = forms.ModelForm[Webhook]
    DeliveryModelAdmin = admin.ModelAdmin[Delivery]
else:
    WebhookModelAdmin = DeliveryModelAdmin = admin.ModelAdmin
    WebhookModelForm = forms.ModelForm


class WebhookForm(WebhookModelForm):
    """What a program is told is ticked, not typed."""

    events = forms.MultipleChoiceField(
        label=gettext_lazy("events"),
        choices=list(EVENTS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Tick none to tell of every event about cases."),
    )

    def clean_url(self) -> str:
        """Refuse an address that nothing is ever sent to."""
        url = str(self.cleaned_data["url"])
        try:
            check_url(url)
        except Unusable as error:
            raise ValidationError(str(error)) from error
        return url


@admin.register(Webhook)
class WebhookAdmin(DeskMedia, ThroughServices, WebhookModelAdmin):
    """Addresses that are told what happens to cases."""

    form = WebhookForm
    list_display = ("name", "url", "is_active", "waiting", "given_up", "changed")
    list_filter = ("is_active",)
    search_fields = ("name", "url")
    ordering = ("-pk",)
    actions = ("rotate", "try_out")
    fieldsets = ((None, {"fields": ("name", "url", "events", "is_active")}),)
    readonly_fields = ("previous_until", "created_at", "changed")

    def get_fieldsets(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        known = (gettext_lazy("Record"), {"fields": self.readonly_fields})
        return (*self.fieldsets, known) if obj else self.fieldsets

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        def in_state(state: DeliveryState) -> Count:
            return Count("deliveries", filter=Q(deliveries__state=state))

        counts = {"pending": in_state(DeliveryState.PENDING), "dead": in_state(DeliveryState.DEAD)}
        rows: QuerySet[Webhook] = super().get_queryset(request).annotate(**counts)
        return rows

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Refuse to filter by secrets: what can be asked for is guessed letter by letter."""
        return "secret" not in lookup and super().lookup_allowed(lookup, value, request)

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: Any) -> None:
        webhooks.save(obj, user=request.user)

    def delete_model(self, request: HttpRequest, obj: Webhook) -> None:
        webhooks.remove(obj, user=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        for row in queryset:
            webhooks.remove(row, user=request.user)

    def response_add(
        self, request: HttpRequest, obj: Webhook, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret in this very answer."""
        return self._show_secret(request, obj)

    @admin.action(
        description=gettext_lazy("Make a new secret for the selected webhook"),
        permissions=["change"],
    )
    def rotate(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> HttpResponse | None:
        rows = list(queryset[:2])
        if len(rows) != 1:
            messages.error(request, _("Select one webhook: its secret is shown only once."))
            return None
        webhooks.rotate(rows[0], user=request.user)
        return self._show_secret(request, rows[0])

    @admin.action(
        description=gettext_lazy("Send a test message to the selected webhooks"),
        permissions=["change"],
    )
    def try_out(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        for row in queryset:
            try:
                webhooks.ping(row, user=request.user)
            except Unusable as error:
                messages.error(request, f"{row}: {error}")
            else:
                told = _("A test message to “%(name)s” is on its way; see the deliveries.")
                messages.success(request, told % {"name": row})

    def _show_secret(self, request: HttpRequest, row: Webhook) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("The secret of the webhook"),
            "webhook": row,
            "media": self.media,
        }
        response = TemplateResponse(request, "admin/moderation/webhook/secret.html", context)
        add_never_cache_headers(response)
        return response

    @admin.display(description=gettext_lazy("waiting"))
    def waiting(self, webhook: Webhook) -> int:
        return int(getattr(webhook, "pending", 0))

    @admin.display(description=gettext_lazy("given up"))
    def given_up(self, webhook: Webhook) -> int:
        return int(getattr(webhook, "dead", 0))

    @admin.display(description=gettext_lazy("changed"), ordering="updated_at")
    def changed(self, webhook: Webhook) -> SafeString | str:
        return display.moment(webhook.updated_at)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, DeliveryModelAdmin):
    """The outbox, and the log of what left it."""

    list_display = ("id", "event", "webhook", "case", "state", "attempts", "told", "written")
    list_filter = ("state", "webhook", "event")
    list_select_related = ("webhook", "case")
    search_fields = ("=message_id",)
    ordering = ("-pk",)
    show_full_result_count = False
    actions = ("replay",)
    fields = (
        "webhook",
        "message_id",
        "event",
        "event_number",
        "case",
        "decision",
        "body",
        "state",
        "attempts",
        "next_at",
        "response_code",
        "error",
        "duration_ms",
        "tried",
        "written",
        "finished_at",
    )

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Whether messages may be sent again."""
        return bool(request.user.has_perm("moderation.change_delivery"))

    @admin.action(
        description=gettext_lazy("Send the selected messages again"), permissions=["replay"]
    )
    def replay(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        again = deliveries.replay(queryset, user=request.user)
        told = ngettext("%d message is sent again.", "%d messages are sent again.", again)
        messages.success(request, told % again)

    @admin.display(description=gettext_lazy("answer"))
    def told(self, delivery: Delivery) -> str:
        return str(delivery.response_code or delivery.error or "–")

    @admin.display(description=gettext_lazy("attempts one by one"))
    def tried(self, delivery: Delivery) -> SafeString | str:
        rows = (
            (display.moment(parse_datetime(each["at"])), _ended(each)) for each in delivery.history
        )
        told = format_html_join("", "<li>{} · {}</li>", rows)
        return format_html("<ol>{}</ol>", told) if told else "–"

    @admin.display(description=gettext_lazy("written"), ordering="created_at")
    def written(self, delivery: Delivery) -> SafeString | str:
        return display.moment(delivery.created_at)


def _ended(attempt: dict[str, Any]) -> str:
    told = attempt["status"] or attempt["error"] or "–"
    return _("%(answer)s after %(milliseconds)d ms") % {
        "answer": told,
        "milliseconds": attempt["duration_ms"],
    }
