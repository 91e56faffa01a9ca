"""Undoing disguises: what a text says once tricks of spelling are taken away.

Two profiles. :func:`skeleton` keeps every word and only makes look-alikes equal: texts are
compared and fingerprinted by it. :func:`normalise` also reads what was spelled so that a
filter would not see it (``1d10t``, ``i d i o t``, ``iiidiot``): comments are judged by it.
Both keep the way back to the given text and say which disguises they took away.

Look-alikes come from Unicode's confusables (UTS #39), equivalent spellings from NFKC
(UAX #15). A letter is folded onto a Latin one only where it pretends to be Latin: in a word
that mixes scripts, or in a word made of look-alikes alone with no neighbour in its script.
Accents, vowel signs and tone marks of any language stay; only :func:`unpointed` leaves out
those that writers of Hebrew and Arabic may leave out, too.
"""

from __future__ import annotations

from dataclasses import dataclass

from moderation.text.disguises import Disguise, Work, merged
from moderation.text.lookalikes import drop_points, fold_case, fold_lookalikes
from moderation.text.offsets import MappedText
from moderation.text.spellings import fold_repeats, join_letters, read_leet


@dataclass(frozen=True, slots=True)
class Normalised(MappedText):
    """Normalised text with the way back, and the disguises found, ordered by their start."""

    disguises: tuple[Disguise, ...] = ()


def skeleton(text: str) -> Normalised:
    """Return ``text`` with everything made equal that looks equal.

    Drops invisible characters, folds look-alikes, full-width and other compatible forms,
    unifies quotation marks and apostrophes, folds case.
    """
    return _finish(fold_lookalikes(Work(text)))


def unpointed(text: str) -> Normalised:
    """Return :func:`skeleton` of ``text`` without the points of Hebrew and Arabic.

    A pointed copy and the text it was made of have the same words.
    """
    work = fold_lookalikes(Work(text))
    drop_points(work)
    return _finish(work)


def normalise(
    text: str, *, leet: bool = True, joins: bool = True, repeats: bool = True
) -> Normalised:
    """Return :func:`skeleton` of ``text`` with disguised spellings undone as well.

    Args:
        leet: read digits and signs inside a word as the letters they stand for.
        joins: join letters set apart by spaces, full stops and the like.
        repeats: fold three and more equal letters into two or one.
    """
    work = fold_lookalikes(Work(text))
    if leet:
        read_leet(work)
    if joins:
        join_letters(work)
    if repeats:
        fold_repeats(work)
    return _finish(work)


def _finish(work: Work) -> Normalised:
    fold_case(work)
    mapped = work.mapped
    return Normalised(mapped.text, mapped.starts, mapped.ends, merged(work.disguises))
