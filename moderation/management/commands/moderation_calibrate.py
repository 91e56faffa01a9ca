"""``moderation_calibrate``: what the scores mean on this site, from its own decisions."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.models import ActorKind, Threshold
from moderation.services import thresholds, workbench
from moderation.services.actors import Actor
from moderation.services.calibration import (
    FEWEST,
    PRECISION_AT,
    Calibration,
    NotFitted,
    Quality,
    calibrate,
)

_DAYS = 365
_ACTOR = Actor(ActorKind.MACHINE, label="moderation_calibrate")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one category: a calibration, or the reason why there is none."""

    category: str
    calibration: Calibration | None = None
    problem: str = ""


class Command(BaseCommand):
    help = (
        "Learn from the site's own decisions what share of the texts with a score is rightly "
        "flagged: two numbers for each category, shown beside what holds now. Nothing is "
        "written without --save, and then as a draft."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--detector", default="framing", help="default: framing")
        parser.add_argument("--category", action="append", help="only this one; may be repeated")
        parser.add_argument("--section", default="", help="only texts of this section")
        parser.add_argument("--days", type=_count, default=_DAYS, help="how far back to look")
        parser.add_argument(
            "--least",
            type=_count,
            default=FEWEST,
            help=f"decisions of each kind that are needed (default: {FEWEST})",
        )
        parser.add_argument(
            "--probability",
            type=_probability,
            default=0.5,
            help="flag from the score on of which this share is right (default: 0.5)",
        )
        parser.add_argument(
            "--save",
            nargs="?",
            const="draft",
            choices=["draft", "shadow"],
            help="write the thresholds, as drafts or on trial",
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        detector = options["detector"]
        known = thresholds.adjustable().get(detector)
        if known is None:
            names = ", ".join(thresholds.adjustable())
            raise CommandError(f"{detector!r} takes no thresholds; those that do: {names}")
        wanted = options["category"] or known
        unknown = sorted(set(wanted) - set(known))
        if unknown:
            raise CommandError(f"{', '.join(unknown)} is not among {', '.join(known)}")
        results = [self._result(detector, category, options) for category in wanted]
        if options["save"]:
            self._save(detector, results, options)
        if options["json"]:
            content = [_as_json(each, options["probability"]) for each in results]
            self.stdout.write(json.dumps({"detector": detector, "categories": content}))
        else:
            self.stdout.write("\n".join(_in_words(results, options)))

    def _result(self, detector: str, category: str, options: dict[str, Any]) -> Result:
        given = list(
            workbench.judged(detector, category, section=options["section"], days=options["days"])
        )
        try:
            return Result(category, calibrate(given, fewest=options["least"]))
        except NotFitted as error:
            return Result(category, problem=str(error))

    def _save(self, detector: str, results: Sequence[Result], options: dict[str, Any]) -> None:
        write = thresholds.try_new if options["save"] == "shadow" else thresholds.draft
        for each in results:
            found = each.calibration
            if found is not None:
                row = Threshold(
                    detector=detector,
                    category=each.category,
                    section=options["section"],
                    value=found.threshold(options["probability"]),
                    slope=found.slope,
                    offset=found.offset,
                    reason=f"calibrated on {found.right} right and {found.wrong} wrong",
                )
                write(row, actor=_ACTOR)


def _count(value: str) -> int:
    if not value.isdecimal() or not 0 < int(value[:9]) < 10_000:
        raise ArgumentTypeError("a number from 1 to 9999 is needed")
    return int(value)


def _probability(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 < number < 1:
        raise ArgumentTypeError("a number between 0 and 1 is needed")
    return number


def _as_json(result: Result, probability: float) -> dict[str, Any]:
    found = result.calibration
    if found is None:
        return {"category": result.category, "problem": result.problem}
    return {
        "category": result.category,
        **asdict(found),
        "probability": probability,
        "threshold": found.threshold(probability),
    }


def _in_words(results: Sequence[Result], options: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for each in results:
        if each.calibration is None:
            lines.append(f"{each.category}: not calibrated, {each.problem}.")
        else:
            lines += _of_one(each.category, each.calibration, options["probability"])
    saved = {"draft": "Saved as drafts.", "shadow": "Saved, and on trial from now on."}
    return [*lines, saved.get(options["save"], "Nothing was saved: see --save.")]


def _of_one(category: str, found: Calibration, probability: float) -> list[str]:
    at = found.threshold(probability)
    return [
        f"{category}: {found.right} rightly and {found.wrong} wrongly flagged",
        f"  slope {found.slope:.3f}, offset {found.offset:.3f}",
        f"  {probability:.0%} are right at a score of {at:.3f}",
        f"  Brier score before {found.before.brier:.4f}, after {found.after.brier:.4f}",
        f"  precision from {_steps()} on, before: {_shares(found.before.precision)}",
        f"  precision from {_steps()} on, after: {_shares(found.after.precision)}",
        *_table("before", found.before),
        *_table("after", found.after),
    ]


def _steps() -> str:
    return ", ".join(f"{step:.0%}" for step in PRECISION_AT)


def _shares(shares: Sequence[float | None]) -> str:
    return ", ".join("–" if share is None else f"{share:.0%}" for share in shares)


def _table(when: str, quality: Quality) -> list[str]:
    rows = [f"    {each.mean:>6.1%} {each.right:>6.1%} {each.count:>6}" for each in quality.bins]
    return [f"  {when}: said, right, texts", *rows]
