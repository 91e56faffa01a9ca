"""Everything that training reads, loaded once, and what each stage sees of it in an epoch."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from moderation.detectors.framing.heads import CATEGORIES, HEADS
from moderation.detectors.framing.reading import Reader
from moderation.detectors.framing.wordpiece import WordPiece
from training.framing import augment, sources, vocabulary
from training.framing.learning import Example, View, cut, view
from training.framing.sources import Comment, is_profane, key_of, targets

STANDARD_PIECES, LIGHT_PIECES = 16_000, 12_000
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_SHORTEST, _LONGEST = 3, 40


@dataclass
class Material:
    """The comments of all sources, and how they are read.

    Args:
        folder: the data folder.
        minilm: folder with ``tokenizer.json`` and ``model.safetensors``.
    """

    folder: Path
    minilm: Path

    def __post_init__(self) -> None:
        self.written = sources.written(self.folder)
        self.judged = sources.judged()
        self.own = sources.own()
        self.civil = sources.civil(self.folder)
        self.wikipedia = sources.wikipedia(self.folder)
        self.toxigen = sources.toxigen(self.folder)
        self.headlines = sources.headlines(self.folder)
        self.harmless = sources.harmless()
        self._halves: set[int] = set()

    @cached_property
    def ordinary(self) -> list[str]:
        known = [*self.written, *self.civil, *self.wikipedia, *self.harmless]
        return vocabulary.ordinary_words(comment.text for comment in known)

    @cached_property
    def reader(self) -> Reader:
        return Reader(self.ordinary)

    @cached_property
    def given(self) -> list[str]:
        return vocabulary.given_pieces(self.minilm)

    def remember_pieces(self, file: Path) -> None:
        """Use the vocabulary of ``file`` from an earlier stage, or write the one chosen."""
        if file.exists():
            self.__dict__["pieces"] = file.read_text("utf-8").split("\n")
        else:
            file.write_text("\n".join(self.pieces), "utf-8")

    @cached_property
    def pieces(self) -> list[str]:
        known = [*self.written, *self.civil, *self.wikipedia, *self.toxigen, *self.headlines]
        texts = (sources.shortened(comment.text) for comment in [*known, *self.harmless])
        return vocabulary.choose(self.given, self.reader, texts, STANDARD_PIECES)

    @cached_property
    def wordpiece(self) -> WordPiece:
        return WordPiece(self.pieces)

    def train(self, comments: Sequence[Comment]) -> list[Comment]:
        """Return the comments to learn from."""
        return [c for c in comments if not _kept(c)]

    def dev(self, comments: Sequence[Comment]) -> list[Comment]:
        """Return the comments kept for judging."""
        return [c for c in comments if _kept(c)]

    def first(self, epoch: int) -> list[Example]:
        """Return an epoch of the first stage: a half of the public sets, all of our own."""
        chance = random.Random(100 + epoch)
        civil = self.train(self.civil)
        half = chance.sample(range(len(civil)), len(civil) // 2) if epoch % 2 == 0 else None
        self._halves = set(half) if half is not None else set(range(len(civil))) - self._halves
        chosen = [civil[index] for index in sorted(self._halves)]
        chosen += self.train(self.toxigen) + self.train(self.written) + self.train(self.own)
        chosen += self._wikipedia(chance, 1800) + self._headlines(chance, 700)
        chosen += self.harmless + self._quoted(chance, 350)
        return self._examples(chosen, chance)

    def second(self, epoch: int) -> list[Example]:
        """Return an epoch of the second stage: mostly what follows the guide."""
        chance = random.Random(200 + epoch)
        civil, own = self.train(self.civil), self.train(self.own)
        written = self.train(self.written)
        chosen = 2 * written + chance.sample(own, len(own) // 2) + self.harmless
        chosen += [c for c in written + own if _is_hard(c)]
        chosen += chance.sample(civil, len(civil) // 4)
        chosen += chance.sample(self.train(self.toxigen), 300)
        chosen += self._wikipedia(chance, 1200) + self._headlines(chance, 300)
        chosen += self._quoted(chance, 250)
        return self._examples(chosen, chance)

    def transfer(self) -> list[View]:
        """Return what the students learn from: all comments, and sentences of them."""
        chance = random.Random(300)
        guided = self.train(self.written) + self.train(self.own)
        public = self.train(self.civil) + self.train(self.toxigen)
        public += self._wikipedia(chance, 4000) + self._headlines(chance, 1500)
        chosen = 2 * guided + public + 2 * self.harmless + self._quoted(chance, 900)
        chosen += self._fragments(public, chance) + self._repeated(guided, chance)
        return [view(comment, self.reader, chance) for comment in chosen]

    def _examples(self, comments: Sequence[Comment], chance: random.Random) -> list[Example]:
        return [cut(view(c, self.reader, chance), self.wordpiece) for c in comments]

    def _wikipedia(self, chance: random.Random, most: int) -> list[Comment]:
        train = self.train(self.wikipedia)
        bad = [comment for comment in train if comment.targets[0] > 0]
        good = [comment for comment in train if comment.targets[0] == 0]
        return bad + chance.sample(good, most)

    def _headlines(self, chance: random.Random, most: int) -> list[Comment]:
        return chance.sample(self.train(self.headlines), most)

    def _quoted(self, chance: random.Random, most: int) -> list[Comment]:
        """Return abusive comments in frames that condemn or report them."""
        pool = [c for c in self.train(self.civil) if len(c.text) < 140 and c.targets[0] >= 0.6]
        pool += [c for c in self.train(self.written) if len(c.text) < 140 and c.targets[0] == 1]
        chosen = []
        for comment in chance.sample(pool, most):
            text = augment.quoted(comment.text, chance)
            known = dict.fromkeys(CATEGORIES, 0.03) | {"framing": 0.04, "toxicity": 0.2}
            known["profanity"] = float(is_profane(text))
            chosen.append(Comment(text, targets(**known), "quoted", comment.group, 0.6))
        return chosen

    def _repeated(self, comments: Sequence[Comment], chance: random.Random) -> list[Comment]:
        """Return short comments said over and over: what is harmless once is so ten times."""
        short = [c for c in comments if len(c.text) < _REPEATED_LENGTH]
        unknown = np.full(len(HEADS), np.nan, np.float32)
        return [
            Comment(" ".join([c.text] * chance.randint(2, 10)), unknown, "part", c.group, 0.7)
            for c in chance.sample(short, min(REPEATED, len(short)))
        ]

    def _fragments(self, comments: Sequence[Comment], chance: random.Random) -> list[Comment]:
        """Return single sentences of longer comments, in a random order."""
        found: dict[str, Comment] = {}
        for comment in comments:
            for part in _SENTENCE.split(comment.text):
                size = len(part.split())
                if _SHORTEST <= size <= _LONGEST and part != comment.text:
                    key = key_of(part)
                    unknown = np.full(len(comment.targets), np.nan, np.float32)
                    found[key] = Comment(part.strip(), unknown, "part", comment.group, 0.7)
        parts = list(found.values())
        chance.shuffle(parts)
        return parts[:FRAGMENTS]


FRAGMENTS, REPEATED = 9_000, 2_500
_REPEATED_LENGTH = 90
#: Kinds of comments that take more passes than others.
_HARD = {
    *("veiled", "condescension", "sarcasm", "polite_tone"),
    *("figurative_violence", "news_report", "negation", "teasing", "profanity_not_directed"),
}


def _is_hard(comment: Comment) -> bool:
    return "threat" in comment.facts["categories"] or comment.facts["hard"] in _HARD


def _kept(comment: Comment) -> bool:
    return comment.held_out or bool(comment.facts.get("trial"))
