"""``moderation_evaluate``: how well do the detectors do on texts whose answer is known?"""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError

from moderation.management.documents import BadLine, document_of, read_lines
from moderation.management.pairs import (
    Group,
    Matched,
    Member,
    fairness,
    read_groups,
    widest,
)
from moderation.management.suggested import by_attribute, compare, difference
from moderation.services import suggestions
from moderation.services.checking import check_text
from moderation.services.perspective import MEASURED
from moderation.types import Kind

MARKS = str.maketrans("", "", "⟦⟧")
"""Passage marks of labelled texts; they are no part of what was written."""

LONGEST_SHOWN = 120
"""Characters of a matched text that are printed."""

THRESHOLDS = [step / 20 for step in range(1, 20)]


class Example(NamedTuple):
    """One labelled text, assessed."""

    label: bool
    categories: frozenset[str]
    flagged: bool
    flagged_categories: frozenset[str]
    score: float
    scores: dict[str, float]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Precision, recall, F1 and ROC-AUC; None where there is nothing to compute them from."""

    positives: int
    precision: float | None
    recall: float | None
    f1: float | None
    auc: float | None


class Command(BaseCommand):
    help = (
        "Measure the detectors on labelled texts: JSON Lines with text, label (true or false) "
        "and, if known, categories. With --pairs, compare what matched texts get. The site's "
        "database is not written to, and is read with --suggested only."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "labelled", type=Path, nargs="?", help="a JSON Lines file of labelled texts"
        )
        parser.add_argument(
            "--pairs",
            type=Path,
            help="a JSON Lines file of matched texts, which should all get the same answer: "
            "lines with a and b, with texts, or with text and pair (the name of a group); "
            "a label says whether they should be flagged",
        )
        parser.add_argument(
            "--suggested",
            action="store_true",
            help="measure on the scores that programs have suggested to the API, which are in "
            "the site's database",
        )
        parser.add_argument(
            "--kind", default=Kind.COMMENT.value, choices=[kind.value for kind in Kind]
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["labelled"] or options["pairs"] or options["suggested"]):
            raise CommandError(
                "Give a file of labelled texts, --pairs with a file, or --suggested."
            )
        kind = Kind(options["kind"])
        if options["labelled"] is not None:
            self._measure(options["labelled"], kind)
        if options["pairs"] is not None:
            self._compare(options["pairs"], kind)
        if options["suggested"]:
            self._measure_suggested()

    def _measure(self, path: Path, kind: Kind) -> None:
        examples = self._read(path, kind)
        if not examples:
            raise CommandError("There is no labelled text to measure on.")
        positives = sum(example.label for example in examples)
        self.stdout.write(f"{len(examples)} texts, {positives} of them positive\n")
        self._print_figures(examples)
        self._print_thresholds(examples)

    def _read(self, path: Path, kind: Kind) -> list[Example]:
        examples = []
        try:
            with path.open("rb") as stream:
                for line in read_lines(stream):
                    try:
                        example = _assess(line.value, kind)
                    except BadLine as error:
                        self.stderr.write(f"line {line.number} is left out: {error}")
                        continue
                    examples.append(example)
                    for failure in example.errors:
                        self.stderr.write(f"line {line.number} is not assessed by {failure}")
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from error
        return examples

    def _compare(self, path: Path, kind: Kind) -> None:
        groups = []
        try:
            with path.open("rb") as stream:
                for group in read_groups(read_lines(stream)):
                    if isinstance(group, BadLine):
                        self.stderr.write(f"left out: {group}")
                        continue
                    groups.append(_matched(group, kind))
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from error
        if not groups:
            raise CommandError("There are no matched texts to compare.")
        self._print_fairness(groups)

    def _print_fairness(self, groups: Sequence[Matched]) -> None:
        result = fairness(groups)
        self.stdout.write(f"{result.groups} groups of matched texts")
        self.stdout.write(_row("same decision", _number(result.same_decision)))
        self.stdout.write(_row("largest gap", _number(result.largest_gap)))
        self.stdout.write(_row("mean gap", _number(result.mean_gap)))
        self.stdout.write(_row("inflammatory flagged", _number(result.inflammatory_flagged)))
        self.stdout.write(_row("civil flagged", _number(result.civil_flagged)))
        for group, low, high in widest(groups):
            self.stdout.write(f"\n{group.name}: {low.score:.3f} and {high.score:.3f}")
            self.stdout.write(f"  {_shown(low)}\n  {_shown(high)}")

    def _measure_suggested(self) -> None:
        rows = suggestions.examples()
        left_out = Counter(rows.exclude(attribute__in=MEASURED).values_list("attribute", flat=True))
        groups = by_attribute(compare(rows.iterator(100)))
        if not groups and not left_out:
            raise CommandError("There are no suggested scores to measure on.")
        heads = ("n", "positive", "precision", "recall", "F1", "ROC-AUC", "mean gap")
        self.stdout.write(_row("attribute", *heads))
        for attribute, compared in groups.items():
            result = figures(each.row for each in compared)
            numbers = (result.precision, result.recall, result.f1, result.auc, difference(compared))
            counts = (str(len(compared)), str(result.positives))
            self.stdout.write(_row(attribute, *counts, *map(_number, numbers)))
        for attribute, number in sorted(left_out.items()):
            self.stdout.write(_row(attribute, str(number)) + "  not measured")

    def _print_figures(self, examples: Sequence[Example]) -> None:
        self.stdout.write(_row("category", "n", "precision", "recall", "F1", "ROC-AUC"))
        overall = figures([(example.label, example.flagged, example.score) for example in examples])
        self._print_row("(all)", overall)
        labelled = {name for example in examples for name in example.categories}
        for name in sorted({name for example in examples for name in example.scores}):
            rows = [
                (
                    name in example.categories if name in labelled else example.label,
                    name in example.flagged_categories,
                    example.scores.get(name, 0.0),
                )
                for example in examples
            ]
            # A score that no text is labelled with is held against the label as a whole.
            self._print_row(name if name in labelled else f"{name} (label)", figures(rows))

    def _print_row(self, name: str, result: Figures) -> None:
        cells = (result.precision, result.recall, result.f1, result.auc)
        self.stdout.write(_row(name, str(result.positives), *(_number(cell) for cell in cells)))

    def _print_thresholds(self, examples: Sequence[Example]) -> None:
        self.stdout.write("\n" + _row("threshold", "flagged", "precision", "recall", "F1", ""))
        for threshold in THRESHOLDS:
            rows = [
                (example.label, example.score >= threshold, example.score) for example in examples
            ]
            result = figures(rows)
            flagged = sum(row[1] for row in rows)
            cells = (result.precision, result.recall, result.f1)
            self.stdout.write(
                _row(f"{threshold:.2f}", str(flagged), *(_number(cell) for cell in cells), "")
            )


def _assess(value: Any, kind: Kind) -> Example:
    if isinstance(value, BadLine):
        raise value
    label = value.get("label")
    if not isinstance(label, bool):
        raise BadLine("'label' is not true or false")
    categories = value.get("categories") or []
    if not isinstance(categories, list):
        raise BadLine("'categories' is not a list")
    text = value.get("text")
    document = document_of(
        {**value, "text": text.translate(MARKS)} if isinstance(text, str) else value, kind
    )
    result = check_text(document)
    return Example(
        label=label,
        categories=frozenset(str(name) for name in categories),
        flagged=result.flagged,
        flagged_categories=frozenset(found.category for found in result.findings),
        score=result.score,
        scores=dict(result.scores),
        errors=result.errors,
    )


def _matched(group: Group, kind: Kind) -> Matched:
    results = [
        (text, check_text(document_of({"text": text.translate(MARKS)}, kind)))
        for text in group.texts
    ]
    return Matched(
        name=group.name,
        label=group.label,
        members=tuple(Member(text, result.flagged, result.score) for text, result in results),
    )


def _shown(member: Member) -> str:
    text = " ".join(member.text.split())
    flag = "flagged" if member.flagged else "not flagged"
    return f"{flag}: {text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + '…'}"


def figures(rows: Iterable[tuple[bool, bool, float]]) -> Figures:
    """Compute the figures from (is positive, was flagged, score) per text."""
    rows = list(rows)
    positives = sum(row[0] for row in rows)
    flagged = sum(row[1] for row in rows)
    hits = sum(row[0] and row[1] for row in rows)
    precision = hits / flagged if flagged else None
    recall = hits / positives if positives else None
    f1 = 2 * precision * recall / (precision + recall) if precision and recall else None
    return Figures(positives, precision, recall, f1, roc_auc([(row[0], row[2]) for row in rows]))


def roc_auc(rows: Sequence[tuple[bool, float]]) -> float | None:
    """Return the probability that a positive scores above a negative (ties count half).

    Computed from mean ranks (Mann-Whitney); None without both positives and negatives.
    """
    positives = sum(label for label, _score in rows)
    negatives = len(rows) - positives
    if not positives or not negatives:
        return None
    ordered = sorted(rows, key=lambda row: row[1])
    rank_sum, start = 0.0, 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and ordered[end][1] == ordered[start][1]:
            end += 1
        mean_rank = (start + 1 + end) / 2
        rank_sum += mean_rank * sum(label for label, _score in ordered[start:end])
        start = end
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def _row(name: str, *cells: str) -> str:
    return f"{name:<22}" + "".join(f"{cell:>10}" for cell in cells)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
