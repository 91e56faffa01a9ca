"""What was changed in a text since it was decided the last time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from moderation.admin import display
from moderation.admin.passages import shorten
from moderation.admin.wellness import hard_texts
from moderation.models import Case, Decision, Outcome, Snapshot
from moderation.text.plain import plain_text
from moderation.types import TextFormat

# Comparing takes the square of these at worst.
MOST_PARAGRAPHS = 1_000
MOST_WORDS = 300
MOST_BLOCKS = 60
BLOCK_CHARS = 2_000

_WORDS = re.compile(r"\s*\S+")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph as it is now and was, or a number of paragraphs that stayed as they were."""

    kind: Literal["same", "changed", "added", "removed"]
    html: SafeString
    same: int = 0


@dataclass(frozen=True, slots=True)
class ChangesView:
    """The differences; ``more`` is how many are not shown, ``whole`` that all may differ.

    ``hard`` says that one of the two versions has a slur or a threat in it.
    """

    outcome: str
    when: SafeString | str
    blocks: list[Block]
    more: int
    whole: bool
    hard: bool


def changes_view(case: Case) -> ChangesView | None:
    """Compare the text with the one of the last decision that stands; None if it is the same."""
    decision = _last_decision(case)
    if decision is None or decision.snapshot is None or case.snapshot is None:
        return None
    blocks = compare(_readable(decision.snapshot), _readable(case.snapshot))
    return ChangesView(
        outcome=decision.get_outcome_display(),
        when=display.date(decision.created_at),
        blocks=(blocks or [])[:MOST_BLOCKS],
        more=max(0, len(blocks or []) - MOST_BLOCKS),
        whole=blocks is None,
        hard=bool(hard_texts([decision.snapshot.pk, case.snapshot.pk])),
    )


def _last_decision(case: Case) -> Decision | None:
    decision: Decision | None = (
        Decision.objects.filter(case__subject=case.subject_id, reversed_by=None)
        .exclude(outcome__in=(Outcome.UNDO, Outcome.PROPOSE, Outcome.ESCALATE))
        .exclude(snapshot=case.snapshot_id)
        .select_related("snapshot")
        .order_by("-pk")
        .first()
    )
    return decision


def _readable(snapshot: Snapshot) -> str:
    return plain_text(snapshot.text, TextFormat(snapshot.format)).text


def compare(before: str, now: str) -> list[Block] | None:
    """Return the differences by paragraph, in words for the first ``MOST_BLOCKS``.

    None when too much of long texts differs.
    """
    old, new = _paragraphs(before), _paragraphs(now)
    first = _common(old, new)
    last = _common(old[first:][::-1], new[first:][::-1])
    middle_old, middle_new = old[first : len(old) - last], new[first : len(new) - last]
    if max(len(middle_old), len(middle_new)) > MOST_PARAGRAPHS:
        return None
    blocks = [_same(first)] if first else []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, middle_old, middle_new).get_opcodes():
        if tag == "equal":
            blocks.append(_same(i2 - i1))
        else:
            blocks += _replaced(middle_old[i1:i2], middle_new[j1:j2], MOST_BLOCKS - len(blocks))
    return [*blocks, _same(last)] if last else blocks


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in text.split("\n") if part.strip()]


def _common(old: list[str], new: list[str]) -> int:
    pairs = zip(old, new, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))


def _same(count: int) -> Block:
    return Block("same", mark_safe(""), count)


def _replaced(old: list[str], new: list[str], shown: int) -> list[Block]:
    """Return what became of a run of paragraphs; only ``shown`` of them are worth the work."""
    pairs = min(len(old), len(new))
    blocks = [
        _changed(a, b) if n < shown else Block("changed", mark_safe(""))
        for n, (a, b) in enumerate(zip(old[:pairs], new[:pairs], strict=True))
    ]
    blocks += [Block("removed", _whole("del", text)) for text in old[pairs:]]
    return blocks + [Block("added", _whole("ins", text)) for text in new[pairs:]]


def _changed(old: str, new: str) -> Block:
    a, b = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(a), len(b)) > MOST_WORDS:
        return Block("changed", _whole("del", old) + _whole("ins", new))
    parts: list[SafeString] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(display.shown("".join(a[i1:i2])))
            continue
        parts += [_marked("del", "".join(a[i1:i2])), _marked("ins", "".join(b[j1:j2]))]
    return Block("changed", mark_safe("".join(parts)))  # noqa: S308 - all parts were escaped


def _whole(tag: str, text: str) -> SafeString:
    return _marked(tag, shorten(text, BLOCK_CHARS))


def _marked(tag: str, text: str) -> SafeString:
    return format_html(f"<{tag}>{{}}</{tag}>", display.shown(text)) if text else mark_safe("")
