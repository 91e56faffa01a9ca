"""Train the linear model of the framing detector.

    python training/framing_baseline.py DATA_FOLDER [--check]

needs scikit-learn. ``DATA_FOLDER`` holds ``written/*.jsonl`` (labelled comments with marked
passages) and the public sets ``civil_*.csv`` and ``wikipedia_talk.csv``. Prints
cross-validated figures (contrast pairs stay in one fold); without ``--check`` it also writes
``moderation/detectors/framing/data``. Fixed seeds: the same data give the same file.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
import sys
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from moderation.detectors.framing import lexicon  # noqa: E402
from moderation.detectors.framing.detector import (  # noqa: E402
    PUBLIC_SCORES,
    THRESHOLDS,
    category_scores,
)
from moderation.detectors.framing.features import token_features  # noqa: E402
from moderation.detectors.framing.patterns import CATEGORIES  # noqa: E402
from moderation.detectors.framing.reading import Passage, read  # noqa: E402
from moderation.text.normalise import normalise  # noqa: E402

HEADS = (*CATEGORIES, "menace", "any", "toxicity", "profanity")
OUTPUT = ROOT / "moderation" / "detectors" / "framing" / "data"
HARMLESS = Path(__file__).with_name("harmless.txt")
SEED = 11
FOLDS = 5
PUBLIC_COMMENTS = 3000
PUBLIC_WEIGHT = 0.1
SENTENCE_FEATURES, TOKEN_FEATURES = 45_000, 20_000
STRENGTH = 6.0
#: Share of inflammatory comments that the probabilities assume.
PRIOR = 0.2
#: "menace" is the head of threats with so much of the overall head, for want of examples.
SHARED = 0.6


@dataclass
class Row:
    """One sentence with the target of every head it says something about."""

    passage: Passage
    features: frozenset[str]
    targets: dict[str, float]
    weight: float = 1.0
    comment: int = -1
    marked: list[bool] = field(default_factory=list)


def written(folder: Path) -> list[dict]:
    """Read the labelled comments; passages become character ranges."""
    comments = []
    for path in sorted((folder / "written").glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            comment = json.loads(line)
            comment["text"], comment["spans"] = unmark(comment["text"])
            comments.append(comment)
    return comments


def unmark(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Take the passage marks out of a text."""
    plain, spans, start, length = [], [], 0, 0
    for part in re.split("([⟦⟧])", text):
        if part == "⟦":
            start = length
        elif part == "⟧":
            spans.append((start, length))
        else:
            plain.append(part)
            length += len(part)
    return "".join(plain), spans


def ordinary_words(texts: list[str]) -> frozenset[str]:
    """Return the words that are mostly written small inside of sentences: no names."""
    small, capital = Counter(), Counter()
    for text in texts:
        for word in re.findall(r"(?<=[a-z,] )[A-Za-z]+", text):
            if word.islower():
                small[word] += 1
            elif word[1:].islower():
                capital[word.lower()] += 1
    known = {word for word, count in small.items() if count >= 2 and count >= 1.5 * capital[word]}
    known |= lexicon.TOPICS.keys() | lexicon.ROLES.keys() | lexicon.PROFANITY | lexicon.FILLERS
    return frozenset(word for word in known if word.isascii() and word.isalpha())


def written_rows(comments: list[dict], words: frozenset[str]) -> list[Row]:
    """Cut the labelled comments into sentences with targets."""
    rows = []
    for number, comment in enumerate(comments):
        clean = normalise(comment["text"])
        for passage in read(clean, comment["text"], words.__contains__):
            marked = []
            for token in passage.sentence.tokens:
                start, end = clean.to_original(token.start, token.end)
                marked.append(any(start < b and end > a for a, b in comment["spans"]))
            hit = any(marked)
            targets = {c: float(hit and c in comment["categories"]) for c in CATEGORIES}
            profane = any(t.word in lexicon.PROFANITY for t in passage.sentence.tokens)
            targets |= {
                "menace": targets["threat"],
                "any": float(hit),
                "toxicity": float(hit or profane),
                "profanity": float(profane),
            }
            rows.append(Row(passage, passage.features(), targets, 1.0, number, marked))
    return rows


def public_rows(folder: Path, words: frozenset[str]) -> list[Row]:
    """Cut a sample of the public comments into sentences with weak targets."""
    votes, spans = defaultdict(list), defaultdict(list)
    for line in table(folder / "civil_annotations.csv"):
        votes[line["comment_id"]].append(line["annotation"])
    for line in table(folder / "civil_spans.csv"):
        spans[line["annotation"]].append((line["type"], int(line["start"]), int(line["end"])))
    rows = []
    generator = np.random.default_rng(SEED)
    comments = [c for c in table(folder / "civil_comments.csv") if votes[c["comment_id"]]]
    for index in generator.permutation(len(comments))[:PUBLIC_COMMENTS]:
        comment = comments[index]
        clean = normalise(comment["comment_text"])
        annotations = votes[comment["comment_id"]]
        for passage in read(clean, comment["comment_text"], words.__contains__):
            tokens = passage.sentence.tokens
            start = clean.to_original(tokens[0].start, tokens[0].end)[0]
            end = clean.to_original(tokens[-1].start, tokens[-1].end)[1]
            shares = Counter()
            for annotation in annotations:
                kinds = {k for k, a, b in spans[annotation] if a < end and b > start}
                shares.update(kinds)
                shares["all"] += bool(kinds)
            share = {kind: count / len(annotations) for kind, count in shares.items()}
            targets = {
                "toxicity": share.get("all", 0.0),
                "profanity": float(
                    share.get("Profane/Obscene", 0.0) >= 0.25
                    or any(t.word in lexicon.PROFANITY for t in tokens)
                ),
            }
            if share.get("all", 0.0) == 0.0:
                targets |= dict.fromkeys((*CATEGORIES, "menace", "any"), 0.0)
            elif share.get("Insult", 0.0) >= 0.5:
                targets |= {"attack": 1.0, "any": 1.0}
            elif share.get("Threat", 0.0) >= 0.4:
                targets |= {"threat": 1.0, "menace": 1.0, "any": 1.0}
            rows.append(Row(passage, passage.features(), targets, PUBLIC_WEIGHT))
    posts = [p for p in table(folder / "wikipedia_talk.csv") if p["label"] == "0" and p["text"]]
    for index in generator.permutation(len(posts))[:PUBLIC_COMMENTS]:
        post = posts[index]["text"]
        rows.extend(
            Row(passage, passage.features(), dict.fromkeys(HEADS, 0.0), PUBLIC_WEIGHT)
            for passage in read(normalise(post), post, words.__contains__)
        )
    return rows


def harmless_rows(words: frozenset[str]) -> list[Row]:
    """Read the project's own list of harmless comments, one a line."""
    rows = []
    for line in HARMLESS.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            rows.extend(
                Row(passage, passage.features(), dict.fromkeys((*CATEGORIES, "menace", "any"), 0.0))
                for passage in read(normalise(line), line, words.__contains__)
            )
    return rows


def table(path: Path) -> list[dict[str, str]]:
    """Read a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


class Vocabulary:
    """Feature strings as column numbers."""

    def __init__(self, found: list[frozenset[str]], least: int) -> None:
        counts = Counter(feature for features in found for feature in features)
        kept = sorted(feature for feature, count in counts.items() if count >= least)
        self.columns = {feature: column for column, feature in enumerate(kept)}

    def matrix(self, found: list[frozenset[str]]) -> csr_matrix:
        """Return rows of length one, as the detector computes them."""
        indices, ends = [], [0]
        for features in found:
            indices.extend(sorted(self.columns[name] for name in features if name in self.columns))
            ends.append(len(indices))
        sizes = np.diff(ends)
        values = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes)
        return csr_matrix((values, indices, ends), shape=(len(found), len(self.columns)))

    def keep(self, columns: np.ndarray) -> None:
        """Drop every other column."""
        names = sorted(self.columns, key=self.columns.__getitem__)
        self.columns = {names[column]: new for new, column in enumerate(sorted(columns))}


def fit(matrix: csr_matrix, targets: np.ndarray, weights: np.ndarray, strength: float):
    """Fit one head; a target between 0 and 1 counts in parts for both."""
    rows = np.flatnonzero(~np.isnan(targets))
    soft = rows[(targets[rows] > 0) & (targets[rows] < 1)]
    hard = rows[(targets[rows] == 0) | (targets[rows] == 1)]
    index = np.concatenate([hard, soft, soft])
    labels = np.concatenate([targets[hard], np.ones(len(soft)), np.zeros(len(soft))])
    parts = np.concatenate([np.ones(len(hard)), targets[soft], 1 - targets[soft]])
    model = LogisticRegression(C=strength, solver="liblinear", random_state=SEED)
    return model.fit(matrix[index], labels, sample_weight=weights[index] * parts)


@dataclass
class Linear:
    """Weights (features x heads) and biases over a vocabulary."""

    vocabulary: Vocabulary
    weights: np.ndarray
    biases: np.ndarray

    def logits(self, found: list[frozenset[str]]) -> np.ndarray:
        return self.vocabulary.matrix(found) @ self.weights + self.biases


def train_sentences(rows: list[Row], heads: tuple[str, ...], size: int) -> Linear:
    """Fit all heads, keep the ``size`` features that matter most, fit again."""
    found = [row.features for row in rows]
    weights = np.array([row.weight for row in rows])
    targets = {h: np.array([row.targets.get(h, np.nan) for row in rows]) for h in heads}
    own = [row.features for row in rows if row.weight == 1.0]
    vocabulary = Vocabulary(own, 2)
    public = Vocabulary(found, 12)
    names = sorted(set(vocabulary.columns) | set(public.columns))
    vocabulary.columns = {name: column for column, name in enumerate(names)}
    matrix = vocabulary.matrix(found)
    first = np.column_stack([fit(matrix, targets[h], weights, STRENGTH).coef_[0] for h in heads])
    reach = np.sqrt(np.bincount(matrix.indices, minlength=matrix.shape[1]))
    vocabulary.keep(np.argsort(-np.abs(first).max(axis=1) * reach)[:size])
    matrix = vocabulary.matrix(found)
    models = [fit(matrix, targets[h], weights, STRENGTH) for h in heads]
    coefficients = np.column_stack([m.coef_[0] for m in models])
    biases = np.array([m.intercept_[0] for m in models])
    menace, overall = heads.index("menace"), heads.index("any")
    coefficients[:, menace] += SHARED * coefficients[:, overall]
    biases[menace] += SHARED * biases[overall]
    return Linear(vocabulary, coefficients, biases)


def train_tokens(rows: list[Row], size: int) -> Linear:
    """Fit the head that tells which words of a flagged sentence to show."""
    found, labels = [], []
    for row in rows:
        if any(row.marked):
            for index, mark in enumerate(row.marked):
                found.append(frozenset(token_features(row.passage.sentence, index)))
                labels.append(float(mark))
    vocabulary = Vocabulary(found, 2)
    matrix, ones, targets = vocabulary.matrix(found), np.ones(len(labels)), np.array(labels)
    first = fit(matrix, targets, ones, STRENGTH).coef_[0]
    vocabulary.keep(np.argsort(-np.abs(first))[:size])
    model = fit(vocabulary.matrix(found), targets, ones, STRENGTH)
    return Linear(vocabulary, model.coef_.T, model.intercept_)


def comment_maxima(rows: list[Row], logits: np.ndarray, comments: int) -> np.ndarray:
    """Return the highest logit of each comment and head."""
    highest = np.full((comments, logits.shape[1]), -12.0)
    np.maximum.at(highest, np.array([row.comment for row in rows]), logits)
    return highest


def folds(comments: list[dict]) -> np.ndarray:
    """Put contrast pairs into one fold each, the same on every run."""
    names = [comment["pair"] or comment["id"] for comment in comments]
    groups = [int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) for name in names]
    fold = np.zeros(len(comments), int)
    for number, (_, test) in enumerate(GroupKFold(FOLDS).split(names, groups=groups)):
        fold[test] = number
    return fold


def cross_validate(comments: list[dict], own: list[Row], public: list[Row]) -> np.ndarray:
    """Return logits (comments x heads) of models that never saw the comment or its pair."""
    fold = folds(comments)
    logits = np.zeros((len(comments), len(HEADS)))
    for number in range(FOLDS):
        train = [row for row in own if fold[row.comment] != number]
        test = [row for row in own if fold[row.comment] == number]
        model = train_sentences(train + public, HEADS, SENTENCE_FEATURES)
        scored = model.logits([row.features for row in test])
        here = comment_maxima(test, scored, len(comments))
        logits[fold == number] = here[fold == number]
    return logits


def calibration(logits: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Return slope and offset that make a logit a probability at a prior of ``PRIOR``."""
    model = LogisticRegression(C=1e6, class_weight="balanced").fit(logits[:, None], labels)
    prior = float(np.log(PRIOR / (1 - PRIOR)))
    return float(model.coef_[0, 0]), float(model.intercept_[0]) + prior


def head_labels(comments: list[dict], head: str) -> np.ndarray:
    """Return the truth of a head for whole comments."""
    head = "threat" if head == "menace" else head
    if head in CATEGORIES:
        return np.array([head in comment["categories"] for comment in comments])
    return np.array([comment["label"] for comment in comments])


def report(comments: list[dict], probabilities: np.ndarray) -> None:
    """Print recall and false alarms of the shipped decision rule."""
    positive = np.array([comment["label"] for comment in comments])
    scores = [category_scores(dict(zip(HEADS, row, strict=True))) for row in probabilities.tolist()]
    top = np.array([max(row.values()) for row in scores])
    order = np.sort(top[~positive])[::-1]
    for share in (0.02, 0.03, 0.04, 0.05):
        at = order[int(share * len(order))]
        print(f"  threshold {at:.3f}: recall {np.mean(top[positive] > at):.3f} at {share:.0%}")
    for head in ("any", "menace"):
        harmless = np.sort(probabilities[~positive, HEADS.index(head)])[::-1]
        bounds = [harmless[int(share * len(harmless))] for share in (0.01, 0.02, 0.03, 0.04)]
        print(f"  {head} at 1, 2, 3, 4 % alarms: {np.round(bounds, 3)}")
    flagged = np.array(
        [any(row[c] >= THRESHOLDS[c] for c in CATEGORIES) for row in scores], dtype=bool
    )
    print(f"shipped: recall {flagged[positive].mean():.3f} alarms {flagged[~positive].mean():.3f}")
    for category in CATEGORIES:
        these = np.array([category in comment["categories"] for comment in comments])
        named = np.array([row[category] >= THRESHOLDS[category] for row in scores])
        print(
            f"  {category}: flagged {flagged[these].mean():.3f} named {named[these].mean():.3f}"
            f" named elsewhere {named[~these].mean():.3f} ({these.sum()})"
        )
    for label in (False, True):
        for kind in sorted({c["hard"] for c in comments if c["label"] is label}):
            these = np.array([c["label"] is label and c["hard"] == kind for c in comments])
            print(f"  {label} {kind or '-'}: {flagged[these].mean():.3f} ({these.sum()})")


def quantised(linear: Linear, slopes: np.ndarray, offsets: np.ndarray) -> tuple[dict, bytes]:
    """Return the header and the bytes of one table (see moderation.detectors.framing.model)."""
    weights = linear.weights * slopes
    scales = np.abs(weights).max(axis=0) / 127
    keys = [zlib.crc32(name.encode()) for name in linear.vocabulary.columns]
    rows = list(linear.vocabulary.columns.values())
    order = np.argsort(keys)
    values = np.rint(weights[rows] / scales).astype(np.int8)[order]
    header = {
        "count": len(keys),
        "scales": scales.tolist(),
        "biases": (linear.biases * slopes + offsets).tolist(),
    }
    return header, np.array(keys, "<u4")[order].tobytes() + values.tobytes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true", help="print figures, write nothing")
    options = parser.parse_args()

    comments = written(options.folder)
    texts = [c["comment_text"] for c in table(options.folder / "civil_comments.csv")]
    words = ordinary_words(texts + [comment["text"] for comment in comments])
    own = written_rows(comments, words)
    public = public_rows(options.folder, words) + harmless_rows(words)
    print(f"{len(words)} words, {len(own)} own and {len(public)} public sentences", flush=True)

    logits = cross_validate(comments, own, public)
    fits = [
        (1.0, 0.0) if head in PUBLIC_SCORES else calibration(column, head_labels(comments, head))
        for head, column in zip(HEADS, logits.T, strict=True)
    ]
    slopes, offsets = np.array(fits).T
    report(comments, 1 / (1 + np.exp(-(logits * slopes + offsets))))
    if options.check:
        return

    sentences = train_sentences(own + public, HEADS, SENTENCE_FEATURES)
    passages = train_tokens(own, TOKEN_FEATURES)
    first, first_bytes = quantised(sentences, slopes, offsets)
    second, second_bytes = quantised(passages, np.ones(1), np.zeros(1))
    listed = " ".join(sorted(words)).encode("ascii")
    header = {"heads": HEADS, "words": len(listed), "sentences": first, "passages": second}
    raw = json.dumps(header).encode("ascii") + b"\n" + listed + first_bytes + second_bytes
    data = zlib.compress(raw, 9)
    OUTPUT.mkdir(exist_ok=True)
    (OUTPUT / "framing.bin").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    (OUTPUT / "framing.sha256").write_text(digest + "\n", "ascii")
    print(f"{len(data)} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
