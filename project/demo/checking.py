"""``CHECK=1``: the way of the texts through the whole house, and back, in a throw-away folder."""

from __future__ import annotations

import traceback
from collections.abc import Mapping

from project.demo.options import Options
from project.demo.problems import Problem, first_line
from project.demo.processes import Died
from project.demo.trial import trial

EXPECTED: Mapping[str, frozenset[str]] = {
    "duplicate": frozenset({"pasted"}),
    "scraped": frozenset(),
    "framing": frozenset(),
}
"""What the texts of the demo have to be found out about: every kind, of some the category."""


def check(options: Options) -> int:
    """Run the check and print what happened; 0 only if everything did."""
    with trial(options) as run:
        from project.demo.journey import travel
        from project.demo.report import Report

        report = Report()
        expected = {} if options.articles else EXPECTED
        try:
            seconds = run.wait_for_scans()
            report.add_texts(run.haul, f"in {seconds:.1f} s")
            report.add_findings(expected)
            travel(run, report)
        except (Died, Problem) as problem:
            report.add_texts(run.haul, "so far")
            report.add_findings(expected)
            report.fail("Check", str(problem))
        except Exception as error:  # noqa: BLE001 - whatever went wrong, what went well is shown
            traceback.print_exc()
            report.fail("Check", f"{type(error).__name__}: {first_line(error)}")
        if options.articles:
            report.print_files(run.haul)
        report.print()
        return 0 if report.passed else 1
