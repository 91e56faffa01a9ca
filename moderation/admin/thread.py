"""What stands around a comment: the article, what it answers, and the comments beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.db.models.functions import Substr
from django.utils.safestring import SafeString

from moderation.admin import display
from moderation.admin.passages import shorten
from moderation.admin.wellness import hard_texts
from moderation.models import Case, Snapshot, Subject
from moderation.models.cases import OPEN_CASES
from moderation.text.plain import plain_text
from moderation.types import Kind, TextFormat

MOST_ANSWERED = 3
MOST_BESIDE = 2
MOST_REPLIES = 5
EXCERPT_CHARS = 400
_READ_CHARS = 2_000

# So many steps up are read together with the case.
ANSWERED = "__".join(["reply_to"] * MOST_ANSWERED)


@dataclass(frozen=True, slots=True)
class Remark:
    """One text of the thread, in short; ``case`` is its open one."""

    title: SafeString
    excerpt: SafeString
    author: SafeString
    when: SafeString | str
    url: str
    case: int | None
    deleted: bool


@dataclass(frozen=True, slots=True)
class ThreadView:
    """The article, and the comments in the order of reading around the one that is judged."""

    article: Remark | None
    answered: list[Remark]
    before: list[Remark]
    replies: list[Remark]
    after: list[Remark]
    masked: bool


def thread_view(case: Case, *, names: bool, mask: bool = False) -> ThreadView | None:
    """Return what is around a comment, in six queries; None for an article.

    ``names`` says whether authors are named, ``mask`` whether what has a slur or a threat in it
    is covered.
    """
    subject = case.subject
    if subject.kind != Kind.COMMENT.value:
        return None
    article = subject.parent
    answered = _answered(subject)
    before, after = _beside(subject)
    replies = list(Subject.objects.filter(reply_to=subject).order_by("pk")[:MOST_REPLIES])
    everything = [*([article] if article else []), *answered, *before, *after, *replies]
    texts, open_cases = _texts(everything), _open_cases(everything)
    hard = hard_texts(text.pk for text in texts.values()) if mask else set()

    def remarks(rows: Iterable[Subject]) -> list[Remark]:
        return [
            _remark(row, texts.get(row.pk), open_cases.get(row.pk), names=names, hard=hard)
            for row in rows
        ]

    return ThreadView(
        article=next(iter(remarks([article])), None) if article else None,
        answered=remarks(answered),
        before=remarks(before),
        replies=remarks(replies),
        after=remarks(after),
        masked=bool(hard),
    )


def _answered(subject: Subject) -> list[Subject]:
    """Return what the comment answers, the first one first."""
    chain: list[Subject] = []
    row = subject.reply_to
    while row is not None and len(chain) < MOST_ANSWERED and row not in [subject, *chain]:
        chain.insert(0, row)
        row = row.reply_to if len(chain) < MOST_ANSWERED else None
    return chain


def _beside(subject: Subject) -> tuple[list[Subject], list[Subject]]:
    if subject.parent_id is None:
        return [], []
    siblings = Subject.objects.filter(
        parent_id=subject.parent_id, reply_to_id=subject.reply_to_id, kind=subject.kind
    )
    before = siblings.filter(pk__lt=subject.pk).order_by("-pk")[:MOST_BESIDE]
    after = siblings.filter(pk__gt=subject.pk).order_by("pk")[:MOST_BESIDE]
    return list(before)[::-1], list(after)


def _texts(subjects: Iterable[Subject]) -> dict[int, Snapshot]:
    rows: QuerySet[Snapshot] = Snapshot.objects.filter(
        subject__in=[row.pk for row in subjects], is_current=True
    )
    read = rows.defer("text").annotate(beginning=Substr("text", 1, _READ_CHARS))
    return {row.subject_id: row for row in read}


def _open_cases(subjects: Iterable[Subject]) -> dict[int, int]:
    rows = Case.objects.filter(subject__in=[row.pk for row in subjects], state__in=OPEN_CASES)
    return dict(rows.values_list("subject_id", "pk"))


def _remark(
    subject: Subject, snapshot: Snapshot | None, case: int | None, *, names: bool, hard: set[int]
) -> Remark:
    text = ""
    if snapshot is not None:
        beginning: str = getattr(snapshot, "beginning", "")
        text = plain_text(beginning, TextFormat(snapshot.format)).text
    excerpt = display.shown(shorten(" ".join(text.split()), EXCERPT_CHARS))
    return Remark(
        title=display.headline(subject, snapshot.title if snapshot else "", names=names),
        excerpt=display.veiled(excerpt) if snapshot and snapshot.pk in hard else excerpt,
        author=display.isolated((names and subject.author_label) or "–"),
        when=display.date(subject.published_at or subject.created_at),
        url=display.safe_url(subject.url),
        case=case,
        deleted=subject.deleted_at is not None,
    )
