"""Texts for the tests, and what copiers do to texts."""

from __future__ import annotations

import random
from pathlib import Path

from moderation.text.document import Document
from moderation.types import Kind, TextFormat

HARBOUR = """
The old ferry terminal at the mouth of the harbour will reopen next spring as a public market, the
port authority decided on Tuesday evening after a debate that lasted almost four hours. Forty
stalls, a fish hall and two restaurants are planned for the ground floor, while the upper gallery,
from which families once waved to departing ships, is to become a small museum of the ferry line.

Not everyone in the chamber was pleased. Three councillors warned that the figures presented by the
port rest on visitor numbers that no market in the region has ever reached, and asked for a second
opinion before any contract is signed. The treasurer answered that the building loses money every
day it stands empty, and that a leaking roof does not wait for opinions.

Work on the foundations begins in January. Until then the terminal can be visited on the first
Sunday of each month, when volunteers of the historical society lead tours through the boiler room,
the ticket office and the long tiled corridor where the customs desks used to stand.
"""

ORCHARD = """
When Marta Lindqvist bought the hillside above the village nine years ago, the orchard on it had not
been pruned for a generation. Brambles had climbed into the crowns, deer had stripped the bark of
the younger trees, and the drystone wall that once kept the cold wind out lay scattered in the
grass. Her neighbours gave her two winters.

She started with the wall. Stone by stone, on weekends and after her shifts at the clinic, she put
back what three decades of frost had pulled apart, and only then turned to the trees. Of the eighty
she found, fifty-one could be saved. Among them is a pear that nobody has been able to name: small,
russet, hard as wood until the first of November and then, within a week, sweet as honey.

This autumn a nursery from the valley took cuttings. If they grow, the nameless pear will be sold
under the name of the hill, and Marta will have to build a second wall, because half of the village
now wants to plant an orchard next to hers.
"""

NIGHT_BUS = """
From the first weekend in March, buses will run through the night on five lines, according to the
timetable that the transit company published on Friday. The change ends a gap of four hours that
nurses, bakers and airport staff have complained about for years. Drivers will be paid a supplement,
and every night bus carries a second member of staff until the summer, when the company wants to
review how safe passengers feel.

Lines 2, 5, 11, 14 and 23 were chosen because they pass both hospitals, the market hall and the main
station. On the remaining lines the last departure stays at a quarter past midnight. A ticket costs
the same as by day; the surcharge that an earlier draft contained was dropped after protests by the
tenants' association, which had collected nine thousand signatures within ten days.
"""

CHOIR = """
There are choirs that rehearse for concerts, and there is the choir of the printing works, which in
its forty years has never given one. Its members meet on Thursdays between the shifts, in the paper
store, because the rolls swallow every echo and nobody outside can hear a wrong note. They sing what
anyone brings along: a hymn, a sea song, the tune of a television series that two of them remember
from childhood and the others have had to learn.

The management has offered them the canteen, a piano, once even an evening at the town hall. They
declined each time with thanks. A concert, says the oldest bass, needs an audience, and an audience
needs a reason to clap; but on Thursdays there is only the song, and afterwards the machines start
again.
"""

LIBRARY = """
A library that lends out tools instead of books opens on Saturday in the former savings bank on
Station Road. Drills, ladders, sewing machines and a cider press can be borrowed for a week at a
time by anyone who pays the yearly fee of twelve euros, and a retired locksmith will be on hand
every afternoon to show how they are used. The founders collected more than six hundred objects from
attics and cellars of the district within one summer.

What breaks is repaired in the old vault, behind a steel door that no longer locks. A ledger lies
open on the counter in which borrowers note what they made: so far it lists two bookshelves, a
wedding dress, eleven birdhouses and, in a child's handwriting, a bridge across the ditch behind the
school that holds three people if nobody jumps.
"""

ARTICLES = {
    "harbour": HARBOUR,
    "orchard": ORCHARD,
    "night bus": NIGHT_BUS,
    "choir": CHOIR,
    "library": LIBRARY,
}

TEXTS = Path(__file__).parent / "texts"
IN_OTHER_SCRIPTS = {
    script: tuple(
        (TEXTS / f"{script}_{story}.txt").read_text(encoding="utf-8").strip()
        for story in ("harbour", "buses")
    )
    for script in ("arabic", "chinese", "japanese", "thai")
}


def _choices(text: str) -> list[str]:
    return [" ".join(choice.split()) for choice in text.split("|")]


_SUBJECTS = _choices(
    "neighbours|the owner|reporters|the museum|cyclists|the water company|the choir|"
    "an old sailor|bakers|a visiting scientist|the football club|the mayor|a small theatre|"
    "the weather service|teachers|nobody|both sisters|the court|volunteers|my uncle"
)
_VERBS = _choices(
    "announced|repaired|measured|photographed|forgot|painted|sold|invented|counted|borrowed|"
    "described|moved|planted|protected|questioned|rebuilt|searched|tested|translated|watched"
)
_ADJECTIVES = _choices(
    "green|narrow|forgotten|expensive|quiet|northern|broken|modern|heavy|famous|local|"
    "strange|wooden|public|distant|early|golden|empty|crowded|silent"
)
_THINGS = _choices(
    "bridge|timetable|garden|clock|archive|tram|lighthouse|recipe|festival|budget|telescope|"
    "fountain|newspaper|staircase|orchestra|river bank|window|market|tunnel|windmill|letter|"
    "map|greenhouse|fence|harvest"
)
_PLACES = _choices(
    "behind the station|near the lake|upstairs|outdoors|downtown|across the border|"
    "beside canals|above the valley|nearby|at home|in Ostend|under the motorway"
)
_TIMES = _choices(
    "on Monday|last winter|before sunrise|twice|without a word|in autumn|after long talks|"
    "at night|almost by chance|as promised|within weeks|yesterday"
)
_JOINTS = _choices("while|because|although|and|so that|whereas|but|until")


_SYLLABLES = _choices("ka|ro|mi|len|dor|sa|ti|bel|ug|na|fo|rin|vas|eth|ol|pra|ji|mun|sel|ho")


def generated(seed: int, words: int = 300) -> list[str]:
    """Made-up prose: different for every seed, alike in its phrases as texts of one paper are."""
    lot = random.Random(seed)
    found: list[str] = []
    while len(found) < words:
        found += _clause(lot)
        if lot.random() < 0.6:
            found.append(lot.choice(_JOINTS))
        else:
            found[-1] += "."
    return found[:words]


def _clause(lot: random.Random) -> list[str]:
    name = "".join(lot.choices(_SYLLABLES, k=3))
    origin = "of " + "".join(lot.choices(_SYLLABLES, k=3))
    parts = [
        lot.choice(_SUBJECTS) if lot.random() < 0.5 else name.title(),
        lot.choice(_VERBS),
        lot.choice(("the", "a certain", "every", "one", "some", "that", f"the {name}")),
        lot.choice(_ADJECTIVES) if lot.random() < 0.7 else "",
        lot.choice(_THINGS),
        lot.choice(_PLACES) if lot.random() < 0.4 else origin,
        lot.choice(_TIMES) if lot.random() < 0.5 else "",
        f"{lot.randrange(2, 999)} times" if lot.random() < 0.3 else "",
    ]
    return " ".join(parts).split()


def edited(words: list[str], rate: float, seed: int) -> list[str]:
    """Replace, drop or insert words at a rate, as somebody does who covers tracks."""
    lot = random.Random(seed)
    strangers = generated(seed + 1_000_000, 500)
    changed: list[str] = []
    for word in words:
        if lot.random() >= rate:
            changed.append(word)
            continue
        way = lot.random()
        if way < 0.6:
            changed.append(lot.choice(strangers))
        elif way < 0.8:
            changed += [word, lot.choice(strangers)]
    return changed


def shuffled(words: list[str], paragraph: int, seed: int) -> list[str]:
    """Put paragraphs of equal length in another order."""
    parts = [words[at : at + paragraph] for at in range(0, len(words), paragraph)]
    random.Random(seed).shuffle(parts)
    return [word for part in parts for word in part]


def inserted(passage: list[str], host: list[str], seed: int) -> list[str]:
    """Put a passage somewhere in the middle of another text."""
    at = random.Random(seed).randrange(len(host) // 4, 3 * len(host) // 4)
    return host[:at] + passage + host[at:]


def article(text: str | list[str], key: str = "", **fields: object) -> Document:
    """Wrap a text, or its words, for the detector."""
    body = text if isinstance(text, str) else " ".join(text)
    return Document(body, Kind.ARTICLE, key=key, **{"format": TextFormat.PLAIN, **fields})
