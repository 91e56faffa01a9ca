"""Finds texts that were copied, whole or in part, from other texts of a corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, NamedTuple

from moderation.detectors.base import (
    Allowed,
    Context,
    Corpus,
    Deadline,
    Lookup,
    SiteThresholds,
    band_for,
)
from moderation.detectors.duplicate import pasted
from moderation.detectors.duplicate.align import Passage, align
from moderation.detectors.duplicate.commons import (
    Common,
    laid_down,
    learned,
    shingles_of,
    united,
    without,
)
from moderation.detectors.duplicate.disguise import with_disguise
from moderation.detectors.duplicate.fingerprint import PARAMS
from moderation.detectors.duplicate.permission import permission
from moderation.detectors.duplicate.provenance import (
    Provenance,
    ProvenanceVerdict,
    provenance,
    with_provenance,
)
from moderation.detectors.duplicate.reading import Reading
from moderation.detectors.duplicate.suggesting import REWRITE, Suggestions, suggestions
from moderation.detectors.duplicate.verdict import FLAGGED, Comparison, Verdict, compare
from moderation.text.document import Document
from moderation.types import Assessment, Evidence, Finding, Kind, Span

MIN_WORDS = 12
"""Texts of fewer words are not compared: too many people say the same in so few."""

MOST_QUOTED = 1 / 3
"""The share of a text that quotations from one source may make up; more is copying."""

_QUOTATION = 0.8
_MOST_EVIDENCE = 100

_WHOLE = 0.9
"""Coverage of a text by one source from which no retold story is looked for in it as well."""

_SPARE = 3
"""Times as many documents are asked for as are compared: some will be passed over."""


class DuplicateDetector:
    """Compares a text with the documents of the corpus that share fingerprints with it.

    There is one finding per matched source; its category is the verdict. ``possible`` and
    ``likely`` are the scores (see :attr:`~.verdict.Comparison.score`) from which a match is
    flagged and from which it is called likely; of the documents that share its fingerprints, a
    text is compared with at most ``max_sources``. ``rewrites`` says whether sources are looked
    for whose story a text tells again, in the same words or in others (see :mod:`.suggesting`).

    Raises:
        ValueError: an option is out of range.
    """

    name: ClassVar[str] = "duplicate"
    version: ClassVar[str] = f"3.{PARAMS}"
    kinds: ClassVar[frozenset[Kind]] = frozenset(Kind)
    #: Categories that take a threshold of the site.
    adjustable: ClassVar[tuple[str, ...]] = (*(verdict.value for verdict in Verdict), pasted.PASTED)

    def __init__(
        self,
        *,
        possible: float = FLAGGED,
        likely: float = 0.6,
        max_sources: int = 10,
        rewrites: bool = True,
    ) -> None:
        if not 0 < possible <= likely <= 1:
            raise ValueError("not 0 < possible <= likely <= 1")
        if max_sources < 1:
            raise ValueError("max_sources is less than 1")
        self._possible = possible
        self._likely = likely
        self._max_sources = max_sources
        self._rewrites = rewrites

    def detect(self, document: Document, context: Context) -> Assessment:
        """Compare ``document`` with ``context.corpus``, and look for disguised words."""
        if document.kind is Kind.COMMENT:
            return self._pasted(document, context)
        return with_disguise(self._compare(document, context), document, context.deadline)

    def own_thresholds(self) -> dict[str, float]:
        """Return the thresholds that hold where the site has none."""
        return dict.fromkeys(self.adjustable, self._possible)

    def _pasted(self, document: Document, context: Context) -> Assessment:
        site = context.thresholds_of(self.name)
        bound = site.bound(pasted.PASTED, self._possible)
        lowest = min(bound, site.shadow.get(pasted.PASTED, bound))
        assessment = pasted.assess(document, context, possible=lowest, likely=self._likely)
        findings = (each for found in assessment.findings for each in site.sort(found, bound))
        return replace(assessment, findings=tuple(findings))

    def _compare(self, document: Document, context: Context) -> Assessment:
        corpus = context.corpus
        if corpus is None:
            return Assessment(notes=("duplicate.note.no_corpus",))
        reading = Reading(document, context.deadline)
        if len(reading.words) < MIN_WORDS:
            return Assessment(notes=("duplicate.note.too_short",))

        notes: set[str] = set()
        lookup = self._lookup(reading, corpus, context.allowed)
        boilerplate = learned(reading, lookup.boilerplate)
        common = united([*boilerplate, *laid_down(reading, context.allowed.passages)])
        if common:
            notes.add("duplicate.note.common")
        site = context.thresholds_of(self.name)
        matches = _Matches(reading, common, notes, context.deadline, self._possible, site)
        found = (corpus.document(candidate.key) for candidate in lookup.candidates)
        for source in self._sources(document, found, context, notes):
            matches.take(source)
        rewrites = Suggestions()
        if self._rewrites and not matches.explain_the_text:
            rewrites = suggestions(
                reading,
                context,
                corpus,
                common=common,
                reported=matches.reported,
                is_match=matches.take,
            )
        if self._rewrites:
            matches.scores[REWRITE] = rewrites.score
        findings = [
            each
            for match in (*matches.found, *matches.on_trial)
            for each in site.sort(self._finding(match, reading), self._possible)
        ]
        findings.sort(key=lambda finding: -finding.score)
        return Assessment(
            (*findings, *rewrites.findings),
            matches.scores,
            tuple(sorted(notes)),
            _spans(boilerplate, reading),
            tuple(matches.copies),
        )

    def _lookup(self, reading: Reading, corpus: Corpus, allowed: Allowed) -> Lookup:
        return corpus.candidates(
            reading.fingerprint.exact,
            reading.fingerprint.hashes,
            exclude=reading.document.key,
            limit=self._max_sources * _SPARE,
            content=shingles_of(allowed.content),
        )

    def _sources(
        self,
        document: Document,
        found: Iterable[Document | None],
        context: Context,
        notes: set[str],
    ) -> Iterator[Document]:
        """Yield the documents to compare with; note why others are passed over."""
        compared = 0
        for source in found:
            context.deadline.check()
            if source is None:
                continue
            note = permission(document, source, context.allowed)
            if note is not None:
                notes.add(note)
                continue
            yield source
            compared += 1
            if compared == self._max_sources:
                return

    def _finding(self, match: _Match, reading: Reading) -> Finding:
        comparison, source, origin = match
        finding = Finding(
            kind=self.name,
            category=comparison.verdict.value,
            score=comparison.score,
            band=band_for(comparison.score, min(comparison.score, self._possible), self._likely),
            threshold=self._possible,
            evidence=_evidence(comparison, reading, source),
            source=source.document.key,
            detail={
                "verdict": comparison.verdict.value,
                "coverage": round(comparison.coverage, 4),
                "source_coverage": round(comparison.source_coverage, 4),
                "longest_run": comparison.longest_run,
                "words": comparison.matched,
            },
        )
        return with_provenance(finding, origin)


class _Match(NamedTuple):
    """What a text shares with a source, and which of the two has it from the other."""

    comparison: Comparison
    source: Reading
    origin: Provenance


class _Matches:
    """The sources that one text was compared with, and what came of it.

    ``found`` are those to report, ``on_trial`` those that only a threshold on trial flags,
    ``copies`` the keys of those that have it from this text.
    """

    def __init__(
        self,
        reading: Reading,
        common: Sequence[Span],
        notes: set[str],
        deadline: Deadline,
        possible: float,
        site: SiteThresholds,
    ) -> None:
        self.scores = {verdict.value: 0.0 for verdict in Verdict}
        self.found: list[_Match] = []
        self.on_trial: list[_Match] = []
        self.copies: list[str] = []
        self._reading = reading
        self._common = common
        self._notes = notes
        self._deadline = deadline
        self._possible = possible
        self._site = site

    @property
    def reported(self) -> set[str]:
        """The keys of the sources that need no second look."""
        return {match.source.document.key for match in self.found}.union(self.copies)

    @property
    def explain_the_text(self) -> bool:
        """Whether nearly all of it is one source word for word: it has no words of its own."""
        return any(match.comparison.coverage >= _WHOLE for match in self.found)

    def take(self, source: Document) -> bool:
        """Compare the text with ``source``; say whether they share enough to be a match."""
        other = Reading(source, self._deadline)
        comparison = _compared(
            self._reading, other, self._common, self._deadline.check, self._notes
        )
        if comparison is None:
            return False
        verdict = comparison.verdict.value
        matches = comparison.score >= self._site.bound(verdict, self._possible)
        if matches or self._site.on_trial(verdict, comparison.score):
            origin = provenance(self._reading.document, source)
            if origin.verdict is not ProvenanceVerdict.ORIGINAL:
                match = _Match(comparison, other, origin)
                (self.found if matches else self.on_trial).append(match)
            elif matches:
                self._notes.add("duplicate.note.original")
                self.copies += [source.key] * origin.came_first
                return True
        self.scores[verdict] = max(self.scores[verdict], comparison.score)
        return matches


def _compared(
    reading: Reading,
    source: Reading,
    common: Sequence[Span],
    check: Callable[[], None],
    notes: set[str],
) -> Comparison | None:
    """Return what two texts share, but for what anybody may have; note what was left out."""
    exact = reading.words == source.words
    shared = without(
        _shared_passages(reading, source, check), common, reading.words, source.words, check
    )
    copied = _without_quotations(shared.passages, reading)
    if len(copied) < len(shared.passages):
        notes.add("duplicate.note.quotation")
    if not copied:
        return None
    return compare(copied, shared.words, shared.source_words, exact=exact)


def _shared_passages(reading: Reading, source: Reading, check: Callable[[], None]) -> list[Passage]:
    if reading.words == source.words:
        size = len(reading.words)
        return [Passage(0, size, 0, size, matched=size, longest_run=size)]
    return align(reading.words, source.words, check)


def _without_quotations(passages: list[Passage], reading: Reading) -> list[Passage]:
    """Leave out the passages that the text gives as quotations, if these are a minor part."""
    copied, quoted = [], 0
    for passage in passages:
        length = passage.end - passage.start
        if reading.quoted_words(passage.start, passage.end) >= _QUOTATION * length:
            quoted += length
        else:
            copied.append(passage)
    return copied if quoted <= MOST_QUOTED * len(reading.words) else passages


def _spans(boilerplate: Sequence[Common], reading: Reading) -> tuple[tuple[Span, int], ...]:
    return tuple(
        (reading.original_span(start, end), stories) for start, end, stories in boilerplate
    )


def _evidence(comparison: Comparison, reading: Reading, source: Reading) -> tuple[Evidence, ...]:
    largest = sorted(comparison.passages, key=lambda p: -p.matched)[:_MOST_EVIDENCE]
    return tuple(
        _pair_of_spans(passage, comparison, reading, source)
        for passage in sorted(largest, key=lambda p: p.start)
    )


def _pair_of_spans(
    passage: Passage, comparison: Comparison, reading: Reading, source: Reading
) -> Evidence:
    here = reading.original_span(passage.start, passage.end)
    there = source.original_span(passage.source_start, passage.source_end)
    length = passage.end - passage.start
    verbatim = passage.longest_run == length
    return Evidence(
        start=here.start,
        end=here.end,
        explanation="duplicate.passage.verbatim" if verbatim else "duplicate.passage.edited",
        params={"words": passage.matched, "length": length},
        weight=passage.matched / comparison.matched,
        source_start=there.start,
        source_end=there.end,
    )
