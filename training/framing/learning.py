"""Views of comments for one epoch, batches of like length, and the training loop."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from moderation.detectors.framing.heads import HEADS, PIECE_HEADS
from moderation.detectors.framing.reading import Read, Reader
from moderation.detectors.framing.wordpiece import WordPiece
from training.framing import augment
from training.framing.network import Network
from training.framing.sources import Comment, shortened

LONGEST = 88
_HEAD_WEIGHTS = torch.tensor([1.0, 0.6, 0.6, 1.0, 0.6, 0.5, 1.0, 0.4])
_SOURCE_WEIGHTS = {"civil": 1.0, "wikipedia": 0.7, "headline": 0.5}
#: Chances of reading a name as it is, of other names, of another spelling.
_UNMASKED, _SWAPPED, _RESPELT = 0.12, 0.2, 0.18


@dataclass
class View:
    """A comment as it is seen once; ``marks`` are targets of characters of the read text."""

    read: Read
    targets: np.ndarray
    weight: float
    marks: np.ndarray | None = None


class Example(NamedTuple):
    """A view cut into pieces; unknown targets are NaN."""

    numbers: np.ndarray
    targets: np.ndarray
    weight: float
    pieces: np.ndarray


def view(comment: Comment, reader: Reader, chance: random.Random) -> View:
    """Look at a comment, sometimes with other names or another spelling."""
    text, changed = shortened(comment.text), False
    if chance.random() < _SWAPPED:
        other = augment.swapped(text, chance)
        text, changed = other, other != text
    if chance.random() < _RESPELT:
        text, changed = augment.respelt(text, chance), True
    read = reader.read(text, masking=chance.random() >= _UNMASKED)
    marks = None if changed else marks_of(comment, read)
    weight = comment.weight * _SOURCE_WEIGHTS.get(comment.source, 1.0)
    return View(read, comment.targets, weight, marks)


def marks_of(comment: Comment, read: Read) -> np.ndarray | None:
    """Return the marks of a comment for the characters of its read text."""
    if comment.spans is None and comment.toxic is None:
        return None
    length = len(comment.text)
    given = np.full((length, len(PIECE_HEADS)), np.nan, np.float32)
    if comment.spans is not None:
        given[:, 0] = 0.0
        for start, end in comment.spans:
            given[start:end, 0] = 1.0
        if comment.targets[HEADS.index("toxicity")] == 0:
            given[:, 1] = 0.0
    if comment.toxic is not None:
        given[:, 1] = comment.toxic
    starts = read.mapped.starts
    at = np.arange(len(read.text)) if starts is None else np.asarray(starts, np.int64)
    return given[at] if len(at) else None


def cut(view: View, wordpiece: WordPiece) -> Example:
    """Cut a view into pieces."""
    pieces = wordpiece.cut(view.read, most=LONGEST)
    found = np.full((len(pieces.numbers), len(PIECE_HEADS)), np.nan, np.float32)
    if view.marks is not None:
        for index, (start, end) in enumerate(zip(pieces.starts, pieces.ends, strict=True)):
            if end > start:
                found[index] = view.marks[start:end].mean(0)
    return Example(np.array(pieces.numbers), view.targets, view.weight, found)


def batches(
    examples: Sequence[Example], chance: random.Random, most_pieces: int = 1800
) -> Iterator[list[Example]]:
    """Yield all examples once, together with others of about their length."""
    order = list(range(len(examples)))
    chance.shuffle(order)
    found: list[list[Example]] = []
    for at in range(0, len(order), 3000):
        batch: list[Example] = []
        for index in sorted(order[at : at + 3000], key=lambda i: len(examples[i].numbers)):
            example = examples[index]
            full = (len(batch) + 1) * len(example.numbers) > most_pieces
            if batch and (full or len(batch) >= 64):
                found.append(batch)
                batch = []
            batch.append(example)
        found.append(batch)
    chance.shuffle(found)
    yield from found


class Batch(NamedTuple):
    numbers: Tensor
    present: Tensor
    targets: Tensor
    weights: Tensor
    pieces: Tensor


def collated(batch: Sequence[Example]) -> Batch:
    """Pad the examples of a batch to one length."""
    length = max(len(example.numbers) for example in batch)
    numbers = torch.zeros(len(batch), length, dtype=torch.long)
    present = torch.zeros(len(batch), length)
    pieces = torch.full((len(batch), length, len(PIECE_HEADS)), float("nan"))
    for row, example in enumerate(batch):
        size = len(example.numbers)
        numbers[row, :size] = torch.from_numpy(example.numbers)
        present[row, :size] = 1
        pieces[row, :size] = torch.from_numpy(example.pieces)
    targets = torch.from_numpy(np.stack([example.targets for example in batch]))
    weights = torch.tensor([example.weight for example in batch])
    return Batch(numbers, present, targets, weights, pieces)


@dataclass(frozen=True)
class Plan:
    """How to train: passes over the data, rates, and how much each exit counts."""

    epochs: int
    rate: float
    head_rate: float
    exits: Mapping[int, float]
    layer_decay: float = 0.9
    frozen_words: bool = True
    half_precision: bool = True
    most_pieces: int = 1800
    warm_up: float = 0.06
    piece_weight: float = 0.6
    #: How much of the mean of the weights each step keeps.
    remembered: float = 0.998


def fit(
    network: Network,
    examples_of: Callable[[int], Sequence[Example]],
    plan: Plan,
    seed: int,
    say: Callable[[str], None],
    after: Callable[[int], None] = lambda epoch: None,
) -> None:
    """Train ``network`` in place on what ``examples_of`` gives for each epoch.

    It ends with the mean of its last weights, which does better on what it has not seen than
    any of them (Polyak, Juditsky, "Acceleration of stochastic approximation by averaging",
    1992).
    """
    torch.manual_seed(seed)
    chance = random.Random(seed)
    optimiser = torch.optim.AdamW(_groups(network, plan), betas=(0.9, 0.98), fused=True)
    trained = [p for p in network.parameters() if p.requires_grad]
    means = [p.detach().clone() for p in trained]
    network.train()
    for epoch in range(plan.epochs):
        planned = list(batches(examples_of(epoch), chance, plan.most_pieces))
        losses: list[float] = []
        for index, batch in enumerate(planned):
            done = (epoch + index / len(planned)) / plan.epochs
            rate = min(done / plan.warm_up, (1 - done) / (1 - plan.warm_up)) + 1e-4
            for group in optimiser.param_groups:
                group["lr"] = group["base"] * rate
            loss = _loss(network, collated(batch), plan)
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            torch._foreach_lerp_(means, [p.detach() for p in trained], 1 - plan.remembered)
            losses.append(loss.item())
            if index % 50 == 49:
                say(f"epoch {epoch} batch {index + 1}/{len(planned)} {np.mean(losses[-50:]):.4f}")
        say(f"epoch {epoch} done, loss {np.mean(losses):.4f}")
        if epoch + 1 == plan.epochs:
            _set(trained, means)
        after(epoch)
    network.eval()


def _set(parameters: Sequence[nn.Parameter], values: Sequence[Tensor]) -> None:
    with torch.no_grad():
        for parameter, value in zip(parameters, values, strict=True):
            parameter.copy_(value)


def _groups(network: Network, plan: Plan) -> list[dict[str, object]]:
    """Return groups of parameters with their rates: deep layers and heads learn faster."""
    frozen = [network.words, network.places, network.norm] if plan.frozen_words else []
    for module in frozen:
        module.requires_grad_(False)
    groups: list[dict[str, object]] = []
    for depth, layer in enumerate(network.layers):
        rate = plan.rate * plan.layer_decay ** (len(network.layers) - 1 - depth)
        matrices = [p for p in layer.parameters() if p.ndim > 1]
        groups.append({"params": matrices, "base": rate, "weight_decay": 0.01})
        vectors = [p for p in layer.parameters() if p.ndim == 1]
        groups.append({"params": vectors, "base": rate, "weight_decay": 0.0})
    if not plan.frozen_words:
        words = [*network.words.parameters(), *network.places.parameters()]
        words += network.norm.parameters()
        rate = plan.rate * plan.layer_decay ** len(network.layers)
        groups.append({"params": words, "base": rate, "weight_decay": 0.01})
    heads = [*network.comment.parameters(), *network.piece.parameters()]
    groups.append({"params": heads, "base": plan.head_rate, "weight_decay": 0.0})
    return groups


def _loss(network: Network, batch: Batch, plan: Plan) -> Tensor:
    """Return the loss over all exits; earlier exits learn half from the last one."""
    with torch.autocast("cpu", torch.bfloat16, enabled=plan.half_precision):
        found = network(batch.numbers, batch.present)
    last = max(plan.exits)
    top = tuple(logits.detach().sigmoid() for logits in found[last])
    total = torch.zeros(())
    for name, weight in plan.exits.items():
        comment, piece = found[name]
        shares = (1.0, 0.0) if name == last else (0.5, 0.5)
        heads = _masked(comment, batch.targets, top[0], shares) * _HEAD_WEIGHTS
        pieces = _masked(piece, batch.pieces, top[1], shares)
        known = (~batch.pieces.isnan()).sum().clamp(min=1)
        total = total + weight * (
            (heads.sum(1) * batch.weights).mean() + plan.piece_weight * pieces.sum() / known
        )
    return total


def _masked(logits: Tensor, targets: Tensor, top: Tensor, shares: tuple[float, float]) -> Tensor:
    """Return the cross-entropy where the target is known, 0 elsewhere."""
    known = ~targets.isnan()
    mixed = shares[0] * targets.nan_to_num(0.0) + shares[1] * top
    return functional.binary_cross_entropy_with_logits(logits, mixed, reduction="none") * known


def scores(
    network: Network,
    examples: Sequence[Example],
    exits: Iterable[int],
    most_pieces: int = 3600,
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return logits of all examples and of their pieces, the mean over ``exits``."""
    network.eval()
    exits = tuple(exits)
    order = sorted(range(len(examples)), key=lambda index: len(examples[index].numbers))
    comments = np.zeros((len(examples), len(HEADS)), np.float32)
    pieces: list[np.ndarray] = [np.zeros(0)] * len(examples)
    at = 0
    with torch.no_grad():
        while at < len(order):
            width = len(examples[order[min(at + 63, len(order) - 1)]].numbers)
            rows = order[at : at + max(1, min(64, most_pieces // width))]
            batch = collated([examples[row] for row in rows])
            found = network(batch.numbers, batch.present)
            whole = sum(found[name][0] for name in exits) / len(exits)
            parts = sum(found[name][1] for name in exits) / len(exits)
            for index, row in enumerate(rows):
                comments[row] = whole[index].numpy()
                pieces[row] = parts[index, : len(examples[row].numbers)].numpy()
            at += len(rows)
    return comments, pieces
