"""What of a text is left out before it is compared: everything that is not the story."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from moderation.detectors.base import Deadline
from moderation.detectors.duplicate.boilerplate import boilerplate
from moderation.detectors.scraped.detector import mask
from moderation.text.document import Document
from moderation.text.normalise import Normalised, unpointed
from moderation.types import Span

_KEPT = "duplicate.story"


def story_of(document: Document, deadline: Deadline) -> Normalised:
    """Return ``document.plain.text`` as it is compared: the story, without disguises.

    Spaces stand in place of all that is not the story: what a page or a machine added to it,
    and boilerplate. The latter is known by its words, so these are read without disguises.
    The index holds the fingerprints of this text, so whether it is asked or answers, a
    document is always read the same way.

    Raises:
        TimeLimitExceeded: ``deadline`` has passed.
    """
    story: Normalised | None = document.kept.get(_KEPT)
    if story is None:
        normal = unpointed(_blanked(document.plain.text, mask(document, deadline)))
        text = _blanked(normal.text, boilerplate(normal.text))
        story = document.kept[_KEPT] = replace(normal, text=text)
    return story


def _blanked(text: str, spans: Iterable[Span]) -> str:
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += (text[at:start], " " * (end - start))
        at = end
    return "".join((*parts, text[at:])) if parts else text
