"""Fill the newsroom from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from project.newsroom.folder import Skipped, read_folder
from project.newsroom.loading import load_newsroom, load_pages


class Command(BaseCommand):
    help = "Load the demo's articles and comments, or the files of a folder as articles."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--articles",
            type=Path,
            metavar="FOLDER",
            help="load the .txt and .html files in FOLDER and below it instead",
        )

    def handle(self, *_args: Any, articles: Path | None = None, **_options: Any) -> None:
        counts: Counter[str] = Counter()
        try:
            for result in load_pages(read_folder(articles)) if articles else load_newsroom():
                if isinstance(result, Skipped):
                    self.stderr.write(f"skipped {result.name}: {result.reason}")
                    continue
                if result.note:
                    self.stderr.write(f"{result.name}: {result.note}")
                counts[f"{result.status} {result.model._meta.verbose_name_plural}"] += 1
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        if not counts:
            raise CommandError(f"{articles}: no .txt or .html file with text in it")
        self.stdout.write(", ".join(f"{number} {what}" for what, number in counts.items()))
