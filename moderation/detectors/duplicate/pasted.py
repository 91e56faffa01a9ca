"""The same comment under many texts, or by many accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from moderation.detectors.base import Allowed, Context, Repeat, band_for
from moderation.detectors.duplicate.align import Passage, align
from moderation.detectors.duplicate.comments import MIN_INFORMATIVE, Comment, comment_of
from moderation.detectors.duplicate.verdict import FLAGGED
from moderation.text.document import Document
from moderation.types import Assessment, Evidence, Finding

PASTED = "pasted"

FLAGGED_TIMES = 3
"""Under so many texts, or by so many accounts, one and the same comment is worth a look."""

ALONE = 0.1
"""What a repeat counts that comes from an account under a text where it has been before: a
form that was sent twice, an impatient reader."""

TELLING_WORDS = 12
"""Readers may hit on the same few words; with so many they do not."""

SAME_WORDS = 0.8
"""The share of equal words from which two comments say the same."""

SHORT = 32
"""Comments of so many words are compared in their order: alignment wants longer passages."""

MOST_KEYS = 20


@dataclass(frozen=True, slots=True)
class Spread:
    """How far a comment has been spread, itself included.

    ``count`` comments stand under ``places`` different texts and are by ``authors`` different
    accounts. Guests are unknown: whether they are many or one, nobody can tell, so that they
    are no account.
    """

    count: int
    authors: int
    places: int

    @property
    def times(self) -> float:
        """How often the comment counts."""
        apart = max(self.places, self.authors, min(self.count, FLAGGED_TIMES))
        return apart + ALONE * (self.count - apart)


def assess(
    document: Document, context: Context, *, possible: float = FLAGGED, likely: float = 0.6
) -> Assessment:
    """Look for earlier comments of ``context.corpus`` that say what ``document`` says.

    Only the later one is flagged, and its finding lists those before it: who wrote first may
    have been copied. So a text that is pasted ten times makes eight cases, the third to the
    tenth, each with the list of all before it.

    Raises:
        TimeLimitExceeded: the deadline has passed.
    """
    corpus = context.corpus
    if corpus is None:
        return Assessment(notes=("duplicate.note.no_corpus",))
    context.deadline.check()
    comment = comment_of(document)
    if not comment.is_comparable:
        return Assessment(notes=("duplicate.note.set_phrase",))
    fingerprint = comment.fingerprint

    def same(other: Document) -> bool:
        context.deadline.check()
        return _say_the_same(comment, Comment(other))

    repeats = corpus.repeats(fingerprint.exact, fingerprint.hashes, exclude=document.key, same=same)
    counted = [each for each in repeats.listed if _counts(each, document, context.allowed)]
    if not counted:
        return Assessment(scores={PASTED: 0.0})
    if _is_allowed(comment, counted, context.allowed):
        return Assessment(scores={PASTED: 0.0}, notes=("duplicate.note.allowed",))
    left_out = len(repeats.listed) - len(counted)
    spread = _spread(document, counted, repeats.count - left_out + 1, comment.quotes)
    score = round(_score(spread.times * _weight(comment)), 4)
    source = corpus.document(counted[0].key)
    if score < possible or source is None:
        return Assessment(scores={PASTED: score})
    finding = Finding(
        kind="duplicate",
        category=PASTED,
        score=score,
        band=band_for(score, possible, likely),
        threshold=possible,
        evidence=_evidence(comment, Comment(source), spread),
        source=source.key,
        detail={
            "count": spread.count,
            "authors": spread.authors,
            "places": spread.places,
            "more": repeats.more,
            "keys": [each.key for each in counted[:MOST_KEYS]],
        },
    )
    return Assessment((finding,), {PASTED: score})


def _counts(repeat: Repeat, document: Document, allowed: Allowed) -> bool:
    """Whether a repeat speaks against a comment; its own earlier text does not."""
    own = bool(document.work) and repeat.work == document.work
    return not own and repeat.author not in allowed.authors


def _is_allowed(comment: Comment, counted: Sequence[Repeat], allowed: Allowed) -> bool:
    """Whether the site lets the comment be repeated.

    To allow a text what it shares with one of the comments that say the same is to allow it
    what it shares with all of them.
    """
    if comment.document.author and comment.document.author in allowed.authors:
        return True
    if any(each.work in allowed.works for each in counted):
        return True
    return bool(allowed.passages) and _own_part(comment, allowed.passages) < MIN_INFORMATIVE


def _own_part(comment: Comment, passages: Sequence[str]) -> int:
    """Count the words that are in none of the passages."""
    left = set(range(len(comment.words)))
    for text in passages:
        passage = Comment(Document(text, comment.document.kind)).words
        if passage == comment.words:
            return 0
        for shared in align(comment.words, passage):
            left.difference_update(range(shared.start, shared.end))
    return len(left)


def _spread(document: Document, counted: Sequence[Repeat], count: int, quotes: bool) -> Spread:  # noqa: FBT001
    authors = {each.author for each in counted} | {document.author}
    places = {each.parent for each in counted} | {document.parent}
    # Many who quote one comment under one text do so to answer it.
    accounts = 0 if quotes else len(authors - {""})
    return Spread(count=count, authors=accounts, places=len(places - {""}))


def _weight(comment: Comment) -> float:
    if comment.contacts:
        return 1.0
    return min(1.0, len(comment.words) / TELLING_WORDS)


def _score(times: float) -> float:
    """Score a comment, 0..1: :data:`FLAGGED` for :data:`FLAGGED_TIMES`, rising ever slower."""
    if times < FLAGGED_TIMES:
        return FLAGGED * max(0.0, times - 1) / (FLAGGED_TIMES - 1)
    return 1 - (1 - FLAGGED) * FLAGGED_TIMES / times


def _say_the_same(comment: Comment, other: Comment) -> bool:
    shorter, longer = sorted((len(comment.words), len(other.words)))
    if shorter < SAME_WORDS * longer:
        return False
    shared = sum(passage.matched for passage in _passages(comment, other))
    return shared >= SAME_WORDS * longer


def _evidence(comment: Comment, source: Comment, spread: Spread) -> tuple[Evidence, ...]:
    params = {"count": spread.count, "places": spread.places, "authors": spread.authors}
    passages = _passages(comment, source)
    if not passages:  # a link and next to no words
        return (
            Evidence(
                start=0,
                end=len(comment.document.text),
                explanation="duplicate.pasted.contact",
                params=params,
                source_start=0,
                source_end=len(source.document.text),
            ),
        )
    matched = sum(passage.matched for passage in passages)
    evidence = []
    for passage in passages:
        here = comment.original_span(passage.start, passage.end)
        there = source.original_span(passage.source_start, passage.source_end)
        evidence.append(
            Evidence(
                start=here.start,
                end=here.end,
                explanation="duplicate.pasted.repeated",
                params=params,
                weight=passage.matched / matched,
                source_start=there.start,
                source_end=there.end,
            )
        )
    return tuple(evidence)


def _passages(comment: Comment, source: Comment) -> list[Passage]:
    size = len(comment.words)
    if comment.words == source.words:
        return [Passage(0, size, 0, size, matched=size, longest_run=size)] if size else []
    if max(size, len(source.words)) > SHORT:
        return align(comment.words, source.words)
    return _in_order(comment.words, source.words)


def _in_order(words: Sequence[str], source: Sequence[str]) -> list[Passage]:
    """Return what two short comments have in common as one passage, if they have anything."""
    blocks = SequenceMatcher(None, words, source, autojunk=False).get_matching_blocks()[:-1]
    if not blocks:
        return []
    first, last = blocks[0], blocks[-1]
    return [
        Passage(
            start=first.a,
            end=last.a + last.size,
            source_start=first.b,
            source_end=last.b + last.size,
            matched=sum(block.size for block in blocks),
            longest_run=max(block.size for block in blocks),
        )
    ]
