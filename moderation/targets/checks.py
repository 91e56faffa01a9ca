"""What can be wrong with a target, found out before its first text is lost."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.core import checks
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models

from moderation.models import Subject
from moderation.targets.base import Target, path_exists
from moderation.targets.registry import Registration, Registry
from moderation.types import Kind, TextFormat

Messages = Iterator[checks.CheckMessage]

LONGEST_KEY: int = Subject._meta.get_field("object_id").max_length or 0


def check_registry(registry: Registry) -> Messages:
    """E003 not registrable, E010 two of one family, W003 none, and what is wrong with each."""
    for label, reason in registry.failures.items():
        yield checks.Error(
            f"The target of {label} cannot be used: {reason}",
            hint="Is the app in INSTALLED_APPS, the model's name right, the path importable, "
            "and the model registered only once?",
            id="moderation.E003",
        )
    if not registry.all() and not registry.failures:
        yield checks.Warning(
            "No model is registered for moderation.",
            hint="Write a moderation_targets.py in one of your apps, or MODERATION['TARGETS'].",
            id="moderation.W003",
        )
    for registration in registry.all():
        yield from _check_family(registration, registry)
        yield from check_target(registration.target)


def check_target(target: Target) -> Messages:
    """E004 wrong option, E011 no way back, E012 key, W004 no way to hide, W008 and W009."""
    yield from _check_model(target)
    yield from _check_kind(target)
    yield from _check_format(target)
    yield from _check_readable(target)
    yield from _check_visibility(target)
    yield from _check_ways(target)


def _check_family(registration: Registration, registry: Registry) -> Messages:
    """Both targets would be asked about one row, and it would be two subjects."""
    root, label = registration.root, registration.root._meta.label
    for parent in root._meta.get_parent_list():
        found = registry.lookup(parent)
        if found is not None and found.root is parent:
            yield checks.Error(
                f"{label} and its parent {parent._meta.label} both have a target.",
                hint=f"Keep one: the target of {parent._meta.label} serves its children too, "
                "and that of a child is asked when a row is saved through the parent.",
                obj=label,
                id="moderation.E010",
            )


def _check_model(target: Target) -> Messages:
    meta, label = target.model._meta, target.model._meta.label
    problem = ""
    if meta.swapped:
        problem = f"it is swapped out for {meta.swapped} and has no table"
    elif isinstance(meta.pk, models.CompositePrimaryKey):
        problem = "its primary key has several columns"
    elif isinstance(meta.pk, models.TextField) or (
        isinstance(meta.pk, models.CharField) and (meta.pk.max_length or 0) > LONGEST_KEY
    ):
        problem = f"its primary key may be longer than {LONGEST_KEY} characters"
    if problem:
        yield checks.Error(
            f"Rows of {label} cannot be kept track of: {problem}.",
            hint="Register the model that has the rows, with a key of one column that fits into "
            f"{LONGEST_KEY} characters.",
            obj=label,
            id="moderation.E012",
        )


def _check_kind(target: Target) -> Messages:
    if target.kind not in set(Kind):
        yield _wrong(target, "kind", f"is {target.kind!r}", "Use 'article' or 'comment'.")
    elif target.kind == Kind.ARTICLE and target.parent is not None:
        yield checks.Warning(
            f"{target.model._meta.label} is an article with a parent.",
            hint="Comments belong to something: is kind='comment' meant? Otherwise leave the "
            "parent out.",
            obj=target.model._meta.label,
            id="moderation.W008",
        )


def _check_format(target: Target) -> Messages:
    if callable(target.text_format):
        yield from _check_callable(target, "text_format", target.text_format)
    elif target.text_format not in set(TextFormat):
        yield _wrong(
            target,
            "text_format",
            f"is {target.text_format!r}",
            "Use 'plain', 'html', 'markdown' or a callable that gives one of them.",
        )


def _check_readable(target: Target) -> Messages:
    if target.text is None and type(target).get_text is Target.get_text:
        yield _wrong(target, "text", "is missing", "Name the field that holds the body.")
    for name in Target.READ_OPTIONS:
        option = getattr(target, name)
        if option is None:
            continue
        if callable(option):
            yield from _check_callable(target, name, option)
        elif not isinstance(option, str):
            yield _wrong(
                target, name, f"is {option!r}", "Use a field name, a dotted path or a callable."
            )
        elif not path_exists(target.model, option):
            yield _wrong(
                target, name, f"leads nowhere: {option!r}", "Is the field's name spelled right?"
            )
        else:
            yield from _check_end(target, name, option)


def _check_callable(target: Target, name: str, option: Callable[..., Any]) -> Messages:
    try:
        inspect.signature(option).bind(object())
    except TypeError:
        yield _wrong(
            target,
            name,
            "cannot be called with the object alone",
            "Write a function of one argument, or a method of self and the object.",
        )
    except ValueError:
        return  # a built-in that does not tell its arguments


def _check_end(target: Target, name: str, path: str) -> Messages:
    """A path may exist and still end at the wrong kind of thing."""
    field = _last_field(target.model, path)
    if field is None:
        return
    if name == "parent" and not field.is_relation:
        hint = "Name the relation itself, not the column of its key."
        yield _wrong(target, name, f"leads to a value, not to an object: {path!r}", hint)
    if name in ("text", "title") and field.is_relation:
        hint = f"Go one step on, for example '{path}.name'."
        yield _wrong(target, name, f"leads to an object, not to a text: {path!r}", hint)


def _last_field(model: type[models.Model], path: str) -> Any:
    """Return the field at the end of ``path``, or None where something else is in the way."""
    field: Any = None
    current: Any = model
    for name in path.split("."):
        try:
            field = current._meta.get_field(name) if current else None
        except FieldDoesNotExist:
            return None
        if field is None:
            return None
        if field.is_relation and name != field.name:
            field = field.target_field  # "article_id" is the key, not the article
        current = field.related_model
    return field


def _check_visibility(target: Target) -> Messages:
    visibility: Any = target.visibility
    if visibility is None:
        return
    if not isinstance(visibility, Mapping) or not visibility:
        yield _wrong(
            target,
            "visibility",
            f"is {visibility!r}",
            "Write {'field': (value when shown, value when hidden)}.",
        )
        return
    for name, values in visibility.items():
        field = _column(target.model, name)
        if field is None:
            yield _wrong(
                target,
                "visibility",
                f"names no column that can be written: {name!r}",
                "Is it spelled right? A relation to many, a key or a generated column will not do.",
            )
        elif not isinstance(values, (tuple, list)) or len(values) != 2:
            yield _wrong(
                target,
                "visibility",
                f"has no pair of values for {name!r}",
                "Write {'field': (value when shown, value when hidden)}.",
            )
        else:
            yield from _check_values(target, name, field, values)


def _column(model: type[models.Model], name: str) -> Any:
    try:
        field: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    writable = field.concrete and not field.many_to_many and not field.primary_key
    return field if writable and not getattr(field, "generated", False) else None


def _check_values(target: Target, name: str, field: Any, values: Any) -> Messages:
    shown, hidden = values
    if not callable(shown) and shown == hidden:
        yield _wrong(
            target,
            "visibility",
            f"has the same value for {name!r} whether shown or hidden",
            "The first value is the one readers see, the second the one that hides.",
        )
    for value in values:
        problem = "" if callable(value) or field.is_relation else _misfit(field, value)
        if problem:
            yield _wrong(
                target,
                "visibility",
                f"gives {name!r} the value {value!r}, which the field refuses: {problem}",
                "Use a value the field can store; of a field with choices, one of them.",
            )


def _misfit(field: Any, value: Any) -> str:
    if value is None:
        return "" if field.null else "it may not be null"
    try:
        python = field.to_python(value)
    except ValidationError as error:
        return " ".join(error.messages)
    choices = {key for key, _label in field.flatchoices}
    return "it is none of the choices" if choices and python not in choices else ""


def _check_ways(target: Target) -> Messages:
    """Is there a way to hide, and does it lead back?"""
    label, kind = target.model._meta.label, type(target)
    hides = kind.hide is not Target.hide
    restores = kind.restore is not Target.restore
    if not target.can_hide:
        yield checks.Warning(
            f"Objects of {label} cannot be hidden.",
            hint="Give the target a visibility, such as {'is_public': (True, False)}, or hide() "
            "and restore() methods; without them a decision to hide cannot be made.",
            obj=label,
            id="moderation.W004",
        )
    if target.visibility is None and hides != restores:
        here, missing = ("hide", "restore") if hides else ("restore", "hide")
        yield checks.Error(
            f"The target of {label} has {here}() but no {missing}().",
            hint=f"Write {missing}() as well: every decision can be undone.",
            obj=label,
            id="moderation.E011",
        )
    if target.visibility and hides and kind.write_back is Target.write_back:
        yield checks.Warning(
            f"Undoing what hide() of {label} did writes the visibility fields back and no more.",
            hint="Leave visibility out, so that restore() is called instead; or override "
            "write_back() too.",
            obj=label,
            id="moderation.W009",
        )


def _wrong(target: Target, option: str, what: str, hint: str) -> checks.CheckMessage:
    label = target.model._meta.label
    return checks.Error(
        f"The target of {label}: {option} {what}.", hint=hint, obj=label, id="moderation.E004"
    )
