"""What a detector is: text in, assessment out. Nothing here knows a database or a web server."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Protocol, runtime_checkable

from moderation.detectors.phrases import PhraseList
from moderation.text.document import Document
from moderation.types import Assessment, Band, Finding, Kind, Mode


class TimeLimitExceeded(Exception):
    """A detector was still at work when the scan's time ran out."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment (``time.monotonic`` seconds) by which a scan has to be over."""

    at: float = float("inf")

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds)

    def check(self) -> None:
        """Raise :class:`TimeLimitExceeded` when the time is up; call it in long loops."""
        if time.monotonic() > self.at:
            raise TimeLimitExceeded


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document of the corpus that may share passages; ``weight`` orders candidates."""

    key: str
    weight: float


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a corpus knows about the fingerprints of a text.

    ``candidates`` come best first. ``boilerplate`` are those of the fingerprints that so many
    different stories have (each with their number) that they say nothing: a footer, an author
    box, a legal notice.
    """

    candidates: tuple[Candidate, ...] = ()
    boilerplate: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A comment of the corpus that says what another one says."""

    key: str
    author: str = ""
    work: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Repeats:
    """The earlier comments that say what a comment says.

    ``listed`` are the oldest of them, oldest first, ``count`` is how many there are; with
    ``more`` there are even more, and nobody counted on.
    """

    listed: tuple[Repeat, ...] = ()
    count: int = 0
    more: bool = False


class Corpus(Protocol):
    """The texts a body is compared with. The database has one, a folder of files another."""

    def candidates(
        self,
        exact: bytes,
        fingerprints: Sequence[int],
        *,
        exclude: str,
        limit: int,
        content: Collection[int] = frozenset(),
    ) -> Lookup:
        """Return at most ``limit`` documents that share the exact hash or fingerprints.

        ``exclude`` is the key of the document asked about; ``content`` are fingerprints that
        are no boilerplate, however many stories have them.
        """
        ...

    def document(self, key: str) -> Document | None:
        """Return the document behind a candidate, or None when it has gone meanwhile."""
        ...

    def repeats(
        self,
        exact: bytes,
        sketch: Sequence[int],
        *,
        exclude: str,
        same: Callable[[Document], bool],
    ) -> Repeats:
        """Return the comments that came before the one with the key ``exclude`` and repeat it.

        These have the same exact hash, or a similar sketch (see :mod:`.duplicate.comments`)
        and are confirmed by ``same``.
        """
        ...

    def similar(self, terms: Sequence[int], *, exclude: str, limit: int) -> Sequence[Candidate]:
        """Return the documents that came before ``exclude`` and share several of these terms.

        The terms are numbers of the most telling words of a text (see
        :mod:`.duplicate.rewriting`); at most ``limit`` documents are returned, the best first.
        """
        ...

    def alike(self, document: Document, *, limit: int) -> Sequence[Candidate]:
        """Return the documents that came before ``document`` and mean much the same.

        The weight of each is the cosine of the two embeddings, the best first. Without an
        embedder, or when it fails, there are none.
        """
        ...


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be copied, as the site has laid down.

    ``sources`` are hosts (``example.org`` stands for its subdomains too) and names of
    publishers, in lower case; ``authors`` are author keys. ``works`` are the works (see
    :attr:`.Document.work`) with which a moderator allowed this very text to share passages.
    ``passages`` are texts that anybody may use, ``content`` are texts that count although so
    many stories have them that they would pass for boilerplate.
    """

    sources: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()
    works: frozenset[str] = frozenset()
    passages: tuple[str, ...] = ()
    content: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteThresholds:
    """Scores from which the site wants categories of one detector flagged.

    ``live`` ones stand in place of the detector's own; what ``shadow`` ones would flag is
    reported beside that, with ``Mode.SHADOW``.
    """

    live: Mapping[str, float] = field(default_factory=dict)
    shadow: Mapping[str, float] = field(default_factory=dict)

    def bound(self, category: str, own: float) -> float:
        """Return from which score a category is flagged, where the detector's ``own`` is given."""
        return self.live.get(category, own)

    def on_trial(self, category: str, score: float) -> bool:
        """Whether a threshold on trial flags a score."""
        return category in self.shadow and score >= self.shadow[category]

    def sort(self, found: Finding, own: float) -> Iterator[Finding]:
        """Yield a finding if it is flagged, and once more if a threshold on trial flags it."""
        bound = self.bound(found.category, own)
        if found.score >= bound:
            yield replace(found, threshold=bound)
        if self.on_trial(found.category, found.score):
            bound = self.shadow[found.category]
            yield replace(found, threshold=bound, mode=Mode.SHADOW)


NO_THRESHOLDS = SiteThresholds()


@dataclass(frozen=True, slots=True)
class Context:
    """What a detector may use beyond the text itself.

    ``blocked`` and ``harmless`` are the site's own lists of phrases, ``thresholds`` its own
    thresholds by the name of the detector. ``remote`` tells whether a service may be asked
    that makes whoever waits wait: in a worker, never in a request.
    """

    corpus: Corpus | None = None
    deadline: Deadline = field(default_factory=Deadline)
    allowed: Allowed = field(default_factory=Allowed)
    blocked: PhraseList = field(default_factory=PhraseList)
    harmless: PhraseList = field(default_factory=PhraseList)
    thresholds: Mapping[str, SiteThresholds] = field(default_factory=dict)
    remote: bool = False

    def thresholds_of(self, detector: str) -> SiteThresholds:
        """Return the site's own thresholds for a detector."""
        return self.thresholds.get(detector, NO_THRESHOLDS)


@runtime_checkable
class Detector(Protocol):
    """The whole interface of a detector.

    ``name`` is the key in the ``DETECTORS`` setting, ``version`` changes whenever the same
    text may get another result, ``kinds`` are the texts it wants to see. Instances are built
    once per worker with the options of the setting as keyword arguments (a bad option raises
    ``TypeError`` or ``ValueError`` at construction) and must be safe to use repeatedly.
    A class may also have ``informative``, a frozenset of the scores it gives that never flag,
    and ``needs``, what of the context it has no work without.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    kinds: ClassVar[frozenset[Kind]]

    def detect(self, document: Document, context: Context) -> Assessment:
        """Assess one text. Any exception is this detector's failure alone."""
        ...


def band_for(score: float, possible: float, likely: float) -> Band:
    """Put a score (0..1) into words: ``likely`` and ``possible`` are the lower bounds."""
    if score >= likely:
        return Band.LIKELY
    if score >= possible:
        return Band.POSSIBLE
    return Band.NONE
