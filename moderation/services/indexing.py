"""Care of the index of fingerprints: made true to the texts again while everybody works on."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.db import OperationalError, models

from moderation.corpus.maintenance import HASHED_TABLES, Maintenance
from moderation.corpus.mending import Problem
from moderation.corpus.statistics import Hottest, Size, hottest, size_of_index
from moderation.models import Allowance, AllowanceOrigin, ReferenceDocument, Snapshot
from moderation.services import walks
from moderation.services.database import moderation_db
from moderation.services.detectors import configured_detectors
from moderation.services.errors import where
from moderation.services.intake import request_scan
from moderation.types import Kind

logger = logging.getLogger("moderation.indexing")

PAGE = 200
"""Texts after which the position of a walk is written down."""

Progress = Callable[[int, int], None]
"""Is told the texts looked at and the problems found so far."""


@dataclass(slots=True)
class IndexCare:
    """What was looked at and found. After a repair none of it is left, but what ``failed``."""

    seen: int = 0
    problems: Counter[Problem] = field(default_factory=Counter)
    orphans: int = 0
    compared_again: int = 0
    failed: int = 0

    @property
    def found(self) -> int:
        """Everything that is or was wrong."""
        return self.problems.total() + self.orphans + self.failed


def _silence(_seen: int, _found: int) -> None:
    pass


def indexed_kinds() -> frozenset[Kind]:
    """Return the kinds of text that are compared with one another on this site."""
    return frozenset(
        kind
        for configured in configured_detectors()
        for kind in Kind
        if configured.name == "duplicate" and configured.wants(kind)
    )


def total() -> int:
    """Return how many texts a check or a repair has to look at."""
    care = Maintenance(moderation_db())
    missing = care.unindexed(indexed_kinds()).count() + care.unindexed_references().count()
    return care.rows().count() + missing


def seen_before() -> int:
    """Return how far an interrupted repair has come; 0 when there is none."""
    return _Course.seen_so_far()


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the index holds; ``learned`` are the passages taken for boilerplate."""

    size: Size
    hottest: Hottest
    learned: int


def statistics(most: int) -> Statistics:
    """Measure the index; ``most`` of the fingerprints shared most are listed."""
    using = moderation_db()
    learned = Allowance.objects.using(using).filter(origin=AllowanceOrigin.LEARNED)
    return Statistics(size_of_index(using), hottest(using, most), learned.count())


def check(*, progress: Progress = _silence) -> IndexCare:
    """Compare the whole index with the texts and count what is wrong; change nothing."""
    maintenance, found = Maintenance(moderation_db()), IndexCare()

    def note(problem: Problem | None) -> None:
        found.seen += 1
        if problem is not None:
            found.problems[problem] += 1
        progress(found.seen, found.found)

    for row in _one_by_one(maintenance.rows().only("pk")):
        note(maintenance.examine(row.pk))
    for snapshot in _one_by_one(maintenance.unindexed(indexed_kinds())):
        note(Problem.MISSING if maintenance.is_missing(snapshot) else None)
    for _reference in _one_by_one(maintenance.unindexed_references().only("pk")):
        note(Problem.MISSING)
    for table in HASHED_TABLES:
        for after, end in _stretches(maintenance, table, None):
            found.orphans += maintenance.count_orphans(table, after, end)
    return found


def reindex(
    *, batch: int = PAGE, restart: bool = False, progress: Progress = _silence
) -> IndexCare:
    """Make the index true to the texts, in the order in which these came in.

    Can be interrupted at any moment, and goes on from there when it is called again;
    ``restart`` begins with the first text. Texts that were compared while an older version
    of the fingerprints was being replaced are asked to be scanned again.
    """
    return _Course(batch, restart=restart, progress=progress).run()


class _Course:
    """One repair of the whole index: the parts of it in their order, each a walk of its own."""

    _NAME = "reindex"

    def __init__(self, batch: int, *, restart: bool, progress: Progress) -> None:
        self._maintenance = Maintenance(moderation_db())
        self._batch = batch
        self._progress = progress
        self._done = walks.Position(self._NAME)
        self._care = IndexCare()
        if restart:
            self._done.rewind()
            for name in self._parts():
                self._walk(name).rewind()
        self._care.seen = self._done.seen

    @classmethod
    def seen_so_far(cls) -> int:
        return walks.Position(cls._NAME).seen

    def run(self) -> IndexCare:
        done = self._done.key.split()
        for name, work in self._parts().items():
            if name not in done:
                work()
                done.append(name)
                self._done.advance(" ".join(done), 0)
        self._done.rewind()
        return self._care

    def _parts(self) -> dict[str, Callable[[], None]]:
        return {
            "boundary": self._remember_boundary,
            "rows": self._mend_rows,
            "latecomers": self._compare_latecomers_again,
            "texts": self._add_missing_texts,
            "references": self._add_missing_references,
            "orphans": self._remove_orphans,
        }

    def _walk(self, name: str) -> walks.Position:
        return walks.Position(f"{self._NAME}:{name}")

    def _remember_boundary(self) -> None:
        """Texts behind the last outdated one were compared with an index that was not whole."""
        last = self._maintenance.last_outdated()
        self._walk("boundary").advance("" if last is None else str(last), 0)

    def _mend_rows(self) -> None:
        rows = self._maintenance.rows().only("pk")
        self._each(rows, "rows", lambda row: self._maintenance.mend(row.pk))

    def _compare_latecomers_again(self) -> None:
        boundary = self._walk("boundary").key
        if not boundary:
            return
        latecomers = self._maintenance.came_after(int(boundary)).select_related("subject")
        for page in walks.pages_of(latecomers, self._walk("latecomers"), page=self._batch):
            for row in page:
                if row.subject is not None and request_scan(row.subject) is not None:
                    self._care.compared_again += 1

    def _add_missing_texts(self) -> None:
        def add(snapshot: Snapshot) -> Problem | None:
            if not self._maintenance.is_missing(snapshot):
                return None
            self._maintenance.index(snapshot)
            return Problem.MISSING

        self._each(self._maintenance.unindexed(indexed_kinds()), "texts", add)

    def _add_missing_references(self) -> None:
        def add(reference: ReferenceDocument) -> Problem | None:
            self._maintenance.index_reference(reference)
            return Problem.MISSING

        self._each(self._maintenance.unindexed_references(), "references", add)

    def _remove_orphans(self) -> None:
        position = self._walk("orphans")
        for table in HASHED_TABLES:
            name, _colon, hash_seen = position.key.partition(":")
            after = int(hash_seen) if name == table.__name__ else None
            if name and after is None:
                continue  # an interrupted run was beyond this table
            for begin, end in _stretches(self._maintenance, table, after):
                self._care.orphans += self._maintenance.remove_orphans(table, begin, end)
                position.advance(f"{table.__name__}:{end}", 0)
            position.rewind()

    def _each(
        self,
        rows: models.QuerySet[walks.ModelT],
        name: str,
        work: Callable[[walks.ModelT], Problem | None],
    ) -> None:
        for page in walks.pages_of(rows, self._walk(name), page=self._batch):
            for row in page:
                self._deal_with(row, work)
            self._done.advance(self._done.key, len(page))

    def _deal_with(self, row: walks.ModelT, work: Callable[[walks.ModelT], Problem | None]) -> None:
        """Deal with one text; its failure must not keep the others from being indexed."""
        try:
            problem = work(row)
        except OperationalError:  # the database failed, not the text
            raise
        except Exception as error:  # noqa: BLE001 - the text may be anything
            self._care.failed += 1
            logger.error("%s %s was not indexed: %s", row._meta.label, row.pk, where(error))  # noqa: TRY400 - a trace may hold text
        else:
            if problem is not None:
                self._care.problems[problem] += 1
        self._care.seen += 1
        self._progress(self._care.seen, self._care.found)


def _one_by_one(rows: models.QuerySet[walks.ModelT]) -> Iterator[walks.ModelT]:
    """Yield rows by primary key, a page at a time: no query stays open for long."""
    page = list(rows.order_by("pk")[:PAGE])
    while page:
        yield from page
        page = list(rows.filter(pk__gt=page[-1].pk).order_by("pk")[:PAGE])


def _stretches(
    maintenance: Maintenance, table: type[models.Model], after: int | None
) -> Iterator[tuple[int | None, int]]:
    """Yield where each stretch of a table begins and ends, from behind ``after`` on."""
    while (end := maintenance.stretch_end(table, after)) is not None:
        yield after, end
        after = end
