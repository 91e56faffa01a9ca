"""Assessing a text without keeping it: for the command line, and before somebody posts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moderation.conf import settings
from moderation.detectors.base import Context, Corpus, Deadline, SiteThresholds
from moderation.detectors.explanations import explain
from moderation.detectors.phrases import PhraseList
from moderation.services.detectors import ConfiguredDetector, configured_detectors
from moderation.text.document import Document
from moderation.types import Assessment, Band, Evidence, Finding, Mode

NO_PHRASES = PhraseList()

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the live detectors say about one text.

    ``scores`` has every category assessed; ``score`` is the highest of those that can flag.
    ``errors`` name the detectors that failed, ``notes`` what was not assessed and why.
    """

    score: float = 0.0
    band: Band = Band.NONE
    scores: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def flagged(self) -> bool:
        return self.band is not Band.NONE


def check_text(
    document: Document,
    corpus: Corpus | None = None,
    *,
    blocked: PhraseList = NO_PHRASES,
    harmless: PhraseList = NO_PHRASES,
    thresholds: Mapping[str, SiteThresholds] | None = None,
) -> CheckResult:
    """Run the site's live detectors over ``document``, comparing it with ``corpus`` only.

    ``blocked`` and ``harmless`` are the site's word lists where the caller wants them to count,
    ``thresholds`` its live thresholds by the name of the detector.

    No row is read or written. A detector that fails is named in the result; the others stand.
    """
    context = Context(
        corpus=corpus,
        deadline=Deadline.after(settings.SCAN_TIME_LIMIT),
        blocked=blocked,
        harmless=harmless,
        thresholds=thresholds or {},
    )
    return _combine(
        (configured, _assess(configured, document, context))
        for configured in configured_detectors()
        if configured.mode is Mode.LIVE
        and configured.wants(document.kind)
        and configured.has_work(context)
    )


def _assess(
    configured: ConfiguredDetector, document: Document, context: Context
) -> Assessment | Exception:
    try:
        context.deadline.check()
        return configured.detector.detect(document, context)
    except Exception as error:  # noqa: BLE001 - one detector's failure is its own
        return error


def _combine(
    parts: Iterable[tuple[ConfiguredDetector, Assessment | Exception]],
) -> CheckResult:
    scores: dict[str, float] = {}
    decisive = [0.0]
    findings: list[Finding] = []
    notes: list[str] = []
    errors: list[str] = []
    for configured, outcome in parts:
        if isinstance(outcome, Exception):
            errors.append(f"{configured.name}: {type(outcome).__name__}")
            continue
        for category, score in outcome.scores.items():
            scores[category] = max(score, scores.get(category, 0.0))
            if category not in configured.informative:
                decisive.append(score)
        findings.extend(found for found in outcome.findings if found.band is not Band.NONE)
        notes.extend(outcome.notes)
    decisive.extend(found.score for found in findings)
    return CheckResult(
        score=max(decisive),
        band=max((found.band for found in findings), key=lambda band: band.rank, default=Band.NONE),
        scores=scores,
        findings=tuple(findings),
        notes=tuple(notes),
        errors=tuple(errors),
    )


def as_json(result: CheckResult, translate: Translate = str) -> dict[str, Any]:
    """Return the result as plain JSON values; reasons in English unless translated."""
    content: dict[str, Any] = {
        "flagged": result.flagged,
        "score": round(result.score, 4),
        "band": result.band.value,
        "scores": {category: round(score, 4) for category, score in result.scores.items()},
        "findings": [_finding_json(found, translate) for found in result.findings],
    }
    if result.notes:
        content["notes"] = [explain(note, translate=translate) for note in result.notes]
    if result.errors:
        content["error"] = "; ".join(result.errors)
    return content


def _finding_json(found: Finding, translate: Translate) -> dict[str, Any]:
    content: dict[str, Any] = {
        "kind": found.kind,
        "category": found.category,
        "score": round(found.score, 4),
        "band": found.band.value,
        "evidence": [
            _evidence_json(passage, found.source, translate) for passage in found.evidence
        ],
    }
    if found.detail:
        content["detail"] = dict(found.detail)
    return content


def _evidence_json(passage: Evidence, source: str | None, translate: Translate) -> dict[str, Any]:
    content: dict[str, Any] = {"start": passage.start, "end": passage.end}
    if source is not None:
        content["source"] = source
    if passage.source_start is not None:
        content["source_start"] = passage.source_start
        content["source_end"] = passage.source_end
    content["explanation"] = explain(passage.explanation, passage.params, translate)
    return content
