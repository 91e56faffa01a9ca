"""Embedders without a model, for tests."""

from __future__ import annotations

from zlib import crc32


class Bag:
    """Counts words in a few drawers: texts of the same words have a cosine of one."""

    name = "bag"
    dimensions = 64

    def embed(self, texts):
        return [self._embed(text) for text in texts]

    def _embed(self, text):
        vector = [0.0] * self.dimensions
        for word in text.casefold().split():
            vector[crc32(word.encode()) % self.dimensions] += 1
        return vector


class OtherBag(Bag):
    """The same, as another model."""

    name = "other bag"


class Broken(Bag):
    """Has no answer to any text."""

    name = "broken"

    def embed(self, texts):
        raise RuntimeError("out of memory")


class Short(Bag):
    """Breaks its promise of how long its vectors are."""

    name = "short"

    def embed(self, texts):
        return [[1.0, 2.0] for _ in texts]


class NotANumber(Bag):
    """Gives what is no number."""

    name = "not a number"

    def embed(self, texts):
        return [[float("nan")] * self.dimensions for _ in texts]
