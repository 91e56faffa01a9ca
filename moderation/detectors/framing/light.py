"""The small model on numpy alone: one layer of attention over quantised weights."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Sequence

import numpy as np

from moderation.detectors.framing.released import ModelError
from moderation.detectors.framing.threads import one_core

_EPSILON = 1e-12
_FAR = -1e4
#: Of the approximation of GELU by tanh (Hendrycks and Gimpel 2016, arXiv 1606.08415).
_GELU_CUBE, _GELU_SCALE = 0.044715, math.sqrt(2 / math.pi)


class LightNetwork:
    """A transformer of one or more narrow layers.

    Args:
        data: the bytes of an ``.npz`` file; matrices are stored as signed bytes (``name/q``)
            with a scale for each row (``name/s``).

    Raises :class:`~moderation.detectors.framing.released.ModelError` if they are damaged.
    """

    def __init__(self, data: bytes) -> None:
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                stored = {name: file[name] for name in file.files}
            self._layers, self._attention = (int(n) for n in stored["shape"])
            self._words, self._word_scales = stored["words/q"], stored["words/s"]
            self._places = stored["places"].astype(np.float32)
            self._weights = {
                name: value for name, value in stored.items() if "/" not in name and name != "shape"
            }
            for name in [name for name in stored if name.endswith("/q")]:
                key = name.removesuffix("/q")
                if key != "words":
                    dense = stored[name].astype(np.float32) * stored[f"{key}/s"]
                    self._weights[key] = np.ascontiguousarray(dense.T)
        except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
            raise ModelError("the light framing model is damaged") from error

    def logits(self, batch: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        """Return logits of comments and of their pieces (see ``scoring.Network``)."""
        with one_core():
            return self._logits(batch)

    def _logits(self, batch: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        length = max(map(len, batch))
        numbers = np.zeros((len(batch), length), np.int64)
        present = np.zeros((len(batch), length, 1), np.float32)
        for row, pieces in enumerate(batch):
            numbers[row, : len(pieces)] = pieces
            present[row, : len(pieces)] = 1
        x = self._embedded(numbers)
        absent = (1 - present) * _FAR
        for layer in range(self._layers):
            x = self._layer(f"{layer}.", x, absent)
        weights = self._weights
        parts = x @ weights["piece"] + weights["piece.bias"]
        x = x.reshape(len(batch), length, -1)
        mean = (x * present).sum(1) / present.sum(1)
        highest = (x + absent).max(1)
        pooled = np.concatenate([mean, highest], 1)
        whole = pooled @ weights["comment"] + weights["comment.bias"]
        return whole, parts.reshape(len(batch), length, -1)

    def _embedded(self, numbers: np.ndarray) -> np.ndarray:
        flat = numbers.ravel()
        x = self._words[flat].astype(np.float32)
        x *= self._word_scales[flat]
        batch, length = numbers.shape
        x = x.reshape(batch, length, -1)
        x += self._places[:length]
        return self._normalised(x.reshape(batch * length, -1), "norm")

    def _layer(self, name: str, x: np.ndarray, absent: np.ndarray) -> np.ndarray:
        """Return the output of one layer; rows of ``x`` are the pieces of all comments."""
        x = self._normalised(self._attended(name, x, absent) + x, f"{name}norm1")
        weights = self._weights
        inner = x @ weights[f"{name}up"]
        inner += weights[f"{name}up.bias"]
        fed = _gelu(inner) @ weights[f"{name}down"]
        fed += weights[f"{name}down.bias"]
        fed += x
        return self._normalised(fed, f"{name}norm2")

    def _attended(self, name: str, x: np.ndarray, absent: np.ndarray) -> np.ndarray:
        batch, length = absent.shape[:2]
        weights, width = self._weights, x.shape[1] // self._attention
        projected = x @ weights[f"{name}qkv"]
        projected += weights[f"{name}qkv.bias"]
        parts = projected.reshape(batch, length, 3, self._attention, width)
        query, key, value = parts.transpose(2, 0, 3, 1, 4)
        shares = np.matmul(query, key.swapaxes(2, 3))
        shares *= 1 / math.sqrt(width)
        shares += absent[:, None, None, :, 0]
        shares -= shares.max(-1, keepdims=True)
        np.exp(shares, out=shares)
        shares /= shares.sum(-1, keepdims=True)
        seen = np.matmul(shares, value).transpose(0, 2, 1, 3).reshape(batch * length, -1)
        result: np.ndarray = seen @ weights[f"{name}out"]
        result += weights[f"{name}out.bias"]
        return result

    def _normalised(self, x: np.ndarray, name: str) -> np.ndarray:
        """Give each row mean 0 and variance 1, then its learned scale and shift; in place."""
        mean = np.add.reduce(x, -1, keepdims=True)
        mean /= x.shape[1]
        x -= mean
        variance = np.einsum("ij,ij->i", x, x) / x.shape[1]
        x *= (1 / np.sqrt(variance + _EPSILON))[:, None]
        x *= self._weights[f"{name}.weight"]
        x += self._weights[f"{name}.bias"]
        return x


def _gelu(x: np.ndarray) -> np.ndarray:
    """Return the activation, reusing the memory of ``x``."""
    bent = x * x
    bent *= _GELU_CUBE
    bent += 1
    bent *= x
    bent *= _GELU_SCALE
    np.tanh(bent, out=bent)
    bent += 1
    x *= bent
    x *= 0.5
    return x
