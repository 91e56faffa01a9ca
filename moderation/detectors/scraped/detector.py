"""The detector of bodies that show by themselves that they were scraped or spun by a machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from moderation.detectors.base import Context, Deadline, band_for
from moderation.detectors.scraped.chrome import page_chrome
from moderation.detectors.scraped.embeds import embed_residue
from moderation.detectors.scraped.html_clues import html_clues
from moderation.detectors.scraped.keywords import keyword_line
from moderation.detectors.scraped.markup import stray_markup
from moderation.detectors.scraped.model import model_residue
from moderation.detectors.scraped.page import Page, merged
from moderation.detectors.scraped.repetition import self_repetition, told_twice
from moderation.detectors.scraped.signals import Hit, Signal, combined_score
from moderation.text.document import Document
from moderation.types import Assessment, Band, Evidence, Finding, Kind, Span

#: Whose hits may be furniture of a page rather than parts of the story.
_FURNISHED: Final[tuple[Callable[[Page], Signal], ...]] = (
    page_chrome,
    embed_residue,
    model_residue,
    stray_markup,
    keyword_line,
    html_clues,
)
#: Whose hits are parts of the story.
_TELLING: Final = (told_twice, self_repetition)
_KEPT: Final = "scraped.page"
#: Moderators look at a handful of passages; a body of 200,000 share buttons has no more to say.
_MOST_EVIDENCE: Final = 50


class ScrapedDetector:
    """Finds page chrome, residue of embeds and language models, stray markup, stories told twice.

    Each signal family gives a score; their noisy-or puts the whole body into a band, and from
    ``possible`` on every family with a score is a finding of that band. No weak family reaches
    ``possible`` alone.

    Args:
        possible: The combined score from which a body is a possible case.
        likely: The combined score from which it is a likely one.

    Raises:
        ValueError: The thresholds are not in order between 0 and 1.
    """

    name: ClassVar[str] = "scraped"
    version: ClassVar[str] = "2"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.ARTICLE})

    def __init__(self, possible: float = 0.4, likely: float = 0.65) -> None:
        if not 0.0 < possible <= likely <= 1.0:
            raise ValueError("possible and likely must be in order, above 0 and at most 1")
        self._possible = possible
        self._likely = likely

    def detect(self, document: Document, context: Context) -> Assessment:
        """Assess one body by itself.

        The scores hold every family's and, as ``combined``, that of all together.

        Raises:
            TimeLimitExceeded: The deadline of ``context`` has passed.
        """
        page = _page_of(document, context.deadline)
        signals = [*_furniture(page), *(family(page) for family in _TELLING)]
        combined = combined_score(signals)
        scores = {signal.category.value: signal.score for signal in signals}
        band = band_for(combined, self._possible, self._likely)
        findings: tuple[Finding, ...] = ()
        if band is not Band.NONE:
            findings = tuple(
                self._finding(signal, band, combined, document)
                for signal in signals
                if signal.weight > 0
            )
        return Assessment(findings=findings, scores=scores | {"combined": combined})

    def _finding(self, signal: Signal, band: Band, combined: float, document: Document) -> Finding:
        return Finding(
            kind=self.name,
            category=signal.category.value,
            score=signal.score,
            band=band,
            threshold=self._possible,
            evidence=_evidence(signal, document),
            detail={"combined": round(combined, 3), "passages": len(signal.hits)},
        )


def mask(document: Document, deadline: Deadline | None = None) -> tuple[Span, ...]:
    """Return what of ``document.plain.text`` a page or a machine added to the story.

    In order and disjoint, as offsets into the plain text: to be left out before the body is
    compared with others, so that furniture two sites share is neither copying nor coverage.

    Raises:
        TimeLimitExceeded: ``deadline`` has passed.
    """
    page = _page_of(document, deadline or Deadline())
    hits = (hit for signal in _furniture(page) for hit in signal.hits)
    return merged([Span(hit.start, hit.end) for hit in hits if hit.masks and not hit.in_original])


def _page_of(document: Document, deadline: Deadline) -> Page:
    """Return the one page there is of a document: it is read once, whoever asks first."""
    page: Page | None = document.kept.get(_KEPT)
    if page is None:
        page = document.kept[_KEPT] = Page(document, deadline)
    page.deadline = deadline
    return page


def _furniture(page: Page) -> tuple[Signal, ...]:
    if page.furniture is None:
        page.furniture = tuple(family(page) for family in _FURNISHED)
    return page.furniture


def _evidence(signal: Signal, document: Document) -> tuple[Evidence, ...]:
    """Return the weightiest passages in the order of the text, as offsets of the stored text."""
    chosen = sorted(signal.hits, key=lambda hit: -hit.weight)[:_MOST_EVIDENCE]
    passages = [(_original(hit, document), hit) for hit in chosen]
    passages.sort(key=lambda passage: passage[0])
    return tuple(
        Evidence(
            start=span.start,
            end=span.end,
            explanation=f"scraped.{signal.category.value}.{hit.reason}",
            params=hit.params,
            weight=min(hit.weight, 1.0),
        )
        for span, hit in passages
    )


def _original(hit: Hit, document: Document) -> Span:
    if hit.in_original:
        return Span(hit.start, hit.end)
    return document.original_span(hit.start, hit.end)
