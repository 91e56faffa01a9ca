"""The comments to learn from, each with the target of every head it says something about.

Targets are shares of people who saw it so, or what the guide of the written comments says.
What a set does not tell stays unknown (NaN) and does not count.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from moderation.detectors.framing import lexicon
from moderation.detectors.framing.heads import CATEGORIES, HEADS

OWN = Path(__file__).with_name("data")
_COMPOSED, _JUDGED = OWN / "composed.jsonl", OWN / "judge.jsonl"
_DRILLS = OWN / "drills"
SEED = 11
UNKNOWN = float("nan")
#: Of a hundred comments, so many are kept for judging.
DEV_WRITTEN, DEV_PUBLIC = 17, 6

_MOST_CHARACTERS = 1500
_WORDS = re.compile(r"[^\W\d_]+")


@dataclass
class Comment:
    """One text with its targets.

    ``spans`` are the passages of the house's guide, ``toxic`` is the share of annotators who
    marked each character; None if nobody looked.
    """

    text: str
    targets: np.ndarray
    source: str
    group: str
    weight: float = 1.0
    spans: list[tuple[int, int]] | None = None
    toxic: np.ndarray | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def held_out(self) -> bool:
        """Whether it is kept for judging, together with its pair."""
        share = DEV_WRITTEN if self.source == "written" else DEV_PUBLIC
        return number_of(self.group) % 100 < share


def number_of(name: str) -> int:
    """Return a number that is the same on every run."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)


def key_of(text: str) -> str:
    """Return what two copies of a text have in common."""
    return " ".join(_WORDS.findall(text.lower()))


def targets(**known: float) -> np.ndarray:
    """Return a row of targets, unknown where nothing is given."""
    return np.array([known.get(head, UNKNOWN) for head in HEADS], np.float32)


NOTHING = targets(**dict.fromkeys(HEADS, 0.0))


def is_profane(text: str) -> bool:
    """Tell whether a text has a swear word, whoever it is aimed at."""
    return not lexicon.PROFANITY.isdisjoint(_WORDS.findall(text.lower()))


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


def written(folder: Path) -> list[Comment]:
    """Read the comments written by hand for the project, by the labelling guide."""
    own = (path for path in OWN.glob("*.jsonl") if path not in (_COMPOSED, _JUDGED))
    found = _read([*sorted((folder / "written").glob("*.jsonl")), *sorted(own)], "written")
    return found + drills()


def drills() -> list[Comment]:
    """Read the comments written where earlier models were weakest.

    Nearly all of them stand close to the border, as hardly any elsewhere do, so thresholds
    are not chosen on them.
    """
    found = _read(sorted(_DRILLS.glob("*.jsonl")), "written")
    for comment in found:
        comment.facts = {**comment.facts, "drill": True}
    return found


def judged() -> list[Comment]:
    """Read the comments by hands that saw none of the others: all are kept for judging."""
    return _read([_JUDGED], "judged")


def own() -> list[Comment]:
    """Read the comments composed from frames, by the same guide."""
    return _read([_COMPOSED], "own")


def _read(paths: Iterable[Path], source: str) -> list[Comment]:
    return [
        _guided(json.loads(line), source)
        for path in paths
        for line in path.read_text("utf-8").splitlines()
    ]


def _guided(line: Mapping[str, object], source: str) -> Comment:
    text, spans = unmark(str(line["text"]))
    label, profane = bool(line["label"]), is_profane(text)
    categories = set(line["categories"])  # type: ignore[call-overload]
    known = {category: float(category in categories) for category in CATEGORIES}
    if categories == {"shouting"}:
        known = dict.fromkeys(CATEGORIES, UNKNOWN)
    known |= {"framing": float(label), "profanity": float(profane)}
    if label:
        known["toxicity"] = 1.0
    elif line.get("hard") not in {"quote", "counter_speech", "reclaimed", "news_report"}:
        known["toxicity"] = 0.7 if profane else 0.0
    group = str(line.get("pair") or key_of(text)[:60])
    facts = {**line, "text": text}
    return Comment(text, targets(**known), source, group, 1.0, spans, None, facts)


_TYPES = {
    "Insult": "attack",
    "Insu": "attack",
    "Profane/Obscene": "profanity",
    "Identity based Attack": "dehumanise",
    "Identity based": "dehumanise",
    "Threat": "threat",
}
_MOST_ANNOTATORS = 10
#: Annotators mark swearing far less often than they see it.
_PROFANE = 0.9


def civil(folder: Path) -> list[Comment]:
    """Read news comments with the votes and marks of their annotators."""
    spans: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for row in table(folder / "civil_spans.csv"):
        span = (_TYPES.get(row["type"], "other"), int(row["start"]), int(row["end"]))
        spans[row["annotation"]].append(span)
    votes: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for row in table(folder / "civil_annotations.csv"):
        votes[row["comment_id"]].append((row["annotation"], row["not toxic"] == "True"))
    trial = {key_of(row["text"]) for row in table(folder / "tsd_trial.csv")}
    comments, seen = [], set()
    for row in table(folder / "civil_comments.csv"):
        text = row["comment_text"]
        key = key_of(text)
        if key in seen or row["comment_id"] not in votes:
            continue
        seen.add(key)
        comment = _voted(text, votes[row["comment_id"]][:_MOST_ANNOTATORS], spans)
        comment.facts = {"trial": key in trial}
        comments.append(comment)
    return comments


def _voted(
    text: str,
    votes: Iterable[tuple[str, bool]],
    spans: Mapping[str, list[tuple[str, int, int]]],
) -> Comment:
    votes = list(votes)
    counts: dict[str, float] = dict.fromkeys(("any", "aimed", "attack", "profanity"), 0.0)
    counts |= {"dehumanise": 0.0, "threat": 0.0, "other": 0.0}
    marked = np.zeros(len(text), np.float32)
    for annotation, harmless in votes:
        if harmless:
            continue
        counts["any"] += 1
        kinds = {kind for kind, _, _ in spans.get(annotation, ())}
        for kind in kinds:
            counts[kind] += 1
        counts["aimed"] += 1.0 if kinds - {"profanity", "other"} else 0.5 * ("other" in kinds)
        here = np.zeros(len(text), bool)
        for _, start, end in spans.get(annotation, ()):
            here[start:end] = True
        marked += here
    share = {kind: count / len(votes) for kind, count in counts.items()}
    known = {
        "toxicity": share["any"],
        "profanity": max(share["profanity"], _PROFANE * is_profane(text)),
        "framing": share["aimed"],
        "attack": share["attack"],
        "dehumanise": share["dehumanise"],
        "threat": share["threat"],
    }
    if share["any"] == 0:
        known |= {"rage_bait": 0.0, "profanity_directed": 0.0}
    elif share["profanity"] == 0:
        known["profanity_directed"] = 0.0
    toxic = marked / len(votes)
    return Comment(text, targets(**known), "civil", key_of(text), 1.0, None, toxic)


def wikipedia(folder: Path) -> list[Comment]:
    """Read talk page posts, nearly all of them harmless."""
    comments = {}
    for row in table(folder / "wikipedia_talk.csv"):
        bad = row["label"].startswith("1")
        known = targets(toxicity=1.0, framing=0.8) if bad else NOTHING
        weight = 1.5 if bad else 1.0
        key = key_of(row["text"])
        comments[key] = Comment(row["text"], known, "wikipedia", key, weight)
    return list(comments.values())


def toxigen(folder: Path) -> list[Comment]:
    """Read statements about groups."""
    comments = []
    for row in table(folder / "toxigen_prompts.csv"):
        bad = row["label"] == "1"
        known = targets(framing=1.0, dehumanise=0.9, toxicity=1.0, profanity=0.0)
        weight = 1.0 if bad else 2.0
        comments.append(
            Comment(row["text"], known if bad else NOTHING, "toxigen", key_of(row["text"]), weight)
        )
    return comments


def headlines(folder: Path, most: int = 3000) -> list[Comment]:
    """Read a sample of headlines: sober ones about crimes too, all of them harmless."""
    generator = np.random.default_rng(SEED)
    comments = []
    for name in ("clickbait_data.gz", "non_clickbait_data.gz"):
        with gzip.open(folder / name, "rt", encoding="utf-8") as file:
            lines = [line.strip() for line in file if line.strip()]
        for index in generator.permutation(len(lines))[: most // 2]:
            text = lines[index]
            comments.append(Comment(text, NOTHING, "headline", key_of(text), 0.5))
    return comments


def harmless() -> list[Comment]:
    """Read the project's own list of harmless comments, one a line."""
    lines = Path(__file__).parent.parent.joinpath("harmless.txt").read_text("utf-8").splitlines()
    known = NOTHING
    return [
        Comment(line, known, "harmless", key_of(line), 1.0, [], None)
        for line in lines
        if line and not line.startswith("#")
    ]


def table(path: Path) -> Iterator[dict[str, str]]:
    """Read a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def shortened(text: str) -> str:
    """Cut what no model reads to its end anyway."""
    return text[:_MOST_CHARACTERS]
