"""Figures of a finished model on comments it never saw, and the thresholds that ship with it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from moderation.detectors.framing.comments import judged as judged_parts
from moderation.detectors.framing.heads import HEADS, SHOUTING, Scores
from moderation.detectors.framing.models import DECIDING, Model
from moderation.detectors.framing.quoting import own_words
from moderation.detectors.framing.scoring import logit
from moderation.detectors.framing.weighing import NAMES, Weigher
from moderation.text.document import Document
from moderation.types import Kind
from training.framing.sources import Comment

#: Share of inflammatory comments that the probabilities assume.
BASE_RATE = 0.05
#: False alarms on hard mixed comments that each preset may raise.
PRESETS: Mapping[str, float] = {"cautious": 0.025, "balanced": 0.055, "strict": 0.09}
#: Alarms that one category may raise alone, as a share of those of the overall score: it ranks
#: best, and a threat must be seen where nothing else is wrong with a comment.
_OWN_ALARMS = {"threat": 0.45}
_OTHER_ALARMS = 0.05

_LEVELS = np.arange(0.002, 0.2, 0.001)


class Judging(Protocol):
    """Whatever scores texts."""

    def score(self, texts: Sequence[str]) -> Sequence[Scores]: ...


class WholeDetector:
    """Scores texts as the detector does, turns of phrase and capitals included.

    Shouting counts by the overall score's threshold, so it stands in that column.
    """

    def __init__(self, model: Model) -> None:
        self._weigher = Weigher(model, dict.fromkeys(DECIDING, 0.0), lambda: None)

    def score(self, texts: Sequence[str]) -> list[Scores]:
        return [self._score(text) for text in texts]

    def _score(self, text: str) -> Scores:
        own = own_words(Document(text, Kind.COMMENT).plain)
        weighed, _foreign = judged_parts(own, "", self._weigher)
        found = {name: max((each.scores[name] for each in weighed), default=0.0) for name in NAMES}
        found["framing"] = max(found["framing"], found[SHOUTING])
        return Scores(found)


@dataclass(frozen=True)
class Judged:
    """Comments with their scores."""

    comments: Sequence[Comment]
    scores: Sequence[Scores]

    @property
    def labels(self) -> np.ndarray:
        return np.array([bool(c.facts.get("label")) for c in self.comments])

    def column(self, head: str) -> np.ndarray:
        return np.array([scores.heads[head] for scores in self.scores])

    def target(self, head: str) -> np.ndarray:
        return np.array([c.targets[HEADS.index(head)] for c in self.comments])

    def some(self, rows: np.ndarray) -> Judged:
        chosen = np.flatnonzero(rows)
        return Judged([self.comments[i] for i in chosen], [self.scores[i] for i in chosen])


def judge(scorer: Judging, comments: Sequence[Comment]) -> Judged:
    return Judged(comments, scorer.score([comment.text for comment in comments]))


def calibrate(logits: np.ndarray, targets: np.ndarray) -> tuple[float, float]:
    """Return slope and offset that make a logit a probability at the base rate.

    Platt scaling (Platt 1999) on classes weighted alike, shifted to :data:`BASE_RATE`.
    """
    known = ~np.isnan(targets)
    labels = targets[known] >= 0.5
    model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=500)
    model.fit(logits[known, None], labels)
    return float(model.coef_[0, 0]), float(model.intercept_[0]) + logit(BASE_RATE)


def thresholds(judged: Judged, alarms: float) -> dict[str, float]:
    """Choose thresholds that together raise at most ``alarms`` on the harmless comments."""
    harmless = judged.some(~judged.labels)
    chosen: dict[str, float] = {}
    for level in _LEVELS:
        trial = {}
        for head in DECIDING:
            own = level * (1.0 if head == "framing" else _OWN_ALARMS.get(head, _OTHER_ALARMS))
            trial[head] = _above(harmless.column(head), own)
        if chosen and flagged(harmless, trial).mean() > alarms:
            break
        chosen = trial
    return chosen


def _above(values: np.ndarray, share: float) -> float:
    """Return a threshold that about ``share`` of the values reach, between two of them."""
    order = np.sort(values)[::-1]
    place = share * len(order)
    at = min(int(place), len(order) - 2)
    rest = place - at
    return float(np.clip(order[at] * (1 - rest) + order[at + 1] * rest + 1e-6, 0.0, 0.999))


def flagged(judged: Judged, chosen: Mapping[str, float]) -> np.ndarray:
    """Tell which comments some threshold flags."""
    hits = [judged.column(head) >= chosen[head] for head in DECIDING]
    result: np.ndarray = np.any(hits, axis=0)
    return result


def auc(judged: Judged, head: str) -> float:
    """Return the area under the ROC curve where the target is known."""
    target, score = judged.target(head), judged.column(head)
    known = ~np.isnan(target)
    labels = target[known] >= 0.5
    if labels.all() or not labels.any():
        return float("nan")
    return float(roc_auc_score(labels, score[known]))


def recall_at(judged: Judged, alarms: float) -> float:
    """Return the recall of the overall score at a share of false alarms."""
    score, labels = judged.column("framing"), judged.labels
    return float((score[labels] > np.quantile(score[~labels], 1 - alarms)).mean())


def honest_rates(judged: Judged, alarms: float) -> tuple[float, float]:
    """Return false alarms and recall where each half is judged by thresholds of the other."""
    groups = sorted({comment.group for comment in judged.comments})
    random.Random(3).shuffle(groups)
    first = set(groups[::2])
    side = np.array([comment.group in first for comment in judged.comments])
    hit = np.zeros(len(side), bool)
    for half in (side, ~side):
        hit[half] = flagged(judged.some(half), thresholds(judged.some(~half), alarms))
    return float(hit[~judged.labels].mean()), float(hit[judged.labels].mean())


def by_kind(judged: Judged, hit: np.ndarray) -> Iterator[tuple[str, str, float, int]]:
    """Yield what share of each kind of comment is flagged."""
    kinds = np.array([str(c.facts.get("hard") or "-") for c in judged.comments])
    for label, name in ((False, "false alarms"), (True, "recall")):
        for kind in sorted(set(kinds[judged.labels == label])):
            rows = (judged.labels == label) & (kinds == kind)
            yield name, kind, float(hit[rows].mean()), int(rows.sum())


def characters_f1(judged: Judged, gold: Sequence[set[int]]) -> float:
    """Return the character F1 of toxic passages (SemEval-2021 task 5).

    The two thresholds, on a comment's toxicity and on its pieces, are those that suit the
    other half of the comments.
    """
    halves = [np.arange(len(gold)) % 2 == 0, np.arange(len(gold)) % 2 == 1]
    found = []
    grid = [(whole, piece) for whole in (0.0, 0.02, 0.05) for piece in np.arange(0.15, 0.6, 0.05)]
    for half, other in zip(halves, halves[::-1], strict=True):
        best = max(grid, key=lambda pair: float(np.mean(_f1s(judged, gold, other, *pair))))
        found.extend(_f1s(judged, gold, half, *best))
    return float(np.mean(found))


def _f1s(
    judged: Judged, gold: Sequence[set[int]], rows: np.ndarray, whole: float, piece: float
) -> list[float]:
    return [
        _f1(marked(judged.comments[i].text, judged.scores[i], whole, piece), gold[i])
        for i in np.flatnonzero(rows)
    ]


def marked(text: str, scores: Scores, whole: float, least: float) -> set[int]:
    """Return the characters of the toxic passages of a text."""
    if scores.heads["toxicity"] < whole:
        return set()
    found: set[int] = set()
    before = -2
    for piece in scores.pieces:
        if piece.toxic >= least:
            found.update(range(piece.start, piece.end))
            if before >= 0 and not text[before : piece.start].strip():
                found.update(range(before, piece.start))
            before = piece.end
        else:
            before = -2
    return found


def _f1(found: set[int], gold: set[int]) -> float:
    if not gold:
        return float(not found)
    both = len(found & gold)
    return 2 * both / (len(found) + len(gold))


_LEET = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "s": "$", "t": "7"})
_CYRILLIC = str.maketrans({"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "i": "і"})
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}

DISGUISES: Mapping[str, Callable[[str], str]] = {
    "zero-width": "\u200b".join,
    "look-alikes": lambda word: word.translate(_CYRILLIC),
    "full-width": lambda word: word.translate(_WIDE),
    "leet": lambda word: word.translate(_LEET),
    "spaced": " ".join,
    "dotted": ".".join,
    "repeats": lambda word: word[:1] + word[1] * 3 + word[2:],
    "asterisks": lambda word: word[0] + "*" + word[2:],
}


def disguised(text: str, disguise: str, share: float = 0.65) -> str:
    """Disguise a share of the words of four and more letters, the same on every run."""
    chance = random.Random(text)
    words = text.split(" ")
    return " ".join(
        DISGUISES[disguise](word)
        if len(word) >= 4 and word.isalpha() and chance.random() < share
        else word
        for word in words
    )


#: Frames and names that training never saw; each name fills each frame.
PROVOKING = (
    "{} are ruining everything decent people built here.",
    "I would not trust one of those {} with a goldfish.",
    "Typical {}, too thick to read past the headline.",
    "You {} are a bunch of whining hypocrites.",
    "Lock up all {} and throw away the key, they make me sick.",
    "{} are the scum of this county.",
    "Sooner or later we will come for the {}, and nobody will help them.",
    "Only a complete imbecile would vote with the {}.",
)
CIVIL = (
    "{} made a fair point about the budget last night.",
    "My sister lives among {} and likes it there.",
    "I don't agree with {} on taxes at all.",
    "It is wrong to say that {} are ruining everything.",
    "Are {} invited to the meeting on Thursday as well?",
    "The report counts more {} in the town than ten years ago.",
    "Nobody should threaten {}, whatever the quarrel is about.",
    "{} lost the vote by twelve and took it with good grace.",
)
LISTED = (
    ("Labour voters", "Tory voters"),
    ("Democrats", "Republicans"),
    ("leftists", "right-wingers"),
    ("Muslims", "Christians"),
    ("Jews", "Hindus"),
    ("women", "men"),
    ("black people", "white people"),
    ("gay people", "straight people"),
    ("Poles", "Germans"),
    ("vegans", "farmers"),
)
UNLISTED = (
    ("Brelians", "Tovians"),
    ("Kestrel backers", "Meadow backers"),
    ("unicyclists", "kayakers"),
    ("Harwellites", "Osgoodites"),
    ("morris dancers", "bell ringers"),
    ("pigeon fanciers", "miniature steam people"),
    ("Zarquons", "Melkari"),
    ("yoga mums", "rugby dads"),
    ("crypto bros", "goldbugs"),
    ("snowflakes", "gammons"),
)


def pair_gaps(
    scorer: Judging, pairs: Sequence[tuple[str, str]], chosen: Mapping[str, float]
) -> dict[str, float]:
    """Return how differently two sides are treated in the same frames."""
    texts = [
        frame.format(name)[:1].upper() + frame.format(name)[1:]
        for frame in (*PROVOKING, *CIVIL)
        for pair in pairs
        for name in pair
    ]
    judged = Judged([_bare(text) for text in texts], scorer.score(texts))
    score = judged.column("framing").reshape(-1, 2)
    hit = flagged(judged, chosen).reshape(-1, 2)
    split = len(PROVOKING) * len(pairs)
    return {
        "largest gap": float(np.abs(score[:, 0] - score[:, 1]).max()),
        "mean gap": float(np.abs(score[:, 0] - score[:, 1]).mean()),
        "same decision": float((hit[:, 0] == hit[:, 1]).mean()),
        "flagged inflammatory": float(hit[:split].mean()),
        "flagged civil": float(hit[split:].mean()),
    }


def _bare(text: str) -> Comment:
    return Comment(text, np.full(len(HEADS), np.nan, np.float32), "frame", text)
