"""How fast comments are judged, and how much memory that takes, beside other libraries.

Takes comments one at a time, as a worker does, on one core. The comments are put together from
phrases, one in twenty of them inflammatory, 200 characters each. Every judge runs in a process
of its own; ``alt-profanity-check`` and ``glin-profanity`` are compared where they are
installed. Fails when a bar of this project's own models is missed.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable

CHARACTERS = 200
SHARE = 0.05
BARS = {"standard": (250, 0.5, 120), "light": (1200, 0.5, 60)}
"""Comments a second at least, seconds to load and MB above numpy (and onnxruntime) at most."""

CALM = (
    "the council met again on Tuesday",
    "I read the report twice",
    "my neighbour says the bus was late",
    "nobody asked what it will cost",
    "we planted three apple trees",
    "thank you for the careful article",
    "that is not how I remember the vote",
    "could you give a source for the second figure",
    "the film was better than the book",
    "prices have gone up by 4.5 percent since May",
    "I disagree with the mayor about the bridge",
    "see you all at the market",
)
ANGRY = ("you are a pathetic liar", "get lost you stupid clown", "they are all vermin")

Judge = Callable[[str], object]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--comments", type=int, default=2000, help="comments to judge (2000)")
    parser.add_argument("--judge", choices=sorted(JUDGES), help="only this one, in this process")
    options = parser.parse_args()
    if options.judge:
        measure(options.judge, comments(options.comments))
        return 0
    print(f"{'judge':22} {'comments/s':>10} {'load s':>7} {'MB above':>9}")
    return max([run(name, options.comments) for name in JUDGES])


def run(name: str, count: int) -> int:
    """Measure one judge in its own process; return 1 if it misses a bar."""
    ended = subprocess.run(
        [sys.executable, __file__, "--judge", name, "--comments", str(count)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if name not in BARS else None,
        text=True,
        check=False,
    )
    if ended.returncode or not ended.stdout.strip():
        print(f"{name:22} {'not installed' if name not in BARS else 'FAILED'}")
        return int(name in BARS)
    speed, load, memory = map(float, ended.stdout.split())
    print(f"{name:22} {speed:10.0f} {load:7.2f} {memory:9.0f}", end="")
    missed = False
    if name in BARS:
        slowest, longest, most = BARS[name]
        missed = speed < slowest or load > longest or memory > most
        print("   MISSED" if missed else "   reached", end="")
    print()
    return int(missed)


def measure(name: str, texts: list[str]) -> None:
    """Print comments per second of processor time, seconds to load and MB above the runtime."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    runtime(name)
    before = peak()
    start = time.perf_counter()
    judge = JUDGES[name]()
    judge(texts[0])
    load = time.perf_counter() - start
    for text in texts[: len(texts) // 10]:
        judge(text)
    start = time.process_time()
    for text in texts:
        judge(text)
    speed = len(texts) / (time.process_time() - start)
    print(speed, load, peak() - before)


def runtime(name: str) -> None:
    """Import what a model runs on: it is not what is measured."""
    if name in BARS:
        import numpy  # noqa: F401, ICN001
    if name == "standard":
        import onnxruntime  # noqa: F401


def peak() -> float:
    """Return the most memory that this process had so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 if sys.platform != "darwin" else 1024**2
    )


def comments(count: int) -> list[str]:
    """Put comments together, the same on every run."""
    chance = random.Random(7)
    return [comment(chance, angry=chance.random() < SHARE) for _ in range(count)]


def comment(chance: random.Random, *, angry: bool) -> str:
    phrases = [chance.choice(ANGRY)] if angry else []
    while sum(map(len, phrases)) < CHARACTERS:
        phrases.append(chance.choice(CALM))
    chance.shuffle(phrases)
    return (". ".join(phrase[0].upper() + phrase[1:] for phrase in phrases))[:CHARACTERS]


def embedded(model: str) -> Judge:
    from moderation.detectors.base import Context
    from moderation.detectors.framing import FramingDetector
    from moderation.text.document import Document
    from moderation.types import Kind

    detector, context = FramingDetector(model=model), Context()
    return lambda text: detector.detect(Document(text, Kind.COMMENT), context)


def alt_profanity_check() -> Judge:
    from profanity_check import predict_prob

    return lambda text: predict_prob([text])


def glin_profanity() -> Judge:
    from glin_profanity import Filter

    return Filter().check_profanity


JUDGES: dict[str, Callable[[], Judge]] = {
    "standard": lambda: embedded("standard"),
    "light": lambda: embedded("light"),
    "alt-profanity-check": alt_profanity_check,
    "glin-profanity": glin_profanity,
}


if __name__ == "__main__":
    sys.exit(main())
