"""The model card: what went in, what came out, measured on the very files that ship."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from moderation.detectors.framing.heads import CATEGORIES, HEADS, PIECE_HEADS
from moderation.detectors.framing.light import LightNetwork
from moderation.detectors.framing.models import DECIDING, PRESETS, read_model
from moderation.detectors.framing.scoring import Scorer
from moderation.detectors.framing.standard import StandardNetwork
from training.framing import export, judging
from training.framing.judging import Judged, Judging
from training.framing.material import LIGHT_PIECES, STANDARD_PIECES, Material
from training.framing.sources import key_of, table

_AS_IT_IS = dict.fromkeys(HEADS, (1.0, 0.0))
_FILES = {"standard": ("standard.onnx", STANDARD_PIECES), "light": ("light.npz", LIGHT_PIECES)}
_UNDECIDED = dict.fromkeys(DECIDING, 0.5)
_MILLION = 1e6
_TINY = 1e-9

_HEADER = """# Framing models: model card

Written by `python -m training.framing`; do not edit.

Two models with the same heads: `standard` (four layers of MiniLM, ONNX, 7 and 8 bit weights)
and `light` (one layer of 128 numbers, numpy alone, 8 bit weights), which learned from it. They
start from all-MiniLM-L6-v2 (Apache-2.0). Texts pass through the same normaliser and the same
masking of names in training and at a site. English only.

Learned from: Civil Comments with toxic spans (CC0), SemEval-2021 task 5 trial and train texts
(CC0), Wikipedia talk pages (repository Apache-2.0, texts CC BY-SA: weights only), ToxiGen
prompts (MIT), clickbait headlines (MIT), comments and frames written for the project (CC0).

Probabilities assume that {base:.0%} of the comments are inflammatory. Kept for judging: {dev} of
the written comments (pairs together; {apart} of them by hands that saw no other comment; one family
of voices with the training part, so figures on other people's comments will be lower), {drills}
"drills" (written close to the border, where earlier models were weakest), the trial set of
SemEval, {public} % of the public sets.
Thresholds were chosen on the written comments kept for judging, drills apart; "halves" judges
each half of them by the thresholds of the other.
"""


def write(material: Material, contents: Mapping[str, bytes], folder: Path) -> None:
    """Judge the files, then write them with their calibration and the card."""
    sets = _Sets(material)
    facts: dict[str, object] = {"heads": HEADS, "piece_heads": PIECE_HEADS}
    facts["base_rate"] = judging.BASE_RATE
    dev, apart = len(sets.written), len(sets.judged)
    header = _HEADER.format(
        base=judging.BASE_RATE, dev=dev, apart=apart, drills=len(sets.drills), public=6
    )
    lines = [*header.splitlines(), ""]
    for name, (file, pieces) in _FILES.items():
        data = contents[file]
        network = StandardNetwork(data) if name == "standard" else LightNetwork(data)
        raw = Scorer(network, _AS_IT_IS, material.pieces[:pieces], material.ordinary)
        calibration = sets.calibration(raw)
        scorer = Scorer(network, calibration, material.pieces[:pieces], material.ordinary)
        about = {"file": file, "pieces": pieces, "calibration": calibration}
        facts[name] = about | {"thresholds": dict.fromkeys(PRESETS, _UNDECIDED)}
        export.write(folder, contents, facts)
        detector = judging.WholeDetector(read_model(folder, name))
        judged = judging.judge(detector, sets.written)
        presets = {
            preset: judging.thresholds(judged, alarms) for preset, alarms in judging.PRESETS.items()
        }
        facts[name] = about | {"thresholds": presets}
        size = len(data) + len(contents["pieces.txt"]) + len(contents["ordinary.txt"])
        lines += [f"## {name}", "", f"{size / _MILLION:.1f} MB with both word lists.", ""]
        alone = judging.judge(scorer, sets.written)
        lines += [f"The model alone: {_ranks(alone)}. With turns of phrase and capitals:", ""]
        lines += _figures(sets, detector, judged, presets)
        lines += _public(sets, scorer)
    export.write(folder, contents, facts)
    text = "\n".join(lines) + "\n"
    folder.joinpath("card.md").write_text(text, "utf-8")
    print(text)


class _Sets:
    """The comments kept for judging."""

    def __init__(self, material: Material) -> None:
        self.judged = material.judged
        kept = material.dev(material.written)
        self.drills = [c for c in kept if c.facts.get("drill")]
        self.written = [*(c for c in kept if not c.facts.get("drill")), *self.judged]
        self.wikipedia = material.dev(material.wikipedia)
        self.civil = [c for c in material.dev(material.civil) if not c.facts.get("trial")]
        self.trial = [c for c in material.dev(material.civil) if c.facts.get("trial")]
        gold = {
            key_of(row["text"]): set(json.loads(row["spans"]))
            for row in table(material.folder / "tsd_trial.csv")
        }
        self.gold = [gold[key_of(comment.text)] for comment in self.trial]

    def calibration(self, raw: Scorer) -> dict[str, tuple[float, float]]:
        """Fit every head on the sets that know its truth."""
        guided = judging.judge(raw, self.written)
        public = judging.judge(raw, [*self.civil, *self.wikipedia])
        fitted = {}
        for head in HEADS:
            judged = public if head in {"toxicity", "profanity"} else guided
            chances = np.clip(judged.column(head), _TINY, 1 - _TINY)
            logits = np.log(chances / (1 - chances))
            fitted[head] = judging.calibrate(logits, judged.target(head))
        return fitted


def _figures(
    sets: _Sets, scorer: Judging, judged: Judged, presets: Mapping[str, Mapping[str, float]]
) -> Iterator[str]:
    balanced = presets["balanced"]
    hit = judging.flagged(judged, balanced)
    yield f"Written comments: {_ranks(judged)};"
    apart = judging.judge(scorer, sets.judged)
    flagged = judging.flagged(apart, balanced)
    yield f"those by other hands alone: {_ranks(apart)},"
    yield f"balanced: false alarms {flagged[~apart.labels].mean():.3f},"
    yield f"recall {flagged[apart.labels].mean():.3f}."
    drills = judging.judge(scorer, sets.drills)
    flagged = judging.flagged(drills, balanced)
    yield f"Drills: {_ranks(drills)}, balanced: false alarms {flagged[~drills.labels].mean():.3f},"
    yield f"recall {flagged[drills.labels].mean():.3f}."
    yield ""
    yield from _preset_table(sets, scorer, judged, presets)
    yield from _category_table(judged, hit, balanced)
    yield "| kind of comment | flagged | comments |"
    yield "|---|---|---|"
    for name, kind, share, count in judging.by_kind(judged, hit):
        yield f"| {name}: {kind} | {share:.3f} | {count} |"
    yield ""
    yield from _pair_table(scorer, judged, hit, balanced)
    yield from _disguise_table(scorer, judged, hit, balanced)


def _ranks(judged: Judged) -> str:
    found = judging.recall_at(judged, 0.05)
    return f"AUC of framing {judging.auc(judged, 'framing'):.3f}, recall at 5 % alarms {found:.3f}"


def _preset_table(
    sets: _Sets, scorer: Judging, judged: Judged, presets: Mapping[str, Mapping[str, float]]
) -> Iterator[str]:
    ordinary = judging.judge(scorer, [c for c in sets.wikipedia if c.targets[0] == 0])
    yield "| preset | false alarms | recall | halves: false alarms | recall | of 1,000 talk posts |"
    yield "|---|---|---|---|---|---|"
    for preset, chosen in presets.items():
        hit = judging.flagged(judged, chosen)
        alarms, recall = judging.honest_rates(judged, judging.PRESETS[preset])
        calm = 1000 * judging.flagged(ordinary, chosen).mean()
        yield (
            f"| {preset} | {hit[~judged.labels].mean():.3f} | {hit[judged.labels].mean():.3f} "
            f"| {alarms:.3f} | {recall:.3f} | {calm:.0f} |"
        )
    yield ""


def _category_table(judged: Judged, hit: np.ndarray, chosen: Mapping[str, float]) -> Iterator[str]:
    yield "| category | AUC | flagged at balanced | by its own threshold | threshold | comments |"
    yield "|---|---|---|---|---|---|"
    for category in (*CATEGORIES, "shouting"):
        rows = np.array([category in c.facts["categories"] for c in judged.comments])
        share = f"{hit[rows].mean():.3f}"
        if category == "shouting":
            yield f"| shouting (a rule) | | {share} | | | {rows.sum()} |"
            continue
        own = (judged.column(category) >= chosen[category])[rows].mean()
        yield (
            f"| {category} | {judging.auc(judged, category):.3f} | {share} | {own:.3f} "
            f"| {chosen[category]:.3f} | {rows.sum()} |"
        )
    yield ""


def _pair_table(
    scorer: Judging, judged: Judged, hit: np.ndarray, chosen: Mapping[str, float]
) -> Iterator[str]:
    yield "| sides in the same frames | listed names | other names |"
    yield "|---|---|---|"
    listed = judging.pair_gaps(scorer, judging.LISTED, chosen)
    others = judging.pair_gaps(scorer, judging.UNLISTED, chosen)
    for name, value in listed.items():
        yield f"| {name} | {value:.3f} | {others[name]:.3f} |"
    yield ""
    told = _told_apart(judged, hit)
    yield f"Contrast pairs told apart (one flagged, its harmless twin not): {told:.3f}."
    yield ""


def _told_apart(judged: Judged, hit: np.ndarray) -> float:
    twins: dict[str, dict[bool, bool]] = {}
    for comment, flag in zip(judged.comments, hit, strict=True):
        if comment.facts.get("pair"):
            twins.setdefault(comment.group, {})[bool(comment.facts["label"])] = bool(flag)
    whole = [pair for pair in twins.values() if len(pair) == 2]
    return float(np.mean([pair[True] and not pair[False] for pair in whole]))


def _disguise_table(
    scorer: Judging, judged: Judged, hit: np.ndarray, chosen: Mapping[str, float]
) -> Iterator[str]:
    yield "| disguise of two words in three | recall / clean recall | added false alarms |"
    yield "|---|---|---|"
    for disguise in judging.DISGUISES:
        texts = [judging.disguised(comment.text, disguise) for comment in judged.comments]
        there = judging.flagged(Judged(judged.comments, scorer.score(texts)), chosen)
        labels = judged.labels
        kept = there[labels].mean() / hit[labels].mean()
        added = there[~labels].mean() - hit[~labels].mean()
        yield f"| {disguise} | {kept:.3f} | {added:+.3f} |"
    yield ""


def _public(sets: _Sets, scorer: Scorer) -> Iterator[str]:
    civil, wikipedia = judging.judge(scorer, sets.civil), judging.judge(scorer, sets.wikipedia)
    for name in ("toxicity", "framing", "profanity", "attack", "dehumanise"):
        yield f"Civil Comments kept apart, {name}: AUC {judging.auc(civil, name):.3f}.  "
    yield f"Wikipedia talk kept apart, toxicity: AUC {judging.auc(wikipedia, 'toxicity'):.3f}.  "
    trial = judging.judge(scorer, sets.trial)
    yield f"Toxic Spans trial, character F1: {judging.characters_f1(trial, sets.gold):.3f}.  "
    texts = [(comment.text * 9)[:200] for comment in sets.civil[:400]]
    scorer.score(texts[:32])
    start = time.process_time()
    scorer.score(texts)
    speed = len(texts) / (time.process_time() - start)
    yield f"Comments of 200 characters a second of one core: {speed:.0f}."
    yield ""
