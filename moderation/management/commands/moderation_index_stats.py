"""``moderation_index_stats``: how large the index of fingerprints is, and what it is full of."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.services.indexing import Statistics, statistics


class Command(BaseCommand):
    help = (
        "Print rows, texts, bytes and versions of the index of fingerprints, and the fingerprints "
        "that most texts share, as a sample of the texts shows them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--hottest", type=int, default=10, metavar="N", help="how many to show (10)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["hottest"] < 0:
            raise CommandError("--hottest is at least 0.")
        found = statistics(options["hottest"])
        if options["json"]:
            per_text = {"bytes_per_text": found.size.bytes_per_text}
            self.stdout.write(json.dumps({**asdict(found), **per_text}))
        else:
            for line in _lines(found):
                self.stdout.write(line)


def _lines(found: Statistics) -> list[str]:
    size, hottest = found.size, found.hottest
    what = "bytes of the whole file" if size.whole_file else "bytes"
    versions = ", ".join(f"{version}: {rows:,}" for version, rows in size.versions.items())
    return [
        f"articles: {size.articles:,}",
        f"comments: {size.comments:,}",
        f"reference documents: {size.references:,}",
        f"rests of earlier texts: {size.earlier:,}",
        f"fingerprints: {size.fingerprints:,}",
        f"story terms: {size.story_terms:,}",
        f"{what}: {size.bytes:,} ({size.bytes_per_text:,} a text)",
        f"versions of the fingerprints: {versions or 'none'}",
        f"passages learned as boilerplate: {found.learned:,}",
        f"boilerplate among the fingerprints of {hottest.sampled:,} texts: {hottest.boilerplate:,}",
        *(
            f"  {hot.hash:>11}  in {hot.documents:,} texts, {hot.stories} stories"
            f"{', boilerplate' if hot.boilerplate else ''}"
            for hot in hottest.fingerprints
        ),
    ]
