"""The words by which a case is found: those of its text, title and author."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from moderation.models.subjects import Snapshot
from moderation.text.tokens import words

if TYPE_CHECKING:
    from moderation.models.cases import Case

    _Field = models.Field[list[str], str]
else:
    _Field = models.Field

MOST_WORDS = 5_000
_LONGEST_WORD = 40
_LONGEST_NAME = 200
_READ_CHARS = 200_000
_ASKED_CHARS = 200
_MOST_ASKED = 8
_DIGITS = 18
_NEWEST = 20_000
"""Where the database has no index of words, so many of the newest texts are searched."""


class WordsField(_Field):
    """Different words: a ``tsvector`` on PostgreSQL, elsewhere one line with spaces around each."""

    description = "Words"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "tsvector" if connection.vendor == "postgresql" else "text"

    def get_placeholder(self, value: Any, compiler: Any, connection: BaseDatabaseWrapper) -> str:
        return "array_to_tsvector(%s::text[])" if connection.vendor == "postgresql" else "%s"

    def get_db_prep_value(
        self,
        value: Any,
        connection: BaseDatabaseWrapper,
        prepared: bool = False,  # noqa: FBT001, FBT002 - Django's signature
    ) -> Any:
        found = list(value)
        return found if connection.vendor == "postgresql" else f" {' '.join(found)} "


class SearchText(models.Model):
    """The words of a text that a case was opened for; goes when the text goes."""

    snapshot = models.OneToOneField(
        Snapshot,
        models.CASCADE,
        primary_key=True,
        related_name="+",
        verbose_name=_("text as judged"),
    )
    words = WordsField(_("words"))

    class Meta:
        verbose_name = _("words of a text")
        verbose_name_plural = _("words of texts")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)


AUTHOR = "@"
"""Marks the words of an author's name, which not everybody may find."""


def words_of(*texts: str, author: str = "") -> list[str]:
    """Return the different words of ``texts``, case folded, up to what is worth keeping."""
    named = words(author[:_LONGEST_NAME], dense=1, sparse=3)
    found = dict.fromkeys(f"{AUTHOR}{token.text[:_LONGEST_WORD]}" for token in named)
    for text in texts:
        for token in words(text[:_READ_CHARS], dense=1, sparse=3):
            found.setdefault(token.text[:_LONGEST_WORD])
            if len(found) >= MOST_WORDS:
                return list(found)
    return list(found)


class Begin(Func):
    """Whether for each of some beginnings there is a word."""

    output_field = models.BooleanField()
    conditional = True

    def __init__(self, field: Any, beginnings: list[str], *, authors: bool) -> None:
        marks = ("", AUTHOR) if authors else ("",)
        self.forms = [[f"{mark}{beginning}" for mark in marks] for beginning in beginnings]
        super().__init__(field)

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **_kwargs: Any
    ) -> tuple[str, list[Any]]:
        field, params = compiler.compile(self.source_expressions[0])
        if connection.vendor == "postgresql":
            query = " & ".join(
                f"({' | '.join(f'{_lexeme(form)}:*' for form in forms)})" for forms in self.forms
            )
            return f"{field} @@ %s::tsquery", [*params, query]
        tests = " AND ".join(
            f"({' OR '.join(f'instr({field}, %s) > 0' for _form in forms)})" for forms in self.forms
        )
        found = [part for forms in self.forms for form in forms for part in (*params, f" {form}")]
        return f"({tests})", found


def _lexeme(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def found_by(cases: QuerySet[Case], asked: str, *, authors: bool = True) -> QuerySet[Case]:
    """Return those of ``cases`` in whose text, title or author's name all words asked for begin.

    ``authors`` is False for who may not know them. A number finds the case of that number too.
    Costs what is found, not what there is: PostgreSQL has an index of the words; elsewhere the
    newest texts are looked through.
    """
    beginnings = words_of(asked[:_ASKED_CHARS])[:_MOST_ASKED]
    if not beginnings:
        return cases.none()
    begin = Begin(models.F("words"), beginnings, authors=authors)
    matching = SearchText.objects.filter(begin)
    if connections[cases.db].vendor != "postgresql":
        newest = SearchText.objects.order_by("-pk").values("pk")[:_NEWEST]
        matching = matching.filter(pk__in=newest)
    return cases.filter(Q(snapshot__in=matching.values("pk")) | _numbered(asked))


def _numbered(asked: str) -> Q:
    number = asked.strip().removeprefix("#")
    is_one = number.isascii() and number.isdecimal() and len(number) < _DIGITS
    return Q(pk=int(number)) if is_one else Q(pk__in=())
