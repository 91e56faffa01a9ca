"""Tags for the site's own pages."""

from __future__ import annotations

from typing import Any

from django import forms, template
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from moderation.services import reports
from moderation.targets import registry
from moderation.types import Kind

register = template.Library()


@register.inclusion_tag("moderation/nudge.html")
def moderation_nudge(
    form: forms.BaseForm, field: str = "", answers: str = "", kind: str = Kind.COMMENT.value
) -> dict[str, Any]:
    """Ask the writer, politely, whether they want to rephrase; put it inside the ``<form>``.

    Args:
        form: the form that the text is written in.
        field: which field has the text; the first text area unless named.
        answers: the text that is replied to, which may be repeated.
        kind: ``comment`` or ``article``.

    Raises:
        TemplateSyntaxError: the form has no such field, or no text area.
    """
    return {
        "url": reverse("moderation_api:check"),
        "field": _field_id(form, field),
        "answers": answers,
        "kind": kind,
        "question": _("This may come across as hurtful. Do you want to rephrase it?"),
        "show": _("Show the passage"),
        "close": _("Leave it as it is"),
    }


@register.inclusion_tag("moderation/report_link.html")
def moderation_report(obj: models.Model) -> dict[str, Any]:
    """Link to the page where readers report ``obj``; nothing where the site has no such page.

    With ``moderation/report.js`` on the page, the form opens in a dialog.
    """
    try:
        key = [obj._meta.label_lower, str(obj.pk)]
        url = reverse("moderation_pages:report", args=key) if registry.lookup(type(obj)) else ""
    except NoReverseMatch:
        url = ""
    return {"url": url, "words": _("Report"), "what": reports.name_of(obj), "close": _("Close")}


def _field_id(form: forms.BaseForm, field: str) -> str:
    names = [field] if field else [bound.name for bound in form if _is_text_area(bound)]
    if not names or names[0] not in form.fields:
        raise template.TemplateSyntaxError(
            "moderation_nudge: the form has no text area; name the field with field='…'."
        )
    return str(form[names[0]].id_for_label)


def _is_text_area(bound: Any) -> bool:
    return isinstance(bound.field.widget, forms.Textarea)
