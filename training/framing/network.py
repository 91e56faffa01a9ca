"""The networks as PyTorch sees them: a small BERT with heads for comments and for pieces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from moderation.detectors.framing.heads import HEADS, PIECE_HEADS

_EPSILON = 1e-12
_FAR = -1e4


@dataclass(frozen=True)
class Shape:
    """Sizes of a network; ``exits`` are the layers after which heads stand."""

    vocabulary: int
    width: int = 384
    attention: int = 12
    inner: int = 1536
    layers: int = 4
    positions: int = 128
    exits: tuple[int, ...] = (2, 3, 4)
    dropout: float = 0.1


class Layer(nn.Module):
    """Attention and a feed-forward network, each followed by a normalisation."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.attention, self.dropout = shape.attention, shape.dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm1 = nn.LayerNorm(width, eps=_EPSILON)
        self.up = nn.Linear(width, shape.inner)
        self.down = nn.Linear(shape.inner, width)
        self.norm2 = nn.LayerNorm(width, eps=_EPSILON)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, length, width = x.shape
        parts = self.qkv(x).view(batch, length, 3, self.attention, width // self.attention)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        seen = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=bias.to(query.dtype)
        )
        seen = self.out(seen.transpose(1, 2).reshape(batch, length, width))
        x = self.norm1(x + functional.dropout(seen, self.dropout, self.training))
        fed = self.down(functional.gelu(self.up(x)))
        return self.norm2(x + functional.dropout(fed, self.dropout, self.training))


class Network(nn.Module):
    """Layers with heads after some of them.

    A call returns, for each exit, logits of the comment (batch x heads) and of its pieces
    (batch x pieces x piece heads).
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocabulary, shape.width)
        self.places = nn.Embedding(shape.positions, shape.width)
        self.norm = nn.LayerNorm(shape.width, eps=_EPSILON)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.comment = nn.ModuleDict(
            {str(e): nn.Linear(2 * shape.width, len(HEADS)) for e in shape.exits}
        )
        self.piece = nn.ModuleDict(
            {str(e): nn.Linear(shape.width, len(PIECE_HEADS)) for e in shape.exits}
        )

    def forward(self, numbers: Tensor, present: Tensor) -> dict[int, tuple[Tensor, Tensor]]:
        bias = ((1 - present) * _FAR)[:, None, None, :]
        x = self.words(numbers) + self.places.weight[: numbers.shape[1]][None]
        x = functional.dropout(self.norm(x), self.shape.dropout, self.training)
        found = {}
        for index, layer in enumerate(self.layers, 1):
            x = layer(x, bias)
            if index in self.shape.exits:
                found[index] = self._heads(str(index), x, present)
        return found

    def _heads(self, name: str, x: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        there, full = present[:, :, None], x.float()
        mean = (full * there).sum(1) / there.sum(1)
        highest = (full + (1 - there) * _FAR).amax(1)
        pooled = functional.dropout(
            torch.cat([mean, highest], 1), self.shape.dropout, self.training
        )
        return self.comment[name](pooled).float(), self.piece[name](x).float()


def from_minilm(file: Path, kept: Sequence[Sequence[int]], shape: Shape) -> Network:
    """Start from the first layers of all-MiniLM-L6-v2 (Apache-2.0).

    Args:
        file: its weights.
        kept: for each piece of our vocabulary, the pieces of theirs whose mean it starts from.
    """
    given = load_file(file)
    network = Network(shape)
    with torch.no_grad():
        embeddings = given["embeddings.word_embeddings.weight"]
        rows = [embeddings[list(numbers)].mean(0) for numbers in kept]
        network.words.weight.copy_(torch.stack(rows))
        places = given["embeddings.position_embeddings.weight"][: shape.positions]
        network.places.weight.copy_(places + given["embeddings.token_type_embeddings.weight"][0])
        for kind in ("weight", "bias"):
            getattr(network.norm, kind).copy_(given[f"embeddings.LayerNorm.{kind}"])
            for index, layer in enumerate(network.layers):
                _fill(layer, given, f"encoder.layer.{index}.", kind)
        for head in network.comment.values():
            head.weight.mul_(0.2)
            head.bias.zero_()
    return network


def _fill(layer: Layer, given: dict[str, Tensor], prefix: str, kind: str) -> None:
    attention = f"{prefix}attention."
    parts = [given[f"{attention}self.{name}.{kind}"] for name in ("query", "key", "value")]
    getattr(layer.qkv, kind).copy_(torch.cat(parts))
    getattr(layer.out, kind).copy_(given[f"{attention}output.dense.{kind}"])
    getattr(layer.norm1, kind).copy_(given[f"{attention}output.LayerNorm.{kind}"])
    getattr(layer.up, kind).copy_(given[f"{prefix}intermediate.dense.{kind}"])
    getattr(layer.down, kind).copy_(given[f"{prefix}output.dense.{kind}"])
    getattr(layer.norm2, kind).copy_(given[f"{prefix}output.LayerNorm.{kind}"])


def tiny(words: Tensor, shape: Shape) -> Network:
    """Start a narrow network from the main directions of wider word vectors."""
    network = Network(shape)
    centred = (words - words.mean(0)).double()
    _, _, directions = torch.linalg.svd(centred, full_matrices=False)
    narrow = (centred @ directions[: shape.width].T).float()
    with torch.no_grad():
        network.words.weight.copy_(narrow / narrow.std() * 0.5)
        network.places.weight.mul_(0.05)
    return network


def save(network: Network, path: Path) -> None:
    torch.save({"shape": asdict(network.shape), "weights": network.state_dict()}, path)


def load(path: Path) -> Network:
    saved = torch.load(path, weights_only=True)
    saved["shape"]["exits"] = tuple(saved["shape"]["exits"])
    network = Network(Shape(**saved["shape"]))
    network.load_state_dict(saved["weights"])
    return network


def scale_of(shape: Shape) -> float:
    """Return what attention divides by."""
    return math.sqrt(shape.width / shape.attention)
