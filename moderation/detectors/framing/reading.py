"""From normalised text to what can be judged: sentences with their context and patterns."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat

from moderation.detectors.framing import patterns
from moderation.detectors.framing.disowning import own_view
from moderation.detectors.framing.features import features, is_shouted
from moderation.detectors.framing.words import Sentence, sentences
from moderation.text.normalise import Normalised

#: So many sentences before and after lend their words to one.
CONTEXT = 2


@dataclass(frozen=True, slots=True)
class Passage:
    """One sentence with the patterns found in it; ``own`` and ``around`` are own views."""

    sentence: Sentence
    own: Sentence
    around: Sequence[Sentence]
    hits: tuple[patterns.Hit, ...]

    @property
    def shouted(self) -> bool:
        return is_shouted(self.own, self.around)

    def features(self) -> frozenset[str]:
        """Return what the model sees of it."""
        return frozenset(features(self.own, self.hits, self.around))


def read(clean: Normalised, given: str, is_word: Callable[[str], bool]) -> Iterator[Passage]:
    """Read a text sentence by sentence, in time linear in its length.

    ``clean`` is ``given`` without disguises; ``is_word`` as in :func:`.words.sentences`.
    """
    found = ((sentence, own_view(sentence)) for sentence in sentences(cased(clean, given), is_word))
    nothing = (Sentence(()), Sentence(()))
    window = deque([nothing] * (CONTEXT + 1), maxlen=2 * CONTEXT + 1)
    window.extend(islice(found, CONTEXT))
    for following in chain(found, repeat(nothing, CONTEXT)):
        window.append(following)
        sentence, own = window[CONTEXT]
        if sentence.tokens:
            around = [near for _, near in window if near.tokens and near is not own]
            yield Passage(sentence, own, around, tuple(patterns.find(sentence)))


def cased(clean: Normalised, given: str) -> str:
    """Return the normalised text with the capitals it was written with."""
    starts = clean.starts
    return "".join(
        char.upper() if given[at].isupper() and len(char.upper()) == 1 else char
        for char, at in zip(
            clean.text, range(len(clean.text)) if starts is None else starts, strict=True
        )
    )
