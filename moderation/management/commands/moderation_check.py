"""``moderation_check``: assess texts from a file or a pipe, without touching the database."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from moderation.detectors.duplicate import MemoryCorpus
from moderation.management.documents import BadLine, document_of, read_corpus, read_lines
from moderation.services.checking import CheckResult, as_json, check_text
from moderation.types import Kind


class Command(BaseCommand):
    help = (
        "Assess texts: JSON Lines with id and text in, one JSON line each out, in order. "
        "The site's database is neither read nor written."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kind", required=True, choices=[kind.value for kind in Kind])
        parser.add_argument(
            "--input", default="-", help="a JSON Lines file; - (the default) reads standard input"
        )
        parser.add_argument("--text", help="one text to assess instead of --input")
        parser.add_argument(
            "--corpus",
            type=Path,
            help="compare with these documents only: a folder of .txt and .html files, or a "
            "JSON Lines file with id and text",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kind = Kind(options["kind"])
        corpus = self._corpus(options["corpus"], kind) if options["corpus"] else None
        with ExitStack() as stack:
            if options["text"] is not None:
                lines: Iterator[Mapping[str, Any] | BadLine] = iter(
                    [{"id": None, "text": options["text"]}]
                )
            else:
                stream = self._open(options["input"], stack)
                lines = (line.value for line in read_lines(stream))
            for value in lines:
                self.stdout.write(json.dumps(_answer(value, kind, corpus)))
                self.stdout.flush()  # whoever is at the other end of the pipe may wait for it

    def _open(self, name: str, stack: ExitStack) -> IO[bytes]:
        if name == "-":
            return sys.stdin.buffer
        try:
            return stack.enter_context(Path(name).open("rb"))
        except OSError as error:
            raise CommandError(f"{name} cannot be read: {error.strerror}") from error

    def _corpus(self, path: Path, kind: Kind) -> MemoryCorpus:
        corpus = MemoryCorpus()
        try:
            for document in read_corpus(path, kind):
                corpus.add(document)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise CommandError(str(error)) from error
        return corpus


def _answer(
    value: Mapping[str, Any] | BadLine, kind: Kind, corpus: MemoryCorpus | None
) -> dict[str, Any]:
    if isinstance(value, BadLine):
        return _error(value)
    try:
        document = document_of(value, kind)
    except BadLine as error:
        return _error(error)
    return {"id": value.get("id"), **as_json(check_text(document, corpus))}


def _error(error: BadLine) -> dict[str, Any]:
    return {"id": error.id, **as_json(CheckResult()), "error": str(error)}
