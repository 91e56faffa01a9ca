"""The table at the end of a check."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from django.db.models import Q

from moderation.admin import words
from moderation.detectors.explanations import explain
from moderation.models import Case, DetectorRun, Finding, RunState, Scan, ScanState
from moderation.models.scans import FINISHED_SCANS
from moderation.types import Band
from project.demo.site import Haul

CLEAN_SHOWN = 200
"""Files without findings that are named one by one."""

PARTS = frozenset({"partial", "pasted"})
"""Categories in which a text has something of another one but does not tell its story."""

REASONS_SHOWN = 5
"""Different reasons for a finding that are told."""


class Row(NamedTuple):
    name: str
    value: str
    ok: bool


def finished_scans() -> int:
    """Count the texts whose present wording has a finished scan."""
    return Scan.objects.filter(_CURRENT, state__in=FINISHED_SCANS).count()


_CURRENT = Q(snapshot__is_current=True, snapshot__subject__deleted_at=None)


class Report:
    """What happened, row by row; ``passed`` only if every row is as it should be."""

    def __init__(self) -> None:
        self._rows: list[Row] = []

    @property
    def passed(self) -> bool:
        return bool(self._rows) and all(row.ok for row in self._rows)

    def add(self, name: str, value: str, *, ok: bool = True) -> None:
        self._rows.append(Row(name, value, ok))

    def fail(self, name: str, value: str) -> None:
        self.add(name, value, ok=False)

    def add_texts(self, haul: Haul, when: str) -> None:
        """Add what was loaded, and whether each text was scanned in full."""
        left_out = f"; {len(haul.skipped)} files skipped" if haul.skipped else ""
        self.add("Texts", f"{haul}{left_out}")
        states = Counter(Scan.objects.filter(_CURRENT).values_list("state", flat=True))
        told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
        whole = states[ScanState.DONE] + states[ScanState.SKIPPED] == len(haul.loaded)
        self.add("Scans", f"{told} {when}", ok=whole)
        failed = DetectorRun.objects.filter(state=RunState.FAILED)
        for detector, error in failed.values_list("detector", "error").distinct():
            self.fail("Detector", f"{detector} failed: {error}")

    def add_findings(self, expected: Mapping[str, frozenset[str]]) -> None:
        """Add the findings by kind and category; all that is ``expected`` has to be there."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for finding in _findings():
            found[finding.kind][finding.category] += 1
        for kind in sorted({*expected, *found}):
            told = ", ".join(f"{name} {number}" for name, number in sorted(found[kind].items()))
            whole = kind not in expected or (bool(told) and expected[kind] <= found[kind].keys())
            self.add(f"Found: {kind}", told or "nothing", ok=whole)
        if not found and not expected:
            self.add("Found", "nothing")
        states = Counter(Case.objects.values_list("state", flat=True))
        told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
        self.add("Cases", told or "none", ok=bool(told) or not expected)

    def print_files(self, haul: Haul) -> None:
        """Print what was found in every file, what was not looked at, and which tell one story."""
        names = {str(item.pk): item.name for item in haul.loaded}
        found, limits = _found_by_article(names), _limits_by_article()
        clean = [item for item in haul.loaded if str(item.pk) not in found]
        print()
        for item in haul.loaded:
            if lines := found.get(str(item.pk)):
                _print_file(item.name, lines + limits[str(item.pk)])
        for item in clean[:CLEAN_SHOWN]:
            _print_file(item.name, ["nothing found", *limits[str(item.pk)]])
        if len(clean) > CLEAN_SHOWN:
            print(f"and {len(clean) - CLEAN_SHOWN} more files in which nothing was found")
        for skipped in haul.skipped:
            _print_file(skipped.name, [f"skipped: {skipped.reason}"])
        for story in _stories(names):
            print("one story:", ", ".join(story))

    def print(self) -> None:
        """Print the table and the verdict."""
        width = max(len(row.name) for row in self._rows)
        print()
        for row in self._rows:
            print(f"{'ok    ' if row.ok else 'FAILED'}  {row.name:<{width}}  {row.value}")
        print(f"\nThe check {'passed' if self.passed else 'FAILED'}.", flush=True)


def _findings() -> Iterator[Finding]:
    """The findings about the present texts that count."""
    return (
        Finding.objects.filter(
            scan__state__in=FINISHED_SCANS,
            scan__snapshot__is_current=True,
            scan__snapshot__subject__deleted_at=None,
        )
        .exclude(band=Band.NONE.value)
        .select_related("scan__snapshot__subject", "source__subject")
        .defer("scan__snapshot__text", "source__text")
        .prefetch_related("evidence")
        .order_by("kind", "category", "pk")
        .iterator(chunk_size=1000)
    )


def _found_by_article(names: Mapping[str, str]) -> dict[str, list[str]]:
    """Say what was found and why, per article key; ``names`` are the files of the articles."""
    lines: dict[str, list[str]] = defaultdict(list)
    for finding in _findings():
        what = f"{finding.kind}/{finding.category}"
        said = f"{what}  {words.category(what)}: {finding.band} {finding.score:.2f}"
        if finding.source:
            subject = finding.source.subject
            said += f", as in {names.get(subject.object_id, subject)}"
        reasons = Counter(explain(e.explanation, e.params) for e in finding.evidence.all())
        lines[finding.scan.snapshot.subject.object_id] += [
            said,
            *(f"    {_times(reason, number)}" for reason, number in _first(reasons)),
        ]
    return lines


def _first(reasons: Counter[str]) -> list[tuple[str, int]]:
    return list(reasons.items())[:REASONS_SHOWN]


def _times(reason: str, number: int) -> str:
    return f"{reason} ({number} times)" if number > 1 else reason


def _stories(names: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Return the files that tell one story: around each source, those that have it."""
    stars: dict[str, set[str]] = defaultdict(set)
    for finding in _findings():
        if finding.source and finding.category not in PARTS:
            source = finding.source.subject.object_id
            stars[source] |= {source, finding.scan.snapshot.subject.object_id}
    whole = [star for star in stars.values() if not any(star < other for other in stars.values())]
    return sorted({tuple(sorted(names[key] for key in star if key in names)) for star in whole})


def _limits_by_article() -> dict[str, list[str]]:
    """Say in a line each what was not looked at, per article key."""
    scans = (
        Scan.objects.filter(_CURRENT, state__in=FINISHED_SCANS)
        .select_related("snapshot__subject")
        .defer("snapshot__text")
        .prefetch_related("runs")
    )
    lines: dict[str, list[str]] = defaultdict(list)
    for scan in scans:
        lines[scan.snapshot.subject.object_id].extend(_limits_of(scan))
    return lines


def _limits_of(scan: Scan) -> Iterator[str]:
    if scan.note:
        yield f"{scan.state}: {scan.note}"
    for run in scan.runs.all():
        if run.state == RunState.FAILED:
            yield f"{run.detector} failed: {run.error}"
        yield from (f"{run.detector}: {explain(note)}" for note in run.notes)


def _print_file(name: str, lines: list[str]) -> None:
    print(name, *lines, sep="\n    ")
