"""Filters of the newsroom's templates."""

from __future__ import annotations

from django import template
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString, mark_safe

from moderation.conf import settings

register = template.Library()


@register.filter
def readable(body: str) -> str:
    """Show what there is to read in a body, without its markup."""
    text: str = import_string(settings.SANITIZER)().to_text(body)
    return text


@register.filter
def safe_html(body: str) -> SafeString:
    """Show a body as what it is meant to be, without anything that runs."""
    clean: str = import_string(settings.SANITIZER)().to_safe_html(body)
    return mark_safe(clean)  # noqa: S308 - that is what the sanitizer promises
