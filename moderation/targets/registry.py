"""Which host models are moderated. Three doors lead here: setting, decorator, discovery."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from django.apps import apps
from django.db import models
from django.dispatch import Signal
from django.utils.module_loading import import_string

from moderation.conf import settings
from moderation.targets.base import Target

TargetT = TypeVar("TargetT", bound=type[Target])


class AlreadyRegistered(Exception):
    """The model has a target; pass ``replace=True`` to take its place."""


class Registration(NamedTuple):
    """A host object's target and the model under which its rows are known."""

    target: Target
    root: type[models.Model]


class Registry:
    """Targets by model. One entry serves the whole family: proxies and children included.

    ``failures`` keeps, per model label, what went wrong while the ``TARGETS`` setting was
    read, for the system checks to report: a mistake there must not keep ``manage.py`` from
    starting.
    """

    def __init__(self) -> None:
        self._targets: dict[type[models.Model], Target] = {}
        self._pending: list[
            tuple[str | type[models.Model], type[Target], dict[str, Any], bool]
        ] = []
        self.failures: dict[str, str] = {}

    def register(
        self,
        model: str | type[models.Model],
        target: type[Target] = Target,
        *,
        replace: bool = False,
        **options: Any,
    ) -> None:
        """Register ``target`` for ``model`` (a class, or a label ``"app.Model"``).

        Raises ``AlreadyRegistered`` when the model or a proxy of it has one, ``LookupError``
        for a label no installed app has, ``ValueError`` for one that is none and for an
        abstract model, ``TypeError`` for unknown options.
        """
        if not apps.models_ready:
            self._pending.append((model, target, options, replace))
            return
        model_class = _model_of(model)
        concrete = concrete_model(model_class)
        if concrete in self._targets and not replace:
            raise AlreadyRegistered(f"{concrete._meta.label} has a target already")
        self._targets[concrete] = target(model_class, **options)
        registered.send(concrete)

    def unregister(self, model: str | type[models.Model]) -> None:
        """Forget the target of ``model``; nothing happens when there is none."""
        self._targets.pop(concrete_model(_model_of(model)), None)

    def register_pending(self) -> None:
        """Register what was asked for before the models were loaded; keep failures."""
        for model, target, options, replace in self._pending:
            self._register_or_note(model, target, options, replace=replace)
        self._pending = []

    def register_from_settings(self) -> None:
        """Register what the site wrote under ``MODERATION["TARGETS"]``; keep failures."""
        targets = settings.TARGETS
        for label, value in targets.items() if isinstance(targets, Mapping) else ():
            try:
                target, options = _target_of(value)
            except (ImportError, TypeError, ValueError) as error:
                self.failures[str(label)] = str(error)
                continue
            self._register_or_note(str(label), target, options)

    def _register_or_note(
        self,
        model: str | type[models.Model],
        target: type[Target],
        options: Mapping[str, Any],
        *,
        replace: bool = False,
    ) -> None:
        try:
            self.register(model, target, replace=replace, **options)
        except (LookupError, TypeError, ValueError, AlreadyRegistered) as error:
            self.failures[str(model)] = str(error)

    def lookup(self, model: type[models.Model]) -> Registration | None:
        """Find the target that serves ``model``: its own, or that of an ancestor."""
        for ancestor in model.__mro__:
            if not (isinstance(ancestor, type) and hasattr(ancestor, "_meta")):
                continue
            concrete = ancestor._meta.concrete_model
            target = self._targets.get(concrete) if concrete else None
            if target is not None and concrete is not None:
                return Registration(target, concrete)
        return None

    def children(self, model: type[models.Model]) -> list[Registration]:
        """Return the registered multi-table children of ``model``.

        A save through the parent class writes their row too, but signals only the parent.
        """
        concrete = concrete_model(model)
        return [
            Registration(target, root)
            for root, target in self._targets.items()
            if concrete in root._meta.get_parent_list()
        ]

    def all(self) -> list[Registration]:
        """Return every registration, in the order they were made."""
        return [Registration(target, root) for root, target in self._targets.items()]

    @contextmanager
    def override(self) -> Iterator[None]:
        """Put everything back as it was afterwards; for tests."""
        targets, failures = dict(self._targets), dict(self.failures)
        try:
            yield
        finally:
            self._targets, self.failures = targets, failures


def _model_of(model: str | type[models.Model]) -> type[models.Model]:
    if not isinstance(model, str):
        return model
    if model.count(".") != 1:
        raise ValueError(f"{model!r} is not a label; write 'app.Model'")
    return apps.get_model(model)


def concrete_model(model: type[models.Model]) -> type[models.Model]:
    """Return the model that has the table: a proxy stands for it. Raises for abstract models."""
    concrete = model._meta.concrete_model
    if concrete is None or model._meta.abstract:
        raise ValueError(f"{model.__name__} is abstract and has no rows to moderate")
    return concrete


def _target_of(value: Any) -> tuple[type[Target], dict[str, Any]]:
    if isinstance(value, str):
        value = import_string(value)
    if isinstance(value, type) and issubclass(value, Target):
        return value, {}
    if isinstance(value, Mapping):
        return Target, dict(value)
    raise TypeError("a target is a dict of options, a Target class, or the dotted path of one")


registry = Registry()

registered = Signal()
"""A model got a target; the sender is the model."""


def register(
    model: str | type[models.Model], *, replace: bool = False, **options: Any
) -> Callable[[TargetT], TargetT]:
    """Class decorator: ``@moderation.register("news.Article")`` above a :class:`Target`."""

    def decorate(target: TargetT) -> TargetT:
        registry.register(model, target, replace=replace, **options)
        return target

    return decorate
