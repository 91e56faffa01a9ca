"""Filters of the newsroom's templates."""

from __future__ import annotations

from typing import cast

from django import template
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString

from moderation.conf import settings

register = template.Library()


@register.filter
def safe_html(body: str) -> SafeString:
    """Show a body as what it is meant to be, without anything that runs."""
    return cast("SafeString", import_string(settings.SANITIZER)().to_safe_html(body))
