"""The words by which a case is found: those of its text, title and author."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count, F, Func, OuterRef, Q, QuerySet, Subquery
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

# How often words occur is read off so many of the newest texts. Of what is in one of fifty or
# more, the first cases are soon met in any order; what is rarer, the index soon has all of. Only
# beginnings that very many texts have would make the index read most of itself.
_SAMPLE = 500
_COMMON = _SAMPLE // 50
_EVERYWHERE = _SAMPLE // 4


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
    """Return those of ``cases`` that :func:`matching` is true of."""
    return cases.filter(matching(asked, authors=authors, using=cases.db))


def matching(asked: str, *, authors: bool, using: str) -> Q:
    """Return the condition for cases whose text, title or author has all words asked for.

    A word may be the beginning of one. ``authors`` is False for who may not know them. A number
    finds the case of that number too. Costs what is found, not what there is: PostgreSQL has an
    index of the words; elsewhere the newest texts are looked through.
    """
    beginnings = words_of(asked[:_ASKED_CHARS])[:_MOST_ASKED]
    if not beginnings:
        return Q(pk__in=())
    if connections[using].vendor == "postgresql":
        return _by_frequency(beginnings, authors=authors) | _numbered(asked)
    begin = Begin(F("words"), beginnings, authors=authors)
    newest = SearchText.objects.order_by("-pk").values("pk")[:_NEWEST]
    texts = SearchText.objects.filter(begin, pk__in=newest)
    return Q(snapshot__in=texts.values("pk")) | _numbered(asked)


def matching_each(asked: str, *, authors: bool) -> Q:
    """Return the condition of :func:`matching`, for some hundred cases that are known already."""
    beginnings = words_of(asked[:_ASKED_CHARS])[:_MOST_ASKED]
    if not beginnings:
        return Q(pk__in=())
    return _each(beginnings, authors=authors) | _numbered(asked)


def _each(beginnings: list[str], *, authors: bool) -> Q:
    own = SearchText.objects.filter(pk=OuterRef("snapshot"))
    begin = own.values_list(Begin(F("words"), beginnings, authors=authors))
    return Q(Subquery(begin, output_field=models.BooleanField()))


def _by_frequency(beginnings: list[str], *, authors: bool) -> Q:
    """Ask each case for common words, and the index for rare ones.

    Left to itself, PostgreSQL takes the beginning of a word for equally rare whatever it is, and
    goes through all cases in order to find the three that there are.
    """

    def begin(words: list[str]) -> Begin:
        return Begin(F("words"), words, authors=authors)

    sample = SearchText.objects.filter(
        pk__in=SearchText.objects.order_by("-pk").values("pk")[:_SAMPLE]
    )
    counts = {f"n{n}": Count("pk", filter=begin([word])) for n, word in enumerate(beginnings)}
    found = sample.aggregate(together=Count("pk", filter=begin(beginnings)), **counts)
    each = _each(beginnings, authors=authors)
    if found["together"] >= _COMMON:
        return each
    telling = [w for n, w in enumerate(beginnings) if found[f"n{n}"] < _EVERYWHERE]
    texts = SearchText.objects.filter(begin(telling or beginnings))
    listed = Q(Among(F("snapshot"), Subquery(texts.values("pk"))))
    return listed if len(telling or beginnings) == len(beginnings) else listed & each


class Among(Func):
    """Whether a value is in what a query finds, which is run first, whatever the estimates say."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY(ARRAY"
    output_field = models.BooleanField()
    conditional = True


def _numbered(asked: str) -> Q:
    number = asked.strip().removeprefix("#")
    is_one = number.isascii() and number.isdecimal() and len(number) < _DIGITS
    return Q(pk=int(number)) if is_one else Q(pk__in=())
