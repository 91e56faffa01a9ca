"""The allow-lists: what may be copied on this site, and what the index learned to be boilerplate.

What a moderator allowed for one pair of works is no line of a list: it is read off the
decisions, so that an undo ends it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.db import IntegrityError, connections
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moderation.corpus.documents import reference_key, subject_work
from moderation.detectors.base import Allowed
from moderation.detectors.duplicate.fingerprint import exact_hash
from moderation.detectors.duplicate.reading import words_of
from moderation.models import (
    Allowance,
    AllowanceOrigin,
    AllowanceScope,
    Decision,
    DetectorRun,
    Finding,
    Outcome,
    RunState,
    Scan,
    Snapshot,
    Subject,
)
from moderation.services import audit
from moderation.services.actors import Actor
from moderation.services.database import moderation_db, write_transaction
from moderation.services.errors import Unusable
from moderation.text.storage import storable, text_hash
from moderation.types import Mode

MIN_PASSAGE_WORDS = 5
"""A passage that a moderator allows has so many words: fewer would be allowed by chance."""

MIN_LEARNED_WORDS = 12
"""Shorter passages are not looked at when texts are compared, so there is nothing to learn."""

MOST_CHARS = 20_000
"""The longest entry of a list."""

MOST_LEARNED_AT_ONCE = 20
MOST_LEARNED = 1_000
"""Learned passages that are kept. The index tells boilerplate without them: they are there for
moderators to see, and to say of some that they are content."""

_COPY = "duplicate"
_WWW = re.compile(r"^(?:www\.)+(?=.)")


# What a scan may take for allowed


def allowed_for(subject: Subject) -> Allowed:
    """Return what ``subject`` may share with others: the lists, and the pairs decided upon."""
    return replace(_lists().allowed, works=allowed_works(subject))


def allowed_works(subject: Subject) -> frozenset[str]:
    """Return the works with which a moderator allowed ``subject`` to share passages.

    A standing decision ``dismiss_allowed`` covers every source that the case showed when it
    was taken, in both directions, and whatever the two texts say later.
    """
    with connections[moderation_db()].cursor() as cursor:
        cursor.execute(_PAIRS, {"subject": subject.pk, **_JUDGED})
        pairs = cursor.fetchall()
    subjects = {subject_work(found) for found, _reference in pairs if found is not None}
    documents = {reference_key(found) for _subject, found in pairs if found is not None}
    return frozenset(subjects | documents)


# As SQL because every scan asks: to put it together as a query takes many times as long as
# to answer it. What the case showed is what the copy detector had found last before the
# decision: later scans of the same text find nothing any more, because it is allowed.
_STANDING = f"""
    decision.outcome = %(outcome)s AND finding.kind = %(copy)s AND finding.mode = %(mode)s
    AND NOT EXISTS (
        SELECT 1 FROM {Decision._meta.db_table} AS undo WHERE undo.reverses_id = decision.id
    )
    AND scan.id = (
        SELECT max(run.scan_id) FROM {DetectorRun._meta.db_table} AS run
        JOIN {Scan._meta.db_table} AS earlier ON earlier.id = run.scan_id
        WHERE earlier.snapshot_id = here.id AND run.detector = %(copy)s
        AND run.state = %(state)s AND run.finished_at <= decision.created_at
    )
"""
_PAIRS = f"""
    SELECT there.subject_id, finding.reference_id
    FROM {Snapshot._meta.db_table} AS here
    JOIN {Decision._meta.db_table} AS decision ON decision.snapshot_id = here.id
    JOIN {Scan._meta.db_table} AS scan ON scan.snapshot_id = here.id
    JOIN {Finding._meta.db_table} AS finding ON finding.scan_id = scan.id
    LEFT JOIN {Snapshot._meta.db_table} AS there ON there.id = finding.source_id
    WHERE here.subject_id = %(subject)s AND {_STANDING}
    UNION
    SELECT here.subject_id, NULL
    FROM {Snapshot._meta.db_table} AS there
    JOIN {Finding._meta.db_table} AS finding ON finding.source_id = there.id
    JOIN {Scan._meta.db_table} AS scan ON scan.id = finding.scan_id
    JOIN {Snapshot._meta.db_table} AS here ON here.id = scan.snapshot_id
    JOIN {Decision._meta.db_table} AS decision ON decision.snapshot_id = here.id
    WHERE there.subject_id = %(subject)s AND {_STANDING}
"""
_JUDGED = {
    "outcome": Outcome.DISMISS_ALLOWED.value,
    "copy": _COPY,
    "mode": Mode.LIVE.value,
    "state": RunState.DONE.value,
}


class _Passage(NamedTuple):
    """A passage of the lists, in the words by which it is known again."""

    pk: int
    words: str
    is_learned: bool
    is_active: bool


@dataclass(frozen=True, slots=True)
class _Lists:
    """The lists as they were at ``stamp``; ``stories`` are the numbers of learned passages."""

    stamp: tuple[Any, ...]
    allowed: Allowed
    passages: tuple[_Passage, ...]
    stories: dict[int, int]


_STAMP = (
    "SELECT count(*), count(*) FILTER (WHERE is_active), max(updated_at) "
    f"FROM {Allowance._meta.db_table}"
)
_read: dict[str, _Lists] = {}


def _lists() -> _Lists:
    """Return the lists, read again only when somebody has changed them."""
    using = moderation_db()
    with connections[using].cursor() as cursor:
        cursor.execute(_STAMP)
        stamp: tuple[Any, ...] = cursor.fetchone()
    known = _read.get(using)
    if known is None or known.stamp != stamp:
        known = _read[using] = _read_lists(stamp, using)
    return known


def _read_lists(stamp: tuple[Any, ...], using: str) -> _Lists:
    rows = list(Allowance.objects.using(using).order_by("pk"))
    passages = [row for row in rows if row.scope == AllowanceScope.PASSAGE]
    learned = [row for row in passages if row.origin == AllowanceOrigin.LEARNED]

    def active(scope: AllowanceScope) -> frozenset[str]:
        return frozenset(row.value for row in rows if row.scope == scope and row.is_active)

    return _Lists(
        stamp,
        Allowed(
            sources=active(AllowanceScope.SOURCE),
            authors=active(AllowanceScope.AUTHOR),
            passages=tuple(
                row.value
                for row in passages
                if row.is_active and row.origin == AllowanceOrigin.MODERATOR
            ),
            content=tuple(row.value for row in learned if not row.is_active),
        ),
        tuple(
            _Passage(
                row.pk,
                " ".join(words_of(row.value)),
                row.origin == AllowanceOrigin.LEARNED,
                row.is_active,
            )
            for row in passages
        ),
        {row.pk: row.stories for row in learned},
    )


# The lists in the hands of moderators


def normalised(scope: str, value: str) -> tuple[str, str]:
    """Return the value as it is stored, and the hash by which it is there only once.

    A source is a host, also where an address was pasted, or the name of a publisher.

    Raises:
        Unusable: the value is empty, too long, or a passage of too few words.
    """
    value = storable(value).strip()
    if not value:
        raise Unusable(_("The entry is empty."))
    if len(value) > MOST_CHARS:
        raise Unusable(_("The entry is longer than %(most)d characters.") % {"most": MOST_CHARS})
    match AllowanceScope(scope):
        case AllowanceScope.SOURCE:
            value = _source(value)
        case AllowanceScope.PASSAGE:
            words = words_of(value)
            if len(words) < MIN_PASSAGE_WORDS:
                raise Unusable(
                    ngettext(
                        "A passage has at least %(least)d word.",
                        "A passage has at least %(least)d words.",
                        MIN_PASSAGE_WORDS,
                    )
                    % {"least": MIN_PASSAGE_WORDS}
                )
            return value, exact_hash(words).hex()
        case AllowanceScope.AUTHOR:
            pass
    return value, text_hash(value)


def _source(value: str) -> str:
    """Reduce an address to its host; the name of a publisher stays, without capitals."""
    name = " ".join(value.split())
    if " " in name or "." not in name:
        return name.casefold()
    name = name.lower()
    try:
        host = urlsplit(name if "//" in name else f"//{name}").hostname
    except ValueError:
        return name
    return _WWW.sub("", (host or name).strip(".")) or name


def usable(scope: str, value: str, *, other_than: int | None = None) -> str:
    """Return the value as it is stored, if it can be added; ``other_than`` is the line it is in.

    Raises:
        Unusable: as :func:`normalised`, or the list has it already.
    """
    value, value_hash = normalised(scope, value)
    same = Allowance.objects.using(moderation_db()).filter(scope=scope, value_hash=value_hash)
    others = same if other_than is None else same.exclude(pk=other_than)
    if others.exists():
        raise Unusable(_("This entry is in the list already."))
    return value


def save(allowance: Allowance, *, actor: Actor) -> Allowance:
    """Write a line of the lists, new or changed, and note who did.

    Raises:
        Unusable: its value cannot be used, or is in the list already.
    """
    allowance.value, allowance.value_hash = normalised(allowance.scope, allowance.value)
    is_new = allowance.pk is None
    if is_new:
        allowance.created_by = actor.user
    try:
        with write_transaction() as using:
            allowance.save(using=using)
            _record("added" if is_new else "changed", allowance, actor)
    except IntegrityError as error:
        raise Unusable(_("This entry is in the list already.")) from error
    return allowance


def set_active(ids: Iterable[int], *, active: bool, actor: Actor) -> int:
    """Switch lines on or off; return how many were not so before.

    To switch off a learned passage says that it is content: copies of it count.
    """
    switched = 0
    for pk in ids:
        with write_transaction() as using:
            rows = Allowance.objects.using(using).select_for_update()
            allowance = rows.filter(pk=pk).exclude(is_active=active).first()
            if allowance is not None:
                allowance.is_active = active
                allowance.save(using=using)
                _record("changed", allowance, actor)
                switched += 1
    return switched


def remove(allowance: Allowance, *, actor: Actor) -> None:
    """Delete a line. A passage that was learned will be learned again, if it is still true."""
    with write_transaction() as using:
        _record("removed", allowance, actor)
        Allowance.objects.using(using).filter(pk=allowance.pk).delete()


def _record(verb: str, allowance: Allowance, actor: Actor) -> None:
    data: Mapping[str, Any] = {
        "allowance": allowance.pk,
        "scope": str(allowance.scope),
        "active": allowance.is_active,
        "value_hash": allowance.value_hash,
    }
    audit.record(f"allowance.{verb}", actor=actor, data=data)


# What the index learned


def learn(passages: Sequence[tuple[str, int]]) -> int:
    """Write down passages that many stories have, given with how many; return how many are new.

    Costs one query where there is nothing new. What is part of a known passage is known; a
    longer one takes the place of the parts that were learned before, unless a moderator
    called one of them content.
    """
    if not passages:
        return 0
    lists, new = _lists(), 0
    for text, stories in passages[:MOST_LEARNED_AT_ONCE]:
        words = words_of(text) if len(text) <= MOST_CHARS else []
        if len(words) >= MIN_LEARNED_WORDS and _learn(lists, text, words, stories):
            lists, new = _lists(), new + 1
    return new


def _learn(lists: _Lists, text: str, words: Sequence[str], stories: int) -> bool:
    joined = " ".join(words)
    known = next((passage for passage in lists.passages if _has(passage.words, joined)), None)
    if known is not None:
        _note_stories(lists, known.pk, stories)
        return False
    parts = [part for part in lists.passages if part.is_learned and _has(joined, part.words)]
    full = not parts and len(lists.stories) >= MOST_LEARNED
    if full or not all(part.is_active for part in parts):
        return False
    try:
        with write_transaction() as using:
            rows = Allowance.objects.using(using)
            rows.filter(pk__in=[part.pk for part in parts]).delete()
            rows.create(
                scope=AllowanceScope.PASSAGE,
                origin=AllowanceOrigin.LEARNED,
                value=storable(text).strip(),
                value_hash=exact_hash(words).hex(),
                stories=stories,
            )
    except IntegrityError:  # another worker has learned it at this moment
        return False
    return True


def _note_stories(lists: _Lists, pk: int, stories: int) -> None:
    """Keep the highest number. The lists stay what they are: nobody has to read them again."""
    if pk in lists.stories and stories > lists.stories[pk]:
        lists.stories[pk] = stories
        rows = Allowance.objects.using(moderation_db())
        rows.filter(pk=pk, stories__lt=stories).update(stories=stories)


def _has(longer: str, shorter: str) -> bool:
    return f" {shorter} " in f" {longer} "
