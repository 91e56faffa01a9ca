"""The detector: whether a comment is inflammatory, in which way, and in which words."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from typing import Any, ClassVar

from moderation.detectors.base import NO_THRESHOLDS, Context, SiteThresholds
from moderation.detectors.framing import models
from moderation.detectors.framing.backends import BackendError, Guarded, backed
from moderation.detectors.framing.comments import judged
from moderation.detectors.framing.evidence import Shown, shown, toxic
from moderation.detectors.framing.heads import CATEGORIES, PUBLIC, SHOUTING
from moderation.detectors.framing.models import Model
from moderation.detectors.framing.presets import preset_thresholds
from moderation.detectors.framing.quoting import own_words
from moderation.detectors.framing.weighing import Given, Part, Weighed, Weigher, highest
from moderation.detectors.phrases import PhraseList
from moderation.text.document import Document
from moderation.types import Assessment, Band, Evidence, Finding, Kind, Mode, Span

#: What is flagged.
FLAGGED = (*CATEGORIES, SHOUTING)
NOT_ENGLISH = "not_assessed_language"
NO_MODEL = "framing.note.no_model"
NO_BACKEND = "framing.note.no_backend"

_PARTS_SHOWN = 3
_MOST_SHOWN = 5
_DIGITS = 4
#: A score of nothing is no finding, even at a threshold of 0.
_LOWEST = 10.0**-_DIGITS

logger = logging.getLogger(__name__)


class FramingDetector:
    """Find comments that attack, dehumanise, threaten, incite, swear or shout at someone.

    Args:
        model: ``standard``, ``light`` or ``auto``: standard where onnxruntime is installed.
        preset: ``cautious``, ``balanced`` or ``strict``: the thresholds that came with the model.
        thresholds: score from which a category is flagged; missing ones are the preset's.
        bands: ``likely``: score from which every category's findings are likely; without it,
            halfway from the cautious threshold of the category to certainty.
        backend: judges in place of the model where it may be asked, with its own thresholds.

    Raises ``TypeError`` or ``ValueError`` for an unknown name or a number outside of 0..1. The
    model is loaded when the first comment comes.
    """

    name: ClassVar[str] = "framing"
    version: ClassVar[str] = "3"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.COMMENT})
    informative: ClassVar[frozenset[str]] = frozenset(PUBLIC)
    #: Categories that take a threshold of the site.
    adjustable: ClassVar[tuple[str, ...]] = ("framing", *FLAGGED)

    def __init__(
        self,
        *,
        model: str = models.AUTO,
        preset: str = "balanced",
        thresholds: Mapping[str, float] | None = None,
        bands: Mapping[str, float] | None = None,
        backend: Guarded | None = None,
    ) -> None:
        models.candidates(model)
        if preset not in models.PRESETS:
            raise ValueError(f"there is no preset {preset!r}, only {', '.join(models.PRESETS)}")
        self._wanted = model
        self._preset = preset
        self._given = _checked("thresholds", ("framing", *FLAGGED), thresholds)
        self._given_bands = _checked("bands", ("likely",), bands)
        self._backend = backend

    def detect(self, document: Document, context: Context) -> Assessment:
        """Judge a comment; of a long one, each category scores as the worst part of it.

        What the comment quotes in quote blocks is not judged, nor what the site lists as
        harmless. In other languages than English only turns of phrase are looked for; if that
        is most of the text, a note says so.

        Thresholds of the site belong to the numbers of whatever usually judges: where a back
        end fails, the model of the package takes over with its own ones, and a note says so.
        """
        model = models.load(self._wanted)
        if self._backend is None:
            return self._assess(document, context, model, context.thresholds_of(self.name))
        if not context.remote:
            return self._assess(document, context, model)
        asking = backed(model, self._backend, context.deadline.at)
        try:
            return self._assess(document, context, asking, context.thresholds_of(self.name))
        except BackendError as error:
            logger.warning("The framing back end %r gave no scores: %s", self._backend.name, error)
            found = self._assess(document, context, model)
            return replace(found, notes=(*found.notes, NO_BACKEND))

    def own_thresholds(self) -> dict[str, float]:
        """Return the thresholds that hold where the site has none; no model is loaded."""
        preset = preset_thresholds(self._wanted, self._preset)
        if self._backend is not None:
            preset |= self._backend.thresholds
        return {**preset, SHOUTING: preset["framing"], **self._given}

    def _assess(
        self,
        document: Document,
        context: Context,
        model: Model,
        site: SiteThresholds = NO_THRESHOLDS,
    ) -> Assessment:
        comment = self._read(document, context, model, site)
        findings = [*self._findings(comment)]
        if site.shadow:
            trial = replace(comment, bounds={**comment.bounds, **site.shadow})
            findings += [
                replace(found, mode=Mode.SHADOW) for found in self._findings(trial, site.shadow)
            ]
        return Assessment(tuple(findings), comment.scores(), tuple(comment.notes()))

    def scores(self, text: str) -> dict[str, Any]:
        """Return all scores of a plain text, and the passages of what flags.

        ``scores`` has the overall score, the categories, ``toxicity`` and ``profanity``;
        ``spans`` has start and end of the passages of each category that flags, and the toxic
        words under ``toxicity``; ``notes`` says what was not assessed.
        """
        comment = self._read(Document(text, Kind.COMMENT), Context(), models.load(self._wanted))
        spans = {
            category: sorted([each.start, each.end] for each in comment.passages(category, *by))
            for category, by in comment.flagged().items()
        }
        spans["toxicity"] = comment.toxic()
        return {"scores": comment.scores(), "spans": spans, "notes": comment.notes()}

    def _read(
        self,
        document: Document,
        context: Context,
        model: Model,
        site: SiteThresholds = NO_THRESHOLDS,
    ) -> _Comment:
        context.deadline.check()
        bounds = {**self._bounds(model), **site.live}
        lowest = {name: min(bound, site.shadow.get(name, bound)) for name, bound in bounds.items()}
        given = _without(own_words(document.plain, document.answers), context.harmless)
        weigher = Weigher(model, lowest, context.deadline.check)
        weighed, foreign = judged(given, document.language, weigher)
        return _Comment(document, weigher, weighed, bounds, foreign)

    def _bounds(self, model: Model) -> dict[str, float]:
        preset = model.thresholds[self._preset]
        return {**preset, SHOUTING: preset["framing"], **self._given}

    def _findings(
        self, comment: _Comment, heads: Collection[str] | None = None
    ) -> Iterator[Finding]:
        """Yield a finding for every category that flags, with what speaks for it.

        With ``heads``, only those are meant that one of these scores decides.
        """
        flagged = {
            category: by
            for category, by in comment.flagged().items()
            if heads is None or by[0] in heads
        }
        passages = {category: comment.passages(category, *by) for category, by in flagged.items()}
        without = comment.without(passages.values())
        for category, (head, bound) in flagged.items():
            shown = passages[category]
            if not shown:
                continue
            score = max(each.scores[head] for each in comment.weighed)
            yield Finding(
                kind=self.name,
                category=category,
                score=round(score, _DIGITS),
                band=self._band(score, head, comment.weigher.model),
                threshold=bound,
                evidence=tuple(comment.evidence(shown, head, without)),
                detail={"model": comment.weigher.model.name, "decided_by": head},
            )

    def _band(self, score: float, head: str, model: Model) -> Band:
        cautious = model.thresholds["cautious"]
        likely = (1 + cautious.get(head, cautious["framing"])) / 2
        return Band.LIKELY if score >= self._given_bands.get("likely", likely) else Band.POSSIBLE


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment with the parts that were judged."""

    document: Document
    weigher: Weigher
    weighed: Sequence[Weighed]
    bounds: Mapping[str, float]
    foreign: bool

    def scores(self) -> dict[str, float]:
        top = highest(self.weighed, self.bounds)
        return {name: round(score, _DIGITS) for name, score in top.items()}

    def notes(self) -> list[str]:
        without_model = self.weigher.model.name == models.PATTERNS
        return [NOT_ENGLISH] * self.foreign + [NO_MODEL] * without_model

    def toxic(self) -> list[list[int]]:
        """Return start and end of the toxic words; groups of sentences come first in a text."""
        found = {
            (each.part.start + span.start, each.part.start + span.end)
            for each in self.weighed
            if each.part.grouped
            for span in toxic(each)
        }
        return [list(span) for span in sorted(found)]

    def flagged(self) -> dict[str, tuple[str, float]]:
        """Return the categories that flag, each with the score and the bound that decided.

        Where only the overall score flags, it does so for the category that comes closest.
        """
        top = highest(self.weighed, self.bounds)
        found = {
            category: (category, self.bounds[category])
            for category in FLAGGED
            if top[category] >= max(self.bounds[category], _LOWEST)
        }
        if not found and top["framing"] >= max(self.bounds["framing"], _LOWEST):
            closest = max(CATEGORIES, key=lambda each: top[each] / max(self.bounds[each], _LOWEST))
            found[closest] = ("framing", self.bounds["framing"])
        return found

    def passages(self, category: str, head: str, bound: float) -> dict[Shown, Weighed]:
        """Return what to show for a category, each with the part that it is of."""
        flagged = [each for each in self.weighed if each.scores[head] >= max(bound, _LOWEST)]
        found: dict[Shown, Weighed] = {}
        for each in nlargest(_PARTS_SHOWN, flagged, key=lambda each: each.scores[head]):
            for passage in shown(each, category):
                if len(found) < _MOST_SHOWN and not any(
                    _overlap(passage, other) for other in found
                ):
                    found[passage] = each
        return found

    def without(self, shown: Iterable[Mapping[Shown, Weighed]]) -> dict[Span, Weighed]:
        """Judge each part once more without each of its passages."""
        parts = {
            Span(passage.start, passage.end): each
            for passages in shown
            for passage, each in passages.items()
        }
        changed = self.weigher.parts([self._cut_out(each, span) for span, each in parts.items()])
        return dict(zip(parts, changed, strict=True))

    def _cut_out(self, weighed: Weighed, span: Span) -> Given:
        """Return a part without a passage."""
        start, end = span.start - weighed.part.start, span.end - weighed.part.start
        text = f"{weighed.text[:start]} {weighed.text[end:]}"
        left = [each for each in weighed.phrases if each.end <= start or end <= each.start]
        return Given(weighed.part, text, self.weigher.model.judge.read(text), left)

    def evidence(
        self, shown: Mapping[Shown, Weighed], head: str, without: Mapping[Span, Weighed]
    ) -> Iterator[Evidence]:
        """Yield the passages of a category in offsets of the stored text."""
        for passage in sorted(shown):
            span = Span(passage.start, passage.end)
            left = [w.scores[head] for w in self.weighed if not _inside(span, w.part)]
            score = max([without[span].scores[head], *left])
            start, end = self.document.original_span(*span)
            yield Evidence(
                start,
                end,
                passage.explanation,
                params={"without": round(100 * score)},
                weight=round(shown[passage].scores[head], _DIGITS),
            )


def _overlap(first: Shown, other: Shown) -> bool:
    return first.start < other.end and other.start < first.end


def _inside(span: Span, part: Part) -> bool:
    return part.start <= span.start and span.end <= part.end


def _without(text: str, harmless: PhraseList) -> str:
    """Replace what the site calls harmless by blanks of the same length."""
    kept, done = [], 0
    for match in harmless.find(text):
        if match.span.start >= done:
            kept += [text[done : match.span.start], " " * (match.span.end - match.span.start)]
            done = match.span.end
    return "".join([*kept, text[done:]])


def _checked(
    option: str, known: Sequence[str], given: Mapping[str, float] | None
) -> dict[str, float]:
    """Return the given numbers. Raises ``TypeError`` or ``ValueError`` for wrong ones."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise TypeError(f"{option} must be a mapping, not {type(given).__name__}")
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"{option}: unknown name {name!r}, known are {sorted(known)}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{option}: {name} must be a number")
        if not 0 <= value <= 1:
            raise ValueError(f"{option}: {name} must be between 0 and 1")
    return dict(given)
