"""What of a text is left out before it is compared: everything that is not the story."""

from __future__ import annotations

from collections.abc import Iterable

from moderation.detectors.base import Deadline
from moderation.detectors.duplicate.boilerplate import boilerplate
from moderation.detectors.scraped.detector import mask
from moderation.text.document import Document
from moderation.types import Span

_KEPT = "duplicate.story"


def story_of(document: Document, deadline: Deadline) -> str:
    """Return ``document.plain.text`` with spaces in place of all that is not the story.

    That is what a page or a machine added to it, and boilerplate. Every character keeps its
    place. The index holds the fingerprints of this text, so whether it is asked or answers,
    a document is always read the same way.

    Raises:
        TimeLimitExceeded: ``deadline`` has passed.
    """
    story: str | None = document.kept.get(_KEPT)
    if story is None:
        text = _blanked(document.plain.text, mask(document, deadline))
        story = document.kept[_KEPT] = _blanked(text, boilerplate(text))
    return story


def _blanked(text: str, spans: Iterable[Span]) -> str:
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += (text[at:start], " " * (end - start))
        at = end
    return "".join((*parts, text[at:])) if parts else text
