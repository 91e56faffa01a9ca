"""``moderation_import_reference``: take in outside texts to compare the site's articles with."""

from __future__ import annotations

import codecs
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError

from moderation.management.progress import Progress
from moderation.management.reference_files import (
    Entry,
    FileFormat,
    MissingLibrary,
    Problem,
    Source,
    UnknownFormat,
    open_source,
)
from moderation.services import references
from moderation.services.errors import Unusable, where
from moderation.services.references import NewReference
from moderation.services.walks import Position
from moderation.text.storage import text_hash

_STEP = 50
"""Documents after which the place is noted. To take in one twice changes nothing."""

_MOST_SHOWN = 100
_READABLE = "readable"
_FAILED = "failed"


class Command(BaseCommand):
    help = (
        "Take in reference documents: folders of texts, JSON Lines, RSS and Atom files, "
        "sitemaps with saved pages, WARC files. What was taken in before is brought up to "
        "date. An interrupted run goes on where it stood."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument(
            "--format", choices=[known.value for known in FileFormat], help="default: guessed"
        )
        parser.add_argument("--publisher", default="", help="of documents that name none")
        parser.add_argument("--licence", default="", help="of documents that name none")
        parser.add_argument("--language", default="", help="of documents that name none")
        parser.add_argument(
            "--may-be-copied",
            action="store_true",
            help="the licence covers copies on this site: they are not flagged",
        )
        parser.add_argument("--origin", help="what to note as their origin; default: the path")
        parser.add_argument("--encoding", default="", help="of files that are not UTF-8")
        parser.add_argument("--limit", type=int, help="stop after so many documents of each path")
        parser.add_argument("--restart", action="store_true", help="begin at the first one again")
        parser.add_argument(
            "--no-rescan",
            action="store_true",
            help="do not scan older articles again that share passages with a new document",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="read everything and write nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit is at least 1.")
        sources = [_open(path, options) for path in options["paths"]]
        tally: Counter[str] = Counter()
        for source in sources:
            tally += self._import(source, options)
        failed, total = tally[_FAILED], sum(tally.values())
        if failed:
            raise CommandError(f"{failed:,} of {total:,} documents could not be imported.")

    def _import(self, source: Source, options: dict[str, Any]) -> Counter[str]:
        """Take in one path; return what became of its documents."""
        dry_run = options["dry_run"]
        position = None if dry_run else Position(_walk_name(source))
        if position is not None and options["restart"]:
            position.rewind()
        progress = ImportProgress(self.stderr, source.total)
        run = Run(source, position, options)
        try:
            for entry, problem in run:
                if problem:
                    self._complain(source, entry, problem, run.tally[_FAILED])
                progress.show(source.done, sum(run.tally.values()))
        except KeyboardInterrupt as error:
            raise CommandError("Interrupted; run the command again to go on from here.") from error
        finally:
            progress.close()
            run.close()
        outcomes = [_READABLE] if dry_run else [change.value for change in references.Change]
        counts = {name: run.tally[name] for name in (*outcomes, _FAILED)}
        if not dry_run and run.tally:
            references.record_import(_origin(source, options), counts)
        self._report(source, counts, run)
        return run.tally

    def _complain(self, source: Source, entry: Entry, problem: str, failed: int) -> None:
        if failed <= _MOST_SHOWN:
            self.stderr.write(f"{source.path}, {entry.place}: {problem}")
        if failed == _MOST_SHOWN + 1:
            self.stderr.write("Further ones are only counted.")

    def _report(self, source: Source, counts: dict[str, int], run: Run) -> None:
        told = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        began = f" (from {run.began:,} on)" if run.began > 1 else ""
        more = "" if run.at_end else "; run the command again to go on from here"
        self.stdout.write(f"{source.path}{began}: {told}{more}")


class Run:
    """A walk through one source. Iterates over its entries, with what was wrong with each."""

    def __init__(self, source: Source, position: Position | None, options: dict[str, Any]) -> None:
        self.tally: Counter[str] = Counter()
        self.at_end = False
        self.position = position
        after = int(position.key or 0) if position is not None else 0
        self.began = after + 1
        self._options = options
        self._source = source
        self._entries = source.entries(after)
        self._last = after
        self._noted = 0

    def __iter__(self) -> Iterator[tuple[Entry, str]]:
        limit = self._options["limit"]
        with closing(self._entries):
            for entry in self._entries:
                done, problem = self._take(entry)
                self.tally[done] += 1
                self._last = entry.number
                yield entry, problem
                taken = sum(self.tally.values())
                if taken % _STEP == 0:
                    self._note()
                if taken == limit:
                    return
        self.at_end = True

    def close(self) -> None:
        """Note how far the walk has come; one that is at its end begins anew next time."""
        if self.position is None:
            return
        if self.at_end:
            self.position.forget()
        else:
            self._note()

    def _note(self) -> None:
        taken = sum(self.tally.values())
        if self.position is not None and taken > self._noted:
            self.position.advance(str(self._last), taken - self._noted)
            self._noted = taken

    def _take(self, entry: Entry) -> tuple[str, str]:
        """Take in one document; return what was done, and what was wrong with it."""
        if isinstance(entry.content, Problem):
            return _FAILED, entry.content.why
        new = self._completed(entry.content)
        try:
            if self.position is None:
                references.check(new)
                return _READABLE, ""
            written = references.put(new, compare=not self._options["no_rescan"])
        except Unusable as error:
            return _FAILED, str(error)
        except (OperationalError, InterfaceError):  # the database failed, not the document
            raise
        except Exception as error:  # noqa: BLE001 - one bad document must not stop the walk
            return _FAILED, f"it cannot be taken in: {where(error)}"
        return written.change.value, ""

    def _completed(self, new: NewReference) -> NewReference:
        options = self._options
        return replace(
            new,
            publisher=new.publisher or options["publisher"],
            licence=new.licence or options["licence"],
            language=new.language or options["language"],
            may_be_copied=options["may_be_copied"],
            origin=_origin(self._source, options),
        )


class ImportProgress(Progress):
    """Tells documents, and how much of the file they are."""

    def show(self, done: int, queued: int) -> None:
        # A small file has been read to its end before its documents are dealt with.
        super().show(min(done, self._total - 1), queued)

    def line(self, done: int, queued: int, seconds: float) -> str:
        share = 100 * done / self._total if self._total else 100.0
        rate = queued / seconds if seconds > 0 else 0.0
        return f"{queued:,} documents, {share:.0f} % read, {rate:,.0f} documents/s"


def _open(path: Path, options: dict[str, Any]) -> Source:
    encoding = options["encoding"]
    try:
        if encoding:
            codecs.lookup(encoding)
            codecs.getincrementaldecoder(encoding)
    except LookupError as error:
        raise CommandError(f"There is no encoding {encoding!r}.") from error
    chosen = FileFormat(options["format"]) if options["format"] else None
    try:
        return open_source(path, encoding, chosen)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
    except UnknownFormat as error:
        raise CommandError(f"{path} is {error}; --format says what it is.") from error
    except MissingLibrary as error:
        raise CommandError(
            f"{path} needs the library {error}: pip install django-moderation-desk[reference]"
        ) from error


def _origin(source: Source, options: dict[str, Any]) -> str:
    return options["origin"] or str(source.path)


def _walk_name(source: Source) -> str:
    """Name the walk for what is walked through: a file that has grown is begun anew."""
    return f"reference:{text_hash(f'{source.path.resolve()}:{source.size}')}"
