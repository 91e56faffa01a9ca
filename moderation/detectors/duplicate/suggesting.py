"""Sources whose story a text may tell again, for a moderator to look at. Never more than that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from moderation.detectors.base import Context, Corpus
from moderation.detectors.duplicate.permission import permission
from moderation.detectors.duplicate.provenance import (
    ProvenanceVerdict,
    provenance,
    with_provenance,
)
from moderation.detectors.duplicate.reading import Reading
from moderation.detectors.duplicate.rewriting import (
    Telling,
    corresponding,
    telling_of_source,
    telling_without,
)
from moderation.text.document import Document
from moderation.types import Band, Finding, Span

REWRITE: Final = "rewrite"
"""The category of the findings."""

ALIKE_IN_MEANING: Final = 0.93
"""The cosine of two embeddings from which two texts are suggested as one story. Texts of one
topic have up to .90 (all-MiniLM-L6-v2), so it has the second word, never the only one."""

MOST_COMPARED: Final = 10
_COPIED: Final = 0.15


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The ``findings``, best first, and the ``score`` of the source that is most alike."""

    findings: tuple[Finding, ...] = ()
    score: float = 0.0


def suggestions(
    reading: Reading,
    context: Context,
    corpus: Corpus,
    *,
    common: Sequence[Span],
    reported: Collection[str | None],
    is_match: Callable[[Document], bool],
) -> Suggestions:
    """Suggest the sources whose story a text may tell in other words.

    ``common`` are ranges of its words that anybody may have, ``reported`` the keys of sources
    that it was found to be copied from. ``is_match`` says whether another source is one to
    report for its passages: in a short text, edits may leave no fingerprint to find it by, but
    they leave its story.

    Raises:
        TimeLimitExceeded: the context's deadline has passed.
    """
    telling = telling_without(reading, common)
    if not telling.is_long_enough:
        return Suggestions()
    findings: list[Finding] = []
    score = 0.0
    for source, meaning in _sources(telling, reading.document, context, corpus, reported):
        other = telling_of_source(source)
        if not other.is_long_enough:
            continue
        similarity = telling.similarity(other)
        threshold = telling.threshold(other)
        if similarity >= threshold or meaning:
            if _is_copied(reading, source) or is_match(source):
                continue
            origin = provenance(reading.document, source)
            if origin.verdict is ProvenanceVerdict.ORIGINAL:
                continue
            finding = _finding(reading.document, source, telling, other, meaning)
            findings.append(with_provenance(finding, origin))
        score = max(score, similarity)
    findings.sort(key=lambda finding: -finding.score)
    return Suggestions(tuple(findings), score)


def _sources(
    telling: Telling,
    document: Document,
    context: Context,
    corpus: Corpus,
    reported: Collection[str | None],
) -> Iterator[tuple[Document, float]]:
    """Yield what is worth comparing, each with the cosine of its meaning if that is high."""
    meanings = {
        candidate.key: candidate.weight
        for candidate in corpus.alike(document, limit=MOST_COMPARED)
        if candidate.weight >= ALIKE_IN_MEANING
    }
    similar = corpus.similar(telling.asked, exclude=document.key, limit=MOST_COMPARED)
    for key in dict.fromkeys([*meanings, *(candidate.key for candidate in similar)]):
        context.deadline.check()
        source = None if key in reported else corpus.document(key)
        if source is not None and permission(document, source, context.allowed) is None:
            yield source, meanings.get(key, 0.0)


def _is_copied(reading: Reading, source: Document) -> bool:
    """Tell whether a copy of the source would be reported, were there not so many of them."""
    ours, theirs = set(reading.fingerprint.hashes), set(Reading(source).fingerprint.hashes)
    return len(ours & theirs) >= _COPIED * max(1, min(len(ours), len(theirs)))


def _finding(
    document: Document,
    source: Document,
    telling: Telling,
    other: Telling,
    meaning: float,
) -> Finding:
    similarity, threshold = telling.similarity(other), telling.threshold(other)
    detail = {"similarity": round(similarity, 4)}
    return Finding(
        kind="duplicate",
        category=REWRITE,
        score=max(similarity, threshold),
        band=Band.POSSIBLE,
        threshold=threshold,
        evidence=corresponding(document, source, telling, other),
        source=source.key,
        detail=detail | ({"meaning": round(meaning, 4)} if meaning else {}),
    )
