"""A target says how to read one host model, and how to hide and restore its objects."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db import models

from moderation.types import TextFormat

Option = str | Callable[..., Any] | None


class TargetError(Exception):
    """The host's model cannot be read or acted on as its target says."""


class HostObjectChanged(Exception):
    """The site changed what an undo would have put back; nothing was written."""


_written: ContextVar[models.Model | None] = ContextVar("moderation_written", default=None)


@contextmanager
def own_write(obj: models.Model) -> Iterator[None]:
    """Mark saves of ``obj`` as ours, so that they are not taken for edits.

    What else the site saves meanwhile, in answer to that save, is its own and is taken in.
    """
    token = _written.set(obj)
    try:
        yield
    finally:
        _written.reset(token)


def is_own_write(obj: models.Model) -> bool:
    """Whether the save of ``obj`` that is going on was caused by a decision about it."""
    written = _written.get()
    if written is None or written.pk != obj.pk:
        return False
    return isinstance(obj, _concrete(written)) or isinstance(written, _concrete(obj))


def _concrete(obj: models.Model) -> type[models.Model]:
    """Return the class of ``obj`` that has the table, be ``obj`` of a proxy."""
    return obj._meta.concrete_model or type(obj)


class Target:
    """How to read and act on one host model. Subclass it, or write its options in a dict.

    Every option is a field name, a dotted path over relations (``"author.user"``) or a
    callable; on a subclass it may be a method taking the object.

    ``kind``          ``"article"`` or ``"comment"``
    ``text``          the body (required)
    ``text_format``   ``"plain"``, ``"html"``, ``"markdown"``, or a callable giving one
    ``title``         headline
    ``author``        a user, another object, or None
    ``author_label``  a name to show, for authors who are no users
    ``author_email``  where they are told what was decided; the account's address unless named
    ``parent``        for a comment, the object it belongs to (foreign key, generic key, callable)
    ``reply_to``      for a comment, the one it answers: what it repeats of that is a quotation
    ``language``, ``url``, ``published_at``   as the names say; ``url`` defaults to
                      ``get_absolute_url``
    ``section``       the part of the site it stands in (a text, or an object shown by its name)
    ``reach``         how many read it, say a count of views: what more people see comes first
    ``visibility``    how to hide: ``{"is_public": (True, False)}`` gives for every field the
                      value when shown and the value when hidden. Override :meth:`hide` and
                      :meth:`restore` instead where hiding takes more than fields.
    """

    kind: str = ""
    text: Option = None
    text_format: Option = TextFormat.PLAIN.value
    title: Option = None
    author: Option = None
    author_label: Option = None
    author_email: Option = None
    parent: Option = None
    reply_to: Option = None
    language: Option = None
    url: Option = None
    published_at: Option = None
    section: Option = None
    reach: Option = None
    visibility: Mapping[str, tuple[Any, Any]] | None = None

    READ_OPTIONS: ClassVar[tuple[str, ...]] = (
        "text",
        "title",
        "author",
        "author_label",
        "author_email",
        "parent",
        "reply_to",
        "language",
        "url",
        "published_at",
        "section",
        "reach",
    )

    def __init__(self, model: type[models.Model], **options: Any) -> None:
        """Bind the target to ``model``; ``options`` override the class attributes.

        Raises ``TypeError`` for an option there is not.
        """
        self.model = model
        for name, value in options.items():
            if name not in OPTION_NAMES:
                raise TypeError(f"{name!r} is not an option of a target")
            setattr(self, name, value)

    # Reading

    def get_text(self, obj: models.Model) -> str:
        """Return the text as the host stores it; None counts as empty."""
        return _as_text(self._read(obj, self.text))

    def leaves_text(self, written: Collection[str] | None) -> bool:
        """Whether a save that wrote only these fields cannot have changed the text.

        What such a save left in memory alone is no text of the site.
        """
        if written is None or type(self).get_text is not Target.get_text:
            return False
        if not isinstance(self.text, str) or callable(self.text_format):
            return False
        columns = {field.name for field in self.model._meta.concrete_fields}
        return self.text in columns and self.text not in written

    def get_format(self, obj: models.Model) -> TextFormat:
        """Return how the text is written. Raises ``TargetError`` for an unknown format."""
        value = self.text_format
        if callable(value):
            value = value(obj)
        try:
            return TextFormat(str(value))
        except ValueError as error:
            raise TargetError(f"{value!r} is not a text format") from error

    def get_title(self, obj: models.Model) -> str:
        return _as_text(self._read(obj, self.title))

    def get_language(self, obj: models.Model) -> str:
        return _as_text(self._read(obj, self.language))

    def get_author(self, obj: models.Model) -> Any:
        """Return whoever wrote it: a user, another object, a name, or None."""
        return self._read(obj, self.author)

    def get_author_user(self, obj: models.Model) -> Any:
        """Return the author's account, or None where the author is no user."""
        author = self.get_author(obj)
        return author if isinstance(author, get_user_model()) and author.pk else None

    def get_author_key(self, obj: models.Model) -> str:
        """Return a key equal for all texts of one author; empty for guests."""
        author = self.get_author(obj)
        if isinstance(author, models.Model) and author.pk is not None:
            return f"{author._meta.concrete_model._meta.label_lower}:{author.pk}"  # type: ignore[union-attr]
        return ""

    def get_author_label(self, obj: models.Model) -> str:
        """Return a name to show; falls back from the label option to the author."""
        label = _as_text(self._read(obj, self.author_label))
        if label:
            return label
        author = self.get_author(obj)
        if author is None:
            return ""
        return author.get_username() if hasattr(author, "get_username") else str(author)

    def get_author_email(self, obj: models.Model) -> str:
        """Return the author's address: that of the option, else of the author; or nothing."""
        address = _as_text(self._read(obj, self.author_email))
        return address or _as_text(getattr(self.get_author(obj), "email", ""))

    def get_parent(self, obj: models.Model) -> models.Model | None:
        """Return the host object this one belongs to, or None."""
        parent = self._read(obj, self.parent)
        return parent if isinstance(parent, models.Model) else None

    def get_reply_to(self, obj: models.Model) -> models.Model | None:
        """Return the comment that this one answers, or None."""
        answered = self._read(obj, self.reply_to)
        return answered if isinstance(answered, models.Model) else None

    def get_url(self, obj: models.Model) -> str:
        if self.url is not None:
            return _as_text(self._read(obj, self.url))
        get_absolute_url = getattr(obj, "get_absolute_url", None)
        return str(get_absolute_url()) if callable(get_absolute_url) else ""

    def get_published_at(self, obj: models.Model) -> Any:
        return self._read(obj, self.published_at)

    def get_section(self, obj: models.Model) -> str:
        return _as_text(self._read(obj, self.section))

    def get_reach(self, obj: models.Model) -> float | None:
        """Return how many read it; None where nobody counts, or for what is no number."""
        value = self._read(obj, self.reach)
        return None if value is None else float(value)

    def queryset(self, using: str) -> models.QuerySet[models.Model]:
        """Return all rows of the host, hidden ones and drafts too."""
        return self.model._base_manager.using(using).all()

    # Acting

    @property
    def can_hide(self) -> bool:
        """Whether the site said how its objects are hidden."""
        return self.visibility is not None or type(self).hide is not Target.hide

    def hide(self, obj: models.Model) -> None:
        """Take ``obj`` out of the readers' sight; the row stays. Called within a transaction."""
        self._write_visibility(obj, 1)

    def restore(self, obj: models.Model) -> None:
        """Show ``obj`` again. Called within a transaction."""
        self._write_visibility(obj, 0)

    def visibility_values(self, obj: models.Model) -> dict[str, Any]:
        """Return the present values of the visibility fields, as JSON can hold them."""
        return {name: _portable(obj, name) for name in self.visibility or {}}

    def write_back(self, obj: models.Model, values: Mapping[str, Any]) -> None:
        """Put back values that :meth:`visibility_values` gave earlier."""
        for name, value in values.items():
            field: Any = obj._meta.get_field(name)
            setattr(obj, field.attname, field.to_python(value))
        self._save(obj, values)

    def _write_visibility(self, obj: models.Model, which: int) -> None:
        if self.visibility is None:
            raise TargetError(f"{self.model._meta.label} has no visibility and no hide method")
        for name, values in self.visibility.items():
            value = values[which]
            setattr(obj, name, value() if callable(value) else value)
        self._save(obj, self.visibility)

    def _save(self, obj: models.Model, names: Mapping[str, Any]) -> None:
        if names:
            obj.save(using=obj._state.db, update_fields=list(names))

    def _read(self, obj: models.Model, option: Option) -> Any:
        if option is None:
            return None
        if callable(option):
            return option(obj)
        return follow(obj, option)


OPTION_NAMES = frozenset(
    {*Target.READ_OPTIONS, "kind", "text_format", "visibility"},
)


def follow(obj: Any, path: str) -> Any:
    """Walk a dotted path from ``obj``; None where a relation is empty or its row is gone.

    A bound method at any step is called without arguments. Raises ``TargetError`` where an
    attribute does not exist.
    """
    value: Any = obj
    for name in path.split("."):
        if value is None:
            return None
        try:
            value = getattr(value, name)
        except ObjectDoesNotExist:
            return None
        except AttributeError as error:
            raise TargetError(f"{type(value).__name__} has no attribute {name!r}") from error
        if callable(value) and not isinstance(value, (models.Manager, models.Model)):
            value = value()
    return value


def path_exists(model: type[models.Model], path: str) -> bool:
    """Whether ``path`` can be walked from ``model`` as far as its fields tell."""
    current: type[models.Model] = model
    for name in path.split("."):
        try:
            field = current._meta.get_field(name)
        except FieldDoesNotExist:
            # A property, method, descriptor or generic key: what it leads to is not known here.
            return hasattr(current, name)
        related = getattr(field, "related_model", None)
        if related is None:
            current = models.Model
            if name != path.rsplit(".", 1)[-1]:
                return True  # a rich field value (file, range, markup): its attributes are its own
        else:
            current = related
    return True


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def _portable(obj: models.Model, name: str) -> Any:
    field = obj._meta.get_field(name)
    value = field.value_from_object(obj)  # type: ignore[union-attr]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return field.value_to_string(obj)  # type: ignore[union-attr]
