"""The outside texts that articles are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from moderation.admin import display
from moderation.admin.base import DeskMedia, ThroughServices
from moderation.models import Finding, ReferenceDocument
from moderation.services import references
from moderation.services.actors import human
from moderation.services.errors import Unusable
from moderation.services.references import NewReference
from moderation.types import TextFormat

if TYPE_CHECKING:
    ReferenceModelAdmin = admin.ModelAdmin[ReferenceDocument]
    ReferenceModelForm = forms.ModelForm[ReferenceDocument]
else:
    ReferenceModelAdmin = admin.ModelAdmin
    ReferenceModelForm = forms.ModelForm

_FILLED_IN = (
    "title",
    "url",
    "publisher",
    "licence",
    "may_be_copied",
    "published_at",
    "language",
    "format",
    "text",
)
_KNOWN = ("copies", "shown_address", "shown_origin", "length", "added_at", "updated_at")


class ReferenceForm(ReferenceModelForm):
    """A document, pasted by hand or corrected."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "text" in self.fields:
            text: Any = self.fields["text"]
            text.strip = False
            text.widget.attrs |= {"rows": 30, "dir": "auto"}
        if "published_at" in self.fields:  # two fields, of which the admin names neither
            date: Any = self.fields["published_at"]
            for widget, name in zip(date.widget.widgets, (_("Date"), _("Time")), strict=True):
                widget.attrs["aria-label"] = f"{date.label}: {name}"

    def clean_text(self) -> str:
        """Browsers end lines their own way; that alone is no change."""
        text: str = self.cleaned_data["text"]
        pasted = text.replace("\r\n", "\n")
        before: str = self.instance.text
        return before if pasted == before.replace("\r\n", "\n") else pasted

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.errors:
            try:
                is_double = references.has_double(self.new_reference(), other_than=self.instance.pk)
            except Unusable as error:
                self.add_error("text", str(error))
            else:
                if is_double:
                    self.add_error(None, _("This document is there already."))
        return cleaned

    def new_reference(self) -> NewReference:
        """Return the document as it was filled in."""
        told = {name: value for name, value in self.cleaned_data.items() if name != "is_active"}
        return NewReference(**{**told, "format": TextFormat(told["format"])})


@admin.register(ReferenceDocument)
class ReferenceDocumentAdmin(ThroughServices, DeskMedia, ReferenceModelAdmin):
    form = ReferenceForm
    list_display = (
        "shown_title",
        "shown_publisher",
        "shown_licence",
        "may_be_copied",
        "is_active",
        "added",
    )
    list_filter = ("is_active", "may_be_copied", "format", "added_at")
    search_fields = ("title", "url", "publisher", "origin")
    ordering = ("-pk",)
    show_full_result_count = False
    actions = ("switch_on", "switch_off")

    readonly_fields = _KNOWN

    def get_fields(
        self, request: HttpRequest, obj: ReferenceDocument | None = None
    ) -> tuple[str, ...]:
        return (*_FILLED_IN, "is_active", *_KNOWN) if obj else _FILLED_IN

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReferenceDocument]:
        return super().get_queryset(request).defer("text")

    def save_model(
        self, request: HttpRequest, obj: ReferenceDocument, form: Any, change: Any
    ) -> None:
        new, actor = form.new_reference(), human(request.user)
        if change:
            is_active = form.cleaned_data["is_active"]
            references.change(obj.pk, new, is_active=is_active, actor=actor)
        else:
            obj.pk = references.put(new, actor=actor).id
        obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: ReferenceDocument) -> None:
        references.remove(obj.pk, actor=human(request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ReferenceDocument]) -> None:
        for pk in list(queryset.values_list("pk", flat=True)):
            references.remove(pk, actor=human(request.user))

    @admin.action(
        description=gettext_lazy("Compare articles with these documents"), permissions=["change"]
    )
    def switch_on(self, request: HttpRequest, queryset: QuerySet[ReferenceDocument]) -> None:
        self._switch(request, queryset, active=True)

    @admin.action(
        description=gettext_lazy("Compare articles with these documents no longer"),
        permissions=["change"],
    )
    def switch_off(self, request: HttpRequest, queryset: QuerySet[ReferenceDocument]) -> None:
        self._switch(request, queryset, active=False)

    def _switch(
        self, request: HttpRequest, queryset: QuerySet[ReferenceDocument], *, active: bool
    ) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        count = references.set_active(ids, active=active, actor=human(request.user))
        text = ngettext("%(count)d document changed.", "%(count)d documents changed.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.display(description=gettext_lazy("title"), ordering="title")
    def shown_title(self, reference: ReferenceDocument) -> SafeString:
        return display.isolated(str(reference))

    @admin.display(description=gettext_lazy("publisher"), ordering="publisher")
    def shown_publisher(self, reference: ReferenceDocument) -> SafeString:
        return display.isolated(reference.publisher)

    @admin.display(description=gettext_lazy("licence"), ordering="licence")
    def shown_licence(self, reference: ReferenceDocument) -> SafeString:
        return display.isolated(reference.licence)

    @admin.display(description=gettext_lazy("imported from"))
    def shown_origin(self, reference: ReferenceDocument) -> SafeString | str:
        return display.isolated(reference.origin) if reference.origin else "–"

    @admin.display(description=gettext_lazy("added"), ordering="added_at")
    def added(self, reference: ReferenceDocument) -> str:
        return display.moment(reference.added_at)

    @admin.display(description=gettext_lazy("to the document"))
    def shown_address(self, reference: ReferenceDocument) -> SafeString | str:
        url = display.safe_url(reference.url)
        if not url:
            return "–"
        text = display.isolated(reference.url)
        return format_html('<a href="{}" rel="noopener noreferrer">{}</a>', url, text)

    @admin.display(description=gettext_lazy("copies found"))
    def copies(self, reference: ReferenceDocument) -> SafeString | str:
        count = Finding.objects.filter(reference=reference.pk).count()
        if not count:
            return "–"
        address = reverse(f"{self.admin_site.name}:moderation_finding_changelist")
        return format_html('<a href="{}?reference={}">{}</a>', address, reference.pk, count)
