"""``moderation_reindex``: make the index of fingerprints true to the texts again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.corpus.mending import Problem
from moderation.management.progress import Progress
from moderation.services import indexing

WORDS = {
    Problem.OUTDATED: "made by another version",
    Problem.INCOMPLETE: "incomplete",
    Problem.DOUBLED: "there twice",
    Problem.DEAD: "of deleted or inactive texts",
    Problem.MISSING: "missing",
}


class Command(BaseCommand):
    help = (
        "Compare the index of fingerprints with the texts and put right what differs, while the "
        "site goes on. Each text keeps its place in time. An interrupted run goes on where it "
        "stood."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="only count what is wrong; then exit with 1"
        )
        parser.add_argument(
            "--batch", type=int, default=indexing.PAGE, help=f"texts a step ({indexing.PAGE})"
        )
        parser.add_argument("--restart", action="store_true", help="begin at the first text again")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"] < 1:
            raise CommandError("--batch is at least 1.")
        fresh = options["check"] or options["restart"]
        progress = _Line(
            self.stderr, indexing.total(), start=0 if fresh else indexing.seen_before()
        )
        try:
            if options["check"]:
                care = indexing.check(progress=progress.show)
            else:
                care = indexing.reindex(
                    batch=options["batch"], restart=options["restart"], progress=progress.show
                )
        except KeyboardInterrupt as error:
            raise CommandError("Interrupted; run the command again to go on from here.") from error
        finally:
            progress.close()
        self._tell(care)
        if options["check"] and care.found:
            raise CommandError("The index is not true to the texts: run moderation_reindex.")
        if care.failed:
            raise CommandError(f"{care.failed:,} texts could not be indexed; see the log.")

    def _tell(self, care: indexing.IndexCare) -> None:
        self.stdout.write(f"texts looked at: {care.seen:,}")
        for problem, words in WORDS.items():
            self.stdout.write(f"{words}: {care.problems[problem]:,}")
        self.stdout.write(f"rows without a text: {care.orphans:,}")
        if care.compared_again:
            self.stdout.write(f"texts to be compared again: {care.compared_again:,}")


class _Line(Progress):
    """The progress line of a walk that finds problems instead of queueing scans."""

    noun, found = "texts", "problems"
